-- Retention: some days after all that is about a mail is over, its words and bytes are emptied, and the
-- addresses of who sent it. What says which mail it was stays (identity, place, size, digest, its times),
-- with all that was decided.

-- Whether nothing about a mail is open, and nothing has happened to it since `over`.
create or replace function issuer.message_is_over(known message, over timestamptz) returns boolean
language sql stable set search_path = issuer, pg_temp as $$
    select known.effective <= over
        -- It waits for a person, or one has handled it lately.
        and (known.handled_at <= over or known.handled_at is null
             and known.class not in ('about-license', 'unrecognised', 'quarantined')
             or known.handled_at is null and known.class = 'quarantined'
                and exists (select from quarantine q where q.message_id = known.id and q.closed_at <= over))
        and not exists (select from quarantine q where q.message_id = known.id
                        and coalesce(q.closed_at, 'infinity') > over)
        and not exists (select from decision d left join hold h on h.request_id = d.request_id
                        where d.message_id = known.id
                          and (d.effective > over
                               or h.id is not null and coalesce(h.closed_at, 'infinity') > over))
        and not exists (select from restoration s where s.message_id = known.id
                        and coalesce(s.closed_at, 'infinity') > over)
        and not exists (
            select from case_mail k
            left join hold h on h.id = k.case_number
            left join restoration s on s.id = k.case_number
            where k.message_id = known.id
              and (coalesce(k.seen_at, 'infinity') > over
                   or coalesce(h.closed_at, s.closed_at, 'infinity') > over))
        and not exists (select from reply r where r.message_id = known.id
                        and (r.state not in ('sent', 'withdrawn') or coalesce(r.sent_at, r.effective) > over))
        and not exists (
            select from instruction i where i.state in ('filed', 'taken')
            and (i.kind = 'retry' and (i.arguments ->> 'message')::bigint = known.id
                 or i.request_id in (select d.request_id from decision d where d.message_id = known.id)))
$$;

-- Looks at `most` mails at most, those that come after mail `after` (0: from the oldest), and empties those
-- of which all has been over since `over`, each by an event. One that somebody has in hand waits for the next
-- day. `last`: the last that was looked at.
drop function if exists issuer.messages_empty_over(timestamptz, integer, timestamptz, integer);
create or replace function issuer.messages_empty_over(over timestamptz, days integer, at timestamptz,
    most integer, after bigint)
returns table (looked bigint, emptied bigint, last bigint)
language sql set search_path = issuer, pg_temp as $$
    with seen as materialized (
        select m.id, m.effective from message m,
            (select coalesce((select a.effective from message a where a.id = after), '-infinity') as at) a
        where m.emptied_at is null and m.effective <= over
          and m.effective >= a.at and (m.effective, m.id) > (a.at, after)
        order by m.effective, m.id limit most
    ), chosen as materialized (
        select m.id from message m where m.id in (select s.id from seen s) and m.emptied_at is null
          and message_is_over(m, over) for no key update of m skip locked
    ), gone as (
        update message m set from_address = null, reply_to = null, subject = null, body = null, raw = null,
            emptied_at = at
            where m.id in (select c.id from chosen c) returning m.*
    ), noted as (
        insert into event (kind, subject, subject_id, row_digest, detail, effective)
            select 'message-emptied', 'message', g.id, sha256(convert_to(g::text, 'UTF8')),
                jsonb_build_object('retention_days', days), at
            from gone g order by g.id returning 1)
    select (select count(*) from seen), (select count(*) from noted),
        coalesce((select s.id from seen s order by s.effective desc, s.id desc limit 1), after)
$$;

-- What mail servers, or programs of staff, said of what is over: they repeat addresses.
create or replace function issuer.problems_empty_over(over timestamptz, at timestamptz, most integer)
returns bigint language sql set search_path = issuer, pg_temp as $$
    with chosen as materialized (
        select r.id from reply r
        where r.last_error is not null and r.effective <= over and r.state in ('sent', 'withdrawn')
        order by r.effective limit most for no key update skip locked
    ), emptied as (
        update reply r set last_error = null where r.id in (select c.id from chosen c) returning r.*
    ), noted as (
        insert into event (kind, subject, subject_id, row_digest, effective)
            select 'reply-emptied', 'reply', e.id, sha256(convert_to(e::text, 'UTF8')), at
            from emptied e order by e.id returning 1
    ), told as (
        update staff_telling t set problem = null where t.problem is not null and t.done_at <= over
    ), gone as (
        update watched w set problem = null, problem_at = null
            where w.problem is not null and w.ended_at <= over)
    select count(*) from noted
$$;

-- One bounded step of the chore, which is due once a day: of what is over for `days` days at most `most`
-- mails or replies are looked at, mails after `after`, where the step before came to (`last`). `more`: another
-- step is due. Whoever begins it and is gone leaves the rest to the next, who begins anew.
drop function if exists issuer.retention_step(integer, timestamptz, integer);
create or replace function issuer.retention_step(days integer, at timestamptz, most integer, after bigint)
returns table (emptied bigint, more boolean, last bigint)
language plpgsql security definer set search_path = issuer, pg_temp as $$
declare
    over constant timestamptz := at - make_interval(days => days);
    step record;
begin
    emptied := 0;
    more := false;
    last := after;
    if coalesce(days, 0) > 0 and not exists (select from chore c where c.name = 'retention'
                                             and c.done_at > at - interval '1 day' and c.done_at <= at) then
        select * into step from messages_empty_over(over, days, at, most, after);
        emptied := step.emptied;
        last := step.last;
        more := step.looked >= most;
        if not more then
            emptied := emptied + problems_empty_over(over, at, most);
            more := emptied - step.emptied >= most;
        end if;
        if not more then
            perform chore_due('retention', interval '1 day', at);
        end if;
    end if;
    return next;
end $$;
