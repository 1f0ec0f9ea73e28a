-- What orders does by hand: each by one door, which asks who it is.
begin;
select plan(75);
\ir fixture.psql
select set_config('test.prefix', :'prefix', false) \g /dev/null
grant usage on schema public to public;
grant execute on function d(text) to public;

insert into operator (name, role, effective)
    values ('sam', 'support', '2026-01-01'), ('olga', 'orders', '2026-01-01'),
           ('fay', 'finance', '2026-01-01') \g /dev/null
insert into operator_token (digest, operator_id, expires_at)
    select d(name), id, '2030-01-01' from operator \g /dev/null

-- The fixture's key was delivered: the key says so itself.
select is((select delivered_on from license_key where id = 1), date '2026-01-01', 'a delivery is told by its key too');
select throws_ok($$update license_key set delivered_on = null$$, 'IS002', null, 'for good');

-- One purchase, staged as the program does it and added as olga, at noon of the day given.
create function stage(id text, customer text, ref text, kind text default 'sale', key text default null,
    day date default null, codes text[] default '{mqtt-server}', numbers bigint[] default '{null}')
returns void language plpgsql as $$
begin
    if to_regclass('pg_temp.staged') is not null then
        drop table staged, stage_key, stage_contact, stage_feature cascade;
        drop table if exists stage, stage_customer, stage_order, merged, named, stage_problem;
    end if;
    perform import_begin();
    insert into staged (line, license_id, customer, product, activations, servers, order_ref, order_kind, order_day)
        values (1, id, customer, 'chariot', 2, 1, ref, kind::order_kind, day);
    insert into stage_key values (1, d(coalesce(key, id)), 'ABCD', false);
    insert into stage_contact values (1, 'it@plants.example');
    insert into stage_feature (line, code, number) select 1, c, n from unnest(codes, numbers) x (c, n);
end $$;

select stage('LIC-2', 'CU-1', 'SO-2') \g /dev/null
select throws_ok(format($$select * from license_add(d(%L), false, true, '2026-05-01')$$, who), 'IS002', null, who || ' sells nothing')
    from unnest(array['sam', 'fay', 'ana', 'nobody']) who;
select results_eq($$select * from license_add(d('olga'), false, true, '2026-05-01 12:00Z')$$,
    $$values ('LIC-2', 'CU-1', 'Example Plants', false, true)$$, 'orders sells to a customer on record');
select results_eq($$select l.effective, o.ordered_on, o.kind::text, l.customer_id from license l join orders o on o.id = l.order_id where license_id = 'LIC-2'$$,
    $$values (date '2026-05-01', date '2026-05-01', 'sale', 1::bigint)$$, 'from that day on');
select is((select count(*) from key_delivery d join license_key k on k.id = d.license_key_id where k.license_id > 1), 0::bigint, 'nobody has its key yet');
select is((select i.operator_id || ' ' || i.way from import i join import_row r on r.import_id = i.id join license l on l.id = r.license_id
           where l.license_id = 'LIC-2'), (select id from operator where name = 'olga') || ' typed', 'it was typed, by whom stands there');
select is((select count(*) from event e join import_row r on e.row_digest = sha256(convert_to(r::text, 'UTF8'))
           where e.kind = 'license-recorded' and e.operator_id = (select id from operator where name = 'olga')), 1::bigint, 'its event vouches for it');

