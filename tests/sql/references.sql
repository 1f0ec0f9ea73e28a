-- What leads to another record leads to one that is there: by a foreign key, or by a trigger that looks at
-- all rows of a statement.
begin;
select no_plan();
\ir fixture.psql

-- The references that triggers keep: table, columns, and what they lead to.
create view by_trigger as
    select c.relname::text as name, a[n] as columns, a[n + 1] as leads_to, a[n + 2] as keys
    from pg_trigger t join pg_class c on c.oid = t.tgrelid
    cross join lateral string_to_array(encode(t.tgargs, 'escape'), '\000') as a
    cross join lateral generate_series(1, cardinality(a) - 1, 3) as n
    where t.tgname = 'keep_references' and not t.tgisinternal;

-- Whatever is called after a key leads somewhere, or is known not to.
select results_eq($$
    select (c.relname || '.' || a.attname)::text collate "default"
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where c.relnamespace = 'issuer'::regnamespace and c.relkind = 'r'
      and (a.attname ~ '_id$' or a.attname in ('product', 'code'))
      and a.atttypid in ('bigint'::regtype, 'issuer.one_line'::regtype)
      and not exists (select from pg_constraint k where k.conrelid = c.oid and k.contype = 'f'
                      and a.attnum = any (k.conkey))
      and not exists (select from by_trigger b where b.name = c.relname
                      and a.attname = any (string_to_array(b.columns, ', ')))
    order by 1 $$,
    array['decision.code', 'event.license_id', 'event.operator_id', 'event.subject_id', 'feature.code',
          'license.license_id', 'product.code', 'usage_request.product'],
    'what leads to a record is kept by a foreign key or by a trigger');

-- The triggers are there, and are asked for every row that comes, whoever brings it.
select results_eq('select (name || ''.'' || columns || '' -> '' || leads_to) collate "default" from by_trigger order by 1', array[
    'contact.license_id -> license', 'customer_version.customer_id -> customer',
    'customer_version.operator_id -> operator', 'entitlement.license_id -> license',
    'entitlement.operator_id -> operator', 'entitlement.order_id -> orders',
    'entitlement_feature.code -> feature', 'entitlement_feature.license_id, version -> entitlement',
    'import_row.import_id -> import', 'import_row.license_id -> license',
    'key_delivery.license_key_id -> license_key', 'key_delivery.operator_id -> operator',
    'license.customer_id -> customer', 'license.order_id -> orders', 'license.product -> product',
    'license_key.license_id -> license', 'license_proof.license_key_id -> license_key',
    'orders.customer_id -> customer', 'term_entry.code -> feature',
    'term_entry.license_id, version -> entitlement', 'term_entry.order_id -> orders'], 'all of them');
select is((select count(*) from pg_trigger where tgname = 'keep_references' and tgenabled = 'O'),
    (select count(distinct name) from by_trigger), 'none is switched off');

insert into license_key (license_id, hint, weak, effective, retired_at)
    values (1, 'ABCD', false, '2026-01-01', '2026-02-01');
-- A row like the one on record, but for a column that leads nowhere; what would be twice is made anew.
create function astray(name text, astray text) returns text language sql as $$
    select format('insert into %1$I overriding system value select (jsonb_populate_record(null::%1$I, '
        'to_jsonb(t) || %2$L)).* from %1$I t limit 1', name, case name
        when 'customer_version' then '{"version": 9}' when 'orders' then '{"id": 99, "reference": "SO-99"}'
        when 'license' then '{"id": 99, "license_id": "LIC-99"}'
        when 'license_key' then '{"id": 99, "retired_at": "2026-03-01"}'
        when 'license_proof' then '{"public_key": "\\x2222222222222222222222222222222222222222222222222222222222222222"}'
        when 'contact' then '{"id": 99, "entry": "x@plants.example"}'
        when 'entitlement' then '{"version": 9}' when 'term_entry' then '{"id": 99, "code": "mqtt-server"}'
        when 'key_delivery' then '{"license_key_id": 2}'
        else '{}' end::jsonb || astray::jsonb)
$$;
select throws_ok(astray(b.name, format('{%s: %s}', to_json(k), case when b.leads_to in ('feature', 'product')
        then '"nowhere"' else '77' end)), '23503', null, format('%s.%s leads to a row of %s', b.name, k, b.leads_to))
    from by_trigger b, unnest(string_to_array(b.columns, ', ')) k;
-- So that what was refused above was refused for that alone.
select lives_ok(astray('license', '{}'), 'a row like it that leads somewhere is taken');
select lives_ok(astray('entitlement', '{}'), 'a version like it is taken');
select lives_ok(astray('key_delivery', '{"operator_id": null}'), 'who delivered it need not be known');

-- One among many, and it says which.
select throws_ok($$insert into contact (license_id, entry, effective)
    select case n when 700 then 77 else 1 end, n || '@plants.example', '2026-01-01'
    from generate_series(1, 1000) n$$, '23503', 'contact: there is no license whose id is 77', 'one row of a thousand');
select is((select count(*) from contact), 1::bigint, 'and none of the thousand stays');
-- What leads and what comes in one statement is together.
select lives_ok($$with o as (insert into orders (reference, kind, ordered_on, customer_id)
        values ('SO-2', 'sale', '2026-01-01', 1) returning id)
    insert into license (license_id, customer_id, product, order_id, effective)
        select 'LIC-2', 1, 'chariot', id, '2026-01-01' from o$$, 'an order and its license in one statement');

-- Why new rows alone are asked: neither end can move away.
select throws_ok(format('update %I set %s = default', name, columns), 'IS002', null,
        format('%s.%s stays what it is', name, columns))
    from (select name, unnest(string_to_array(columns, ', ')) as columns from by_trigger
          union select leads_to, unnest(string_to_array(keys, ', ')) from by_trigger) x;
select throws_ok(format('delete from %I', leads_to), 'IS002', null, 'no ' || leads_to || ' goes away')
    from (select distinct leads_to from by_trigger) x;

select * from finish();
rollback;
