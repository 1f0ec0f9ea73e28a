-- The doors by which a license that was sold is changed: upgraded, corrected, ended, suspended. Each
-- adds a version under its order, with its event, and gives what has changed, a row each; whoever
-- only wants to see that rolls back. Installed usage licenses stay as they are.

create or replace function issuer.day_require(day date, at timestamptz) returns void
language plpgsql stable set search_path = issuer, pg_temp as $$
begin
    if day > (at at time zone 'UTC' + interval '14 hours')::date then  -- tomorrow, nowhere on earth
        raise exception 'the order''s day % lies ahead', day using errcode = 'IS003';
    end if;
end $$;

-- The uses that end because the draft has no room for them: exactly as many as it takes, named one
-- by one. What runs on them is not ours to end.
create or replace function issuer.uses_end(of license, draft jsonb, ended bigint[], operator bigint,
    at timestamptz)
returns table (what text, before text, after text)
language plpgsql set search_path = issuer, pg_temp as $$
declare
    used bigint;
    active bigint;
    needed bigint;
    stranger bigint;
    made activation;
begin
    select count(*), count(*) filter (where a.state = 'active') into used, active
        from activation a where a.license_id = of.id and a.counted;
    needed := greatest(used - (draft ->> 'activations')::bigint,
                       active - (draft ->> 'servers')::bigint, 0);
    select n into stranger from unnest(ended) n
        where not exists (select from activation a where a.id = n and a.license_id = of.id
                          and a.counted) limit 1;
    if stranger is not null then
        raise exception '% carries no use of %: `issuer license show %` lists those that do',
            serial_text(stranger), of.license_id, of.license_id using errcode = 'IS003';
    elsif cardinality(ended) = 0 and needed > 0 then
        raise exception '% has % of % activations in use and % of % servers running: name %: '
            '--end-use SERIAL (`issuer license show %`)', of.license_id, used,
            draft ->> 'activations', active, draft ->> 'servers', case needed when 1 then 'the one that ends'
            else 'the ' || needed || ' that end' end, of.license_id using errcode = 'IS003';
    elsif cardinality(ended) <> needed then
        raise exception '--end-use: % named, and exactly % must end', cardinality(ended), needed
            using errcode = 'IS003';
    elsif active - (select count(*) from activation a where a.id = any (ended)
                    and a.state = 'active') > (draft ->> 'servers')::bigint then
        raise exception '% servers may run and % do: name servers that run, with --end-use SERIAL',
            draft ->> 'servers', active using errcode = 'IS003';
    end if;
    for made in
        update activation a set state = 'corrected', counted = false, ended_by = 'correction',
            active_until = coalesce(a.active_until, greatest(at, a.active_from)),
            counted_until = greatest(at, a.active_from, a.active_until)
            where a.id = any (ended) returning a.*
    loop
        perform note_event('activation-corrected', 'activation', made.id, made::text, of.id,
                           operator, at);
        what := serial_text(made.id);
        select format('use %s, %s', made.use_no, r.host) into before from usage_request r
            where r.id = made.request_id;
        after := 'use ended and given back';
        return next;
    end loop;
end $$;

-- The lowest number that no use of the license has, or no server of it.
create or replace function issuer.use_free(license bigint, allowed integer) returns integer
language sql stable set search_path = issuer, pg_temp as $$
    select n from generate_series(1, allowed) n
    where not exists (select from activation a where a.license_id = license and a.use_no = n
                      and a.counted) limit 1
$$;
create or replace function issuer.place_free(license bigint, servers integer) returns integer
language sql stable set search_path = issuer, pg_temp as $$
    select n from generate_series(1, servers) n
    where not exists (select from activation a where a.license_id = license and a.slot = n
                      and a.state = 'active') limit 1
$$;

-- A use as people read it; only a server that runs has a place.
create or replace function issuer.use_text(of activation) returns text
language sql stable as $$
    select 'use ' || of.use_no || case when of.state = 'active'
                                       then ', server place ' || of.slot else '' end
$$;

-- What stays moves below the draft's limits: the lowest free numbers, one activation after another.
create or replace function issuer.uses_renumber(of license, draft jsonb, operator bigint,
    at timestamptz)
returns table (what text, before text, after text)
language plpgsql set search_path = issuer, pg_temp as $$
declare
    most_uses constant integer := draft ->> 'activations';
    most_places constant integer := draft ->> 'servers';
    was activation;
    made activation;
