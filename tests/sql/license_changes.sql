-- What becomes of a license after it was sold, by its doors: who may, what is refused, what stays; and
-- the dates of yearly features at their edges.
begin;
select no_plan();
\ir fixture.psql
select set_config('test.prefix', :'prefix', false) \g /dev/null

insert into operator (name, role, effective)
    values ('sam', 'support', '2026-01-01'), ('olga', 'orders', '2026-01-01'),
           ('fay', 'finance', '2026-01-01') \g /dev/null
insert into operator_token (digest, operator_id, expires_at)
    select d(name), id, '2030-01-01' from operator \g /dev/null

-- Years that are bought: from the end that stands, or from the order's day where that has passed by
-- then. Only named days count: in 2026-03-31 the whole day is in, whatever the hour.
select results_eq(format('select from_on, until_on from term_bought(%L, %L, %s)', ends, ordered, years),
    format('values (%L::date, %L::date)', starts, until), about)
from (values
    ('2027-03-31', '2027-01-10', 1, '2027-03-31', '2028-03-31', 'continues from its end'),
    ('2027-03-31', '2027-03-31', 1, '2027-03-31', '2028-03-31', 'ordered on its last day: it has not lapsed'),
    ('2027-03-31', '2027-04-01', 1, '2027-04-01', '2028-04-01', 'ordered the day after: from that day'),
    ('2027-03-31', '2029-06-15', 2, '2029-06-15', '2031-06-15', 'lapsed for years: from the order''s day'),
    (null,         '2026-05-01', 3, '2026-05-01', '2029-05-01', 'had none: from the order''s day'),
    ('2030-12-31', '2026-05-01', 1, '2030-12-31', '2031-12-31', 'long before the end, over a year''s end'),
    ('2026-12-31', '2027-01-01', 1, '2027-01-01', '2028-01-01', 'lapsed at the year''s end'),
    ('2028-02-29', '2028-01-01', 1, '2028-02-29', '2029-02-28', '29 February becomes 28 in a common year'),
    ('2028-02-29', '2028-01-01', 4, '2028-02-29', '2032-02-29', 'and stays in a leap year'),
    ('2029-02-28', '2029-01-01', 3, '2029-02-28', '2032-02-28', 'but 28 never becomes 29'),
    ('2096-02-29', '2096-01-01', 4, '2096-02-29', '2100-02-28', '2100 is a common year'),
    (null,         '2028-02-29', 1, '2028-02-29', '2029-02-28', 'bought on 29 February')
) c (ends, ordered, years, starts, until, about);
select throws_ok('select term_bought(null, ''2026-01-01'', 0)', 'IS003', null, 'no years are not sold');
select throws_ok('select term_bought(null, ''2026-01-01'', -1)', 'IS003', null, 'nor less than none');
select throws_ok('select term_bought(''9999-06-01'', ''2026-01-01'', 1)', 'IS003', null, 'nor what has no digits');
-- Step by step is not at once: each step ends on a named day, and the next starts from it.
select is((term_bought((term_bought('2028-02-29', '2028-01-01', 1)).until_on, '2028-01-01', 3)).until_on,
    '2032-02-28'::date, 'steps are not computed anew');

-- Years that are taken back.
select results_eq(format('select from_on, until_on from term_cancelled(%L, %L, %s)', ends, began, years),
    format('values (%L::date, %L::date)', ends, until), about)
from (values
    ('2029-03-31', '2026-03-31', 1, '2028-03-31', 'a year less'),
    ('2027-03-31', '2026-03-31', 1, null,         'the only year: nothing is left'),
    ('2027-03-31', '2026-03-31', 9, null,         'more than there is: nothing is left'),
    ('2020-03-31', '2018-03-31', 1, '2019-03-31', 'after it lapsed: from the end that stands, not from today'),
    ('2028-02-29', '2026-01-01', 1, '2027-02-28', '29 February'),
    ('2029-02-28', '2026-01-01', 1, '2028-02-28', 'a step back is not the step before')
) c (ends, began, years, until, about);

-- A license for them: LIC-2, which has had nothing by the year yet.
insert into orders (reference, kind, ordered_on, customer_id)
    values ('SO-OLD', 'sale', '2026-01-01', 1) \g /dev/null
