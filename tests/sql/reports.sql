-- Reports: days at their edges, what was known when, who may ask, and what must not stand in them.
begin;
select no_plan();
\ir fixture.psql

-- License n, sold on that day and recorded at that time, with one server and that many activations.
create function sold(n bigint, day date, known timestamptz, expires date default null) returns void
language sql as $$
    insert into orders (id, reference, kind, ordered_on, customer_id, recorded_at)
        overriding system value values (n, 'SO-' || n, 'sale', day, 1, known);
    insert into license (id, license_id, customer_id, product, order_id, effective, recorded_at)
        overriding system value values (n, 'LIC-' || n, 1, 'chariot', n, day, known);
    insert into license_key (id, license_id, hint, weak, effective, recorded_at)
        overriding system value values (n, n, 'ABCD', false, known, known);
    insert into entitlement (license_id, version, servers, activations, expires_on, order_id,
                             effective, recorded_at) values (n, 1, 2, 3, expires, n, day, known);
$$;
-- Activation n of a license on a server of its own.
create function ran(n bigint, of bigint, origin use_origin, continues bigint, state activation_state,
    counted boolean, since timestamptz, ended timestamptz, counted_until timestamptz) returns void
language sql as $$
    insert into instance (thumbprint) values (d('host-' || n));
    insert into usage_request (id, digest, thumbprint, seq, iat, license_key, license_id, purpose,
        product, version, host, jws, message_id, effective) overriding system value
        values (n, d('request-' || n), d('host-' || n), n, since, d('key'), of, 'activate', 'chariot',
                '2.5', 'host-' || n, 'a.b.c', 1, since);
    insert into activation (id, license_id, version, servers, allowed, thumbprint, request_id, state,
        counted, use_no, slot, origin, continues, active_from, active_until, counted_until,
        recorded_at)
        values (n, of, 1, 2, 3, d('host-' || n), n, state, counted, 1, 1, origin, continues, since,
                ended, counted_until, since);
$$;
-- How a license stood: servers that ran, uses, its state.
create function stood(n bigint, day date, zone text, known timestamptz default '2100-01-01')
returns text language sql stable as $$
    select format('%s %s %s', l.active, l.used, l.state) from report_license(day, known, zone) l
    where l.id = n
$$;

-- A quarter's end in another zone: half an hour into April in Berlin, still March elsewhere.
select sold(11, '2026-01-01', '2026-01-01') \g /dev/null
select ran(11, 11, 'taken', null, 'active', true, '2026-03-31 22:30Z', null, null) \g /dev/null
select is(stood(11, '2026-03-31', 'UTC'), '1 1 current', 'a server runs by the last of March in UTC');
select is(stood(11, '2026-03-31', 'Europe/Berlin'), '0 0 current', 'it began in April in Berlin');
select is(stood(11, '2026-04-01', 'Europe/Berlin'), '1 1 current', 'on its first day');
select is(stood(11, '2026-03-31', 'America/New_York'), '1 1 current', 'and in March in New York');

-- The last microsecond of a day belongs to it, the first of the next does not.
select sold(12, '2026-01-01', '2026-01-01'), sold(13, '2026-01-01', '2026-01-01') \g /dev/null
insert into license_state_version (license_id, version, state, reason, effective, recorded_at) values
    (12, 1, 'suspended', 'x', '2026-06-30 23:59:59.999999Z', '2026-06-30'),
    (13, 1, 'suspended', 'x', '2026-07-01 00:00:00Z', '2026-06-30'),
    (13, 2, 'current', 'x', '2026-07-02 00:00:00Z', '2026-07-02');
select is(stood(12, '2026-06-30', 'UTC'), '0 0 suspended', 'suspended in the last moment of the day');
select is(stood(12, '2026-06-29', 'UTC'), '0 0 current', 'and not the day before');
select is(stood(13, '2026-06-30', 'UTC'), '0 0 current', 'in the first moment of the next: not yet');
select is(stood(13, '2026-07-01', 'UTC'), '0 0 suspended', 'then it is');
select is(stood(13, '2026-07-02', 'UTC'), '0 0 current', 'until it goes on');

-- Cut in thirds, the licenses and the uses are the same.
select set_eq($$select * from report_license_thirds('2026-07-02', '2100-01-01', 'UTC', '{11,12}')$$,
    $$select * from report_license('2026-07-02', '2100-01-01', 'UTC')$$,
    'each license is in one third, and whole');
select is((select count(*) from report_license_thirds('2026-07-02', '2100-01-01', 'UTC', '{11,12}')),
    (select count(*) from report_license('2026-07-02', '2100-01-01', 'UTC')), 'and in no other');

