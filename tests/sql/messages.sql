-- What people do with mails that wait: each by one door, which asks who it is; and what a case is.
begin;
select plan(66);
\ir fixture.psql
select set_config('test.prefix', :'prefix', false) \g /dev/null
grant usage on schema public to public;
grant execute on function d(text) to public;

insert into operator (name, role, effective)
    values ('sam', 'support', '2026-01-01'), ('olga', 'orders', '2026-01-01'),
           ('fay', 'finance', '2026-01-01') \g /dev/null
insert into operator_token (digest, operator_id, expires_at)
    select d(name), id, '2030-01-01' from operator where name <> 'ana' \g /dev/null
insert into message (id, identity, class, source, source_offset, size, from_address, reply_to, effective)
    overriding system value
    select n, d('mail ' || n), 'unrecognised', 'inbox#' || n, 0, 100, sender, sender, '2026-02-01'
    from (values (11, 'Ops@plants.example'), (12, 'eve@elsewhere.example'), (13, null),
                 (14, 'ops@plants.example'), (15, 'ops@plants.example'),
                 (16, 'ops@plants.example')) m (n, sender) \g /dev/null
insert into reply (id, message_id, state, why, effective) overriding system value
    values (11, 11, 'listed', 'a ready answer', '2026-02-01') \g /dev/null

select nextval('reply_id_seq') \g /dev/null

-- Who may.
select throws_ok(format($$select message_%s)$$, call), 'IS002', null, who || ' does not ' || call)
    from unnest(array['olga', 'fay', 'nobody']) who,
         unnest(array[format('answer(d(%L), 11, 0, null, now()', who),
                      format('to_case(d(%L), 11, 1001, now()', who),
                      format('drop(d(%L), 11, ''r'', now()', who)]) call;
create function refuses(role text, statement text) returns setof text language plpgsql as $$
begin
    execute format('set local role %I', current_setting('test.prefix') || '_' || role);
    return next throws_ok(statement, '42501', null, role || ' may not call it');
    reset role;
end $$;
select refuses(role, $$select message_drop(d('sam'), 11, 'r', now())$$)
    from unnest(array['daemon', 'web', 'orders', 'finance']) role;
select refuses('finance', 'select words from answer');
select refuses('support', $$insert into case_mail (case_number, message_id, how) values (1001, 11, 'person')$$);
select refuses('support', $$select case_mails_handle(1001, 'x', 1, now())$$);

-- Whom.
select throws_ok($$select message_answer(d('sam'), 12, 0, null, '2026-05-01')$$, 'IS002', null, 'no stranger');
select throws_ok($$select message_answer(d('sam'), 13, 0, null, '2026-05-01')$$, 'IS003', null, 'nobody');
select throws_ok($$select message_answer(d('sam'), 11, 1, 'words', '2026-05-01')$$, 'IS003', null, 'one or the other');
select throws_ok($$select message_answer(d('sam'), 11, 6, null, '2026-05-01')$$, 'IS003', null, 'no such answer');
select throws_ok($$select message_answer(d('sam'), 11, 0, '  ', '2026-05-01')$$, 'IS003', null, 'no empty words');
select results_eq($$select answered from message_answer(d('sam'), 11, 0, 'At nine.', '2026-05-01')$$,
    $$values ('Ops@plants.example'::text)$$, 'a contact is answered');
select results_eq($$select state::text, why from reply where message_id = 11 order by id$$,
    $$values ('withdrawn', 'a ready answer; answered by sam'), ('queued', null)$$,
    'and what was listed waits no more');
select results_eq($$select kind::text, subject::text from event where operator_id = (select id from operator
        where name = 'sam') order by id$$,
    $$values ('message-answered', 'message'), ('reply-withdrawn', 'reply'), ('reply-queued', 'reply'),
           ('answer-written', 'answer')$$,
    'with their events');
select throws_ok($$select message_answer(d('sam'), 11, 0, null, '2026-05-01')$$, 'IS004', null, 'once');

-- What counts as an answer about no license: neither what tells of a license's request nor of a case.
insert into reply (id, message_id, recipient, state, effective) overriding system value
    values (21, 14, 'ops@plants.example', 'queued', '2026-02-01'),
           (22, 15, 'ops@plants.example', 'queued', '2026-02-01') \g /dev/null
insert into reply_line (reply_id, position, restoration_id, license_id, about)
    select 21, 1, id, 1, 'case-opened' from restoration \g /dev/null
select is(answers_of_day('ops@plants.example', '2026-02-01 12:00'), 2::bigint, 'two of three, however written');
select is(answers_of_day('ops@plants.example', '2026-02-02 12:00'), 1::bigint, 'and the later one a day after');
select is(answers_of_day('OPS@plants.example', '2026-05-03'), 0::bigint, 'none later');

-- Counted by the contact entry: an address, or a domain's addresses that are none.
insert into contact (license_id, entry, effective)
    values (1, 'boss@far.example', '2026-01-01'), (1, '@far.example', '2026-01-01') \g /dev/null
insert into reply (message_id, recipient, state, why, effective)
    select 14, recipient, 'sent', why, at
    from (values ('boss@far.example', null, '2026-02-01 11:30'::timestamptz),
                 ('Ann@far.example', null, '2026-02-01 11:30'), ('ben@Far.example', null, '2026-02-01 09:00'),
                 ('ben@far.example', 'notice', '2026-02-01 11:30'), ('ben@far.example', null, '2026-01-30'))
        r (recipient, why, at) \g /dev/null