select stage('lic-2', 'CU-1', 'SO-2') \g /dev/null
select throws_ok($$select * from license_add(d('olga'), false, true, '2026-05-01')$$, 'IS003', null, 'a License ID is given once, case aside');
select stage('LIC-3', 'CU-1', 'SO-2', key => 'LIC-2') \g /dev/null
select throws_ok($$select * from license_add(d('olga'), false, true, '2026-05-01')$$, 'IS003', 'license_key: is the key of LIC-2', 'and a key');
select stage('LIC-3', 'Nobody', 'SO-3') \g /dev/null
select throws_ok($$select * from license_add(d('olga'), false, true, '2026-05-01')$$, 'IS001', null, 'nobody is made a customer by a slip');
select stage('LIC-3', 'example plants', 'SO-3') \g /dev/null
select throws_ok($$select * from license_add(d('olga'), true, true, '2026-05-01')$$, 'IS003', null, 'nor twice');
select stage('LIC-3', 'Harbour Works', 'SO-1') \g /dev/null
select throws_ok($$select * from license_add(d('olga'), true, true, '2026-05-01')$$, 'IS003', 'order_ref: order SO-1 is on record with another customer', 'another''s order');
select stage('LIC-3', 'CU-1', 'SO-3', kind => 'cancellation') \g /dev/null
select throws_ok($$select * from license_add(d('olga'), false, true, '2026-05-01')$$, 'IS003', null, 'what takes back sells nothing');
select stage('LIC-3', 'CU-1', 'SO-3', codes => '{teleporter}') \g /dev/null
select throws_ok($$select * from license_add(d('olga'), false, true, '2026-05-01')$$, 'IS003', 'features: teleporter is no feature of chariot', 'what is not in the catalogue');
select stage('LIC-3', 'CU-1', 'SO-3', numbers => '{1}') \g /dev/null
select throws_ok($$select * from license_add(d('olga'), false, true, '2026-05-01')$$, 'IS003', 'mqtt-server is bought once: give neither years nor a day', 'years of what has none');
select stage('LIC-3', 'CU-1', 'SO-3', codes => '{support}', numbers => '{2147483648}') \g /dev/null
select throws_ok($$select * from license_add(d('olga'), false, true, '2026-05-01')$$, 'IS003', '2147483648 years are not sold: give 1 to 100', 'more years than there are');
select stage('LIC-3', 'CU-1', 'SO-3', day => '2026-05-03') \g /dev/null
select throws_like($$select * from license_add(d('olga'), false, true, '2026-05-01')$$, '%2026-05-03 lies ahead', 'an order of tomorrow');
select stage('LIC-3', 'CU-1', 'SO-3', day => '2026-04-30') \g /dev/null
update staged set expires = '2026-04-29';
select throws_ok($$select * from license_add(d('olga'), false, true, '2026-05-01')$$, 'IS003', 'expires: 2026-04-29 lies before the order''s day 2026-04-30', 'over before it was sold');
select stage('LIC-3', 'CU-1', 'SO-3') \g /dev/null
insert into staged (line, license_id, customer, product, activations, servers, order_ref, order_kind)
    values (2, 'LIC-4', 'CU-1', 'chariot', 1, 1, 'SO-3', 'sale') \g /dev/null
select throws_ok($$select * from license_add(d('olga'), false, true, '2026-05-01')$$, 'IS003', 'one purchase is recorded at a time', 'one at a time');

-- Years run from the order's day, the order's on record where it is.
select stage('LIC-3', 'Harbour Works', 'SO-3', day => '2024-02-29', codes => '{mqtt-server,support}', numbers => '{null,1}') \g /dev/null
select results_eq($$select customer_name, customer_new, order_new from license_add(d('olga'), true, true, '2026-05-01')$$,
    $$values ('Harbour Works', true, true)$$, 'a new customer');
select stage('LIC-4', 'Harbour Works', 'so-3', codes => '{support,snowflake-bridge}', numbers => '{4,5000}') \g /dev/null
select lives_ok($$select license_add(d('olga'), false, true, '2026-05-01')$$, 'of the same order, case aside');
select results_eq($$select l.effective, e.effective, o.reference::text from license l join orders o on o.id = l.order_id join entitlement e on e.license_id = l.id
    where l.license_id = 'LIC-4'$$, $$values (date '2024-02-29', date '2024-02-29', 'SO-3')$$, 'from its day');
select is((select f.quantity from entitlement_feature f join license l on l.id = f.license_id where l.license_id = 'LIC-4' and f.code = 'snowflake-bridge'), 5000::bigint, 'a limit');
select is((select count(*) from entitlement e join license l on l.id = e.license_id where l.license_id in ('LIC-2', 'LIC-3', 'LIC-4')
           and e.operator_id = (select id from operator where name = 'olga')), 3::bigint, 'who sold it stands there');