insert into license (license_id, customer_id, product, order_id, effective)
    select 'LIC-2', 1, 'chariot', id, '2026-01-01' from orders where reference = 'SO-OLD' \g /dev/null
insert into entitlement (license_id, version, servers, activations, expires_on, order_id, effective)
    select id, 1, 1, 2, '2027-03-31', order_id, '2026-01-01' from license where license_id = 'LIC-2' \g /dev/null
insert into entitlement_feature (license_id, version, code)
    select id, 1, 'mqtt-server' from license where license_id = 'LIC-2' \g /dev/null

-- Who.
select throws_ok(format($$select license_%s(d(%L), 'LIC-2', '{"order":"X","kind":"sale","reason":"r","how":"cancelled"}', '2026-05-01')$$,
    door, who), 'IS002', null, who || ' may not ' || door)
from unnest(array['upgrade', 'correct', 'end', 'suspend', 'resume']) door, unnest(array['sam', 'olga', 'fay', 'ana', 'nobody']) who
where not (who = 'olga' and door in ('upgrade', 'correct', 'end')) and not (who = 'ana' and door in ('suspend', 'resume'));

create function upgrade(change jsonb, day timestamptz default '2026-05-01') returns table (what text, before text, after text)
language sql as $$ select * from license_upgrade(d('olga'), 'lic-2', '{"kind": "sale"}' || change, day) $$;
create function correct(change jsonb, day timestamptz default '2026-05-01') returns table (what text, before text, after text)
language sql as $$ select * from license_correct(d('olga'), 'LIC-2', '{"kind": "correction", "reason": "r"}' || change, day) $$;
create function wrong(call text, says text, about text) returns text language sql as $$
    select throws_like(call, says, about) $$;

-- What is not booked.
select throws_like(format('select upgrade(%L)', change), says, says)
from (values
    ('{"order":"SO-2"}', 'this changes nothing of LIC-2%'),
    ('{"order":"SO-2","activations":2}', 'this changes nothing of LIC-2%'),
    ('{"order":"SO-2","activations":0}', 'activations: give a whole number%'),
    ('{"order":"SO-2","features":[{"code":"mqtt-server"}]}', 'mqtt-server is there already'),
    ('{"order":"SO-2","features":[{"code":"mqtt-server","number":1}]}', 'mqtt-server is bought once%'),
    ('{"order":"SO-2","features":[{"code":"flux"}]}', 'flux is no feature of chariot'),
    ('{"order":"SO-2","features":[{"code":"support","number":0}]}', '0 years are not sold%'),
    ('{"order":"SO-2","features":[{"code":"support","number":2147483648}]}', '2147483648 years are not sold%'),
    ('{"order":"SO-2","activations":1000000000000}', 'activations: give a whole number%'),
    ('{"order":"SO-2","kind":"cancellation","activations":3}', 'a cancellation adds nothing%'),
    ('{"order":"SO-2","kind":"cancellation","servers":2}', 'a cancellation adds nothing%'),
    ('{"order":"SO-2","kind":"cancellation","expires":{"until":"2027-04-01"}}', 'a cancellation extends nothing%'),
    ('{"order":"SO-2","kind":"cancellation","expires":{}}', 'a cancellation extends nothing%'),
    ('{"order":"so-old","activations":3}', 'order SO-OLD is behind version 1 of LIC-2 already%'),
    ('{"order":"SO-2","features":[{"code":"support","until":"2026-05-01"}]}', 'support would end on 2026-05-01, not after%'),
    ('{"order":"SO-2","features":[{"code":"snowflake-bridge","until":"2027-05-01"}]}', 'snowflake-bridge is metered%'),
    ('{"order":"SO-2","features":[{"code":"support"},{"code":"support"}]}', 'support is named twice'),
    ('{"order":"SO-2","features":[{"code":"support"}],"removed":[{"code":"support"}]}', 'support is named twice'),
    ('{"order":"SO-2","removed":[{"code":"mqtt-server"}]}', 'mqtt-server is taken back by an order of the kind cancellation%'),
    ('{"order":"SO-2","kind":"cancellation","removed":[{"code":"support"}]}', 'support is not there%'),
    ('{"order":"SO-2","kind":"cancellation","features":[{"code":"support"}]}', 'a cancellation adds nothing%'),
    ('{"order":"SO-2","kind":"cancellation","expires":{"years":1}}', 'a cancellation extends nothing%'),
    ('{"order":"SO-2","kind":"correction","activations":3}', 'a correction is booked by%'),
    ('{"order":"SO-2","expires":{"until":"2027-03-30"}}', 'the license would expire on 2027-03-30, which is before 2027-03-31%'),
    ('{"order":"SO-2","kind":"trial","ordered_on":"2026-05-03","activations":3}', '%lies ahead'),
    ('{"order":"SO-OLD","activations":3}', 'order SO-OLD is behind version 1 of LIC-2 already%'),
    ('{"order":"SO-OLD","kind":"trial","activations":3}', 'order SO-OLD is on record as a sale order, not a trial'),
    ('{"order":"SO-OLD","ordered_on":"2026-01-02","activations":3}', 'order SO-OLD is on record with the day%'),
    ('{"order":"SO-2","activations":3,"end_uses":[77]}', 'UL-00000077 carries no use of LIC-2%'),
    ('{"order":"SO-2","activations":3,"end_uses":[1]}', 'UL-00000001 carries no use of LIC-2%')
) c (change, says);
select is((select count(*) from orders where reference = 'SO-2') + (select max(version) from entitlement e join license l on l.id = e.license_id where l.license_id = 'LIC-2'),
    1::bigint, 'and nothing of it is on record');

