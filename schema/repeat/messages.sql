-- What people do with the mails that wait for them: answered, joined to a case, dropped, and of the
-- quarantine read again. Each by a door.

-- The mail of that number, locked.
create or replace function issuer.message_lock(wanted bigint) returns message
language plpgsql set search_path = issuer, pg_temp as $$
declare
    known message;
begin
    select * into known from message m where m.id = wanted for no key update;
    if not found then
        raise exception 'no message % is on record; `issuer message list` shows those that wait', wanted
            using errcode = 'IS001';
    end if;
    return known;
end $$;

-- Notes that a person has handled the mail: it waits no more, nor do replies of it that could not go.
create or replace function issuer.message_handle(known message, kind text, how text, license bigint,
    who bigint, at timestamptz, detail jsonb default null)
returns void language plpgsql set search_path = issuer, pg_temp as $$
declare
    made message;
    gone reply;
begin
    update message m set handled_at = coalesce(m.handled_at, at),
        handled_how = coalesce(m.handled_how, how) where m.id = known.id returning * into made;
    update case_mail k set seen_at = at where k.message_id = known.id and k.seen_at is null;
    update quarantine q set closed_at = at, closed_how = how
        where q.message_id = known.id and q.closed_at is null;
    perform note_event(kind, 'message', made.id, made::text, license, who, at, detail);
    for gone in
        update reply r set state = 'withdrawn', why = concat_ws('; ', r.why, how)
            where r.message_id = known.id and r.state in ('listed', 'undelivered') returning *
    loop
        perform note_event('reply-withdrawn', 'reply', gone.id, gone::text, null, who, at);
    end loop;
end $$;

-- Refuses what has been handled before.
create or replace function issuer.message_require_open(known message) returns void
language plpgsql set search_path = issuer, pg_temp as $$
begin
    if known.handled_at is not null then
        raise exception 'message % was handled on %: %', known.id,
            to_char(known.handled_at at time zone 'UTC', 'YYYY-MM-DD'), known.handled_how
            using errcode = 'IS004';
    end if;
end $$;

-- Whether an address is a contact of any license now.
create or replace function issuer.is_contact(address text) returns boolean
language sql stable set search_path = issuer, pg_temp as $$
    select exists (select from contact c where c.ended_on is null
                   and c.entry in (lower(address), substring(lower(address) from '@[^@]*$')))
$$;

-- Who may be answered: the mail's own account names a contact; about no license at most three times
-- a day. Never an address that stands elsewhere in the mail.
create or replace function issuer.message_recipient(known message, at timestamptz) returns text
language plpgsql stable set search_path = issuer, pg_temp as $$
begin
    if known.reply_to is null or known.class in ('ignored', 'bounce') then
        raise exception 'message % has no sender that could be answered: drop it, or write from a mail program of your own', known.id
            using errcode = 'IS003';
    elsif not is_contact(known.reply_to) then
        raise exception '% is no contact of any license: only contacts are answered; add it with `issuer contact add`, or drop the message',
            known.reply_to using errcode = 'IS002';
    elsif known.class = 'unrecognised' and answers_of_day(known.reply_to, at) >= 3 then
        raise exception '% had three answers within a day: wait, or join the message to a case',
            known.reply_to using errcode = 'IS002';
    end if;
    return known.reply_to;
end $$;

-- Queues an answer: a ready one by its number, or a person's own words.
create or replace function issuer.message_answer(token digest, wanted bigint, ready_answer integer,
    own_words text, at timestamptz)
returns table (reply_id bigint, answered text)
language plpgsql security definer set search_path = issuer, pg_temp as $$
#variable_conflict use_column
declare
    who record;
    known message;
    made reply;
    written answer;
begin
    select * into who from operator_require(token, 'message answer', at);
    if ready_answer not between 0 and 5 or own_words is not null and ready_answer <> 0
        or own_words !~ '[^[:space:]]' or length(own_words) > 8000 then
        raise exception 'an answer is a ready one or has words of its own, 8000 characters at most'
            using errcode = 'IS003';
    end if;
    known := message_lock(wanted);
    perform message_require_open(known);
    answered := message_recipient(known, at);
    perform message_handle(known, 'message-answered', 'answered by ' || who.name, null, who.id, at);
    insert into reply (message_id, recipient, state, ready, effective)
        values (known.id, answered, 'queued', ready_answer, at) returning * into made;
    perform note_event('reply-queued', 'reply', made.id, made::text, null, who.id, at);
    if own_words is not null then
        insert into answer (reply_id, words, operator_id) values (made.id, own_words, who.id)
            returning * into written;
        perform note_event('answer-written', 'answer', made.id, written::text, null, who.id, at);
    end if;
    reply_id := made.id;
    return next;
