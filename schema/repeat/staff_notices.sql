-- What staff is told of: found on record, each thing once, gathered into one mail or one run of a command
-- at a time, and tried until it is done.

-- Which daemon has the chores: who has them keeps them by asking again, before the lease runs out; one that
-- hangs or is gone has them no more. Whatever is done by two at once is done once all the same.
create or replace function issuer.chores_claim(who uuid, seconds integer) returns boolean
language plpgsql security definer set search_path = issuer, pg_temp as $$
begin
    insert into chores_lease as l (holder, until)
        values (who, clock_timestamp() + make_interval(secs => seconds))
        on conflict (one) do update set holder = excluded.holder, until = excluded.until
            where l.holder = who or l.until <= clock_timestamp();
    return found;
end $$;

-- Another may have them at once.
create or replace function issuer.chores_release(who uuid) returns void
language sql security definer set search_path = issuer, pg_temp as $$
    update chores_lease l set until = clock_timestamp() where l.holder = who and l.until > clock_timestamp()
$$;

-- Text as it may stand in a notice: on one line, and not without end.
create or replace function issuer.notice_line(words text) returns text
language sql immutable set search_path = issuer, pg_temp as $$
    select left(regexp_replace(words, '[[:cntrl:]]+', ' ', 'g'), 500)
$$;

-- Puts on record what is new at `at`; gives how many. Of `mailboxes`, with their names in the settings,
-- one is silent that brought no mail for so many hours, or that could not be asked for as long. A hold is
-- told again when it has waited for so many days of `hold_days`; of several that have come, the last.
drop function if exists issuer.staff_notices_find(timestamptz, bigint[], text[], integer[]);
create or replace function issuer.staff_notices_find(at timestamptz, mailboxes bigint[], names text[],
                                                     hours integer[], hold_days integer[])
returns bigint language plpgsql security definer set search_path = issuer, pg_temp as $$
declare
    made bigint;