-- Two years of support, twice: they stack.
select results_eq($$select * from upgrade('{"order":"SO-2","ordered_on":"2026-04-30","features":[{"code":"support","number":2},{"code":"snowflake-bridge","number":5000}],"expires":{"years":1},"activations":4}')$$,
    $$values ('activations', '2', '4'), ('expires_on', '2027-03-31', '2028-03-31'), ('snowflake-bridge', null, 'limit 5000'),
             ('support', null, 'until 2028-04-30'), ('version', '1', '2')$$, 'what changes is told');
select lives_ok($$select upgrade('{"order":"SO-3","kind":"goodwill","features":[{"code":"support"}],"reason":"late delivery"}')$$, 'a year more');
select results_eq($$select t.version, o.reference::text, t.kind::text, t.years, t.from_on, t.until_on, t.effective from term_entry t join orders o on o.id = t.order_id
                    join license l on l.id = t.license_id where l.license_id = 'LIC-2' order by 1$$,
    $$values (2, 'SO-2', 'bought', 2, date '2026-04-30', date '2028-04-30', date '2026-04-30'),
             (3, 'SO-3', 'bought', 1, date '2028-04-30', date '2029-04-30', date '2026-05-01')$$, 'the ledger tells each step');
select results_eq($$select e.version, e.activations, e.expires_on, e.effective, e.reason, o.name::text from entitlement e join license l on l.id = e.license_id
                    left join operator o on o.id = e.operator_id where l.license_id = 'LIC-2' order by 1$$,
    $$values (1, 2, date '2027-03-31', date '2026-01-01', null, null), (2, 4, '2028-03-31', '2026-04-30', null, 'olga'),
             (3, 4, '2028-03-31', '2026-05-01', 'late delivery', 'olga')$$, 'versions are added; the old ones stand');
select results_eq($$select code::text, until_on, quantity from entitlement_feature f join license l on l.id = f.license_id where l.license_id = 'LIC-2' and version = 3 order by 1$$,
    $$values ('mqtt-server', null::date, null::bigint), ('snowflake-bridge', null, 5000), ('support', '2029-04-30', null)$$, 'with all their features');
select is((select count(*) from event e join license l on l.id = e.license_id where l.license_id = 'LIC-2' and e.kind = 'license-upgraded'
           and e.row_digest = sha256(convert_to(entitlement_text(l.id, (e.detail ->> 'version')::integer), 'UTF8'))
           and e.operator_id = (select id from operator where name = 'olga')), 2::bigint, 'each with its event, which vouches for all of it');
select is((select detail -> 'changes' -> 0 from event where kind = 'license-upgraded' order by id desc limit 1),
    '{"what": "support", "before": "until 2028-04-30", "after": "until 2029-04-30"}'::jsonb, 'and tells what changed');
