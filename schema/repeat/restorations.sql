-- Lost-server cases: opened by a contact's mail or by hand, approved or denied. All of it goes through
-- these doors, the daemon's part too: who may, how many a year, and whether a second person must.

-- The license that a person means, locked: by its ID as it stands, else as it may have been misread.
create or replace function issuer.license_lock_read(wanted text) returns license
language plpgsql set search_path = issuer, pg_temp as $$
declare
    meant text[];
begin
    -- Programs write other hyphens, and what nobody sees.
    wanted := translate(wanted, E'\u2010\u2011\u2012\u2013\u2014\u2015\u2212\uFF0D\u00A0\u00AD\u200B\u200C\u200D\u2060\uFEFF',
                        '-------- ');
    if not exists (select from license l where lower(l.license_id) = lower(wanted)) then
        select array_agg(l.license_id::text order by l.id) into meant from license l
            where translate(upper(l.license_id), 'OILSBZ-_.', '011582')
                  = translate(upper(wanted), 'OILSBZ-_. ', '011582');
        if cardinality(meant) > 1 then
            raise exception '% may be any of %: write it as it stands there', wanted,
                array_to_string(meant, ', ') using errcode = 'IS003';
        end if;
    end if;
    return license_lock(coalesce(meant[1], wanted));
end $$;

-- Where the use of an activation is by now: itself while it counts, else where it was moved on.
create or replace function issuer.use_carrier(activation bigint) returns bigint
language sql stable set search_path = issuer, pg_temp as $$
    with recursive chain (id, counted) as (
        select a.id, a.counted from activation a where a.id = use_carrier.activation
        union all
        select n.id, n.counted from chain c join activation o on o.id = c.id
        join activation n on n.license_id = o.license_id and n.continues = c.id
        where not c.counted)
    select c.id from chain c where c.counted limit 1
$$;

create or replace function issuer.serial_text(serial bigint) returns text
language sql immutable set search_path = issuer, pg_temp as $$
    select 'UL-' || lpad(serial::text, greatest(8, length(serial::text)), '0')
$$;

-- The activation whose use a case would give back, which a person has named; an error if it carries
-- none.
create or replace function issuer.restoration_target(license bigint, wanted bigint)
returns activation language plpgsql stable set search_path = issuer, pg_temp as $$
declare
    target activation;
    carrier bigint;
begin
    select * into target from activation a
        where a.id = wanted and a.license_id = restoration_target.license;
    if not found then
        raise exception '% is no usage license of this license', serial_text(wanted)
            using errcode = 'IS001';
    elsif target.counted then
        return target;
    end if;
    carrier := use_carrier(wanted);
    if carrier is not null then
        raise exception 'the use of % went on with %: name that one', serial_text(wanted),
            serial_text(carrier) using errcode = 'IS003';
    end if;
    raise exception 'the use of % was given back before (%)', serial_text(wanted),
        target.state using errcode = 'IS004';
end $$;

-- The activation that these words mean: whose use a serial that they name is of by now, else the one
-- counted server of a host name that they name, else the only one whose use counts; null if that is not
-- clear. Who is named but carries no use any more is not taken for another.
create or replace function issuer.restoration_meant(license bigint, words text) returns bigint
language sql stable set search_path = issuer, pg_temp as $$
    with said as materialized (select folded(words) as low),
    serials as materialized (
        select m[1]::bigint as id
        from regexp_matches(words, '\mUL[- ]?0*([1-9][0-9]{0,17})\M', 'gi') m),
    known as materialized (
        select a.id, a.counted, a.id in (select s.id from serials s) as by_serial,
            -- Whether it stands there whole costs much to look for; most do not stand there at all.
            case when r.host <> '' and strpos(said.low, folded(r.host)) > 0
                then said.low ~ ('(^|[^[:alnum:]_-])'
                    || regexp_replace(folded(r.host), '([^[:alnum:]])', '\\\1', 'g')
                    || '($|[^[:alnum:]_-])') collate pg_catalog."und-x-icu" else false end as by_host
        from said, activation a join usage_request r on r.id = a.request_id
        where a.license_id = restoration_meant.license),
    meant as (
        select use_carrier(k.id) as id from known k where k.by_serial
        union
        select k.id from known k
            where k.by_host and k.counted and not exists (select from known o where o.by_serial)
        union
        select k.id from known k
            where k.counted and not exists (select from known o where o.by_serial or o.by_host))
    select min(m.id) from meant m having count(*) = 1
$$;