begin
    for was in
        select * from activation a where a.license_id = of.id and a.counted
            and (a.use_no > most_uses or a.state = 'active' and a.slot > most_places)
            order by a.use_no
    loop
        update activation a set
            use_no = case when was.use_no > most_uses then use_free(of.id, most_uses)
                     else was.use_no end,
            slot = case when was.state = 'active' and was.slot > most_places
                   then place_free(of.id, most_places) else was.slot end
            where a.id = was.id returning a.* into made;
        perform note_event('activation-renumbered', 'activation', made.id, made::text, of.id,
                           operator, at);
        what := serial_text(made.id);
        before := use_text(was);
        after := use_text(made);
        return next;
    end loop;
end $$;

-- All contacts hear that uses were given back, in one mail each; it hangs on the requests whose
-- usage licenses they were.
create or replace function issuer.uses_tell(license bigint, ended bigint[], at timestamptz)
returns bigint language sql set search_path = issuer, pg_temp as $$
    with n as (
        select nextval('reply_id_seq') as id, g.* from (
            select c.entry, min(r.message_id) as message_id,
                array_agg(u.decision_id order by u.serial) as decisions
            from usage_license u join usage_request r on r.id = u.request_id
            join contact c on c.license_id = u.license_id and c.ended_on is null
                and c.entry not like '@%' and not c.doubtful
            where u.activation_id = any (ended) and u.license_id = license
            group by c.entry order by c.entry) g
    ), r as (
        insert into reply (id, message_id, recipient, state, why, effective)
            overriding system value
            select id, message_id, entry, 'queued', 'notice', at from n
    ), l as (
        insert into reply_line (reply_id, position, decision_id, license_id, about)
            select n.id, d.position, d.decision, license, 'corrected' from n
            cross join unnest(n.decisions) with ordinality as d (decision, position))
    select count(*) from n
$$;

create or replace function issuer.license_state_of(license bigint) returns license_state
language sql stable set search_path = issuer, pg_temp as $$
    select coalesce((select s.state from license_state_version s where s.license_id = license
                     order by s.version desc limit 1), 'current')
$$;

-- A draft becomes a version, and uses that it has no room for end: all that is common to an upgrade,
-- a correction and a refund.
create or replace function issuer.license_book(of license, was jsonb, becomes jsonb, paid orders,
    since date, reason text, ended bigint[], kind text, operator bigint, at timestamptz)
returns table (what text, before text, after text)
language plpgsql set search_path = issuer, pg_temp as $$
#variable_conflict use_column
declare
    number integer;
begin
    return query select * from draft_changes(was, becomes);
    return query select * from uses_end(of, becomes, ended, operator, at);
    return query select * from uses_renumber(of, becomes, operator, at);
    number := entitlement_add(of.id, becomes, paid.id, since, reason, operator);
    perform note_event(kind, 'license', of.id, entitlement_text(of.id, number), of.id, operator, at,
        jsonb_build_object('version', number, 'order', paid.reference, 'order_kind', paid.kind,
            'ended_uses', to_jsonb(ended),
            'changes', (select coalesce(jsonb_agg(jsonb_build_object('what', c.what,
                            'before', c.before, 'after', c.after)), '[]')
                        from draft_changes(was, becomes) c)));
    perform uses_tell(of.id, ended, at);
    return query select 'version', was ->> 'version', number::text;
end $$;

create or replace function issuer.ended_uses(change jsonb) returns bigint[]
language sql immutable as $$
    select coalesce(array_agg(distinct n::bigint), '{}')
    from jsonb_array_elements_text(change -> 'end_uses') n
$$;

-- A feature named twice would be counted twice or once, and nobody knew which was meant.
create or replace function issuer.codes_require_once(change jsonb) returns void
language plpgsql stable set search_path = issuer, pg_temp as $$
declare
    twice text;
begin
    select f ->> 'code' into twice
        from (select jsonb_array_elements(change -> 'features') f
              union all select jsonb_array_elements(change -> 'removed')) x
        group by 1 having count(*) > 1 limit 1;
    if found then
        raise exception '% is named twice', twice using errcode = 'IS003';
    end if;
end $$;

-- `change`: {order, kind, ordered_on, same_order, features [{code, number, until}],
-- removed [{code, number}], expires {years | until}, activations, servers, end_uses [serial],
-- reason}; what is not there stays.
create or replace function issuer.license_upgrade(token digest, wanted text, change jsonb,
    at timestamptz)
returns table (what text, before text, after text)
language plpgsql security definer set search_path = issuer, pg_temp as $$
#variable_conflict use_column
declare
    who record;
    of license;
    paid orders;
    earlier integer;
    was jsonb;
    becomes jsonb;
    one jsonb;
