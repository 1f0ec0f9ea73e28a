-- Retention: what is over is emptied, once, in steps; what anything open needs stays.
begin;
select no_plan();
\ir fixture.psql

-- Mails of the tests are numbered from 500; each is of the first of March and has all its words.
create function mail(n bigint, class text default 'ignored', handled timestamptz default null) returns bigint
language sql as $$
    insert into message (id, identity, class, source, source_offset, size, raw_digest, from_address, reply_to,
        subject, body, raw, effective, handled_at, handled_how) overriding system value
        values (n, d('mail ' || n), class, 'inbox#' || n, n, 100, d('raw ' || n), 'eve@stranger.example',
                'eve@stranger.example', 'Hello', 'Dear desk', '\x31', '2026-03-01', handled,
                case when handled is not null then 'dropped' end) returning id
$$;
create function full_mails() returns text language sql as $$
    select string_agg(id::text, ' ' order by id) from message where id >= 500 and emptied_at is null
$$;
create function step(at timestamptz, most integer default 100, days integer default 31) returns bigint language sql as $$
    select emptied from retention_step(days, at, most, 0)
$$;
create function ask_again(n bigint, request bigint, outcome outcome default 'refused', at timestamptz default '2026-03-01')
returns void language sql as $$
    insert into decision (id, message_id, request_id, token_kind, token_digest, outcome, rule, code, facts, policy,
        program, effective) overriding system value
        values (n, n, request, 'usage-request', d('request-' || request), outcome, 3, 'x', '{}', d('policy'), '1', at)
$$;
-- The fixture's own are no part of this.
update message set emptied_at = '2026-02-02' where id = 1;
select set_config('test.events', (select count(*) from event)::text, false) \g /dev/null

select mail(500) \g /dev/null
select is(step('2026-04-01', days => 0), 0::bigint, '0 days: nothing is ever emptied');
select is(step('2026-03-31 23:59:59Z'), 0::bigint, 'before its time is over nothing');
select is(full_mails(), '500', 'is emptied');
select is(step('2026-04-01 23:59:58Z'), 0::bigint, 'the chore was done within a day');
select is(step('2026-04-01 23:59:59Z'), 1::bigint, 'a day later it is due');
select is((select concat_ws('|', from_address, reply_to, subject, body, raw::text) from message where id = 500), '',
    'words, bytes and sender are gone');
select is((select concat_ws(' ', class, source, source_offset, size, raw_digest = d('raw 500'), identity = d('mail 500'),
                            emptied_at at time zone 'UTC') from message where id = 500),
    'ignored inbox#500 500 100 t t 2026-04-01 23:59:59', 'what says which mail it was stays');
select is((select kind || ' ' || (detail ->> 'retention_days') from event e where e.subject = 'message' and e.subject_id = 500
           and e.row_digest = (select sha256(convert_to(m::text, 'UTF8')) from message m where m.id = 500)),
    'message-emptied 31', 'by an event that has the digest of the row it left');

-- What is kept, each for its reason; 600 is not.
select mail(600), mail(601, 'unrecognised'), mail(602, 'about-license'), mail(603, 'unrecognised', '2026-04-02'),
    mail(604, 'quarantined'), mail(605, 'request'), mail(606, 'request'), mail(607, 'request'), mail(608), mail(609),
    mail(610), mail(611), mail(612, 'quarantined'), mail(613, 'request'), mail(614, 'request'), mail(615) \g /dev/null