-- What approving a case takes: how many of its evidence were approved for its license within a year,
-- those aside that a server's own signature has proven since; how many one person may approve; and
-- why a second one must (null: none need). The time that the caller names is believed as far as it
-- has passed.
create or replace function issuer.restoration_limit(case_number bigint, at timestamptz)
returns table (approved bigint, allowed bigint, second_why text)
language sql stable set search_path = issuer, pg_temp as $$
    select c.approved, c.allowed,
        case when s.evidence = 'forced' then 'it is forced: no contact has told of the loss'
             when c.approved >= c.allowed then format('%s of %s that one person may approve were '
                 || 'approved within a year', c.approved, c.allowed) end
    from restoration s
    cross join lateral (
        select count(*) as approved,
            case when s.evidence = 'forced' then 1 else greatest(2,
                (select e.activations from entitlement e where e.license_id = s.license_id
                 order by e.version desc limit 1)::bigint * 5 / 100) end as allowed
        from restoration o join restoration_decision d on d.restoration_id = o.id
        join activation a on a.id = d.activation_id
        where o.license_id = s.license_id and o.evidence = s.evidence and d.outcome = 'approved'
          and a.state <> 'deactivated'
          and greatest(d.effective, d.recorded_at) > least(at, clock_timestamp())
                                                     - interval '365 days') c
    where s.id = case_number
$$;

-- An error unless these two (the second may be null) may approve the case together.
create or replace function issuer.restoration_approvers(opened restoration, first_id bigint,
    second_id bigint, at timestamptz)
returns void language plpgsql set search_path = issuer, pg_temp as $$
declare
    present constant timestamptz := clock_timestamp();  -- no caller makes a house younger
    why text;
    fresh text;
begin
    select l.second_why into why from restoration_limit(opened.id, at) l;
    if opened.opened_by in (first_id, second_id) then
        raise exception 'case % was opened by operator %: whoever opens a case may not approve it',
            opened.id, (select o.name from operator o where o.id = opened.opened_by)
            using errcode = 'IS002';
    elsif first_id = second_id then
        raise exception 'case %: one person cannot approve as both persons', opened.id
            using errcode = 'IS002';
    elsif why is not null and second_id is null then
        raise exception 'case % takes a second operator (--second-token-file): %', opened.id, why
            using errcode = 'IS002';
    end if;
    if second_id is not null and (select min(o.recorded_at) from operator o)
                                 <= present - interval '30 days' then
        select string_agg(o.name, ' and ' order by o.id) into fresh from operator o
            where o.id in (first_id, second_id) and o.recorded_at > present - interval '7 days';
        if fresh is not null then
            raise exception 'case % takes two operators who have been here for 7 days: % %', opened.id,
                fresh, case when fresh like '% and %' then 'have not' else 'has not' end
                using errcode = 'IS002';
        end if;
    end if;
end $$;

-- The case of that number, which must be open.
create or replace function issuer.restoration_open_case(case_number bigint) returns restoration
language plpgsql stable set search_path = issuer, pg_temp as $$
declare
    found_case restoration;
    over record;
begin
    select * into found_case from restoration s where s.id = case_number;
    if not found then
        raise exception 'no lost-server case % is on record; `issuer restoration list` shows them',
            case_number using errcode = 'IS001';
    end if;
    select d.outcome, d.effective, o.name into over
        from restoration_decision d join operator o on o.id = d.decided_by
        where d.restoration_id = case_number;
    if found then
        raise exception 'case % was % on % by operator %', case_number, over.outcome,
            to_char(over.effective at time zone 'UTC', 'YYYY-MM-DD'), over.name
            using errcode = 'IS004';
    end if;
    return found_case;
end $$;

-- Has all contacts of the case's license told, and who has written to us if that is one of them.
create or replace function issuer.restoration_tell(told_case restoration, about text, at timestamptz)
returns void language sql set search_path = issuer, pg_temp as $$
    with contacts as (
        select c.entry from contact c
        where c.license_id = told_case.license_id and c.ended_on is null and c.entry not like '@%'
          and not c.doubtful
        union
        select lower(m.reply_to) from message m where m.id = told_case.message_id
          and exists (select from contact c where c.license_id = told_case.license_id
                      and c.ended_on is null and c.entry in (lower(m.reply_to),
                          substring(lower(m.reply_to) from '@[^@]*$')))),
    numbered as (
        select nextval('reply_id_seq') as id, o.entry
        from (select entry from contacts order by entry) o),
    replies as (
        insert into reply (id, message_id, recipient, state, why, effective)
            overriding system value
            select n.id, told_case.message_id, n.entry, 'queued', 'notice', at from numbered n)
    insert into reply_line (reply_id, position, restoration_id, license_id, about)
        select n.id, 1, told_case.id, told_case.license_id, restoration_tell.about from numbered n