begin
    select * into who from operator_require(token, 'license upgrade', at);
    perform codes_require_once(change);
    perform day_require((change ->> 'ordered_on')::date, at);
    of := license_lock(wanted);
    if license_state_of(of.id) = 'ended' then
        raise exception '% has ended: nothing is added to it', of.license_id using errcode = 'IS003';
    end if;
    paid := order_of(change ->> 'order', (change ->> 'kind')::order_kind,
                     (change ->> 'ordered_on')::date, of.customer_id, who.id, at);
    if paid.kind = 'correction' then
        raise exception 'a correction is booked by `issuer license correct`' using errcode = 'IS003';
    end if;
    select min(e.version) into earlier from entitlement e
        where e.license_id = of.id and e.order_id = paid.id;
    if earlier is not null and not coalesce((change ->> 'same_order')::boolean, false) then
        raise exception 'order % is behind version % of % already: to book a further part of it, say '
            '--same-order', paid.reference, earlier, of.license_id using errcode = 'IS003';
    end if;
    was := draft_of(of.id);
    becomes := was;
    for one in select jsonb_array_elements(change -> 'removed') loop
        if paid.kind <> 'cancellation' then
            raise exception '% is taken back by an order of the kind cancellation, not a %',
                one ->> 'code', paid.kind using errcode = 'IS003';
        end if;
        becomes := draft_take_back(becomes, of.id, one ->> 'code', (one ->> 'number')::bigint);
    end loop;
    for one in select jsonb_array_elements(change -> 'features') loop
        if paid.kind = 'cancellation' then
            raise exception 'a cancellation adds nothing: % needs an order of its own',
                one ->> 'code' using errcode = 'IS003';
        end if;
        becomes := draft_buy(becomes, one, of.product, paid.ordered_on);
    end loop;
    if change ? 'expires' then
        becomes := draft_expire(becomes, change -> 'expires', paid);
    end if;
    becomes := draft_count(becomes, 'activations', change -> 'activations');
    becomes := draft_count(becomes, 'servers', change -> 'servers');
    if paid.kind = 'cancellation'
       and ((becomes ->> 'activations')::integer > (was ->> 'activations')::integer
            or (becomes ->> 'servers')::integer > (was ->> 'servers')::integer) then
        raise exception 'a cancellation adds nothing: more activations or servers need an order of '
            'their own' using errcode = 'IS003';
    end if;
    if becomes = was then
        raise exception 'this changes nothing of %: it grants that already', of.license_id
            using errcode = 'IS003';
    end if;
    return query select * from license_book(of, was, becomes, paid, paid.ordered_on,
        change ->> 'reason', ended_uses(change), 'license-upgraded', who.id, at);
end $$;

-- What was recorded wrongly, as it should have been: it holds from the day of the version that it
-- puts right. `change` as above, with the features as they are and `reinstated`.
create or replace function issuer.license_correct(token digest, wanted text, change jsonb,
    at timestamptz)
returns table (what text, before text, after text)
language plpgsql security definer set search_path = issuer, pg_temp as $$
#variable_conflict use_column
declare
    who record;
    of license;
    paid orders;
    was jsonb;
    becomes jsonb;
    one jsonb;
    back constant boolean := coalesce((change ->> 'reinstated')::boolean, false);