select lives_ok($$select upgrade('{"order":"SO-3","kind":"goodwill","same_order":true,"servers":2}')$$, 'a further part of an order');
select lives_ok($$select upgrade('{"order":"SO-4","expires":{}}')$$, 'for ever');
select wrong($$select upgrade('{"order":"SO-5","expires":{"years":1}}')$$, 'the license does not expire%', 'no longer than that');
select wrong($$select upgrade('{"order":"SO-5","expires":{"until":"2040-01-01"}}')$$, 'the license would expire on 2040-01-01, which is before never%', 'nor less by an upgrade');

-- The order's day, where it is not said, is that of UTC, to its last second; and a day lies ahead as long
-- as it has begun nowhere on earth.
savepoint days;
select lives_ok($$select upgrade('{"order":"SO-LAST","features":[{"code":"support"}]}', '2026-05-01 23:59:59+00')$$, 'in the last second');
select lives_ok($$select upgrade('{"order":"SO-FIRST","servers":3}', '2026-05-02 00:00:00+00')$$, 'and in the first');
select results_eq($$select reference::text, ordered_on from orders where reference in ('SO-LAST', 'SO-FIRST') order by 2$$,
    $$values ('SO-LAST', date '2026-05-01'), ('SO-FIRST', '2026-05-02')$$, 'are two days');
select wrong($$select upgrade('{"order":"SO-AHEAD","ordered_on":"2026-05-02","servers":4}', '2026-05-01 09:59:59+00')$$, '%2026-05-02 lies ahead', 'not yet');
select lives_ok($$select upgrade('{"order":"SO-AHEAD","ordered_on":"2026-05-02","servers":4}', '2026-05-01 10:00:00+00')$$, 'begun on the first island');
rollback to days;

-- Taken back: a year, then all; never more than was bought.
select wrong($$select upgrade('{"order":"CN-0","kind":"cancellation","removed":[{"code":"support","number":4}]}', '2026-06-01')$$, 'support was bought for 3 years in all%', 'no more than there is');
select wrong($$select upgrade('{"order":"CN-0","kind":"cancellation","removed":[{"code":"support","number":3000000000}]}', '2026-06-01')$$, 'support was bought for 3 years in all%', 'by far');
select results_eq($$select * from upgrade('{"order":"CN-1","kind":"cancellation","removed":[{"code":"support","number":1}]}', '2026-06-01')$$,
    $$values ('support', 'until 2029-04-30', 'until 2028-04-30'), ('version', '5', '6')$$, 'a year less');
select results_eq($$select * from upgrade('{"order":"CN-2","kind":"cancellation","removed":[{"code":"support"},{"code":"snowflake-bridge"}]}', '2026-06-01')$$,
    $$values ('snowflake-bridge', 'limit 5000', null), ('support', 'until 2028-04-30', null), ('version', '6', '7')$$, 'all of it');
select results_eq($$select t.version, t.kind::text, t.years, t.from_on, t.until_on from term_entry t join license l on l.id = t.license_id where l.license_id = 'LIC-2' and version > 3 order by 1$$,
    $$values (6, 'cancelled', -1, date '2029-04-30', date '2028-04-30'), (7, 'cancelled', -2, '2028-04-30', null)$$, 'negative steps; the sum is none');
select lives_ok($$select upgrade('{"order":"SO-6","features":[{"code":"support"}]}', '2026-07-01')$$, 'bought again');
select is((select until_on from term_entry t join license l on l.id = t.license_id where l.license_id = 'LIC-2' and version = 8), '2027-07-01'::date, 'from the order''s day');
savepoint again;
select results_eq($$select * from upgrade('{"order":"CN-3","kind":"cancellation","removed":[{"code":"support","number":1}]}', '2026-08-01')$$,
    $$values ('support', 'until 2027-07-01', null), ('version', '8', '9')$$, 'the year that was bought again is all there is');
rollback to again;