$$;

create or replace function issuer.restoration_record(made restoration, at timestamptz) returns bigint
language plpgsql set search_path = issuer, pg_temp as $$
begin
    insert into restoration (license_id, activation_id, message_id, evidence, opened_by, reason,
                             ticket, opened_at)
        values (made.license_id, made.activation_id, made.message_id, made.evidence, made.opened_by,
                made.reason, made.ticket, at)
        returning * into made;
    perform note_event('restoration-opened', 'restoration', made.id, made::text, made.license_id,
                       made.opened_by, at);
    perform restoration_tell(made, 'case-opened', at);
    return made.id;
end $$;

-- Opened by hand: on the word of ours alone.
create or replace function issuer.restoration_open(token digest, wanted text, serial bigint, why text,
    ticket text, at timestamptz)
returns bigint language plpgsql security definer set search_path = issuer, pg_temp as $$
declare
    who record;
    made restoration;
begin
    select * into who from operator_require(token, 'restoration open', at);
    perform reason_require(why);
    made.license_id := (license_lock_read(wanted)).id;
    made.activation_id := case when serial is null then restoration_meant(made.license_id, why)
                               else (restoration_target(made.license_id, serial)).id end;
    made.evidence := 'forced';
    made.opened_by := who.id;
    made.reason := why;
    made.ticket := ticket;
    return restoration_record(made, at);
end $$;

-- What a mail on record says of a loss, as a case that is not opened yet: attested where its sender
-- is a contact of the license.
create or replace function issuer.restoration_of_mail(mail bigint, license bigint)
returns restoration language plpgsql stable set search_path = issuer, pg_temp as $$
declare
    made restoration;
    of_mail message;
begin
    select * into of_mail from message m where m.id = mail;
    if not found then
        raise exception 'no message % is on record; `issuer message list --all` lists them', mail
            using errcode = 'IS001';
    elsif exists (select from restoration s where s.message_id = mail) then
        raise exception 'message % has opened case % already', mail,
            (select s.id from restoration s where s.message_id = mail) using errcode = 'IS004';
    end if;
    made.license_id := license;
    made.message_id := mail;
    made.activation_id := restoration_meant(license, concat_ws(' ', of_mail.subject, of_mail.body));
    made.evidence := case when exists (
        select from contact c where c.license_id = license and c.ended_on is null
          and c.entry in (lower(of_mail.reply_to), substring(lower(of_mail.reply_to) from '@[^@]*$')))
        then 'attested' else 'forced' end;
    return made;
end $$;

-- A mail that has opened a case waits for nobody as a mail.
create or replace function issuer.message_handled_by_case(mail bigint, case_number bigint,
    at timestamptz)
returns void language sql set search_path = issuer, pg_temp as $$
    update message m set handled_at = at, handled_how = 'opened case ' || case_number
        where m.id = mail and case_number is not null and m.handled_at is null
$$;

-- A mail that a person takes for the report of a lost server.
create or replace function issuer.restoration_open_from_message(token digest, mail bigint,
    wanted text, serial bigint, why text, ticket text, at timestamptz)
returns bigint language plpgsql security definer set search_path = issuer, pg_temp as $$
declare
    who record;
    made restoration;
    number bigint;
begin
    select * into who from operator_require(token, 'restoration open', at);
    perform reason_require(why);
    made := restoration_of_mail(mail, (license_lock_read(wanted)).id);
    if serial is not null then
        made.activation_id := (restoration_target(made.license_id, serial)).id;
    end if;
    made.opened_by := who.id;
    made.reason := why;
    made.ticket := ticket;
    number := restoration_record(made, at);
    perform message_handled_by_case(mail, number, at);
    return number;
end $$;

-- The case that a mail tells more of: an open one of the license that means the same server, or as
-- this one none that is clear. The mail joins it and waits to be read; nobody is told again. Null:
-- there is none.
create or replace function issuer.restoration_told_again(told restoration, at timestamptz)
returns bigint language plpgsql set search_path = issuer, pg_temp as $$
declare
    known bigint;
    made case_mail;
begin
    select min(s.id) into known from restoration s
        where s.license_id = told.license_id and s.closed_at is null
          and s.activation_id is not distinct from told.activation_id;
    if known is not null then
        insert into case_mail (case_number, message_id, how)
            values (known, told.message_id, 'lost-server') on conflict do nothing returning * into made;
        if found then
            perform note_event('mail-joined', 'case_mail', told.message_id, made::text,
                               told.license_id, null, at, jsonb_build_object('case', known));
        end if;
    end if;
    return known;
