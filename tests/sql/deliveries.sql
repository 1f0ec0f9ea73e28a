-- Replies on their way to a mail server: whose a reply is, how long it waits, what becomes of it.
begin;
select plan(41);
\ir fixture.psql
select set_config('test.prefix', :'prefix', false) \g /dev/null
grant usage on schema public to public;

insert into message (id, identity, class, source, source_offset, size, effective)
    overriding system value values (31, d('mail 31'), 'request', 'inbox', 0, 100, '2026-02-01') \g /dev/null
insert into reply (id, message_id, recipient, state, effective) overriding system value
    values (31, 31, 'Ops@plants.example', 'queued', '2026-02-01'),
           (32, null, 'ops@plants.example', 'queued', '2026-02-01') \g /dev/null
insert into reply_line (reply_id, position, restoration_id, license_id, about)
    select 31, 1, id, 1, 'case-opened' from restoration limit 1 \g /dev/null
insert into contact (license_id, entry, effective)
    select 1, 'ops@plants.example', '2026-01-01'
    where not exists (select from contact where entry = 'ops@plants.example' and ended_on is null) \g /dev/null
select setval('reply_id_seq', 40 * 512) \g /dev/null

create function state_of(wanted bigint) returns text language sql as $$
    select concat_ws(' ', state, attempts, case when not_before > '-infinity' then 'waits' end,
                     to_char(tried_at at time zone 'UTC', 'DD'), why, last_error)
    from reply where id = wanted
$$;
create function told(wanted bigint) returns text language sql as $$
    select string_agg(kind, ' ' order by id) from event where subject = 'reply' and subject_id = wanted
$$;

-- Who may: the daemon, and nobody else.
create function refuses(role text, statement text) returns setof text language plpgsql as $$
begin
    execute format('set local role %I', current_setting('test.prefix') || '_' || role);
    return next throws_ok(statement, '42501', null, role || ' may not');
    reset role;
end $$;
select refuses(role, $$select reply_begin(31, now(), now())$$)
    from unnest(array['web', 'support', 'orders', 'admin', 'finance']) role;
select refuses('finance', 'select last_error from reply');
create function as_daemon(statement text) returns text language plpgsql as $$
declare
    result text;
begin
    execute format('set local role %I', current_setting('test.prefix') || '_daemon');
    execute statement into result;
    reset role;
    return result;
end $$;

select throws_ok($$update reply set state = 'sending' where id = 31$$, '23514', null, 'what is being sent has been begun');

-- An attempt, and its ends.
select is(as_daemon($$select reply_begin(31, '2026-05-01 12:05Z', '2026-05-01 12:00Z')$$), '1', 'the first attempt');
select is(state_of(31), 'sending 1 waits 01', 'is on record');
select is(as_daemon($$select reply_sent(31, 2, '2026-05-01')$$), 'false', 'one that never was does not end');
select is(as_daemon($$select reply_release(31, 1, '2026-05-01')$$), 'true', 'what did not come as far as the reply');
select is(state_of(31), 'queued 0', 'is as if it had not been');
select is(as_daemon($$select reply_begin(31, '2026-05-02 12:05Z', '2026-05-02 12:00Z')$$), '1', 'another');
select is(as_daemon($$select reply_begin(31, '2026-05-03 12:05Z', '2026-05-03 12:00Z')$$), '2', 'taken by another');
select is(state_of(31), 'sending 2 waits 02 an attempt was cut off: it may have arrived', 'and it is told why');
select is(as_daemon($$select reply_sent(31, 1, '2026-05-03')$$), 'false', 'the one that lost it changes nothing');
select is(as_daemon($$select becomes from reply_defer(31, 1, 'x', 5, '2026-05-03')$$), null, 'nor when it puts it off');
select is(as_daemon($$select reply_fail(31, 1, 'why', 'x', true, '2026-05-03')$$), 'false', 'nor when it fails');
select is(as_daemon($$select reply_release(31, 1, '2026-05-03')$$), 'false', 'nor when it gives it back');
select is(state_of(31), 'sending 2 waits 02 an attempt was cut off: it may have arrived', 'it is as it was');
select is((select count(*) from alert where kind = 'reply-undelivered'), 0::bigint, 'and nobody is alarmed');
select ok(until::timestamptz between '2026-05-03 12:05Z' and '2026-05-03 12:06Z', 'put off: for five minutes after the second')
    from as_daemon($$select until from reply_defer(31, 2, '450 later', 5, '2026-05-03 12:00Z')$$) until;