-- Corrected: it holds from the day of what it puts right.
select throws_like(format('select correct(%L)', change), says, says)
from (values
    ('{"order":"C-1"}', 'this changes nothing of LIC-2%'),
    ('{"order":"C-1","reason":" ","activations":5}', 'say why%'),
    ('{"order":"C-1","features":[{"code":"support","number":2}]}', 'support is sold by the year: give its right last day%'),
    ('{"order":"C-1","features":[{"code":"mqtt-server","until":"2027-01-01"}]}', 'mqtt-server is bought once%'),
    ('{"order":"C-1","removed":[{"code":"snowflake-bridge"}]}', 'snowflake-bridge is not there%'),
    ('{"order":"C-1","removed":[{"code":"support","number":1}]}', 'support: a correction takes no years back%'),
    ('{"order":"C-1","kind":"cancellation","activations":5}', 'a cancellation is booked by%'),
    ('{"order":"SO-6","kind":"sale","expires":{"years":1}}', 'a correction counts no years%'),
    ('{"order":"C-1","reinstated":true}', 'LIC-2 has not ended')
) c (change, says);
select results_eq($$select * from correct('{"order":"C-1","features":[{"code":"support","until":"2027-06-30"}],"expires":{"until":"2030-12-31"},"activations":3}', '2026-08-01')$$,
    $$values ('activations', '4', '3'), ('expires_on', 'never', '2030-12-31'), ('support', 'until 2027-07-01', 'until 2027-06-30'), ('version', '8', '9')$$, 'put right');
select results_eq($$select e.effective, o.kind::text, o.ordered_on from entitlement e join license l on l.id = e.license_id join orders o on o.id = e.order_id where l.license_id = 'LIC-2' and version = 9$$,
    $$values (date '2026-07-01', 'correction', date '2026-08-01')$$, 'from the day of what it puts right');
select wrong(format($$select upgrade('{"order":"CN-4","kind":"cancellation","removed":[{"code":"support","number":%s}]}', '2026-08-02')$$, years),
    'support began on %and ends on 2027-06-30: ' || years || ' years are more than that%', 'of years that nobody counted not more than there can have been') from unnest(array[9, 100]) years;
select lives_ok($$select correct('{"order":"SO-6","kind":"sale"}', '2026-08-02')$$, 'it was another order');
savepoint less_by_another_order;
select results_eq($$select * from correct('{"order":"SO-61","kind":"sale","expires":{"until":"2029-12-31"}}', '2026-08-02')$$,
    $$values ('expires_on', '2030-12-31', '2029-12-31'), ('version', '10', '11')$$, 'which brought less');
rollback to less_by_another_order;
-- Extended by a day, where it has run out: not to a day before it was paid for.
savepoint out;
select lives_ok($$select correct('{"order":"C-7","expires":{"until":"2020-12-31"}}', '2026-08-02')$$, 'it has run out long ago');
select wrong($$select upgrade('{"order":"SO-62","expires":{"until":"2021-12-31"}}', '2026-08-02')$$, 'the license would expire on 2021-12-31, not after the order''s day 2026-08-02', 'a year too early');
select results_eq($$select * from upgrade('{"order":"SO-62","expires":{"years":1}}', '2026-08-02')$$,
    $$values ('expires_on', '2020-12-31', '2027-08-02'), ('version', '11', '12')$$, 'years run from the order''s day');
rollback to out;
select lives_ok($$select correct('{"order":"C-2","removed":[{"code":"support"}]}', '2026-08-02')$$, 'it was no support at all');
select results_eq($$select t.kind::text, t.years, t.until_on from term_entry t join license l on l.id = t.license_id where l.license_id = 'LIC-2' and version = 11$$,
    $$values ('set', null::integer, null::date)$$, 'nothing is left of it');

-- Suspended and resumed.
create function change(door text, who text, wish jsonb, day timestamptz default '2026-09-01') returns table (what text, before text, after text)
language plpgsql as $$ begin
    return query execute format('select * from license_%s(d(%L), %L, %L, %L)', door, who, coalesce(wish ->> 'license', 'LIC-2'), '{"reason": "r"}' || wish, day);
