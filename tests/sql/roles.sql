-- Each group's role does that group's work and no more.
begin;
select plan(35);
\ir fixture.psql

-- The whole matrix. s: select, i: insert, u: update of some column; a privilege to delete, truncate
-- or set triggers would show as d.
create temporary table expected (name text, daemon text, web text, support text, orders text,
    admin text, finance text);
insert into expected values
    ('activation',             'siu', 's'  , 's'  , 's'  , 's'  , 's'),
    ('alert',                  'si' , 's'  , 's'  , '-'  , 'su' , 's'),
    ('case_mail',              'si' , 's'  , 's'  , '-'  , 's'  , '-'),
    ('command_right',          's'  , 's'  , 's'  , 's'  , 's'  , 's'),
    ('contact',                'su' , 's'  , 's'  , 'siu', 'siu', '-'),
    ('contact_shown',          's'  , 's'  , 's'  , 's'  , 's'  , 's'),
    ('customer',               's'  , 's'  , 's'  , 'si' , 's'  , 's'),
    ('customer_merge',         's'  , 's'  , 's'  , 's'  , 's'  , 's'),
    ('customer_now',           's'  , 's'  , 's'  , 's'  , 's'  , 's'),
    ('customer_version',       's'  , 's'  , 's'  , 'si' , 's'  , 's'),
    ('deactivation',           'si' , 's'  , 's'  , 's'  , 's'  , 's'),
    ('decision',               'si' , 's'  , 's'  , '-'  , 's'  , 's'),
    ('entitlement',            's'  , 's'  , 's'  , 'si' , 's'  , 's'),
    ('entitlement_feature',    's'  , 's'  , 's'  , 'si' , 's'  , 's'),
    ('event',                  'si' , 's'  , 's'  , 'si' , 'si' , 's'),
    ('feature',                's'  , 's'  , 's'  , 'si' , 's'  , 's'),
    ('hold',                   'siu', 's'  , 's'  , '-'  , 's'  , 's'),
    ('import',                 's'  , 's'  , 's'  , 'si' , 's'  , 's'),
    ('import_row',             's'  , 's'  , 's'  , 'si' , 's'  , 's'),
    ('instance',               'siu', 's'  , 's'  , '-'  , 's'  , 's'),
    ('instruction',            'su' , 's'  , 's'  , '-'  , 's'  , '-'),
    ('key_delivery',          's'  , 's'  , 's'  , 'si' , 's'  , 's'),
    ('license',                'su' , 's'  , 's'  , 'si' , 's'  , 's'),
    ('license_key',            's'  , 's'  , 's'  , 'siu', 's'  , 's'),
    ('license_mail',           's'  , 's'  , 's'  , '-'  , 's'  , 's'),
    ('license_now',            's'  , 's'  , 's'  , 's'  , 's'  , 's'),
    ('license_open',           's'  , 's'  , 's'  , '-'  , 's'  , 's'),
    ('license_order',          's'  , 's'  , 's'  , 's'  , 's'  , 's'),
    ('license_proof',          's'  , '-'  , '-'  , 'i'  , '-'  , '-'),
    ('license_reply',          's'  , 's'  , 's'  , '-'  , 's'  , 's'),
    ('license_state_version',  's'  , 's'  , 's'  , 'si' , 'si' , 's'),
    ('license_use',            's'  , 's'  , 's'  , 's'  , 's'  , 's'),
    ('message',                'siu', 's'  , 's'  , '-'  , 's'  , '-'),
    ('migration',              's'  , 's'  , 's'  , 's'  , 's'  , 's'),
    ('operator',               's'  , 's'  , 's'  , 's'  , 'siu', 's'),
    ('operator_token',         's'  , '-'  , '-'  , '-'  , 'iu' , '-'),
    ('orders',                 's'  , 's'  , 's'  , 'si' , 's'  , 's'),
    ('product',                's'  , 's'  , 's'  , 'si' , 's'  , 's'),
    ('quarantine',             'siu', 's'  , 's'  , '-'  , 's'  , '-'),
    ('question',               'si' , 's'  , 's'  , '-'  , 's'  , '-'),
    ('reply',                  'siu', 's'  , 's'  , '-'  , 's'  , '-'),
    ('reply_line',             'si' , 's'  , 's'  , '-'  , 's'  , '-'),
    ('restoration',            'si' , 's'  , 's'  , '-'  , 's'  , 's'),
    ('restoration_decision',   'si' , 's'  , 's'  , '-'  , 's'  , 's'),
    ('serial_block',           'siu', 's'  , 's'  , '-'  , 's'  , 's'),
    ('serial_void',            'si' , 's'  , 's'  , '-'  , 's'  , 's'),
    ('signing_key',            'si' , 's'  , 's'  , '-'  , 'siu', 's'),
    ('term_entry',             's'  , 's'  , 's'  , 'si' , 's'  , 's'),
    ('usage_license',          'si' , 's'  , 's'  , 's'  , 's'  , 's'),
    ('usage_request',          'siu', 's'  , 's'  , '-'  , 's'  , 's');

create temporary view found as
    select c.relname::text collate "default" as name, n as role, coalesce(nullif(concat(
        case when has_table_privilege(r, c.oid, 'select') then 's' end,
        case when has_table_privilege(r, c.oid, 'insert') then 'i' end,
        case when has_any_column_privilege(r, c.oid, 'update') then 'u' end,
        case when has_table_privilege(r, c.oid, 'delete, truncate, trigger') then 'd' end), ''),
        '-') as may
    from pg_class c
    cross join unnest(array['daemon', 'web', 'support', 'orders', 'admin', 'finance']) as n
    cross join lateral (select current_setting('test.prefix') || '_' || n as r) x
    where c.relnamespace = 'issuer'::regnamespace and c.relkind in ('r', 'v');