-- 29 February, year's end, and the days on which clocks change.
select sold(14, '2024-02-29', '2024-02-29', '2024-12-31') \g /dev/null
select is(stood(14, '2024-02-28', 'UTC'), null, 'sold on 29 February: not there the day before');
select is(stood(14, '2024-02-29', 'UTC'), '0 0 current', 'there on the day');
select is(stood(14, '2024-12-31', 'UTC'), '0 0 current', 'good through the last day of the year');
select is(stood(14, '2025-01-01', 'UTC'), '0 0 expired', 'expired on the first of the next');
select is(report_end('2024-02-28', 'UTC'), '2024-02-29 00:00Z', '28 February ends as 29 begins');
select is(report_end('2024-02-29', 'UTC'), '2024-03-01 00:00Z', 'which ends as March begins');
select is(report_end('2026-12-31', 'Europe/Berlin'), '2026-12-31 23:00Z', 'a year ends in Berlin');
select is(report_end('2026-03-29', 'Europe/Berlin'), '2026-03-29 22:00Z', 'a day of 23 hours');
select is(report_end('2026-10-25', 'Europe/Berlin'), '2026-10-25 23:00Z', 'and one of 25');
select is(report_month_text(width_bucket(timestamptz '2026-03-31 22:30Z',
    report_months('2026-12-31', 'Europe/Berlin'))), '2026-04', 'an instant''s month is the zone''s');
select is(report_month_text(width_bucket(timestamptz '2026-03-31 21:59:59.999999Z',
    report_months('2026-12-31', 'Europe/Berlin'))), '2026-03', 'to its last moment');

-- What was known when: a version booked in March for January, a server's end learned of today.
select sold(15, '2026-01-01', '2026-01-01') \g /dev/null
insert into entitlement (license_id, version, servers, activations, order_id, effective, recorded_at)
    values (15, 2, 2, 9, 15, '2026-01-15', '2026-03-10 09:00Z');
select is((select allowed from report_license('2026-01-31', '2026-03-10 08:59:59.999999Z', 'UTC')
           where id = 15), 3, 'before it was recorded nobody knew of it');
select is((select allowed from report_license('2026-01-31', '2026-03-10 09:00Z', 'UTC')
           where id = 15), 9, 'from then on January had it');
select is((select allowed from report_license('2026-01-14', '2100-01-01', 'UTC')
           where id = 15), 3, 'and the day before never');
select ran(15, 15, 'taken', null, 'deactivated', false, '2026-01-02', '2026-01-05', '2026-01-05')
    \g /dev/null
select is(stood(15, '2026-01-10', 'UTC', transaction_timestamp() - interval '1 microsecond'),
    '1 1 current', 'a server whose end was not known ran');
select is(stood(15, '2026-01-10', 'UTC', transaction_timestamp()), '0 0 current',
    'now that it is, it did not');
select is(stood(15, '2026-01-04', 'UTC', transaction_timestamp()), '1 1 current', 'but before');
select ran(16, 15, 'taken', null, 'corrected', false, '2026-01-20', '2026-01-20', '2026-01-20')
    \g /dev/null
select is(stood(15, '2026-01-20', 'UTC'), '0 0 current', 'an empty interval is in no count');

-- Recorded late: by the zone's month.
select sold(17, '2026-12-31', '2026-12-31 23:30Z') \g /dev/null
select is((select count(*) from report_late_entries_rows('2026-12-31', '2100-01-01', 'UTC')
           where subject = 'SO-17'), 0::bigint, 'recorded in the same month in UTC');
select results_eq($$select what, effective, recorded_on
    from report_late_entries_rows('2026-12-31', '2100-01-01', 'Europe/Berlin')
    where subject = 'SO-17'$$, $$values ('order', date '2026-12-31', date '2027-01-01')$$,
    'in the next year in Berlin');
select is((select count(*) from report_late_entries_rows('2026-12-31', '2026-12-31', 'Europe/Berlin')
           where subject = 'SO-17'), 0::bigint, 'unless it was not known');

-- By what evidence uses came back; a proof that comes later takes the place of what was believed.
select sold(18, '2026-01-01', '2026-01-01') \g /dev/null
select ran(20, 18, 'taken', null, 'superseded', false, '2026-02-01', '2026-02-03', '2026-02-03'),
       ran(21, 18, 'instance', 20, 'lost', false, '2026-02-03', '2026-02-10', '2026-02-10'),
       ran(22, 18, 'taken', null, 'deactivated', false, '2026-02-12', '2026-02-14', '2026-02-14')
    \g /dev/null
insert into restoration (id, license_id, activation_id, evidence, opened_by, reason, opened_at,
                         recorded_at) values (18, 18, 21, 'forced', 1, 'burnt', '2026-02-09', '2026-02-09');
insert into restoration_decision (restoration_id, outcome, activation_id, decided_by, reason,
    effective, recorded_at) values (18, 'approved', 21, 1, 'seen', '2026-02-10', '2026-02-10');
create function back(day date) returns text language sql stable as $$
    select format('%s taken, %s used, %s proof, %s forced, %s lost', r.taken, r.used,
        r.given_back_proof, r.given_back_forced, r.lost)
    from report_activations_rows(day, '2100-01-01', 'UTC') r where r.license_id = 'LIC-18'