-- What an order is stands on record: it need not be said again.
savepoint trial;
select stage('LIC-6', 'CU-1', 'SO-TRY', kind => 'trial') \g /dev/null
select lives_ok($$select license_add(d('olga'), false, true, '2026-05-01')$$, 'a trial');
select stage('LIC-7', 'CU-1', 'so-try') \g /dev/null
select throws_ok($$select license_add(d('olga'), false, true, '2026-05-01')$$, 'IS003', 'order_ref: order SO-TRY is on record with another order_kind', 'is no sale');
select stage('LIC-7', 'CU-1', 'so-try') \g /dev/null
select lives_ok($$select license_add(d('olga'), false, false, '2026-05-01')$$, 'but what it is, if nothing is said');
rollback to trial;
select results_eq($$select l.license_id::text, t.kind::text, t.years, t.from_on, t.until_on, f.until_on from term_entry t join license l on l.id = t.license_id
    join entitlement_feature f on (f.license_id, f.version, f.code) = (t.license_id, t.version, t.code) order by t.id offset 0$$,
    $$values ('LIC-3', 'bought', 1, date '2024-02-29', date '2025-02-28', date '2025-02-28'),
             ('LIC-4', 'bought', 4, date '2024-02-29', date '2028-02-29', date '2028-02-29')$$, 'the ledger says how the end came');

-- What a file brings was sold before: its customers have the keys; ends are set.
select stage('LIC-5', 'Harbour Works', 'SO-5', day => '2026-04-01') \g /dev/null
update stage_feature set code = 'support', until_on = '2026-12-31';
select is((select count(*) from import_check(false, 5)), 0::bigint, 'a file of one row');
select is((select added from import_book(d('file-5'), 1, d('olga'), '2026-05-02 12:00Z')), 1::bigint, 'is booked');
select results_eq($$select d.how::text, d.delivered_on, k.delivered_on from key_delivery d join license_key k on k.id = d.license_key_id join license l on l.id = k.license_id
    where l.license_id = 'LIC-5'$$, $$values ('import', date '2026-05-02', date '2026-05-02')$$, 'and its key delivered on the day of the import');
select is((select detail ->> 'import' from event where kind = 'license-recorded' order by id desc limit 1), (select max(id) from import)::text,
    'its event says of which import it is a part');
select is((select (kind, years, until_on)::text from term_entry order by id desc limit 1), '(set,,2026-12-31)', 'the end was set');
select is((select count(*) from operator_deeds('olga') where kind in ('license import', 'license recorded')), 4::bigint, 'three purchases and one import');

-- Another key.
select throws_ok(format($$select license_rekey(d(%L), 'LIC-1', d('key-new'), 'WXYZ', 'r', '2026-05-01')$$, who), 'IS002', null, who || ' makes no key')
    from unnest(array['sam', 'fay', 'ana']) who;
select throws_ok($$select license_rekey(d('olga'), 'LIC-9', d('key-new'), 'WXYZ', 'r', '2026-05-01')$$, 'IS001', null, 'no such license');
select throws_ok($$select license_rekey(d('olga'), 'LIC-1', d('key-new'), 'WXYZ', ' ', '2026-05-01')$$, 'IS003', null, 'no reason');
select throws_ok($$select license_rekey(d('olga'), 'LIC-1', d('LIC-2'), 'WXYZ', 'r', '2026-05-01')$$, 'IS003', 'this key is on record already', 'another''s key');
select is(license_rekey(d('olga'), 'lic-1', d('key-new'), 'WXYZ', 'stolen', '2026-05-01'), 'LIC-1', 'a new one');
select results_eq($$select hint::text, retired_at is not null, delivered_on is not null from license_key where license_id = 1 order by id$$,
    $$values ('X8Q7', true, true), ('WXYZ', false, false)$$, 'retires the old one, and nobody has it yet');
select results_eq($$select kind::text, detail ->> 'reason' from event where kind like 'key-%' order by id$$,
    $$values ('key-retired', 'stolen'), ('key-made', 'stolen')$$, 'each with its event');
insert into license_state_version (license_id, version, state, reason, effective) values (1, 2, 'ended', 'refund', '2026-05-01') \g /dev/null
select throws_ok($$select license_rekey(d('olga'), 'LIC-1', d('key-3'), 'WXYZ', 'r', '2026-05-02')$$, 'IS003', null, 'none for a license that has ended');

-- Delivered.
select throws_ok(format($$select license_delivered(d(%L), 'LIC-2', null, null, 'to them', null, '2026-05-03')$$, who), 'IS002', null, who || ' delivers nothing')
    from unnest(array['sam', 'fay', 'ana']) who;
