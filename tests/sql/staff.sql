-- What staff is told of: each thing once, gathered, tried until it is told.
begin;
select no_plan();
\ir fixture.psql

create function find(at timestamptz, hours integer default 1000000) returns bigint language sql as $$
    select staff_notices_find(at, array[1]::bigint[], array['desk'], array[hours], '{}')
$$;
create function told() returns text language sql as $$
    select string_agg(kind || ': ' || says, '; ' order by id) from staff_notice where telling_id is null
$$;
-- What the fixture has is no news.
select find('2026-02-03') \g /dev/null
select staff_telling_end(staff_telling_begin('mail', '2026-02-03', 200), null, null, '2026-02-03') \g /dev/null
select is(told(), null, 'all of that is told');
select is(find('2026-02-03 00:01Z'), 0::bigint, 'and found once');

-- Things that come, each once.
insert into usage_request (id, digest, thumbprint, seq, iat, license_key, license_id, purpose, product, version,
    host, jws, message_id, effective) overriding system value
    values (71, d('request-71'), d('server-1'), 71, '2026-02-04', d('key'), 1, 'activate', 'chariot', '2.5', 's',
            'a.b.c', 1, '2026-02-04') \g /dev/null
insert into decision (id, message_id, request_id, token_kind, token_digest, outcome, rule, code, facts, policy,
    program, effective) overriding system value
    values (71, 1, 71, 'usage-request', d('request-71'), 'held', 9, 'unknown-sender', '{}', d('policy'), '1.0',
            '2026-02-04') \g /dev/null
insert into hold (id, request_id, decision_id, opened_at) overriding system value
    values (9071, 71, 71, '2026-02-04') \g /dev/null
select is(find('2026-02-04'), 1::bigint, 'a new hold');
select is(told(), 'hold: hold 9071: unknown-sender, license LIC-1', 'is told with its license');
insert into alert (kind, detail, effective) values ('emergency-ends', E'it ends\non 2026-02-08', '2026-02-06');
select is(find('2026-02-05 23:59:59Z'), 0::bigint, 'an alert whose time lies ahead is not told');
select is(find('2026-02-06'), 1::bigint, 'at its time it is');
select matches(told(), 'alert: alert \d+: emergency-ends: it ends on 2026-02-08', 'on one line');
-- Holds that wait on; the fixture's was opened on the first.
create function waiting(at timestamptz, days integer[] default '{1,3,7}') returns bigint language sql as $$
    select staff_notices_find(at, '{}', '{}', '{}', days)
$$;
select is(waiting('2026-02-04 23:59:59Z'), 1::bigint, 'a hold of days ago is told for the last mark that has come');
select matches(told(), 'hold-waits: hold 1001 has waited for 3 days: issued, license LIC-1$', 'with its days');
select is(waiting('2026-02-05'), 1::bigint, 'the other after its first day');
select matches(told(), 'hold-waits: hold 9071 has waited for a day: unknown-sender, license LIC-1$', 'to the second');
select is(waiting('2026-02-06 12:00'), 0::bigint, 'once');
select is(waiting('2026-02-07'), 1::bigint, 'and after three');
select is(waiting('2026-02-07', '{}'), 0::bigint, 'nobody is told where no days are set');
update hold set closed_at = now(), closed_by = 71, closed_how = 'refused' where id = 9071;

-- A key's end, by the one that lasts longest.
select is(find('2027-10-02 23:59:59Z'), 0::bigint, 'a key that ends in more than 90 days is none');
select is(find('2027-10-03'), 1::bigint, 'its end is told 90 days before');
select is(find('2027-10-04'), 0::bigint, 'once');
select is(find('2027-12-02'), 1::bigint, '30 days before');
select is(find('2027-12-25'), 1::bigint, '7 days before');
select is(find('2028-01-01'), 1::bigint, 'and when it has ended');
insert into signing_key (kid, certificate, not_before, not_after, development)
    values ('kid-2', '\x30', '2026-01-01', '2030-01-01', true);
select is(find('2029-10-01'), 0::bigint, 'another key has years');
select is(find('2029-12-30'), 1::bigint, 'a mark that was missed is not made up for: the next tells it');
select matches(told(), 'key-end: signing key kid-2 ends on 2030-01-01$', 'by its name and day');

