-- What people change of customers, contacts and alerts: each by one door, which asks who it is.
begin;
select plan(86);
\ir fixture.psql
select set_config('test.prefix', :'prefix', false) \g /dev/null
grant usage on schema public to public;
grant execute on function d(text) to public;

insert into operator (name, role, effective)
    values ('sam', 'support', '2026-01-01'), ('olga', 'orders', '2026-01-01'),
           ('fay', 'finance', '2026-01-01') \g /dev/null
insert into operator_token (digest, operator_id, expires_at)
    select d(name), id, '2030-01-01' from operator where name <> 'ana' \g /dev/null
insert into operator_token (digest, operator_id, expires_at) values (d('ana'), 1, '2030-01-01') \g /dev/null
-- Customer 2 was merged into 1 (fixture). 3 and 4 are called alike, 5 has a reference.
insert into customer_version (customer_id, version, name, effective)
    values (2, 1, 'Example Plants Ltd', '2026-01-01') \g /dev/null
insert into customer select from generate_series(3, 5) \g /dev/null
insert into customer_version (customer_id, version, name, reference, effective)
    values (3, 1, 'Twice Sold', null, '2026-01-01'), (4, 1, 'twice sold', null, '2026-01-01'),
           (5, 1, 'Harbour Works', 'K-500', '2026-01-01') \g /dev/null
insert into orders (reference, kind, ordered_on, customer_id)
    values ('SO-5', 'sale', '2026-01-01', 5) \g /dev/null
insert into license (license_id, customer_id, product, order_id, effective)
    select 'LIC-5', 5, 'chariot', id, '2026-01-01' from orders where reference = 'SO-5' \g /dev/null
insert into entitlement (license_id, version, servers, activations, order_id, effective)
    select l.id, 1, 1, 1, l.order_id, '2026-01-01' from license l where license_id = 'LIC-5' \g /dev/null

-- Who it is.
select throws_ok(format($$select customer_rename(d(%L), 'CU-5', 'New', 'r', '2026-05-01')$$, who), 'IS002', null,
    who || ' renames nobody') from unnest(array['sam', 'fay', 'ana', 'nobody']) who;
select throws_ok(format($$select customer_merge_into(d(%L), 'CU-5', 'CU-1', 'r', '2026-05-01')$$, who), 'IS002', null,
    who || ' merges nobody') from unnest(array['sam', 'fay', 'ana']) who;
select throws_ok(format($$select contact_add(d(%L), 'LIC-1', 'x@plants.example', '2026-05-01')$$, who), 'IS002', null,
    who || ' adds no contact') from unnest(array['sam', 'fay']) who;
select throws_ok(format($$select contact_end(d(%L), 'LIC-1', 'ops@plants.example', '2026-05-01')$$, who), 'IS002', null,
    who || ' ends no contact') from unnest(array['sam', 'fay']) who;
select throws_ok(format($$select contact_erase(d(%L), 'ops@plants.example', 'r', '2026-05-01')$$, who), 'IS002', null,
    who || ' erases nobody') from unnest(array['sam', 'olga', 'fay']) who;
select throws_ok(format($$select alert_close(d(%L), 1, 'r', '2026-05-01')$$, who), 'IS002', null,
    who || ' closes no alert') from unnest(array['olga', 'fay']) who;

-- Which customer is meant.
select is(customer_named('cu-5'), 5::bigint, 'by its number');
select is(customer_named('k-500'), 5::bigint, 'by its reference');
select is(customer_named('harbour works'), 5::bigint, 'by its whole name');
select is(customer_named('Example Plants Ltd'), 1::bigint, 'what was merged leads to where it went');
select throws_ok($$select customer_named('Harbour')$$, 'IS001', null, 'a part of a name is no name');
select throws_ok($$select customer_named('CU-99')$$, 'IS001', null, 'a number that nobody has');
select throws_ok($$select customer_named('Twice Sold')$$, 'IS003',
    'Twice Sold may be any of CU-3 (Twice Sold), CU-4 (twice sold): give the number', 'two of one name');