end $$;
select wrong($$select change('resume', 'ana', '{}')$$, 'LIC-2 is current already', 'nothing to resume');
select wrong($$select change('suspend', 'ana', '{"reason":""}')$$, 'say why%', 'no reason');
select results_eq($$select * from change('suspend', 'ana', '{"reason":"unpaid"}')$$, $$values ('state', 'current', 'suspended')$$, 'suspended');
select wrong($$select change('suspend', 'ana', '{}')$$, 'LIC-2 is suspended already', 'once');
select lives_ok($$select upgrade('{"order":"SO-7","activations":5}', '2026-09-01')$$, 'what is suspended can be upgraded');
select results_eq($$select * from change('resume', 'ana', '{}')$$, $$values ('state', 'suspended', 'current')$$, 'resumed');
-- A license that ended while it was suspended is suspended again where the end was a mistake.
savepoint suspended;
select lives_ok($$select change('suspend', 'ana', '{"reason":"unpaid"}')$$, 'in dispute');
select lives_ok($$select change('end', 'olga', '{"how":"cancelled","order":"CN-S"}')$$, 'ended while it was');
select results_eq($$select * from correct('{"order":"C-S","reinstated":true}', '2026-09-02')$$, $$values ('state', 'ended', 'suspended')$$, 'orders does not lift what an admin has suspended');
select results_eq($$select * from change('resume', 'ana', '{}')$$, $$values ('state', 'suspended', 'current')$$, 'the admin does');
rollback to suspended;
-- The kind of an order on record need not be said again; a new one is a sale.
savepoint kinds;
select lives_ok($$select license_upgrade(d('olga'), 'LIC-2', '{"order":"so-3","same_order":true,"servers":3}', '2026-09-01')$$, 'a goodwill order, by its reference alone');
select results_eq($$select o.reference::text, o.kind::text from entitlement e join orders o on o.id = e.order_id join license l on l.id = e.license_id where l.license_id = 'LIC-2' order by e.version desc limit 1$$,
    $$values ('SO-3', 'goodwill')$$, 'it is the same order');
select lives_ok($$select license_upgrade(d('olga'), 'LIC-2', '{"order":"SO-NEW","servers":4}', '2026-09-01')$$, 'a new one');
select is((select kind::text from orders where reference = 'SO-NEW'), 'sale', 'is a sale');
rollback to kinds;
select results_eq($$select s.version, s.state::text, s.reason, o.name::text from license_state_version s join license l on l.id = s.license_id join operator o on o.id = s.operator_id where l.license_id = 'LIC-2' order by 1$$,
    $$values (1, 'suspended', 'unpaid', 'ana'), (2, 'current', 'r', 'ana')$$, 'as versions');

-- Ended. LIC-1 belongs to the same customer.
select lives_ok($$select upgrade('{"order":"SO-8","features":[{"code":"support","number":3}]}', '2026-09-01')$$, 'three years');
select throws_like(format('select change(''end'', ''olga'', %L)', wish), says, says)
from (values
    ('{"how":"refunded"}', 'name the order%'),
    ('{"how":"lost","order":"CN-3"}', 'a license ends refunded, cancelled or replaced'),
    ('{"order":"CN-3"}', 'a license ends refunded, cancelled or replaced'),
    ('{"how":"refunded","order":"CN-3","reason":" "}', 'say why%'),
    ('{"how":"refunded","order":"SO-8"}', 'order SO-8 is on record as a sale order, not a cancellation'),
    ('{"how":"replaced","replaced_by":"LIC-99"}', 'license LIC-99 is not on record%'),
    ('{"how":"replaced","replaced_by":"LIC-2"}', 'LIC-2 cannot replace LIC-2: it is the same'),
    ('{"how":"cancelled","order":"CN-3","removed":[{"code":"snowflake-bridge"}]}', 'snowflake-bridge is not there%')
) c (wish, says);
select results_eq($$select * from change('end', 'olga', '{"how":"refunded","order":"CN-3"}', '2026-10-01')$$,
    $$values ('state', 'current', 'ended: refunded'), ('support', 'until 2029-09-01', null), ('version', '13', '14')$$, 'refunded, with its years');
select results_eq($$select t.kind::text, t.years, t.from_on, t.until_on, o.reference::text, o.kind::text from term_entry t join orders o on o.id = t.order_id join license l on l.id = t.license_id
                    where l.license_id = 'LIC-2' and version = 14$$,
    $$values ('cancelled', -3, date '2029-09-01', null::date, 'CN-3', 'cancellation')$$, 'in the ledger as a negative entry');
