-- Who may act, and by which token. An admin's login in the database makes nobody an operator: that
-- takes an admin's token, and comes in by these doors alone. Only the first admin is made by the
-- database's owner without one.

-- How many admins can act now. Whoever asks keeps others from making or ending one until the
-- transaction ends.
create or replace function issuer.admins_in_force(at timestamptz) returns bigint
language plpgsql set search_path = issuer, pg_temp as $$
begin
    perform pg_advisory_xact_lock(hashtextextended('issuer: admins', 0));
    return (select count(*) from operator o where o.role = 'admin'
            and (o.revoked_at is null or o.revoked_at > at)
            and exists (select from operator_token t where t.operator_id = o.id
                        and t.expires_at > greatest(at, clock_timestamp())
                        and (t.revoked_at is null or t.revoked_at > at)));
end $$;

create or replace function issuer.operator_give_token(operator bigint, new_token digest,
    days integer, at timestamptz)
returns operator_token language plpgsql set search_path = issuer, pg_temp as $$
declare
    made operator_token;
begin
    if days not between 1 and 3650 then
        raise exception 'a token is in force for 1 to 3650 days, not %', days
            using errcode = 'IS003';
    end if;
    insert into operator_token (digest, operator_id, expires_at)
        values (new_token, operator, at + make_interval(days => days)) returning * into made;
    return made;
end $$;

create or replace function issuer.operator_record(wanted text, wanted_role operator_role,
    new_token digest, days integer, by bigint, at timestamptz)
returns bigint language plpgsql set search_path = issuer, pg_temp as $$
declare
    made operator;