-- Another name.
select throws_ok($$select customer_rename(d('olga'), 'CU-5', 'Harbour Works', 'r', '2026-05-01')$$, 'IS003', null, 'its own name');
select throws_ok($$select customer_rename(d('olga'), 'CU-5', 'EXAMPLE PLANTS', 'r', '2026-05-01')$$, 'IS003', null, 'another''s name');
select throws_ok($$select customer_rename(d('olga'), 'CU-5', E'two\nlines', 'r', '2026-05-01')$$, 'IS003', null, 'two lines');
-- What no server takes in a usage license, to the edges of each range, and what stands beside them.
select throws_ok(format($$select customer_rename(d('olga'), 'CU-5', %L, 'r', '2026-05-01')$$, 'Port' || chr(c) || 'Works'), 'IS003', null, 'character ' || c)
    from unnest(array[1, 27, 31, 127, 128, 159, 1564, 8206, 8207, 8234, 8238, 8294, 8297]) c;
select lives_ok(format($$select line_require('it', %L, 200)$$, 'Port' || chr(c) || 'Works'), 'character ' || c)
    from unnest(array[32, 126, 160, 1563, 1565, 8205, 8208, 8233, 8239, 8293, 8298, 128512]) c;
select throws_ok($$select customer_rename(d('olga'), 'CU-5', 'cu-7', 'r', '2026-05-01')$$, 'IS003', null, 'what reads as a number');
select throws_ok($$select customer_rename(d('olga'), 'CU-5', 'Port Works', ' ', '2026-05-01')$$, 'IS003', null, 'no reason');
select throws_ok($$select customer_rename(d('olga'), 'Nobody', 'Port Works', 'r', '2026-05-01')$$, 'IS001', null, 'nobody');
select is(customer_rename(d('olga'), 'K-500', ' Port Works ', 'sold', '2026-05-01'), 5::bigint, 'is called otherwise');
select results_eq($$select version, name::text, reference::text, effective, reason from customer_version where customer_id = 5 order by 1$$,
    $$values (1, 'Harbour Works', 'K-500', date '2026-01-01', null), (2, 'Port Works', 'K-500', date '2026-05-01', 'sold')$$,
    'as a new version; the old one stands');
select is((select count(*) from event e join customer_version v on e.row_digest = sha256(convert_to(v::text, 'UTF8'))
           where e.kind = 'customer-renamed' and e.subject_id = 5 and e.operator_id = (select id from operator where name = 'olga')),
    1::bigint, 'its event vouches for the row');

-- Recorded twice.
select throws_ok($$select customer_merge_into(d('olga'), 'CU-5', 'Port Works', 'r', '2026-05-01')$$, 'IS003', null, 'with itself');
select throws_ok($$select customer_merge_into(d('olga'), 'CU-2', 'CU-1', 'r', '2026-05-01')$$, 'IS003', null, 'merged already');
select is(customer_merge_into(d('olga'), 'CU-1', 'CU-5', 'one firm', '2026-05-01'), 5::bigint, 'one counts as the other');
select results_eq($$select customer_id, version, into_id from customer_merge order by 1, 2$$,
    $$values (1::bigint, 1, 5::bigint), (2, 1, 1), (2, 2, 5)$$, 'and so does what was merged into it before');
select is((select count(*) from customer_merge m join customer_merge n on n.customer_id = m.into_id), 1::bigint,
    'only the version that counts no more leads to one that was merged');
select results_eq($$select license_id::text, customer::text, customer_id from license_now order by 1$$,
    $$values ('LIC-1', 'Port Works', 5::bigint), ('LIC-5', 'Port Works', 5::bigint)$$, 'licenses count for the one that stays');
select set_eq($$select customer_members(5)$$, array[1, 2, 5]::bigint[], 'all of them are one');
select is((order_of('SO-1', 'sale', null, 5, 1, '2026-05-01')).customer_id, 1::bigint, 'and so are their orders');