insert into quarantine (message_id, reason) values (604, 'too large');
insert into quarantine (message_id, reason, closed_at, closed_how) values (612, 'too large', '2026-04-20', 'dropped');
-- 605: a hold is open (of request 2, the fixture's); 606: one was closed lately; 607: decided again lately.
select ask_again(605, 2), ask_again(606, 3), ask_again(607, 4), ask_again(613, 1), ask_again(614, 4) \g /dev/null
insert into decision (id, message_id, request_id, token_kind, token_digest, outcome, rule, code, facts, policy,
    program, effective) overriding system value
    values (700, 607, 4, 'usage-request', d('request-4'), 'refused', 3, 'x', '{}', d('policy'), '1', '2026-04-20');
insert into hold (id, request_id, decision_id, opened_at, closed_at, closed_by, closed_how) overriding system value
    values (9606, 3, 606, '2026-03-01', '2026-04-20', 606, 'refused');
insert into restoration (id, license_id, message_id, evidence, opened_at) values (9608, 1, 608, 'attested', '2026-03-01');
insert into case_mail (case_number, message_id, how, seen_at) values (1001, 609, 'person', '2026-03-01');
insert into reply (id, message_id, recipient, state, effective) overriding system value
    values (610, 610, null, 'listed', '2026-03-01'), (611, 611, 'ops@plants.example', 'queued', '2026-03-01'),
           (615, 615, 'ops@plants.example', 'sent', '2026-03-01') \g /dev/null
update reply set sent_at = '2026-03-01', last_error = '450 later, ops@plants.example' where id = 615 \g /dev/null
insert into instruction (id, kind, request_id, operator_id, arguments, filed_at) overriding system value
    values (613, 'resend', 1, 1, '{}', '2026-04-30') \g /dev/null
select is(step('2026-05-01'), 4::bigint, 'two mails that are over, one whose reply has gone, and what its mail server said');
select is(full_mails(), '601 602 603 604 605 606 607 608 609 610 611 612 613', 'all else stays');
select is((select last_error from reply where id = 615), null, 'what a mail server said is gone');
select is((select recipient from reply where id = 615), 'ops@plants.example', 'to whom a reply went stays');
select is((select count(*) from event where kind = 'reply-emptied' and subject_id = 615), 1::bigint, 'by an event');

-- When that is over too.
update hold set closed_at = '2026-05-02', closed_by = 605, closed_how = 'refused' where id = 1001 \g /dev/null
update restoration set closed_at = '2026-05-02' where id = 9608 \g /dev/null
update quarantine set closed_at = '2026-05-02', closed_how = 'dropped' where message_id = 604 \g /dev/null
update message set handled_at = '2026-05-02', handled_how = 'dropped' where id in (601, 602, 604) \g /dev/null
update reply set state = 'withdrawn' where id in (610, 611) \g /dev/null
update instruction set state = 'done', ended_at = '2026-05-02' where id = 613 \g /dev/null
create function whole_chore(at timestamptz, most integer) returns text language plpgsql as $$
declare
    came bigint := 0;
    did record;
    said text := '';
begin
    loop
        select * into did from retention_step(31, at, most, came);
        said := concat_ws(' ', nullif(said, ''), did.emptied);
        came := did.last;
        exit when not did.more;
    end loop;
    return said;
end $$;
select is(whole_chore('2026-06-01 23:59:59Z', 3), '1 1 1 3 1', 'a step looks at no more than it may, and the next goes on');
select is(full_mails(), '601 602 604 605 608 609', 'what was over a day ago is gone');
select is(step('2026-06-03'), 6::bigint, 'and the rest when its days are over');
select is(full_mails(), null, 'none is left');
select is(step('2026-06-05'), 0::bigint, 'nothing is emptied twice');
select is((select count(*) from event where kind = 'message-emptied'),
          (select count(*) from message where id >= 500), 'each by one event');

-- What daemons said of themselves.
update watched set problem = '550 eve@stranger.example unknown', problem_at = '2026-02-02', ended_at = '2026-02-03'
    where daemon = 'desk';
insert into watched (daemon, role, instance, watches, done, restarts, seen_at, problem, problem_at)
    values ('desk', 'drop', 'x', 'x', 0, 0, '2026-02-02', 'still so', '2026-02-02');
update staff_telling set problem = '450 later' \g /dev/null
select retention_step(31, '2026-07-01', 100, 0) \g /dev/null
select is((select string_agg(problem, ' ') from watched where daemon = 'desk'), 'still so', 'problems of what has ended are gone');
select is((select problem from staff_telling), null, 'and of mails to staff that went out');

-- The row stays as fixed as before.
select throws_ok($$update message set emptied_at = now() where id = 500$$, 'IS002', null, 'emptied once');
select throws_ok($$update message set raw_digest = null where id = 500$$, 'IS002', null, 'its digest stays');

select * from finish();
rollback;