end $$;

-- What the daemon found among the mails of a batch: each tells of a lost server of that license. It
-- opens a case where its sender is a contact there.
create or replace function issuer.restorations_from_mail(mails bigint[], licenses bigint[],
    at timestamptz)
returns table (mail bigint, case_number bigint)
language plpgsql security definer set search_path = issuer, pg_temp as $$
declare
    made restoration;
    wanted record;
begin
    -- Two daemons that are told of one loss open one case.
    perform from license l where l.id = any (licenses) order by l.id for no key update;
    for wanted in select u.mail as id, u.license from unnest(mails, licenses)
                  with ordinality as u (mail, license, n) order by u.n loop
        made := restoration_of_mail(wanted.id, wanted.license);
        mail := wanted.id;
        case_number := null;
        if made.evidence = 'attested' then
            case_number := restoration_told_again(made, at);
        end if;
        if made.evidence = 'attested' and case_number is null then
            case_number := restoration_record(made, at);
            perform message_handled_by_case(mail, case_number, at);
        end if;
        return next;
    end loop;
end $$;

-- An admin's approval, and where it takes one the second person's, by their own tokens. Whoever has
-- the signing key carries it out, for requests that waited may then be signed.
create or replace function issuer.restoration_file(token digest, second_token digest,
    case_number bigint, arguments jsonb, lease_end timestamptz, at timestamptz)
returns bigint language plpgsql security definer set search_path = issuer, pg_temp as $$
declare
    who record;
    other record;
    wanted restoration;
    target bigint;
    filed instruction;
begin
    select * into who from operator_require(token, 'restoration approve', at);
    if second_token is not null then
        select * into other from operator_require(second_token, 'restoration second', at);
    else
        select null::bigint as id into other;
    end if;
    perform reason_require(arguments ->> 'reason');
    wanted := restoration_open_case(case_number);
    target := coalesce((arguments ->> 'serial')::bigint, wanted.activation_id);
    if target is null then
        raise exception 'case % names no server: say whose use is given back by --serial; '
            '`issuer restoration show %` lists them', case_number, case_number using errcode = 'IS003';
    end if;
    perform restoration_target(wanted.license_id, target);
    perform restoration_approvers(wanted, who.id, other.id, at);
    filed.kind := 'approve';
    filed.restoration_id := case_number;
    filed.operator_id := who.id;
    filed.second_id := other.id;
    filed.arguments := arguments;
    return instruction_record(filed, lease_end, at);
end $$;

-- Carries an approval out: the activation is lost, its use is back, its instance and host are watched,
-- and the replacement that was named is let pass. All is looked at again under the locks, which come
-- in the order in which batches take them.
create or replace function issuer.restoration_carry_out(instruction bigint, at timestamptz)
returns table (case_number bigint, license bigint, license_id text, serial bigint, evidence text,
               used bigint, allowed integer)
language plpgsql security definer set search_path = issuer, pg_temp as $$
#variable_conflict use_column
declare
    filed instruction;
    approved restoration;
    decided restoration_decision;
    target activation;
    stand_in usage_request;
begin
    select * into filed from instruction i
        where i.id = restoration_carry_out.instruction and i.state in ('filed', 'taken')
          and i.kind = 'approve' for update;
    if not found then
        raise exception 'instruction % has ended meanwhile: look at the case again',
            restoration_carry_out.instruction using errcode = 'IS004';
    end if;
    select * into approved from restoration s where s.id = filed.restoration_id;
    select * into stand_in from usage_request r
        where r.id = (filed.arguments ->> 'replacement')::bigint;
    perform from instance i where i.thumbprint = stand_in.thumbprint for no key update;
    perform from license l where l.id = approved.license_id for no key update;
    approved := restoration_open_case(approved.id);
    perform instruction_rights(filed, at);
    perform restoration_approvers(approved, filed.operator_id, filed.second_id, at);
    target := restoration_target(approved.license_id,
        coalesce((filed.arguments ->> 'serial')::bigint, approved.activation_id));
    if stand_in.id is not null and stand_in.license_id is distinct from approved.license_id then
        raise exception 'the request named as the replacement is of another license'
            using errcode = 'IS003';
    end if;

    insert into restoration_decision (restoration_id, outcome, activation_id, replacement, decided_by,
                                      second_by, reason, ticket, effective)
        values (approved.id, 'approved', target.id, stand_in.digest, filed.operator_id,
                filed.second_id, filed.arguments ->> 'reason', filed.arguments ->> 'ticket', at)
        returning * into decided;
    perform note_event('restoration-approved', 'restoration_decision', approved.id, decided::text,
                       approved.license_id, filed.operator_id, at);
    update activation a set state = 'lost', counted = false, ended_by = approved.evidence,
        lost_at = greatest(at, a.active_from),
        active_until = coalesce(a.active_until, greatest(at, a.active_from)),
        counted_until = greatest(at, a.active_from), ended_recorded_at = transaction_timestamp()
        where a.id = target.id returning a.* into target;
    perform note_event('activation-lost', 'activation', target.id, target::text, approved.license_id,
                       filed.operator_id, at);
    update instance i set passed_at = greatest(at, target.lost_at) + interval '1 second'
        where i.thumbprint = stand_in.thumbprint;
    perform restoration_tell(approved, 'restored', at);
    perform case_mails_handle(approved.id, 'approved', filed.operator_id, at);
    update instruction i set state = 'done', ended_at = at, answer = jsonb_build_object('case', approved.id,
            'serial', target.id)
        where i.id = filed.id returning i.* into filed;
    perform note_event('instruction-done', 'instruction', filed.id, filed::text, approved.license_id,
                       filed.operator_id, at);
    return query select approved.id, l.id, l.license_id::text, target.id, approved.evidence::text,
        l.used, l.activations from license_now l where l.id = approved.license_id;