-- Contacts.
select throws_ok($$select contact_add(d('olga'), 'LIC-9', 'x@plants.example', '2026-05-01')$$, 'IS001', null, 'no such license');
select throws_ok($$select contact_add(d('olga'), 'LIC-1', 'OPS@plants.example', '2026-05-01')$$, 'IS003', null, 'not in its normal form');
select throws_ok($$select contact_add(d('olga'), 'LIC-1', 'ops@plants.example', '2026-05-01')$$, 'IS003', null, 'one already');
select is(contact_add(d('ana'), 'lic-1', 'eva@plants.example', '2026-05-01'), 'LIC-1', 'an admin adds one');
select throws_ok($$select contact_end(d('olga'), 'LIC-1', 'nobody@plants.example', '2026-05-01')$$, 'IS001', null, 'no contact');
select is((select contacts_left from contact_end(d('olga'), 'LIC-1', 'Eva@plants.example', '2026-05-01')), 1::bigint, 'ended; one is left');
select throws_ok($$select contact_end(d('olga'), 'LIC-1', 'eva@plants.example', '2026-05-01')$$, 'IS001', null, 'ended before');

-- Erased: the address is nowhere, what happened stays.
update message set from_address = 'Ops@plants.example', reply_to = 'Ops@plants.example', subject = 'hello', body = 'words', raw = '\x00' where id = 1;
select throws_ok($$select contact_erase(d('ana'), '@plants.example', 'r', '2026-05-01')$$, 'IS003', null, 'no person');
select throws_ok($$select contact_erase(d('ana'), 'ops@plants.example', 'asked by OPS@plants.example', '2026-05-01')$$, 'IS003', null, 'the reason would keep it');
select throws_ok($$select contact_erase(d('ana'), 'who@plants.example', 'r', '2026-05-01')$$, 'IS001', null, 'nowhere on record');
select results_eq($$select * from contact_erase(d('ana'), 'OPS@plants.example', 'asked for it', '2026-05-01')$$,
    $$values (1::bigint, 1::bigint, 1::bigint)$$, 'erased from contacts, mails and replies');
select is((select count(*) from (select c::text from contact c union all select m::text from message m union all select r::text from reply r
                                 union all select e::text from event e) x (t) where t ilike '%ops@plants%'), 0::bigint, 'it is nowhere');
select results_eq($$select state::text, why from reply where id = 1$$, $$values ('withdrawn', 'the address was erased')$$,
    'and what was not sent yet is not sent');
select is((select (entry, ended_on is not null, erased_at is not null)::text from contact where license_id = 1 order by id limit 1), '(,t,t)',
    'that there was a contact stays');

-- Alerts.
select throws_ok($$select alert_close(d('sam'), 99, 'r', '2026-05-01')$$, 'IS001', null, 'no such alert');
select throws_ok($$select alert_close(d('sam'), 1, 'r', '2026-01-01')$$, 'IS001', null, 'its time lies ahead');
select lives_ok($$select alert_close(d('sam'), 1, 'a cloned VM', '2026-05-01')$$, 'support closes it');
select throws_ok($$select alert_close(d('ana'), 1, 'r', '2026-05-02')$$, 'IS004', 'alert 1 was closed on 2026-05-01 by sam', 'once');

-- Finance finds and shows without addresses.
create function as_finance(statement text) returns text language plpgsql as $$
declare
    got text;
begin
    execute format('set local role %I', current_setting('test.prefix') || '_finance');
    execute statement into got;
    reset role;
    return got;
end $$;
select contact_add(d('ana'), 'LIC-1', 'new@plants.example', '2026-05-02') \g /dev/null
select is(as_finance($$select count(*) from find_licenses('new@plants.example', '%new@plants.example%', null, null, null)$$), '0', 'not by an address');
select is(as_finance($$select string_agg(found_by, ';') from find_licenses('SO-1', '%so-1%', null, null, null)$$), 'order SO-1;order SO-1', 'by an order');
select is(as_finance($$select count(*) filter (where entry is not null) || ' ' || count(*) filter (where hidden) from contact_shown$$), '0 3', 'it sees that there are contacts');

select * from finish();
rollback;
