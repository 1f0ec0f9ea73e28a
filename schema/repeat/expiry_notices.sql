-- What a license's contacts are told before it expires, through the queue of replies.

-- Whether it is time for a chore that is due each `every`; then it is noted as done. A clock that was set
-- back makes it due.
create or replace function issuer.chore_due(chore text, every interval, at timestamptz) returns boolean
language plpgsql set search_path = issuer, pg_temp as $$
begin
    insert into chore as c (name, done_at) values (chore_due.chore, at)
        on conflict (name) do update set done_at = at where c.done_at not between at - every and at
            or c.done_at = at - every;
    return found;
end $$;

-- A day means through that day anywhere on earth: until 12:00 UTC of the day after.
create or replace function issuer.day_end(day date) returns timestamptz
language sql immutable set search_path = issuer, pg_temp as $$
    select (day + 1 + time '12:00') at time zone 'UTC'
$$;

-- Queues, once an hour, what is to be told at `at`; gives how many replies. Of several `marks` (days
-- before the end) that have come only the last is told. One that had come before the version was on
-- record tells nothing new. Nothing is told of what is suspended, has ended or expired, or never does.
create or replace function issuer.expiry_notices_queue(marks integer[], at timestamptz)
returns bigint language plpgsql security definer set search_path = issuer, pg_temp as $$
declare
    made bigint;
begin
    if coalesce(cardinality(marks), 0) = 0 or not chore_due('expiry-notices', interval '1 hour', at) then
        return 0;
    end if;
    with due as (
        select e.license_id, e.version, min(m.days) as days
        from entitlement e
        join unnest(marks) m(days)
            on at >= day_end(e.expires_on) - make_interval(days => m.days)
            and day_end(e.expires_on) - make_interval(days => m.days) > e.recorded_at
        where e.expires_on between (at at time zone 'UTC')::date - 1
                and (at at time zone 'UTC')::date + (select max(days) from unnest(marks) days)
            and at < day_end(e.expires_on)
            and not exists (select from entitlement n
                            where n.license_id = e.license_id and n.version > e.version)
            and license_state_of(e.license_id) = 'current'
        group by e.license_id, e.version
    ), new as (
        select d.* from due d
        where not exists (select from expiry_notice x where x.license_id = d.license_id
                          and x.version = d.version and x.days <= d.days)
    ), n as (
        select nextval('reply_id_seq') as id, g.* from (
            select d.license_id, d.version, c.entry
            from new d join contact c on c.license_id = d.license_id and c.ended_on is null
                and c.entry not like '@%' and not c.doubtful
            group by d.license_id, d.version, c.entry order by d.license_id, c.entry) g
    ), x as (
        insert into expiry_notice (license_id, version, days, replies, effective)
            select d.license_id, d.version, d.days,
                (select count(*) from n where n.license_id = d.license_id), at from new d
            returning *
    ), r as (
        insert into reply (id, recipient, state, why, effective) overriding system value
            select n.id, n.entry, 'queued', 'notice', at from n
    ), l as (
        insert into reply_line (reply_id, position, license_id, version, about)
            select n.id, 1, n.license_id, n.version, 'expires' from n
    ), v as (
        insert into event (kind, subject, subject_id, row_digest, license_id, detail, effective)
            select 'expiry-told', 'license', x.license_id, sha256(convert_to(x::text, 'UTF8')), x.license_id,
                jsonb_build_object('version', x.version, 'days', x.days, 'replies', x.replies), at from x)
    select count(*) into made from n;
    return made;
end $$;