select throws_ok($$select license_delivered(d('olga'), 'LIC-2', null, null, 'to ana@plants.example', null, '2026-05-03')$$, 'IS003', null, 'addresses stand in contacts alone');
select throws_ok($$select license_delivered(d('olga'), 'LIC-2', null, null, null, null, '2026-05-03')$$, 'IS003', null, 'whom and how');
select throws_ok($$select license_delivered(d('olga'), 'LIC-2', d('LIC-3'), null, null, null, '2026-05-03')$$, 'IS001', null, 'another''s key');
select throws_ok($$select license_delivered(d('olga'), 'LIC-2', null, null, 'to them', '2026-05-04', '2026-05-03')$$, 'IS003', null, 'not tomorrow');
select throws_ok($$select license_delivered(d('olga'), 'LIC-2', null, null, 'to them', '2026-04-30', '2026-05-03')$$, 'IS003', null, 'not before it was made');
select is(license_delivered(d('olga'), 'LIC-2', null, null, 'to them', '2026-05-02', '2026-05-03'), 'LIC-2', 'handed over');
select throws_ok($$select license_delivered(d('olga'), 'LIC-2', d('LIC-2'), null, null, null, '2026-05-03')$$, 'IS003', null, 'once');
select is(license_delivered(d('olga'), 'LIC-3', d('LIC-3'), null, null, null, '2026-05-03'), 'LIC-3', 'mailed');
select results_eq($$select how::text, detail::text, delivered_on from key_delivery where license_key_id > 1 and how <> 'import' order by 3$$,
    $$values ('handed-over', 'to them', date '2026-05-02'), ('mail', null, '2026-05-03')$$, 'as it was');

-- Which key it was: the one in force, or one that is named.
select license_rekey(d('olga'), 'LIC-5', d('key-' || n), case when n = 4 then 'WXY1' else 'WXYZ' end, 'r', '2026-05-03') from generate_series(4, 6) n \g /dev/null
create function handed(key text) returns text language sql as $$select license_delivered(d('olga'), 'LIC-5', null, key, 'to them', null, '2026-05-04')$$;
select throws_ok($$select handed('WXYZ')$$, 'IS003', 'several keys of LIC-5 end in WXYZ: give the number of one (3, 4)', 'a hint that fits several');
select throws_ok($$select handed('9999')$$, 'IS001', 'LIC-5 has no key 9999: `issuer license show LIC-5` lists its keys', 'a hint that fits none');
select throws_ok($$select handed('5')$$, 'IS001', 'LIC-5 has no key 5: `issuer license show LIC-5` lists its keys', 'nor does a number');
select throws_ok($$select handed('84G7Z-WYRD6-Z1RV0-WHE6M-11105')$$, 'IS003', 'give the last four symbols of the key, or its number in `issuer license show LIC-5`', 'a whole key is not said again');
select throws_ok($$select handed('1')$$, 'IS003', null, 'what came by the import is delivered already');
select is(handed(key), 'LIC-5', 'named by ' || key) from unnest(array['wxyi', '3']) key;
select is(handed(null), 'LIC-5', 'else the one in force');
select throws_ok($$select handed('4')$$, 'IS003', null, 'which is the last');

-- Orders, and the catalogue.
select results_eq($$select reference from order_list(null, null, null, null, 9)$$, array['SO-2', 'SO-5', 'SO-1', 'SO-3'], 'orders, the newest first');
select results_eq($$select reference from order_list(1, 'sale', '2026-01-01', '2026-04-30', 9)$$, array['SO-1'], 'of a customer, a kind, some days');
select throws_ok($$select feature_add(d('ana'), 'historian', 'chariot', 'Historian', 'term', '2026-05-01')$$, 'IS002', null, 'an admin sells nothing');
select throws_ok($$select feature_add(d('olga'), 'His torian', 'chariot', 'Historian', 'term', '2026-05-01')$$, 'IS003', null, 'a code is one word');
select throws_ok($$select feature_add(d('olga'), 'support', 'chariot', 'Support', 'term', '2026-05-01')$$, 'IS003', null, 'it is there');
select lives_ok($$select feature_add(d('olga'), 'historian', 'chariot', 'Historian', 'term', '2026-05-01')$$, 'orders adds one');

select * from finish();
rollback;