end $$;

create or replace function issuer.restoration_deny(token digest, case_number bigint, why text,
    at timestamptz)
returns text language plpgsql security definer set search_path = issuer, pg_temp as $$
declare
    who record;
    denied restoration;
    decided restoration_decision;
begin
    select * into who from operator_require(token, 'restoration deny', at);
    perform reason_require(why);
    denied := restoration_open_case(case_number);
    perform from license l where l.id = denied.license_id for no key update;
    denied := restoration_open_case(case_number);
    insert into restoration_decision (restoration_id, outcome, decided_by, reason, effective)
        values (denied.id, 'denied', who.id, why, at) returning * into decided;
    perform note_event('restoration-denied', 'restoration_decision', denied.id, decided::text,
                       denied.license_id, who.id, at);
    -- An approval that was filed for whoever has the key is over; who carries it out already is told.
    perform instructions_expire(
        (select array_agg(i.id) from (select i.id from instruction i
             where i.restoration_id = denied.id and i.state = 'filed'
             order by i.id for update skip locked) i),
        format('case %s was denied by operator %s', denied.id, who.name), at);
    perform restoration_tell(denied, 'not-restored', at);
    perform case_mails_handle(denied.id, 'denied', who.id, at);
    return (select l.license_id from license l where l.id = denied.license_id);
end $$;

-- What was decided is over.
create or replace function issuer.restoration_close() returns trigger
language plpgsql set search_path = issuer, pg_temp as $$
declare
    made restoration;
begin
    update restoration s set closed_at = new.effective where s.id = new.restoration_id
        returning * into made;
    perform note_event('restoration-closed', 'restoration', made.id, made::text, made.license_id,
                       new.decided_by, new.effective);
    return null;
end $$;

create or replace trigger close_case after insert on issuer.restoration_decision for each row
    execute function issuer.restoration_close();

-- Each case as people look at it. Words and addresses of mails are given to who may read them where
-- they stand.
create or replace view issuer.restoration_shown as
select s.id as case_number, s.license_id, l.license_id::text as license, n.name::text as customer,
    coalesce(d.outcome, 'open')::text as state, s.evidence::text, s.activation_id as meant,
    coalesce(d.activation_id, s.activation_id) as serial, r.host::text, s.message_id,
    case when has_column_privilege('issuer.message', 'from_address', 'select')
        then m.from_address end as sender,
    case when has_column_privilege('issuer.message', 'body', 'select') then m.subject end as subject,
    case when has_column_privilege('issuer.message', 'body', 'select') then m.body end as words,
    o.name::text as opened_by, s.reason, s.ticket, s.opened_at, d.effective as decided_at,
    b.name::text as decided_by, t.name::text as second_by, d.reason as decided_why,
    d.ticket as decided_ticket, d.replacement, s.closed_at
from issuer.restoration s
join issuer.license l on l.id = s.license_id
join issuer.customer_now c on c.id = l.customer_id
join issuer.customer_now n on n.id = c.root
left join issuer.message m on m.id = s.message_id
left join issuer.operator o on o.id = s.opened_by
left join issuer.restoration_decision d on d.restoration_id = s.id
left join issuer.operator b on b.id = d.decided_by
left join issuer.operator t on t.id = d.second_by
left join issuer.activation a on a.id = coalesce(d.activation_id, s.activation_id)
left join issuer.usage_request r on r.id = a.request_id;