end $$;

-- Joins a mail to a case; gives the case's License ID.
create or replace function issuer.message_to_case(token digest, wanted bigint, wanted_case bigint,
    at timestamptz)
returns text language plpgsql security definer set search_path = issuer, pg_temp as $$
declare
    who record;
    known message;
    found_case record;
    made case_mail;
begin
    select * into who from operator_require(token, 'message to-case', at);
    known := message_lock(wanted);
    select c.case_number, c.license_id, c.open into found_case from case_now c
        where c.case_number = wanted_case;
    if not found then
        raise exception 'no case % is on record; `issuer request list` and `issuer restoration list` show them',
            wanted_case using errcode = 'IS001';
    end if;
    insert into case_mail (case_number, message_id, how)
        values (wanted_case, known.id, 'person') on conflict do nothing returning * into made;
    if not found then
        raise exception 'message % is with case % already', known.id, wanted_case
            using errcode = 'IS004';
    end if;
    perform note_event('mail-joined', 'case_mail', known.id, made::text, found_case.license_id,
                       who.id, at, jsonb_build_object('case', wanted_case));
    perform message_handle(known, 'message-joined', format('joined to case %s by %s', wanted_case,
                                                           who.name),
                           found_case.license_id, who.id, at);
    return (select l.license_id from license l where l.id = found_case.license_id);
end $$;

-- Nothing need be done about a mail.
create or replace function issuer.message_drop(token digest, wanted bigint, why text, at timestamptz)
returns void language plpgsql security definer set search_path = issuer, pg_temp as $$
declare
    who record;
    known message;
begin
    select * into who from operator_require(token, 'message drop', at);
    perform reason_require(why);
    known := message_lock(wanted);
    if not exists (select from reply r where r.message_id = known.id
                   and r.state in ('listed', 'undelivered')) then
        perform message_require_open(known);
    end if;
    perform message_handle(known, 'message-dropped', format('dropped by %s: %s', who.name, why), null,
                           who.id, at);
end $$;

-- The mail of that number, locked, which must be in quarantine.
create or replace function issuer.quarantine_lock(wanted bigint) returns message
language plpgsql set search_path = issuer, pg_temp as $$
declare
    known constant message := message_lock(wanted);
    there quarantine;
begin
    select * into there from quarantine q where q.message_id = known.id for no key update;
    if not found then
        raise exception 'message % is not in quarantine; `issuer message show %` shows it', known.id,
            known.id using errcode = 'IS001';
    elsif there.closed_at is not null then
        raise exception 'message % left the quarantine on %: %', known.id,
            to_char(there.closed_at at time zone 'UTC', 'YYYY-MM-DD'), there.closed_how
            using errcode = 'IS004';
    end if;
    return known;
end $$;

-- A person has looked at a mail of the quarantine, and there is nothing in it for us.
create or replace function issuer.quarantine_drop(token digest, wanted bigint, why text, at timestamptz)
returns void language plpgsql security definer set search_path = issuer, pg_temp as $$
declare
    who record;
begin
    select * into who from operator_require(token, 'quarantine drop', at);
    perform reason_require(why);
    perform message_handle(quarantine_lock(wanted), 'quarantine-dropped',
                           format('dropped by %s: %s', who.name, why), null, who.id, at);
end $$;

-- A mail of the quarantine is to be read again, by the caller and at once: the instruction to do so.
create or replace function issuer.quarantine_retry(token digest, wanted bigint, lease_end timestamptz,
    at timestamptz)
returns bigint language plpgsql security definer set search_path = issuer, pg_temp as $$
declare
    filed instruction;
begin
    filed.operator_id := (operator_require(token, 'quarantine retry', at)).id;
    filed.kind := 'retry';
    filed.arguments := jsonb_build_object('message', (quarantine_lock(wanted)).id);
    return instruction_record(filed, lease_end, at);
end $$;