begin
    with known_key as (
        -- The one that lasts longest: what signs after a rotation.
        select k.kid, k.not_after from signing_key k where k.revoked_at is null
        order by k.development, k.not_after desc limit 1
    ), mailbox_heard as (
        select s.name, s.hours, s.id, coalesce(
            (select l.recorded_at from mailbox_mail l where l.mailbox_id = s.id
             order by l.validity desc, l.uid desc limit 1), m.recorded_at) as heard_at,
            (select min(w.problem_at) from watched w
             where w.role = 'fetch' and w.instance = s.name and w.ended_at is null) as problem_at
        from unnest(mailboxes, names, hours) s(id, name, hours) left join mailbox m on m.id = s.id
    ), found as (
        select 'hold' as kind, h.id::text as mark,
            format('hold %s: %s', h.id, d.code) || coalesce(', license ' || l.license_id, '') as says
        from hold h join decision d on d.id = h.decision_id
            join usage_request q on q.id = h.request_id left join license l on l.id = q.license_id
        where h.closed_at is null
        union all
        select 'hold-waits', h.id || ' ' || max(n.days),
            format('hold %s has waited for %s: %s', h.id,
                   case max(n.days) when 1 then 'a day' else max(n.days) || ' days' end, d.code)
                || coalesce(', license ' || l.license_id, '')
        from hold h join unnest(hold_days) n(days) on h.opened_at <= at - make_interval(days => n.days)
            cross join lateral (select code from decision d where d.request_id = h.request_id
                                and d.code <> 'emergency' order by d.recorded_at desc, d.id desc limit 1) d
            join usage_request q on q.id = h.request_id left join license l on l.id = q.license_id
        where h.closed_at is null group by h.id, d.code, l.license_id
        union all
        select 'lost-server', s.id::text,
            format('lost-server case %s: %s, license %s', s.id, s.evidence, l.license_id)
        from restoration s join license l on l.id = s.license_id where s.closed_at is null
        union all
        select 'alert', a.id::text, format('alert %s: %s: %s', a.id, a.kind, a.detail)
        from alert a where a.closed_at is null and a.effective <= at
        union all
        select 'quarantine', q.message_id::text,
            format('mail %s is in quarantine: %s', q.message_id, q.reason)
        from quarantine q where q.closed_at is null
        union all
        -- Its problem may quote a server, and name the address: `issuer message show` has it.
        select 'undelivered', r.id::text, format('reply %s', r.id)
            || coalesce(' to mail ' || r.message_id, '') || ' could not be delivered'
        from reply r where r.state = 'undelivered'
        union all
        select 'mailbox-silent', concat_ws(' ', m.name, m.id, extract(epoch from m.heard_at)),
            format('mailbox %s brought no mail for %s hours', m.name, m.hours)
        from mailbox_heard m where m.heard_at <= at - make_interval(hours => m.hours)
        union all
        select 'mailbox-unreachable', concat_ws(' ', m.name, extract(epoch from m.problem_at)),
            format('mailbox %s could not be read for %s hours', m.name, m.hours)
        from mailbox_heard m where m.problem_at <= at - make_interval(hours => m.hours)
        union all
        (select 'key-end', k.kid || ' ' || days,
            case when days = 0 then format('signing key %s has ended', k.kid)
                 else format('signing key %s ends on %s', k.kid,
                             to_char(k.not_after at time zone 'UTC', 'YYYY-MM-DD')) end
        from known_key k, unnest(array[0, 7, 30, 90]) days
        where k.not_after <= at + make_interval(days => days) order by days limit 1)
        union all
        -- What is over within a minute is none; one that comes and goes is told once a day.
        select 'trouble', concat_ws(' ', w.daemon, w.role, w.instance,
                to_char(w.problem_at at time zone 'UTC', 'YYYY-MM-DD'),
                md5(regexp_replace(w.problem, '[0-9]+', '', 'g'))),
            format('%s of daemon %s is in trouble: %s', concat_ws(' ', w.role, nullif(w.instance, '')),
                   w.daemon, w.problem)
        from watched w
        where w.problem is not null and w.ended_at is null and w.problem_at <= at - interval '1 minute'
    ), new as (
        insert into staff_notice (kind, mark, says, effective)
        select f.kind, f.mark, notice_line(f.says), at from found f
        where not exists (select from staff_notice n where n.kind = f.kind and n.mark = f.mark)
        order by f.kind, length(f.mark), f.mark
        on conflict (kind, mark) do nothing returning 1
    )
    select count(*) into made from new;
    return made;
end $$;

-- Begins a telling, or tries the open one again, if it is time: at most one begins a minute. Null: there
-- is nothing to be told now. A clock that was set back makes nothing wait for longer than that.
create or replace function issuer.staff_telling_begin(by_way text, at timestamptz, most integer)
returns bigint language plpgsql security definer set search_path = issuer, pg_temp as $$
declare
    open_one staff_telling;
    made bigint;
begin
    perform pg_advisory_xact_lock(hashtextextended('issuer staff telling', 0));
    select * into open_one from staff_telling t where t.done_at is null for update;
    if found then
        if at < open_one.not_before and at >= open_one.tried_at then
            return null;
        end if;
        update staff_telling t set how = by_way, attempts = t.attempts + 1, tried_at = at,
            not_before = at + make_interval(mins => least(2 ^ t.attempts, 15)::integer)
            where t.id = open_one.id;
        return open_one.id;
    end if;
    if not exists (select from staff_notice n where n.telling_id is null)
       or exists (select from staff_telling t where t.effective > at - interval '1 minute'
                  and t.effective <= at) then
        return null;
    end if;
    insert into staff_telling (how, attempts, tried_at, not_before, effective)
        values (by_way, 1, at, at + interval '1 minute', at) returning id into made;
    update staff_notice n set telling_id = made
        where n.id in (select w.id from staff_notice w where w.telling_id is null order by w.id limit most);
    return made;
end $$;

-- What became of a try. Without a problem it is done.
create or replace function issuer.staff_telling_end(telling bigint, code integer, wrong text, at timestamptz)
returns void language sql security definer set search_path = issuer, pg_temp as $$
    update staff_telling t set exit_code = code, problem = notice_line(wrong),
        done_at = case when wrong is null then at end
        where t.id = telling and t.done_at is null
$$;
