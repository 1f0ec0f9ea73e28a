-- Replies on their way to a mail server, one at a time: begun, sent, put off, given back, failed. The
-- number of an attempt says whose a reply is: what comes of an attempt that is over changes nothing.

-- What a function gives can only be changed by making it anew.
drop function if exists issuer.reply_defer(bigint, integer, text, integer, timestamptz);
drop function if exists issuer.reply_release(bigint, integer, timestamptz);

-- How long a reply waits after so many attempts: longer each time, and never quite the same, so that
-- what failed together does not come back together.
create or replace function issuer.reply_pause(attempts integer) returns interval
language sql volatile set search_path = issuer, pg_temp as $$
    select date_trunc('second', (1 + 0.2 * random()) * coalesce(
        (array['1 minute', '5 minutes', '15 minutes']::interval[])[greatest(attempts, 1)],
        interval '1 hour'))
$$;

-- The event of a reply's new state. (Not in the language of queries, whose functions are planned anew at
-- each call.)
create or replace function issuer.reply_note(kind text, made reply, at timestamptz) returns void
language plpgsql set search_path = issuer, pg_temp as $$
begin
    insert into event (kind, subject, subject_id, row_digest, effective)
        values (kind, 'reply', made.id, sha256(convert_to(made::text, 'UTF8')), at);
end $$;

-- An attempt begins: the reply, which the caller has locked, is another's only after `until`. That one
-- was under way already tells of an attempt that was cut off. Gives the attempt's number.
create or replace function issuer.reply_begin(wanted bigint, until timestamptz, at timestamptz)
returns integer language plpgsql set search_path = issuer, pg_temp as $$
declare
    made reply;
begin
    update reply r set state = 'sending', not_before = until, attempts = r.attempts + 1,
        tried_at = coalesce(r.tried_at, at),
        last_error = case when r.state = 'sending' then 'an attempt was cut off: it may have arrived'
                          else r.last_error end
        where r.id = wanted and r.state in ('queued', 'sending') returning r.* into made;
    perform reply_note('reply-sending', made, at);
    return made.attempts;
end $$;

-- A mail server has taken it. False: the attempt is over.
create or replace function issuer.reply_sent(wanted bigint, attempt integer, at timestamptz)
returns boolean language plpgsql set search_path = issuer, pg_temp as $$
declare
    made reply;
begin
    update reply r set state = 'sent', sent_at = at
        where r.id = wanted and r.state = 'sending' and r.attempts = attempt returning r.* into made;
    if not found then
        return false;
    end if;
    perform reply_note('reply-sent', made, at);
    return true;
end $$;

-- The license that a reply is about, if it is about any.
create or replace function issuer.reply_license(wanted bigint) returns bigint
language sql stable set search_path = issuer, pg_temp as $$
    select coalesce(l.license_id, q.license_id, s.license_id, u.license_id)
    from reply_line l
    left join decision d on d.id = l.decision_id
    left join usage_request q on q.id = d.request_id
    left join restoration s on s.id = l.restoration_id
    left join deactivation e on e.id = d.deactivation_id
    left join usage_license u on u.serial = e.serial
    where l.reply_id = wanted order by l.position limit 1
$$;

-- An address to which mail cannot go gets no notices until a mail comes from it.
create or replace function issuer.contact_doubt(address text, at timestamptz) returns void
language plpgsql set search_path = issuer, pg_temp as $$
declare
    made contact;
begin
    for made in
        update contact c set doubtful = true
            where c.ended_on is null and not c.doubtful and c.entry = lower(address) returning c.*
    loop
        perform note_event('contact-doubtful', 'contact', made.id, made::text, made.license_id, null, at);
    end loop;
end $$;

-- It does not go out any more: a person sees to it. `why` is ours and is shown to everybody, `problem`
-- may be a server's words and name people. No attempt: the caller has locked it. False: the attempt is over.
create or replace function issuer.reply_fail(wanted bigint, attempt integer, why text, problem text,
    doubtful boolean, at timestamptz)
returns boolean language plpgsql set search_path = issuer, pg_temp as $$
declare
    made reply;
    told alert;
begin
    update reply r set state = 'undelivered', why = reply_fail.why,
        last_error = coalesce(problem, r.last_error),
        attempts = r.attempts + case when attempt is null then 1 else 0 end
        where r.id = wanted and (attempt is null and r.state in ('queued', 'sending')
                                 or r.state = 'sending' and r.attempts = attempt)
        returning r.* into made;
    if not found then
        return false;
    end if;
    perform reply_note('reply-undelivered', made, at);
    insert into alert (kind, detail, license_id, effective)
        values ('reply-undelivered', concat('reply ', made.id, ' to message ' || made.message_id, ': ',
                                            made.why),
                reply_license(made.id), at) returning * into told;
    perform note_event('alert', 'alert', told.id, told::text, told.license_id, null, at);
    if doubtful then
        perform contact_doubt(made.recipient, at);
    end if;
    return true;
end $$;

-- Not now: it waits, longer each time, and is given up after so many days. Gives what becomes of it, and
-- until when it waits; no row: the attempt is over.
create or replace function issuer.reply_defer(wanted bigint, attempt integer, problem text, days integer,
    at timestamptz)
returns table (becomes text, until timestamptz) language plpgsql set search_path = issuer, pg_temp as $$
declare
    due constant timestamptz := at + reply_pause(attempt);
    made reply;
begin
    update reply r set state = 'queued', not_before = due, last_error = problem
        where r.id = wanted and r.state = 'sending' and r.attempts = attempt
          and due <= r.tried_at + make_interval(days => days) returning r.* into made;
    if found then
        perform reply_note('reply-deferred', made, at);
        return query select made.state::text, due;
    elsif reply_fail(wanted, attempt, format('given up after %s days', days), problem, false, at) then
        return query select 'undelivered', null::timestamptz;
    end if;
end $$;

-- The attempt did not come as far as this reply, and does not count. False: it is over.
create or replace function issuer.reply_release(wanted bigint, attempt integer, at timestamptz)
returns boolean language plpgsql set search_path = issuer, pg_temp as $$
declare
    made reply;
begin
    update reply r set state = 'queued', not_before = '-infinity', attempts = r.attempts - 1,
        tried_at = case when r.attempts > 1 then r.tried_at end
        where r.id = wanted and r.state = 'sending' and r.attempts = attempt returning r.* into made;
    if not found then
        return false;
    end if;
    perform reply_note('reply-released', made, at);
    return true;
end $$;