select results_eq($$select s.state::text, s.ended_how::text, o.reference::text from license_state_version s join orders o on o.id = s.order_id join license l on l.id = s.license_id where l.license_id = 'LIC-2'$$,
    $$values ('ended', 'refunded', 'CN-3')$$, 'and its state, with the order');
select wrong($$select change('end', 'olga', '{"how":"cancelled","order":"CN-4"}')$$, 'LIC-2 has ended already', 'once');
select wrong($$select change('resume', 'ana', '{}')$$, 'LIC-2 is not suspended, but ended: where that was a mistake%', 'nothing resumes it');
select wrong($$select change('suspend', 'ana', '{}')$$, 'LIC-2 is not current, but ended: where that was a mistake%', 'nothing suspends it');
select wrong($$select upgrade('{"order":"SO-9","activations":9}')$$, 'LIC-2 has ended%', 'nothing is added to it');
select wrong($$select change('end', 'olga', '{"license":"LIC-1","how":"replaced","replaced_by":"LIC-2"}')$$, 'LIC-2 cannot replace LIC-1: it has ended', 'it replaces nothing');
select results_eq($$select * from correct('{"order":"C-3","reinstated":true,"features":[{"code":"support","until":"2029-09-01"}]}', '2026-10-02')$$,
    $$values ('state', 'ended', 'current'), ('support', null, 'until 2029-09-01'), ('version', '14', '15')$$, 'but by a correction it was never ended');
select results_eq($$select * from change('end', 'olga', '{"license":"LIC-1","how":"replaced","replaced_by":"lic-2"}')$$,
    $$values ('state', 'current', 'ended: replaced')$$, 'replaced by another');
select is((select replaced_by from license_state_version where license_id = 1 and state = 'ended'), (select id from license where license_id = 'LIC-2'), 'by which');
select results_eq($$select kind::text from event where license_id = (select id from license where license_id = 'LIC-2') and kind like 'license%' and kind <> 'license-upgraded' order by id$$,
    $$values ('license-corrected'), ('license-corrected'), ('license-corrected'), ('license-suspended'), ('license-resumed'), ('license-ended'), ('license-taken-back'),
             ('license-reinstated'), ('license-corrected')$$, 'each has its event');

-- Uses that end for want of room. The fixture has numbered its reply itself.
select nextval('reply_id_seq') \g /dev/null
-- LIC-3 with five of six uses taken, three of five places.
insert into license (license_id, customer_id, product, order_id, effective)
    select 'LIC-3', 1, 'chariot', id, '2026-01-01' from orders where reference = 'SO-OLD' \g /dev/null
insert into entitlement (license_id, version, servers, activations, order_id, effective)
    select id, 1, 5, 6, order_id, '2026-01-01' from license where license_id = 'LIC-3' \g /dev/null
insert into contact (license_id, entry, effective)
    select id, e, '2026-01-01' from license, unnest(array['a@plants.example', 'b@plants.example', '@plants.example']) e where license_id = 'LIC-3' \g /dev/null
insert into instance (thumbprint) select d('plant-' || n) from generate_series(1, 5) n \g /dev/null
insert into usage_request (id, digest, thumbprint, seq, iat, license_key, license_id, purpose, product, version, host, jws, message_id, effective)
    overriding system value
    select 100 + n, d('r-' || n), d('plant-' || n), n, '2026-02-01', d('key'), l.id, 'activate', 'chariot', '2.5', 'plant-' || n, 'a.b.c', 1, '2026-02-01'
    from generate_series(1, 5) n, license l where license_id = 'LIC-3' \g /dev/null
insert into decision (id, message_id, request_id, token_kind, token_digest, outcome, rule, code, serial, facts, policy, program, effective) overriding system value
    select 100 + n, 1, 100 + n, 'usage-request', d('r-' || n), 'issued', 18, 'issued', 100 + n, '{}', d('policy'), '0.1.0', '2026-02-01' from generate_series(1, 5) n \g /dev/null
-- Uses 1, 2, 4, 5, 6 in places 1, -, 3, -, 5: those of 2 and 5 are superseded and count.
insert into activation (id, license_id, version, servers, allowed, thumbprint, request_id, state, counted, use_no, slot, origin, active_from, active_until)
    select 100 + n, l.id, 1, 5, 6, d('plant-' || n), 100 + n, case when n in (2, 4) then 'superseded' else 'active' end::activation_state, true,
        (array[1, 2, 4, 5, 6])[n], (array[1, 1, 3, 3, 5])[n], 'taken', '2026-02-01', case when n in (2, 4) then '2026-03-01'::timestamptz end
    from generate_series(1, 5) n, license l where license_id = 'LIC-3' \g /dev/null