select is(state_of(31), 'queued 2 waits 02 450 later', 'it waits');
select is(as_daemon($$select reply_begin(31, '2026-05-04 12:05Z', '2026-05-04 12:00Z')$$), '3', 'again');
select is(as_daemon($$select reply_sent(31, 3, '2026-05-04')$$), 'true', 'sent');
select is(as_daemon($$select reply_sent(31, 3, '2026-05-04')$$), 'false', 'once');
select is(told(31), 'reply-sending reply-released reply-sending reply-sending reply-deferred reply-sending'
    || ' reply-sent', 'each with its event');
select ok(not exists (select from event e join reply r on r.id = e.subject_id and e.subject = 'reply'
    where e.id = (select max(id) from event where subject = 'reply' and subject_id = 31)
      and e.row_digest <> sha256(convert_to(r::text, 'UTF8'))), 'which vouches for the row');

-- Pauses.
select ok((select bool_and(reply_pause(n) between least and 1.2 * least) from (values (0, interval '1 minute'),
    (1, '1 minute'), (2, '5 minutes'), (3, '15 minutes'), (4, '1 hour'), (5, '1 hour'), (500, '1 hour'))
    p (n, least)), 'they grow to an hour');
select ok((select count(distinct reply_pause(4)) > 1 from generate_series(1, 50)), 'and are not all the same');

-- Given up, and refused.
select is(as_daemon($$select reply_begin(32, '2026-05-01 12:05Z', '2026-05-01 12:00Z')$$), '1', 'to nobody known');
select is(as_daemon($$select becomes from reply_defer(32, 1, '450 later', 3, '2026-05-04 11:59:30Z')$$), 'undelivered', 'given up');
select is(state_of(32), 'undelivered 1 waits 01 given up after 3 days 450 later', 'after three days');
select is((select detail from alert where kind = 'reply-undelivered'), 'reply 32: given up after 3 days',
          'with an alert');
select is((select count(*) from contact where doubtful), 0::bigint, 'that does not blame the address');
insert into reply (id, message_id, recipient, state, effective) overriding system value
    values (33, 31, 'OPS@plants.example', 'queued', '2026-02-01') \g /dev/null
insert into reply_line (reply_id, position, restoration_id, license_id, about)
    select 33, 1, id, 1, 'case-opened' from restoration limit 1 \g /dev/null
select is(as_daemon($$select reply_fail(33, null, 'refused', '550 <ops@plants.example> unknown', true,
    '2026-05-05')$$), 'true', 'refused');
select is(state_of(33), 'undelivered 1 refused 550 <ops@plants.example> unknown', 'for good');
select results_eq($$select detail, license_id from alert where kind = 'reply-undelivered' order by id desc limit 1$$,
    $$values ('reply 33 to message 31: refused', 1::bigint)$$, 'no address is told in the alert');
select results_eq($$select distinct entry from contact where doubtful$$, $$values ('ops@plants.example')$$,
    'a doubtful contact');
select is((select count(*) from event where kind = 'contact-doubtful'),
    (select count(*) from contact where doubtful), 'with its event');
select results_eq($$select why, last_error from license_reply where reply_id = 33$$,
    $$values ('refused', '550 <ops@plants.example> unknown')$$, 'shown to who may read addresses');

select * from finish();