begin
    select * into who from operator_require(token, 'license correct', at);
    perform reason_require(change ->> 'reason');
    perform codes_require_once(change);
    perform day_require((change ->> 'ordered_on')::date, at);
    of := license_lock(wanted);
    if change ->> 'kind' = 'cancellation' then
        raise exception 'a cancellation is booked by `issuer license end` or `issuer license upgrade`'
            using errcode = 'IS003';
    elsif back and license_state_of(of.id) <> 'ended' then
        raise exception '% has not ended', of.license_id using errcode = 'IS003';
    end if;
    paid := order_of(change ->> 'order', (change ->> 'kind')::order_kind,
                     (change ->> 'ordered_on')::date, of.customer_id, who.id, at);
    was := draft_of(of.id);
    becomes := was;
    for one in select jsonb_array_elements(change -> 'removed') loop
        if becomes -> 'features' -> (one ->> 'code') is null then
            raise exception '% is not there to be removed', one ->> 'code' using errcode = 'IS003';
        elsif one ->> 'number' is not null then
            raise exception '%: a correction takes no years back; give the right last day '
                '(--set-feature %=2027-03-31)', one ->> 'code', one ->> 'code'
                using errcode = 'IS003';
        end if;
        becomes := draft_feature(becomes, one ->> 'code', null, case when feature_kind_of(
            one ->> 'code', of.product) = 'term' then jsonb_build_object('kind', 'set') end);
    end loop;
    for one in select jsonb_array_elements(change -> 'features') loop
        becomes := draft_correct(becomes, one, of.product);
    end loop;
    if change -> 'expires' ? 'years' then
        raise exception 'a correction counts no years: give the day on which the license expires, or '
            'never' using errcode = 'IS003';
    elsif change ? 'expires' then
        becomes := jsonb_set(becomes, '{expires_on}',
            coalesce(to_jsonb((change -> 'expires' ->> 'until')::date), 'null'));
    end if;
    becomes := draft_count(becomes, 'activations', change -> 'activations');
    becomes := draft_count(becomes, 'servers', change -> 'servers');
    if becomes = was and not back
       and (paid.kind = 'correction' or paid.id = (was ->> 'order')::bigint) then
        raise exception 'this changes nothing of %: so it is on record already', of.license_id
            using errcode = 'IS003';
    end if;
    if back then
        -- What an admin has suspended before it ended is as it was: suspended.
        return query select * from license_state_add(of, coalesce(
                (select s.state from license_state_version s
                 where s.license_id = of.id and s.state <> 'ended' order by s.version desc limit 1),
                'current'), change ->> 'reason', paid.id, null, null, 'license-reinstated', who.id, at);
        if becomes = was then
            return;
        end if;
    end if;
    return query select * from license_book(of, was, becomes, paid, (was ->> 'effective')::date,
        change ->> 'reason', ended_uses(change), 'license-corrected', who.id, at);
end $$;

-- Another state of the license, from `at` on.
create or replace function issuer.license_state_add(of license, becomes license_state, reason text,
    paid bigint, how text, other bigint, kind text, operator bigint, at timestamptz)
returns table (what text, before text, after text)
language plpgsql set search_path = issuer, pg_temp as $$
#variable_conflict use_column
declare
    was constant license_state := license_state_of(of.id);
    made license_state_version;
begin
    insert into license_state_version (license_id, version, state, reason, operator_id, effective,
                                       order_id, replaced_by, ended_how)
        values (of.id, coalesce((select max(s.version) from license_state_version s
                                 where s.license_id = of.id), 0) + 1,
                becomes, reason, operator, at, paid, other, how)
        returning * into made;
    perform note_event(kind, 'license', of.id, made::text, of.id, operator, at,
        jsonb_strip_nulls(jsonb_build_object('from', was, 'to', becomes, 'how', how,
            'order', (select o.reference from orders o where o.id = paid),
            'replaced_by', (select l.license_id from license l where l.id = other))));
    return query select 'state', was::text, concat_ws(': ', becomes::text, how);
end $$;

-- `change`: {how, order, ordered_on, replaced_by, removed [{code, number}], reason}. A refund takes
-- back all that is sold by the year, whatever else only what is named.
create or replace function issuer.license_end(token digest, wanted text, change jsonb,
    at timestamptz)
returns table (what text, before text, after text)
language plpgsql security definer set search_path = issuer, pg_temp as $$
#variable_conflict use_column
declare
    who record;
    of license;
    other license;
    paid orders;
    was jsonb;
    becomes jsonb;
    one jsonb;
    how constant text := change ->> 'how';