$$;
select is(back('2026-02-05'), '1 taken, 1 used, 0 proof, 0 forced, 0 lost', 'a use goes on');
select is(back('2026-02-10'), '1 taken, 0 used, 0 proof, 1 forced, 1 lost', 'it is written off');
select is(back('2026-02-14'), '2 taken, 0 used, 1 proof, 1 forced, 1 lost', 'another comes back');
insert into event (kind, subject, subject_id, row_digest, effective, recorded_at)
    values ('activation-deactivated', 'activation', 21, d('row'), '2026-02-20', '2026-02-20');
update activation set state = 'deactivated', ended_by = 'proof' where id = 21;
select is(back('2026-02-19'), '2 taken, 0 used, 1 proof, 1 forced, 1 lost', 'as of before its proof');
select is(back('2026-02-20'), '2 taken, 0 used, 2 proof, 0 forced, 1 lost', 'the proof counts then');

-- The books: they agree, until somebody writes past every guard.
select is_empty($$select * from report_reconciliation('2026-12-31', '2100-01-01', 'UTC')
    where license_id is not null or term = 'difference' and number <> 0$$, 'nothing differs');
savepoint agrees;
set local session_replication_role = replica;
update activation set state = 'superseded', counted = false, active_until = '2026-04-02',
    counted_until = '2026-04-02' where id = 11;
set local session_replication_role = origin;
select results_eq($$select equation, license_id, number from report_reconciliation('2026-12-31',
    '2100-01-01', 'UTC') where license_id is not null$$, $$values ('uses', 'LIC-11', 1::bigint)$$,
    'a use that ended without evidence is a difference');
select is_empty($$select * from report_reconciliation('2026-04-01', '2100-01-01', 'UTC')
    where license_id is not null$$, 'from the day on which it ended');
rollback to agrees;
set local session_replication_role = replica;
delete from license_key where license_id = 12;
set local session_replication_role = origin;
select results_eq($$select equation, license_id, number from report_reconciliation('2026-12-31',
    '2100-01-01', 'UTC') where license_id is not null$$, $$values ('sales', 'LIC-12', 1::bigint)$$,
    'so is a license without a key');
rollback to agrees;
select throws_ok($$select ran(23, 18, 'instance', 20, 'active', true, '2026-03-01', null, null)$$,
    '23505', null, 'that a use goes on twice cannot be written at all');

-- The moment that can be repeated lies before this transaction.
select ok(report_known() < transaction_timestamp(), 'what is open is not known yet');

-- Each group asks what its tables answer, and no report tells an address or a secret.
insert into contact (license_id, entry, effective) values (11, 'secret@person.example', '2026-01-01');
update message set from_address = 'secret@person.example', subject = 'secret@subject.example';
create temporary table report as
    select p.proname::text as name, has_function_privilege(:'prefix' || '_orders', p.oid, 'execute')
        as of_orders
    from pg_proc p
    where p.pronamespace = 'issuer'::regnamespace and p.proretset and p.proname like 'report%'
      and pg_get_function_identity_arguments(p.oid) = 'as_of date, known_at timestamp with time zone, zone text'
      and exists (select from pg_class c where c.relname = p.proname || '_now');
grant select on report to public;
grant usage on schema public to public;
select ok(count(*) = 18, 'there are 18 of them') from report;
select set_config('test.prefix', :'prefix', false) \g /dev/null
create function asked(role text, name text) returns text language plpgsql as $$
declare
    told text;
    now_told text;
begin
    execute format('set local role %I', current_setting('test.prefix') || '_' || role);
    execute format('select string_agg(r::text, '' '') from %I(''2026-12-31'', ''2100-01-01'', ''UTC'') r',
                   name) into told;
    execute format('select count(*)::text from %I r', name || '_now') into now_told;
    reset role;
    return coalesce(told, '');
exception when insufficient_privilege then
    return 'refused';
end $$;
select isnt(asked('finance', name), 'refused', 'finance may ask ' || name) from report;
select ok(asked('finance', name) !~ '@|secret', name || ' tells no address') from report;
select is(asked(role, name), asked('finance', name), role || ' sees the same in ' || name)
    from report, unnest(array['support', 'admin', 'web', 'daemon']) role;
select is(asked('orders', name) <> 'refused', of_orders, 'orders asks what it may: ' || name)
    from report;
select is(count(*) filter (where of_orders), 9::bigint, 'half of them') from report;
-- The uses, too, are the same in thirds, wherever they are cut.
select set_eq(format('select * from report_use_thirds(%L, %L, %L, %L)', '2026-12-31', '2100-01-01', 'UTC',
        array[c.at, c.at + 1]), $$select * from report_use('2026-12-31', '2100-01-01', 'UTC')$$,
    format('uses cut at %s', c.at))
    from (select distinct id as at from activation) c order by c.at;

select * from finish();
rollback;