select set_config('test.prefix', :'prefix', false) \g /dev/null
select results_eq(
    format('select name, may from found where role = %L order by name', role),
    format('select name, %I from expected order by name', role),
    'the rights of ' || role || ' are as written')
    from unnest(array['daemon', 'web', 'support', 'orders', 'admin', 'finance']) as role;

-- Rights of everybody: none.
select is_empty($$select c.relname, a.privilege_type from pg_class c, aclexplode(c.relacl) a
    where c.relnamespace = 'issuer'::regnamespace and a.grantee = 0$$, 'the public may read nothing');
select is_empty($$select p.proname from pg_proc p
    where p.pronamespace = 'issuer'::regnamespace and p.proname not in ('d', 'request', 'activation')
      and has_function_privilege('public', p.oid, 'execute')$$, 'and call nothing');
select is_empty($$select rolname from pg_roles where starts_with(rolname, current_setting('test.prefix'))
    and (rolcanlogin or rolsuper or rolcreaterole or rolcreatedb or rolbypassrls)$$,
    'the roles are groups, with no power of their own');
select is_empty($$select proname from pg_proc where pronamespace = 'issuer'::regnamespace and prosecdef
    and not coalesce(proconfig @> array['search_path=issuer, pg_temp'], false)$$,
    'what runs with its owner''s rights finds its names in our schema alone');

grant usage on schema public to public;
create function may_not(role text, statement text, about text) returns setof text
language plpgsql as $$
begin
    execute format('set local role %I', current_setting('test.prefix') || '_' || role);
    return next throws_ok(statement, '42501', null, role || ' may not ' || about);
    reset role;
end $$;
create function may(role text, statement text, about text) returns setof text
language plpgsql as $$
begin
    execute format('set local role %I', current_setting('test.prefix') || '_' || role);
    return next lives_ok(statement, role || ' may ' || about);
    reset role;
end $$;

-- Who issues may not create what is issued.
select may_not('support', $$insert into entitlement (license_id, version, servers, activations, order_id, effective) values (1, 2, 9, 9, 1, now())$$, 'enlarge an entitlement');
select may_not('daemon', $$insert into entitlement (license_id, version, servers, activations, order_id, effective) values (1, 2, 9, 9, 1, now())$$, 'enlarge an entitlement');
select may_not('daemon', $$insert into license (license_id, customer_id, product, order_id, effective) values ('LIC-9', 1, 'chariot', 1, now())$$, 'make a license');
select may_not('daemon', $$update license set customer_id = 2$$, 'move a license');
select may_not('orders', $$insert into usage_license (serial, request_id, decision_id, license_id, version, customer_id, kid, iat, supersedes, jws, effective) values (9, 1, 1, 1, 1, 1, 'kid-1', now(), '{}', 'x', now())$$, 'issue');
select may_not('orders', $$select body from message$$, 'read mail');
select may_not('orders', $$select public_key from license_proof$$, 'read the keys'' public halves');
select may_not('support', $$select digest from operator_token$$, 'read tokens'' digests');
select may_not('admin', $$select digest from operator_token$$, 'read tokens'' digests');
select may_not('admin', $$insert into entitlement (license_id, version, servers, activations, order_id, effective) values (1, 2, 9, 9, 1, now())$$, 'enlarge an entitlement');
select may_not('finance', $$select entry from contact$$, 'read addresses');
select may_not('finance', $$select body from message$$, 'read mail');
select may_not('web', $$insert into decision (id) overriding system value values (99)$$, 'decide');
select may_not('support', $$select * from licenses_of_keys(array[d('key')])$$, 'ask whose a key is');
select may_not('orders', $$insert into operator (name, role, effective) values ('eve', 'admin', now())$$, 'add operators');

-- And each can do its work.
select may('daemon', $$select from license where id = 1 for no key update$$, 'lock a license');
select may('daemon', $$update activation set state = 'superseded', active_until = now() where id = 1$$, 'supersede an activation');
select may('orders', $$select * from licenses_of_keys(array[d('key')])$$, 'ask whose a key is');
select may('orders', $$select import_begin();
    insert into staged (line, license_id, key, hint, weak, customer, product, activations, servers, order_ref, order_kind)
        values (2, 'LIC-2', d('key-2'), 'ABCD', false, 'Example Plants', 'chariot', 1, 1, 'SO-2', 'sale');
    insert into stage_contact values (2, 'it@plants.example');
    insert into stage_feature values (2, 'mqtt-server', null);
    select * from import_check(false, 20);
    select * from import_book(d('file'), 1, null, now())$$, 'import purchases');
select may('admin', $$insert into operator (name, role, effective) values ('bo', 'support', now()) returning id$$, 'add operators');
select may('support', $$select * from operator_of_token(d('token'), '2026-05-01')$$, 'sign in');
select may('orders', $$select * from find_licenses('LIC-1', '%lic-1%', null, null, null)$$, 'find licenses');
select may_not('orders', $$select jws from usage_request$$, 'read what servers have signed');
select may('support', $$select * from find_licenses('LIC-1', '%lic-1%', null, null, null)$$, 'find licenses');
select may('finance', $$select count(*) from activation join entitlement using (license_id) where counted$$, 'count uses');

select * from finish();
rollback;