select is(answer_entry('BOSS@far.example'), 'boss@far.example', 'an address is an entry');
select is(answer_entry('Zoe@Far.example'), '@far.example', 'else its domain is');
select results_eq($$select entry, in_hour, in_day
        from answers_counted(array['boss@far.example', 'zoe@far.example'], array[0, 0], 9, '2026-02-01 12:00')$$,
    $$values ('boss@far.example', 1::bigint, 1::bigint), ('@far.example', 1, 2)$$,
    'each entry its own; notices are no answers');
select results_eq($$select entry, in_day
        from answers_counted(array['a@far.example', 'b@far.example'], array[0, 0], 1, '2026-02-01 12:00')$$,
    $$values ('@far.example', 1::bigint), ('@far.example', 1)$$, 'no more than asked for');
select is(contact_written_to(1), (select entry from contact where license_id = 1 and entry not like '@%'
                                  order by id limit 1), 'a license''s first address');
select results_eq($$select n, entry from answers_counted(array[null, null]::text[], array[77, 1], 9, now())$$,
    $$select 2::bigint, contact_written_to(1)$$, 'who would be written to; nobody is no entry');
select is((select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()) >= 2, true,
    'locked until the transaction ends');
select is(answer_is_fresh(21), false, 'a notice brings nothing new');
select results_eq($$select distinct answer_is_fresh(l.reply_id), d.outcome = 'issued' from reply_line l
    join decision d on d.id = l.decision_id where d.outcome in ('issued', 'refused')$$,
    $$select distinct d.outcome = 'issued', d.outcome = 'issued' from reply_line l
    join decision d on d.id = l.decision_id where d.outcome in ('issued', 'refused')$$, 'a usage license does');
-- One alert about an entry is open at a time.
insert into alert (kind, detail, contact_id, effective) values ('too-many-answers', 'x', 1, now()) \g /dev/null
select throws_ok($$insert into alert (kind, detail, contact_id, effective)
    values ('too-many-answers', 'y', 1, now())$$, '23505', null, 'one open alert');
select lives_ok($$insert into alert (kind, detail, contact_id, effective)
    values ('another', 'y', 1, now())$$, 'of another kind');

-- To a case.
select throws_ok($$select message_to_case(d('sam'), 12, 77, '2026-05-01')$$, 'IS001', null, 'no such case');
select is(message_to_case(d('sam'), 12, 1001, '2026-05-01'), 'LIC-1', 'to the case of a hold');
select throws_ok($$select message_to_case(d('sam'), 12, 1001, '2026-05-01')$$, 'IS004', null, 'not twice');
select is((select handled_how from message where id = 12), 'joined to case 1001 by sam', 'it waits no more');
select ok(exists (select from case_now where case_number = 1001 and open and license_id = 1), 'the case stays open');

-- Dropped.
select throws_ok($$select message_drop(d('sam'), 13, ' ', '2026-05-01')$$, 'IS003', null, 'not without a reason');
select lives_ok($$select message_drop(d('sam'), 13, 'spam', '2026-05-01')$$, 'dropped');

-- The quarantine.
insert into message (id, identity, class, source, source_offset, size, effective) overriding system value
    select n, d('mail ' || n), 'quarantined', 'inbox#' || n, 0, 100, '2026-02-01'
    from generate_series(31, 33) n \g /dev/null
insert into quarantine (message_id, reason) values (31, 'hung'), (32, 'hung') \g /dev/null
select throws_ok(format($$select quarantine_%s)$$, call), 'IS002', null, who || ' does not ' || call)
    from unnest(array['olga', 'fay', 'nobody']) who,
         unnest(array[format('retry(d(%L), 31, null, now()', who),
                      format('drop(d(%L), 31, ''r'', now()', who)]) call;
select refuses(role, $$select quarantine_drop(d('sam'), 31, 'r', now())$$)
    from unnest(array['daemon', 'web', 'orders', 'finance']) role;
select refuses(role, $$select quarantine_retry(d('sam'), 31, null, now())$$)
    from unnest(array['orders', 'finance']) role;
select throws_ok($$select quarantine_retry(d('sam'), 13, null, '2026-05-01')$$, 'IS001', null, 'never there');
select throws_ok($$select quarantine_drop(d('sam'), 99, 'r', '2026-05-01')$$, 'IS001', null, 'nor on record');
select throws_ok($$select quarantine_drop(d('sam'), 31, ' ', '2026-05-01')$$, 'IS003', null, 'not without a reason');
select lives_ok($$select quarantine_drop(d('sam'), 31, 'noise', '2026-05-01')$$, 'dropped');
select results_eq($$select q.closed_how, m.handled_how from quarantine q join message m on m.id = q.message_id
        where q.message_id = 31$$, $$values ('dropped by sam: noise'::text, 'dropped by sam: noise'::text)$$,
    'for that reason');
select throws_ok($$select quarantine_retry(d('sam'), 31, null, '2026-05-01')$$, 'IS004', null, 'it has left');
select ok(quarantine_retry(d('sam'), 32, now() + '1 minute', now()) > 0, 'the other may be tried');
select results_eq($$select state::text, arguments from instruction where kind = 'retry'$$,
    $$values ('taken'::text, '{"message": 32}'::jsonb)$$, 'by an instruction');

select * from finish();
rollback;