insert into usage_license (serial, activation_id, request_id, decision_id, license_id, version, customer_id, kid, iat, supersedes, jws, effective)
    select a.id, a.id, a.id, a.id, a.license_id, 1, 1, 'kid-1', '2026-02-01', '{}', 'x.y.z', '2026-02-01' from activation a where a.id > 100 \g /dev/null
create function less(change jsonb) returns table (what text, before text, after text) language sql as $$
    select * from license_correct(d('olga'), 'LIC-3', '{"kind": "correction", "reason": "r"}' || change, '2026-11-01') $$;
select throws_like(format('select less(%L)', change), says, says)
from (values
    ('{"order":"C-9","activations":4}', 'LIC-3 has 5 of 4 activations in use and 3 of 5 servers running: name the one that ends: %'),
    ('{"order":"C-9","servers":1}', 'LIC-3 has 5 of 6 activations in use and 3 of 1 servers running: name the 2 that end%'),
    ('{"order":"C-9","activations":4,"end_uses":[101,102]}', '--end-use: 2 named, and exactly 1 must end'),
    ('{"order":"C-9","activations":5,"end_uses":[101]}', '--end-use: 1 named, and exactly 0 must end'),
    ('{"order":"C-9","activations":4,"end_uses":[1]}', 'UL-00000001 carries no use of LIC-3%'),
    ('{"order":"C-9","servers":2,"end_uses":[102]}', '2 servers may run and 3 do: name servers that run%'),
    ('{"order":"C-9","activations":3,"servers":1,"end_uses":[101,102]}', '1 servers may run and 3 do%')
) c (change, says);
select results_eq($$select * from less('{"order":"C-9","activations":3,"servers":2,"end_uses":[101,102]}')$$,
    $$values ('activations', '6', '3'), ('servers', '5', '2'), ('UL-00000101', 'use 1, plant-1', 'use ended and given back'),
             ('UL-00000102', 'use 2, plant-2', 'use ended and given back'), ('UL-00000103', 'use 4, server place 3', 'use 1, server place 1'),
             ('UL-00000104', 'use 5', 'use 2'), ('UL-00000105', 'use 6, server place 5', 'use 3, server place 2'), ('version', '1', '2')$$,
    'two end, the others take the lowest free numbers');
select results_eq($$select id, state::text, counted, use_no, ended_by, active_until, counted_until from activation where id > 100 order by id$$,
    $$values (101::bigint, 'corrected', false, 1, 'correction', timestamptz '2026-11-01', timestamptz '2026-11-01'),
             (102, 'corrected', false, 2, 'correction', '2026-03-01', '2026-11-01'), (103, 'active', true, 1, null, null, null),
             (104, 'superseded', true, 2, null, '2026-03-01', null), (105, 'active', true, 3, null, null, null)$$, 'from today on; what was superseded before was not active until today');
select is((select count(*) from event e join activation a on e.row_digest = sha256(convert_to(a::text, 'UTF8')) and e.subject_id = a.id
           where e.kind in ('activation-corrected', 'activation-renumbered')), 5::bigint, 'each with its event');
select results_eq($$select p.recipient, p.state::text, l.decision_id, l.about::text from reply p join reply_line l on l.reply_id = p.id
                    join license s on s.id = l.license_id where s.license_id = 'LIC-3' order by p.recipient, l.position$$,
    $$values ('a@plants.example', 'queued', 101::bigint, 'corrected'), ('a@plants.example', 'queued', 102, 'corrected'),
             ('b@plants.example', 'queued', 101, 'corrected'), ('b@plants.example', 'queued', 102, 'corrected')$$, 'all contacts are told, in one mail each');
select results_eq($$select detail -> 'ended_uses' from event where kind = 'license-corrected' order by id desc limit 1$$, $$values ('[101, 102]'::jsonb)$$, 'the license''s event names them');

select * from finish();
rollback;
