-- The last word against two servers on one place, two licenses on one use, one server twice.
begin;
select plan(23);
\ir fixture.psql

select throws_ok($$select activation(4, 'server-1', 2, 2)$$, '23505', null, 'an instance is active once');
select throws_ok($$select activation(2, 'server-2', 2, 1)$$, '23505', null, 'a place holds one server');
select throws_ok($$select activation(2, 'server-2', 1, 2)$$, '23505', null, 'a use is taken once');
select throws_ok($$select activation(2, 'server-2', 2, 3)$$, '23514', null, 'there are no more places than servers');
select throws_ok($$select activation(2, 'server-2', 2, 0)$$, '23514', null, 'places begin at 1');
select throws_ok($$select activation(2, 'server-2', 4, 2)$$, '23514', null, 'there are no more uses than activations');
select throws_ok($$select activation(2, 'server-2', 0, 2)$$, '23514', null, 'uses begin at 1');
select lives_ok($$select activation(2, 'server-2', 2, 2)$$, 'the second server fits');

-- The limits are those of an entitlement that exists.
select throws_ok($$insert into activation (id, license_id, version, servers, allowed, thumbprint, request_id, state, counted, use_no, slot, origin, active_from) values (3, 1, 1, 9, 9, d('server-3'), 3, 'active', true, 9, 9, 'taken', now())$$, '23503', null, 'nobody makes up a larger entitlement');
select throws_ok($$insert into activation (id, license_id, version, servers, allowed, thumbprint, request_id, state, counted, use_no, slot, origin, active_from) values (3, 1, 1, 2, 3, d('server-3'), 3, 'active', false, 3, 1, 'taken', now())$$, '23514', null, 'what is active counts');
select throws_ok($$insert into activation (id, license_id, version, servers, allowed, thumbprint, request_id, state, counted, use_no, slot, origin, active_from) values (3, 1, 1, 2, 3, d('server-3'), 3, 'active', true, 3, 1, 'host', now())$$, '23514', null, 'a use that is continued says from where');
select throws_ok($$update activation set state = 'superseded' where id = 1$$, '23514', null, 'what has ended says when');
select throws_ok($$update activation set state = 'superseded', active_until = '2025-01-01' where id = 1$$, '23514', null, 'nothing ends before it began');

-- Superseded by the next request of the instance: the use moves on.
select lives_ok($$update activation set state = 'superseded', counted = false, active_until = '2026-03-01', counted_until = '2026-03-01', ended_by = 'superseded' where id = 1;
    insert into activation (id, license_id, version, servers, allowed, thumbprint, request_id, state, counted, use_no, slot, origin, continues, active_from) values (4, 1, 1, 2, 3, d('server-1'), 4, 'active', true, 1, 1, 'instance', 1, '2026-03-01')$$,
    'the next one continues use and place');
select is(ended_recorded_at, transaction_timestamp(), 'the end is recorded by the database') from activation where id = 1;
select is(counted_recorded_at, transaction_timestamp(), 'so is the end of the use') from activation where id = 1;
select lives_ok($$update activation set ended_recorded_at = '2020-01-01' where id = 1$$, 'whatever the program says');
select is(ended_recorded_at, transaction_timestamp(), 'the recorded time stays') from activation where id = 1;

select throws_ok($$update activation set counted = true, counted_until = null where id = 1$$, 'IS002', null, 'a use that moved on does not come back');
select throws_ok($$update activation set active_until = '2026-04-01' where id = 1$$, 'IS002', null, 'an end is written once');
select throws_ok($$update activation set state = 'active', active_until = null, counted = true, counted_until = null where id = 1$$, 'IS002', null, 'what has ended is not active again');
select throws_ok($$update activation set license_id = 2 where id = 4$$, 'IS002', null, 'an activation stays with its license');

-- Given back: the number is free again.
select lives_ok($$update activation set state = 'deactivated', counted = false, active_until = '2026-04-01', counted_until = '2026-04-01', ended_by = 'proof' where id = 4;
    select activation(3, 'server-3', 1, 1)$$, 'a use that was given back is taken again');

select * from finish();
rollback;