begin
    if wanted !~ '^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$' then
        raise exception '''%'' is no operator''s name: 1 to 64 of A-Z a-z 0-9 . _ @ -', wanted
            using errcode = 'IS003';
    end if;
    insert into operator (name, role, effective) values (wanted, wanted_role, at)
        returning * into made;
    perform operator_give_token(made.id, new_token, days, at);
    perform note_event('operator-added', 'operator', made.id, made::text, null, by, at);
    return made.id;
end $$;

create or replace function issuer.operator_add(token digest, wanted text,
    wanted_role operator_role, new_token digest, days integer, at timestamptz)
returns bigint language plpgsql security definer set search_path = issuer, pg_temp as $$
declare
    who record;
begin
    select * into who from operator_require(token, 'operator add', at);
    return operator_record(wanted, wanted_role, new_token, days, who.id, at);
end $$;

-- For the owner of the database, while nobody else could: no admin is there, or all tokens of admins
-- have run out.
create or replace function issuer.operator_add_first(wanted text, wanted_role operator_role,
    new_token digest, days integer, at timestamptz)
returns bigint language plpgsql set search_path = issuer, pg_temp as $$
begin
    if admins_in_force(at) > 0 then
        raise exception 'there is an admin already: operators are added by an admin'
            using errcode = 'IS002';
    elsif wanted_role <> 'admin' then
        raise exception 'the first operator must be an admin' using errcode = 'IS002';
    end if;
    return operator_record(wanted, wanted_role, new_token, days, null, at);
end $$;

-- The operator of that name who is in force, locked.
create or replace function issuer.operator_lock(wanted text) returns operator
language plpgsql set search_path = issuer, pg_temp as $$
declare
    found_operator operator;
begin
    select * into found_operator from operator o
        where o.name = wanted and o.revoked_at is null for no key update;
    if not found then
        raise exception 'no operator named ''%'' is in force; `issuer operator list` shows them',
            wanted using errcode = 'IS001';
    end if;
    return found_operator;
end $$;

-- A new token for an operator; the ones before are void.
create or replace function issuer.operator_renew(token digest, wanted text, new_token digest,
    days integer, at timestamptz)
returns timestamptz language plpgsql security definer set search_path = issuer, pg_temp as $$
declare
    who record;
    renewed operator;
    made operator_token;
begin
    select * into who from operator_require(token, 'operator renew', at);
    renewed := operator_lock(wanted);
    update operator_token t set revoked_at = at
        where t.operator_id = renewed.id and t.revoked_at is null;
    made := operator_give_token(renewed.id, new_token, days, at);
    perform note_event('operator-renewed', 'operator_token', renewed.id, made::text, null, who.id,
                       at);
    return made.expires_at;
end $$;

-- Ends an operator and all tokens. Somebody must be left who can add operators.
create or replace function issuer.operator_revoke(token digest, wanted text, at timestamptz)
returns bigint language plpgsql security definer set search_path = issuer, pg_temp as $$
declare
    who record;
    ended operator;
begin
    select * into who from operator_require(token, 'operator revoke', at);
    ended := operator_lock(wanted);
    update operator o set revoked_at = at where o.id = ended.id returning * into ended;
    update operator_token t set revoked_at = at
        where t.operator_id = ended.id and t.revoked_at is null;
    if ended.role = 'admin' and admins_in_force(at) = 0 then
        raise exception 'the last admin cannot be revoked: add another one first'
            using errcode = 'IS002';
    end if;
    perform note_event('operator-revoked', 'operator', ended.id, ended::text, null, who.id, at);
    return ended.id;
end $$;

-- What an operator has done that a second person may want to look at, oldest first. An import is one
-- row however many licenses it holds.
create or replace function issuer.operator_deeds(wanted text)
returns table (kind text, subject text, day date)
language sql stable set search_path = issuer, pg_temp as $$
    with who as (select o.id from operator o where o.name = wanted),
    deeds (kind, subject, at) as (
        select 'restoration ' || d.outcome, format('case %s of %s', r.id, l.license_id), d.effective
            from who join restoration_decision d on d.decided_by = who.id
            join restoration r on r.id = d.restoration_id join license l on l.id = r.license_id
        union all
        select 'restoration ' || d.outcome || ' as second person',
            format('case %s of %s', r.id, l.license_id), d.effective
            from who join restoration_decision d on d.second_by = who.id
            join restoration r on r.id = d.restoration_id join license l on l.id = r.license_id
        union all
        select 'restoration opened', format('case %s of %s', r.id, l.license_id), r.opened_at
            from who join restoration r on r.opened_by = who.id
            join license l on l.id = r.license_id
        union all
        select 'request ' || i.kind || case when i.second_id = who.id then ' as second person'
                                            else '' end,
            concat_ws(' ', 'case ' || i.hold_id, q.host, 'of ' || l.license_id), i.filed_at
            from who join instruction i on who.id in (i.operator_id, i.second_id)
            left join hold h on h.id = i.hold_id
            left join usage_request q on q.id = coalesce(i.request_id, h.request_id)
            left join license l on l.id = q.license_id
            where i.state = 'done' and i.restoration_id is null
        union all
        select 'license import', format('import %s: %s rows', i.id, i.rows), i.recorded_at
            from who join import i on i.operator_id = who.id and i.way = 'file'
        union all
        select replace(e.kind, '-', ' '),
            coalesce(l.license_id, o.name, s.reference, 'customer ' || c.name, e.detail ->> 'kid',
                     e.subject || ' ' || e.subject_id), e.effective
            from who join event e on e.operator_id = who.id
            left join license l on l.id = e.license_id
            left join operator o on e.subject in ('operator', 'operator_token')
                and o.id = e.subject_id
            left join orders s on e.subject = 'orders' and s.id = e.subject_id
            left join lateral (select v.name from customer_version v
                               where e.subject = 'customer' and v.customer_id = e.subject_id
                               order by v.version desc limit 1) c on true
            -- told above, or a part of an import
            where e.subject not in ('instruction', 'decision', 'activation', 'usage_license',
                                    'restoration', 'restoration_decision')
              and not coalesce(e.detail ? 'import', false))
    select d.kind, d.subject, (d.at at time zone 'UTC')::date from deeds d
    order by d.at, d.kind, d.subject
$$;