-- Mailboxes.
select is(find(now() + interval '3 hours', 4), 0::bigint, 'a mailbox that had mail is not silent');
select is(find(now() + interval '5 hours', 4), 1::bigint, 'without for so many hours it is');
select is(find(now() + interval '9 hours', 4), 0::bigint, 'which is told once');
insert into message (id, identity, class, source, source_offset, size, effective) overriding system value
    values (72, d('mail 72'), 'request', 'inbox', 0, 100, '2026-02-01') \g /dev/null
alter table mailbox_mail disable trigger user;
insert into mailbox_mail (mailbox_id, validity, uid, message_id, recorded_at)
    values (1, 17, 43, 72, now() + interval '10 hours');
alter table mailbox_mail enable trigger user;
select is(find(now() + interval '15 hours', 4), 1::bigint, 'and again when it falls silent again');

-- Troubles of daemons.
insert into watched (daemon, role, instance, watches, done, restarts, seen_at, problem, problem_at)
    values ('desk', 'drop', 'inbox', 'a folder', 0, 0, '2026-03-01', '501 in the hour', '2026-03-01 12:00Z');
select is(find('2026-03-01 12:00:59Z'), 0::bigint, 'what may be over within a minute is no trouble');
select is(find('2026-03-01 12:01Z'), 1::bigint, 'then it is');
select matches(told(), 'trouble: drop inbox of daemon desk is in trouble: 501 in the hour$', 'with its words');
update watched set problem = '502 in the hour', problem_at = '2026-03-01 13:00Z' where instance = 'inbox';
select is(find('2026-03-01 14:00Z'), 0::bigint, 'the same trouble is told once a day');
update watched set problem = 'another', problem_at = '2026-03-01 13:00Z' where instance = 'inbox';
select is(find('2026-03-01 14:00Z'), 1::bigint, 'another one at once');

-- Telling: gathered, one at a time, at most one a minute, tried until it is done.
create function waits() returns bigint language sql as $$
    select count(*) from staff_notice where telling_id is null
$$;
select set_config('test.waits', waits()::text, false) \g /dev/null
create temporary table first_one as select staff_telling_begin('mail', '2026-03-02 12:00Z', 2) as id;
select is(waits(), current_setting('test.waits')::bigint - 2, 'at most so many are told at once');
select is(staff_telling_begin('mail', '2026-03-02 12:00:59Z', 2), null, 'while one is under way no other begins');
select lives_ok($$select staff_telling_end(id, 3, E'it\nfailed', '2026-03-02 12:00:01Z') from first_one$$, 'it fails');
select is((select exit_code || ' ' || problem from staff_telling t join first_one using (id)), '3 it failed',
          'which stands on record');
select is(staff_telling_begin('command', '2026-03-02 12:01Z', 2), (select id from first_one), 'a minute later it is tried again');
select is(staff_telling_begin('command', '2026-03-02 12:02Z', 2), null, 'then the pause is longer');
select is(staff_telling_begin('command', '2026-03-02 12:03Z', 2), (select id from first_one), 'of two minutes');
select is(staff_telling_begin('command', '2026-03-02 11:00Z', 2), (select id from first_one), 'a clock that was set back waits for nothing');
select is((select how || ' ' || attempts from staff_telling t join first_one using (id)), 'command 4', 'tries are counted');
select lives_ok($$select staff_telling_end(id, 0, null, '2026-03-02 12:04Z') from first_one$$, 'it is done');
select is((select done_at::text from staff_telling t join first_one using (id)), '2026-03-02 12:04:00+00', 'at its time');
select is(staff_telling_begin('mail', '2026-03-02 12:00:59Z', 2), null, 'within a minute no other begins');
select isnt(staff_telling_begin('mail', '2026-03-02 12:01Z', 200), null, 'then all the rest');
select is(waits(), 0::bigint, 'is told');
select staff_telling_end(id, null, null, '2026-03-02 12:01Z') from staff_telling where done_at is null \g /dev/null
select is(staff_telling_begin('mail', '2026-03-03', 200), null, 'where nothing is new there is nothing to tell');
select throws_ok($$insert into staff_notice (kind, mark, says, effective) values ('hold', '9071', 'again', now())$$,
                 '23505', null, 'a thing is told once');

select * from finish();
rollback;