begin
    select * into who from operator_require(token, 'license end', at);
    perform reason_require(change ->> 'reason');
    perform codes_require_once(change);
    perform day_require((change ->> 'ordered_on')::date, at);
    if how is null or how not in ('refunded', 'cancelled', 'replaced') then
        raise exception 'a license ends refunded, cancelled or replaced' using errcode = 'IS003';
    end if;
    of := license_lock(wanted);
    if license_state_of(of.id) = 'ended' then
        raise exception '% has ended already', of.license_id using errcode = 'IS003';
    end if;
    if how = 'replaced' then
        select * into other from license l
            where lower(l.license_id) = lower(btrim(change ->> 'replaced_by'));
        if not found then
            raise exception 'license % is not on record: record what replaces % first',
                change ->> 'replaced_by', of.license_id using errcode = 'IS001';
        elsif other.id = of.id or license_state_of(other.id) = 'ended' then
            raise exception '% cannot replace %: it %', other.license_id, of.license_id,
                case when other.id = of.id then 'is the same' else 'has ended' end
                using errcode = 'IS003';
        elsif customer_root(other.customer_id) <> customer_root(of.customer_id) then
            raise exception '% is a license of another customer', other.license_id
                using errcode = 'IS003';
        end if;
    end if;
    if change ->> 'order' is not null then
        paid := order_of(change ->> 'order', 'cancellation', (change ->> 'ordered_on')::date,
                         of.customer_id, who.id, at);
    elsif how <> 'replaced' or jsonb_array_length(change -> 'removed') > 0 then
        raise exception 'name the order that takes it back (--order)' using errcode = 'IS003';
    end if;
    was := draft_of(of.id);
    becomes := was;
    for one in
        select r from jsonb_array_elements(change -> 'removed') r
        union all
        select jsonb_build_object('code', f.key) from jsonb_each(was -> 'features') f
            where how = 'refunded' and f.value ->> 'until' is not null
              and not exists (select from jsonb_array_elements(change -> 'removed') r
                              where r ->> 'code' = f.key)
    loop
        becomes := draft_take_back(becomes, of.id, one ->> 'code', (one ->> 'number')::bigint);
    end loop;
    return query select * from license_state_add(of, 'ended', change ->> 'reason', paid.id, how,
        other.id, 'license-ended', who.id, at);
    if becomes <> was then
        return query select * from license_book(of, was, becomes, paid, paid.ordered_on,
            change ->> 'reason', '{}', 'license-taken-back', who.id, at);
    end if;
end $$;

-- From one state, which it must be in, to another, by whoever may use that command.
create or replace function issuer.license_state_move(token digest, command text, wanted text,
    change jsonb, needs license_state, becomes license_state, kind text, at timestamptz)
returns table (what text, before text, after text)
language plpgsql set search_path = issuer, pg_temp as $$
#variable_conflict use_column
declare
    who record;
    of license;
    was license_state;
begin
    select * into who from operator_require(token, command, at);
    perform reason_require(change ->> 'reason');
    of := license_lock(wanted);
    was := license_state_of(of.id);
    if was = becomes then
        raise exception '% is % already', of.license_id, was using errcode = 'IS003';
    elsif was <> needs then
        raise exception '% is not %, but %', of.license_id, needs, was
            || case when was = 'ended'
               then ': where that was a mistake, use `issuer license correct --reinstate`'
               else '' end using errcode = 'IS003';
    end if;
    return query select * from license_state_add(of, becomes, change ->> 'reason', null, null, null,
        kind, who.id, at);
end $$;

create or replace function issuer.license_suspend(token digest, wanted text, change jsonb,
    at timestamptz)
returns table (what text, before text, after text)
language sql security definer set search_path = issuer, pg_temp as $$
    select * from license_state_move(token, 'license suspend', wanted, change, 'current', 'suspended',
                                     'license-suspended', at)
$$;

create or replace function issuer.license_resume(token digest, wanted text, change jsonb,
    at timestamptz)
returns table (what text, before text, after text)
language sql security definer set search_path = issuer, pg_temp as $$
    select * from license_state_move(token, 'license resume', wanted, change, 'suspended', 'current',
                                     'license-resumed', at)
$$;

-- The requests that a change of this license has decided again, its key's that came before it was on
-- record too: see db/waiting_store.c, which says the same for all licenses at once.
create or replace function issuer.license_waiting(wanted text, at timestamptz)
returns table (request bytea, host text, outcome text, code text, since timestamptz)
language sql stable security definer set search_path = issuer, pg_temp as $$
    with l as materialized (select id from license where lower(license_id) = lower(wanted)),
    asked as (
        select r.id, r.digest, r.host, r.thumbprint, r.seq from l
        join usage_request r on r.license_id = l.id
        union all
        select r.id, r.digest, r.host, r.thumbprint, r.seq from l
        join license_key k on k.license_id = l.id join license_proof p on p.license_key_id = k.id
        join usage_request r on r.license_key = p.public_key and r.license_id is null)
    select r.digest, r.host, d.outcome::text, d.code, m.effective from asked r
    cross join lateral (select * from decision d where d.request_id = r.id
                        order by d.recorded_at desc, d.id desc limit 1) d
    join message m on m.id = d.message_id
    where d.outcome in ('refused', 'held') and m.effective > at - interval '30 days'
      and d.code not in ('damaged', 'superseded-request')
      and not (d.outcome = 'refused' and d.operator_id is not null)
      and not exists (select from usage_request n where n.thumbprint = r.thumbprint
                      and n.seq > r.seq)
    order by m.effective, r.id
$$;
