-- Booking purchases: the rows of one file are staged in temporary tables by the program, checked
-- here against each other and the records, and booked as whole sets. A row is compared with what
-- was last imported for its license, not with today's record: what was changed by other means since
-- stays.
--
-- Whoever imports may put rows into the staging tables and nothing else: the functions that it calls
-- (import_begin, import_look_up, import_check, import_book) run with the owner's rights, and what they
-- read are tables of the owner's own making. What was not checked, or was found wrong, is not booked.
-- The rows are looked up without their keys: their public halves are derived meanwhile.

drop function if exists issuer.import_book(issuer.digest, integer, bigint, timestamptz);
drop function if exists issuer.import_book(issuer.digest, integer, issuer.digest, timestamptz);
drop function if exists issuer.import_book_new(date, timestamptz);
drop function if exists issuer.import_book_customers(date, timestamptz, bigint);
drop function if exists issuer.import_book_changes(date, timestamptz);
drop function if exists issuer.import_resolve();

-- Temporary tables stand where others may make some too, with triggers that would run with our rights.
create or replace function issuer.import_is_ours(tables text[]) returns void
language plpgsql stable set search_path = issuer, pg_temp as $$
begin
    if (select count(*) from pg_class c join pg_roles r on r.oid = c.relowner
        where c.relnamespace = pg_my_temp_schema() and c.relkind = 'r'
          and r.rolname = current_user and c.relname = any (tables)) <> cardinality(tables) then
        raise exception 'no import was begun and checked in this transaction'
            using errcode = 'IS002';
    end if;
end $$;

create or replace function issuer.import_begin() returns void
language plpgsql security definer set search_path = issuer, pg_temp as $$
begin
    -- One import at a time: two would find the same customer missing.
    perform pg_advisory_xact_lock(hashtextextended('issuer: import', 0));
    -- Sorts, joins and tables of whole files.
    perform set_config('work_mem', '64MB', true);
    begin
        perform set_config('temp_buffers', '128MB', false);
    exception when invalid_parameter_value then
        null;  -- the session has used temporary tables before: this import is only slower
    end;
    -- As read from the file:
    create temporary table staged (
        line integer not null, license_id text not null, customer text not null,
        customer_ref text,
        -- A reference tells customers apart, else the name does.
        customer_key text not null generated always as
            (case when customer_ref is null then 'name ' || customer
                  else 'reference ' || customer_ref end) stored,
        product text not null, activations integer not null, servers integer not null,
        expires date, order_ref text not null, order_day date, order_kind order_kind not null
    ) on commit drop;
    -- What may be known of the license keys of those rows that have one.
    create temporary table stage_key (line integer not null, key bytea not null, hint text not null,
        weak boolean not null) on commit drop;
    create temporary table stage_contact (line integer, entry text) on commit drop;
    -- `number`: as `license add` was told; years of a yearly feature, from which its end is counted,
    -- or the limit of a metered one.
    create temporary table stage_feature (line integer, code text, until_on date, number bigint,
        years integer, quantity bigint) on commit drop;
    -- No other session sees them.
    grant insert on staged, stage_key, stage_contact, stage_feature to public;
end $$;

-- What an imported row keeps of a contact: addresses stand in `contact` alone, where they can be
-- erased.
create or replace function issuer.contact_digest(entry text) returns text
language sql immutable as $$
    select encode(sha256(convert_to(entry, 'UTF8')), 'hex')
$$;

-- The customers of the licenses that are not on record yet.
create or replace function issuer.import_resolve_customers() returns void
language plpgsql set search_path = issuer, pg_temp as $$
begin
    create temporary table merged on commit drop as
        select distinct on (customer_id) customer_id, into_id from customer_merge
        order by customer_id, version desc;
    analyze merged;
    create temporary table named on commit drop as
        select distinct on (customer_id) customer_id, name, reference from customer_version
        order by customer_id, version desc;
    analyze named;
    insert into stage_customer (key, name, reference, first_line)
        select distinct on (customer_key) customer_key, customer, customer_ref, line
        from staged s where not exists (select from license l where l.license_id = s.license_id)
        order by customer_key, line;
    analyze stage_customer;
    update stage_customer c set id = n.customer_id, recorded_name = n.name
    from named n where n.reference = c.reference;
    update stage_customer c set id = n.customer_id, recorded_name = n.name
    from (select distinct on (name) * from named
          order by name, reference nulls first, customer_id) n
    where c.reference is null and n.name = c.name;
    -- Under whatever name of it the customer is found: what was merged is the one it went to.
    update stage_customer c set id = m.into_id from merged m where m.customer_id = c.id;
    update stage_customer set fresh = id is null, id = coalesce(id, nextval('customer_id_seq'));
end $$;

-- What of the staged rows, which are all there, is on record already. A known license stays its
-- customer's.
create or replace function issuer.import_look_up() returns void
language plpgsql security definer set search_path = issuer, pg_temp as $$
begin
    perform import_is_ours('{staged,stage_key,stage_contact,stage_feature}');
    revoke insert on staged, stage_contact, stage_feature from public;  -- they are as looked up
    -- Beside the records: `content` is compared next time, `last` is what was imported last.
    create temporary table stage (
        like staged, content jsonb not null, id bigint not null, known boolean not null,
        last jsonb, changed boolean not null, customer_id bigint not null
    ) on commit drop;
    create temporary table stage_customer (
        key text not null, name text not null, reference text, id bigint, fresh boolean,
        recorded_name text, first_line integer not null,
        spelled text not null generated always as (folded(coalesce(reference, name))) stored
    ) on commit drop;
    create temporary table stage_order (
        reference text not null, kind order_kind not null, day date, customer_id bigint not null,
        id bigint not null, fresh boolean not null, first_line integer not null,
        spelled text not null generated always as (folded(reference)) stored
    ) on commit drop;
    create index on stage_contact (line);
    create index on stage_feature (line);
    analyze staged, stage_contact, stage_feature;
    perform import_resolve_customers();
    insert into stage
        select s.*, x.content, coalesce(l.id, nextval('license_id_seq')), l.id is not null,
            r.content, l.id is not null and r.content is distinct from x.content,
            coalesce(m.into_id, l.customer_id, customer.id)
        from staged s
        left join (select line, jsonb_agg(contact_digest(entry) order by entry) as entries
                   from stage_contact
                   group by line) c using (line)
        left join (select line, jsonb_object_agg(code, until_on) as codes from stage_feature
                   group by line) f using (line)
        left join license l on l.license_id = s.license_id
        left join merged m on m.customer_id = l.customer_id
        left join stage_customer customer on customer.key = s.customer_key
        left join (select distinct on (license_id) license_id, content from import_row
                   order by license_id, import_id desc) r on r.license_id = l.id
        cross join lateral (select jsonb_build_object('customer', s.customer,
            'customer_ref', s.customer_ref, 'contacts', coalesce(c.entries, '[]'),
            'product', s.product, 'features', coalesce(f.codes, '{}'),
            'activations', s.activations, 'servers', s.servers, 'expires', s.expires,
            'order_ref', s.order_ref, 'order_date', s.order_day, 'order_kind', s.order_kind)
            as content) x;
    analyze stage;
    insert into stage_order (reference, kind, day, customer_id, id, fresh, first_line)
        select f.order_ref, f.order_kind, f.order_day, f.customer_id,
            coalesce(o.id, nextval('orders_id_seq')), o.id is null, f.line
        from (select distinct on (order_ref) * from stage where not known or changed
              order by order_ref, line) f
        left join orders o on o.reference = f.order_ref;
    analyze stage_order;
end $$;

-- The columns in which two imported rows differ, for a person.
create or replace function issuer.import_differences(was jsonb, is_now jsonb) returns text
language sql immutable set search_path = issuer, pg_temp as $$
    select string_agg(key, ', ' order by key) from jsonb_each(is_now)
    where was -> key is distinct from value
$$;

-- Case makes no other order and no other customer, wherever people name them; a row that writes
-- one otherwise than it stands on record, or in a row before, would make a second one.
create or replace function issuer.import_problems_of_spelling()
returns table (line integer, problem text)
language plpgsql stable set search_path = issuer, pg_temp as $$
#variable_conflict use_column
begin
    return query
    with fresh as materialized (
        select 'order_ref' as field, o.reference as written, o.spelled, o.first_line as line,
            (select r.reference from orders r where folded(r.reference) = o.spelled
             order by r.id limit 1)::text as recorded
        from stage_order o where o.fresh
        union all
        select 'customer_ref', c.reference, c.spelled, c.first_line,
            (select v.reference from customer_version v where folded(v.reference) = c.spelled
             order by v.customer_id limit 1)
        from stage_customer c where c.fresh and c.reference is not null
        union all
        select 'customer', c.name, c.spelled, c.first_line,
            (select v.name from customer_version v where folded(v.name) = c.spelled
               and not exists (select from customer_version n where n.customer_id = v.customer_id
                               and n.version > v.version)
             order by v.customer_id limit 1)
        from stage_customer c where c.fresh and c.reference is null),
    twice as (
        select f.field, f.spelled, min(f.line) as line from fresh f where f.recorded is null
        group by f.field, f.spelled having count(*) > 1),
    wrong as materialized (
        select f.field, f.written, f.recorded || ' on record' as meant from fresh f
        where f.recorded is not null
        union all
        select f.field, f.written, e.written || ' in line ' || e.line
        from twice t join fresh f using (field, spelled)
        join fresh e on e.field = t.field and e.line = t.line and e.spelled = t.spelled
        where f.line > t.line)
    select s.line, format('%s: %s is %s: write it so%s', w.field, w.written, w.meant,
        case w.field when 'customer' then '; another customer of that name has a customer_ref'
                     else '' end)
    from stage s
    cross join lateral (
        select 'order_ref' as field, s.order_ref as written where not s.known or s.changed
        union all
        select case when s.customer_ref is null then 'customer' else 'customer_ref' end,
            coalesce(s.customer_ref, s.customer) where not s.known) k
    join wrong w on w.field = k.field and w.written = k.written;
end $$;

-- What is wrong with a row by itself or beside the other rows of the file.
create or replace function issuer.import_problems_of_file()
returns table (line integer, problem text)
language plpgsql stable set search_path = issuer, pg_temp as $$
#variable_conflict use_column
begin
    return query
    select s.line, format('license_id: %s stands in line %s too', s.license_id, f.line)
    from stage s join (select license_id, min(line) as line from stage group by license_id
                       having count(*) > 1) f using (license_id)
    where s.line > f.line
    union all
    select s.line, format('license_key: the same key stands in line %s too', f.line)
    from stage_key s join (select key, min(line) as line from stage_key
                           group by key having count(*) > 1) f using (key)
    where s.line > f.line
    union all
    select s.line, format('product: %s is none that is sold', s.product)
    from stage s where not exists (select from product p where p.code = s.product)
    union all
    select s.line, format('features: %s is no feature of %s', f.code, s.product)
    from stage_feature f join stage s using (line)
    where exists (select from product p where p.code = s.product)
      and not exists (select from feature x where x.code = f.code and x.product = s.product)
    union all
    select s.line, format('features: %s is sold by term: give its last day (%s=YYYY-MM-DD)',
                          f.code, f.code)
    from stage_feature f join stage s using (line) join feature x on x.code = f.code
    where x.kind = 'term' and f.until_on is null
    union all
    select s.line, format('order_date: %s lies ahead', s.order_day)
    from stage s where (not s.known or s.changed)
      and s.order_day > (now() at time zone 'UTC' + interval '14 hours')::date
    union all
    select s.line, format('order_ref: line %s gives order %s another %s', o.first_line, o.reference,
        case when s.customer_id <> o.customer_id then 'customer'
             when s.order_kind <> o.kind then 'order_kind' else 'order_date' end)
    from stage s join stage_order o on o.reference = s.order_ref
    where (not s.known or s.changed)
      and (s.customer_id, s.order_kind) is distinct from (o.customer_id, o.kind)
       or (not s.known or s.changed) and s.order_day is distinct from o.day
    union all
    select s.line, format('customer: customer_ref %s is %s in line %s', s.customer_ref, c.name,
                          c.first_line)
    from stage s join stage_customer c on c.reference = s.customer_ref
    where not s.known and c.name <> s.customer;
end $$;

-- What does not fit the records.
create or replace function issuer.import_problems_of_records(may_update boolean)
returns table (line integer, problem text)
language plpgsql stable set search_path = issuer, pg_temp as $$
#variable_conflict use_column
begin
    return query
    with keys as materialized (
        select * from licenses_of_keys(array(select key from stage_key)))
    select s.line, format('license_key: empty, and %s is not on record', s.license_id)
    from stage s
    where not s.known and not exists (select from stage_key y where y.line = s.line)
    union all
    select s.line, case when k.license_id is null
            then format('license_key: is not the key of %s, which cannot be changed yet: give '
                        'the one on record, or leave it empty', s.license_id)
            when k.license_id = s.id then format('license_key: this key of %s is retired', k.license)
            else format('license_key: is the key of %s', k.license) end
    from stage s join stage_key y using (line) left join keys k on k.public_key = y.key
    where case when s.known then (k.license_id = s.id and k.current) is not true
               else k.license_id is not null end
    union all
    select s.line, format('%s: differs from what was last imported for %s; --update books the '
                          'difference',
                          coalesce(import_differences(s.last, s.content), 'license_id'),
                          s.license_id)
    from stage s where s.changed and s.last is not null and not may_update
    union all
    select s.line, format('license_id: %s is on record but was not imported; --update books this '
                          'row', s.license_id)
    from stage s where s.changed and s.last is null and not may_update
    union all
    select s.line, format('%s: %s are in use by %s: `issuer license upgrade` asks which end',
                          c.field, c.used, s.license_id)
    from stage s
    cross join lateral (select count(*) filter (where a.counted) as used,
                            count(*) filter (where a.state = 'active') as active
                        from activation a where a.license_id = s.id) a
    cross join lateral (values ('activations', s.activations, a.used), ('servers', s.servers, a.active))
        as c (field, becomes, used)
    where s.changed and s.last -> c.field is distinct from s.content -> c.field
      and c.becomes < c.used
    union all
    select s.line, format('license_id: %s has ended: nothing is added to it', s.license_id)
    from stage s where s.changed
      and import_differences(s.last - '{contacts,customer,customer_ref}'::text[],
                             s.content - '{contacts,customer,customer_ref}'::text[]) is not null
      and exists (select from license_state_version v where v.license_id = s.id and v.state = 'ended'
                  and not exists (select from license_state_version n where n.license_id = s.id
                                  and n.version > v.version))
    union all
    select s.line, format('%s: a cancellation adds nothing: what grows needs an order of its own',
                          c.field)
    from stage s
    cross join lateral (
        select 'activations' as field where s.activations > (s.last ->> 'activations')::integer
        union all select 'servers' where s.servers > (s.last ->> 'servers')::integer
        union all select 'expires' where coalesce(s.expires, 'infinity')
            > coalesce((s.last ->> 'expires')::date, 'infinity')
        union all select 'features' where exists (
            select from stage_feature f where f.line = s.line
              and (not s.last -> 'features' ? f.code or coalesce(f.until_on, 'infinity')
                   > coalesce((s.last -> 'features' ->> f.code)::date, 'infinity')))) c
    where s.changed and s.order_kind = 'cancellation'
    union all
    select s.line, format('product: %s is a license of %s, and stays one: `issuer license add` records '
                          'another, `issuer license end --replaced-by` ends this one',
                          s.license_id, l.product)
    from stage s join license l on l.id = s.id where s.known and l.product <> s.product
    union all
    select s.line, format('order_kind: %s takes something back, and %s is not on record',
                          s.order_kind, s.license_id)
    from stage s where not s.known and s.order_kind in ('cancellation', 'correction')
    union all
    select s.line, format('order_ref: order %s is on record with another %s', s.order_ref,
        case when coalesce(m.into_id, o.customer_id) <> s.customer_id then 'customer'
             when o.kind <> s.order_kind then 'order_kind' else 'order_date' end)
    from stage s join orders o on o.reference = s.order_ref
    left join merged m on m.customer_id = o.customer_id
    where (not s.known or s.changed)
      and (coalesce(m.into_id, o.customer_id) <> s.customer_id or o.kind <> s.order_kind
           or o.ordered_on <> s.order_day)
    union all
    select s.line, format('customer: customer_ref %s is on record as %s', s.customer_ref,
                          c.recorded_name)
    from stage s join stage_customer c on c.key = s.customer_key
    where not s.known and c.recorded_name <> c.name
    union all
    select s.line, format('customer: %s is the name of another customer; a license is not moved '
                          'by an import', s.customer)
    from stage s
    where s.changed and s.last ->> 'customer' <> s.customer
      and exists (select from customer_version v where folded(v.name) = folded(s.customer)
                  and v.name = s.customer
                  and coalesce((select m.into_id from merged m where m.customer_id = v.customer_id),
                               v.customer_id) <> s.customer_id
                  and not exists (select from customer_version newer
                                  where newer.customer_id = v.customer_id
                                    and newer.version > v.version));
end $$;

create or replace function issuer.import_check(may_update boolean, most integer)
returns table (line integer, problem text, total bigint)
language plpgsql security definer set search_path = issuer, pg_temp as $$
#variable_conflict use_column
begin
    if to_regclass('pg_temp.stage') is null then
        perform import_look_up();
    end if;
    perform import_is_ours('{staged,stage,stage_key,stage_contact,stage_feature,stage_customer,
                           stage_order}');
    revoke insert on stage_key from public;  -- they are as checked
    create unique index on stage_key (line);
    analyze stage_key;
    -- Neither uses nor versions of what changes move between this look and the booking.
    perform from license l where l.id in (select s.id from stage s where s.changed)
        order by l.id for no key update;
    create temporary table stage_problem on commit drop as
        select * from import_problems_of_file()
        union select * from import_problems_of_spelling()
        union select * from import_problems_of_records(may_update);
    return query
        select p.line, p.problem, (select count(distinct g.line) from stage_problem g)
        from stage_problem p order by p.line, p.problem limit most;
end $$;

-- Customers and orders that are new, and names that the rows change.
create or replace function issuer.import_book_customers(today date, at timestamptz, who bigint,
                                                       detail jsonb)
returns void language plpgsql set search_path = issuer, pg_temp as $$
begin
    insert into customer (id) overriding system value
        select id from stage_customer where fresh order by id;
    with v as (
        insert into customer_version (customer_id, version, name, reference, effective, operator_id)
        select id, 1, name, reference, today, who from stage_customer where fresh order by id
        returning *)
    insert into event (kind, subject, subject_id, row_digest, operator_id, detail,
                       effective)
    select 'customer-recorded', 'customer', v.customer_id, sha256(convert_to(v::text, 'UTF8')),
        who, detail, at from v;
    with changes as (
        select distinct on (s.customer_id) s.customer_id, s.customer, s.customer_ref
        from stage s
        where s.changed and (s.last ->> 'customer' is distinct from s.customer
                             or s.last ->> 'customer_ref' is distinct from s.customer_ref)
        order by s.customer_id, s.line desc
    ), v as (
        insert into customer_version (customer_id, version, name, reference, effective, operator_id)
        select c.customer_id, n.version + 1, c.customer, coalesce(c.customer_ref, n.reference),
            today, who
        from changes c
        join lateral (select version, name, reference from customer_version
                      where customer_id = c.customer_id order by version desc limit 1) n on true
        where (n.name, n.reference) is distinct from
              (c.customer, coalesce(c.customer_ref, n.reference))
        returning *)
    insert into event (kind, subject, subject_id, row_digest, operator_id, detail,
                       effective)
    select 'customer-changed', 'customer', v.customer_id, sha256(convert_to(v::text, 'UTF8')),
        who, detail, at from v;

    -- No event of its own: the imported row's vouches for its order too.
    insert into orders (id, reference, kind, ordered_on, customer_id) overriding system value
        select id, reference, kind, coalesce(day, today), customer_id from stage_order
        where fresh order by id;
end $$;

-- Licenses that were not on record, with everything that belongs to them. What a file brings was sold
-- before, so its customers have their keys.
create or replace function issuer.import_book_new(way text, today date, at timestamptz, who bigint)
returns void language plpgsql set search_path = issuer, pg_temp as $$
begin
    insert into license (id, license_id, customer_id, product, order_id, effective)
        overriding system value
        select s.id, s.license_id, s.customer_id, s.product, o.id, coalesce(s.order_day, today)
        from stage s join stage_order o on o.reference = s.order_ref where not s.known
        order by s.id;
    with k as (
        insert into license_key (license_id, hint, weak, effective, delivered_on)
        select s.id, y.hint, y.weak, at, case when way = 'file' then today end
        from stage s join stage_key y using (line) where not s.known order by s.id
        returning id, license_id),
    d as (
        insert into key_delivery (license_key_id, how, delivered_on, operator_id)
        select id, 'import', today, who from k where way = 'file')
    insert into license_proof (public_key, license_key_id)
        select y.key, k.id from k join stage s on s.id = k.license_id
        join stage_key y using (line);
    insert into contact (license_id, entry, effective)
        select s.id, c.entry, coalesce(s.order_day, today)
        from stage s join stage_contact c using (line) where not s.known;
    insert into entitlement (license_id, version, servers, activations, expires_on, order_id,
                             effective, operator_id)
        select s.id, 1, s.servers, s.activations, s.expires, o.id, coalesce(s.order_day, today), who
        from stage s join stage_order o on o.reference = s.order_ref where not s.known
        order by s.id;
    insert into entitlement_feature (license_id, version, code, until_on, quantity)
        select s.id, 1, f.code, f.until_on, f.quantity
        from stage s join stage_feature f using (line) where not s.known;
    insert into term_entry (license_id, version, code, order_id, kind, years, from_on, until_on,
                            effective)
        select s.id, 1, f.code, o.id, case when f.years is null then 'set' else 'bought' end,
            f.years, case when f.years is not null then o.ordered_on end, f.until_on,
            coalesce(s.order_day, today)
        from stage s join stage_feature f using (line)
        join feature x on x.code = f.code and x.kind = 'term'
        join stage_order so on so.reference = s.order_ref join orders o on o.id = so.id
        where not s.known;
end $$;

-- What rows change: only the columns that differ from the last import are booked, over whatever
-- the record says today. Uses and server places stay within the counts that have become less.
create or replace function issuer.import_book_changes(today date, at timestamptz, who bigint)
returns void language plpgsql set search_path = issuer, pg_temp as $$
declare
    of license;
begin
    update contact c set ended_on = greatest(c.effective, coalesce(s.order_day, today)),
        ended_at = at
    from stage s
    where s.changed and c.license_id = s.id and c.ended_on is null
      and s.last -> 'contacts' ? contact_digest(c.entry)
      and not exists (select from stage_contact n where n.line = s.line and n.entry = c.entry);
    insert into contact (license_id, entry, effective)
        select s.id, n.entry, coalesce(s.order_day, today)
        from stage s join stage_contact n using (line)
        where s.changed and not coalesce(s.last -> 'contacts' ? contact_digest(n.entry), false)
          and not exists (select from contact c where c.license_id = s.id and c.entry = n.entry
                          and c.ended_on is null);

    insert into entitlement (license_id, version, servers, activations, expires_on, order_id,
                             effective, operator_id)
        select s.id, e.version + 1,
            case when s.last -> 'servers' is distinct from s.content -> 'servers'
                 then s.servers else e.servers end,
            case when s.last -> 'activations' is distinct from s.content -> 'activations'
                 then s.activations else e.activations end,
            case when s.last -> 'expires' is distinct from s.content -> 'expires'
                 then s.expires else e.expires_on end,
            o.id, coalesce(s.order_day, today), who
        from stage s join stage_order o on o.reference = s.order_ref
        join lateral (select * from entitlement where license_id = s.id
                      order by version desc limit 1) e on true
        where s.changed and import_differences(s.last - '{contacts,customer,customer_ref}'::text[],
            s.content - '{contacts,customer,customer_ref}'::text[]) is not null;
    insert into entitlement_feature (license_id, version, code, until_on, quantity)
        select e.license_id, e.version, c.code,
            case when (s.last -> 'features' -> c.code) is distinct from
                      (s.content -> 'features' -> c.code)
                 then n.until_on else was.until_on end,
            was.quantity
        from stage s
        join lateral (select license_id, version from entitlement where license_id = s.id
                      order by version desc limit 1) e on true
        left join lateral (select array_agg(f.code) as codes from entitlement_feature f
                           where f.license_id = s.id and f.version = e.version - 1) o on true
        cross join lateral (
            select unnest(o.codes) as code
            union select f.code from stage_feature f where f.line = s.line) c
        left join entitlement_feature was on was.license_id = s.id
            and was.version = e.version - 1 and was.code = c.code
        left join stage_feature n on n.line = s.line and n.code = c.code
        where s.changed
          and not exists (select from entitlement_feature f where f.license_id = e.license_id
                          and f.version = e.version)
          -- in the new row, or never imported and so none of its business
          and (n.code is not null or not coalesce(s.last -> 'features' ? c.code, false));
    -- The yearly features' ends that are others now, also those that are gone.
    insert into term_entry (license_id, version, code, order_id, kind, until_on, effective)
        select e.license_id, e.version, x.code, e.order_id, 'set', f.until_on, e.effective
        from stage s
        join lateral (select * from entitlement where license_id = s.id
                      order by version desc limit 1) e on true
        cross join (select code from feature where kind = 'term') x
        left join entitlement_feature f on f.license_id = e.license_id and f.version = e.version
            and f.code = x.code
        left join entitlement_feature was on was.license_id = e.license_id
            and was.version = e.version - 1 and was.code = x.code
        where s.changed and was.until_on is distinct from f.until_on
          and not exists (select from term_entry t where t.license_id = e.license_id
                          and t.version = e.version)
        order by e.license_id, x.code;
    for of in
        select l.* from license l where l.id in (
            select s.id from stage s join activation a on a.license_id = s.id
            where s.changed and a.counted
              and (a.use_no > s.activations or a.state = 'active' and a.slot > s.servers))
        order by l.id
    loop
        perform count(*) from uses_renumber(of, draft_of(of.id), who, at);
    end loop;
end $$;

-- Books all that was checked, and notes it.
create or replace function issuer.import_book_stage(file digest, total integer, new_way text,
                                                   at timestamptz, who bigint)
returns void language plpgsql set search_path = issuer, pg_temp as $$
declare
    today constant date := (at at time zone 'UTC')::date;
    this_import bigint;
    part_of jsonb;  -- of what an operator has done, a file is one thing
begin
    insert into import (file_digest, rows, operator_id, way) values (file, total, who, new_way)
        returning id into this_import;
    if new_way = 'file' then
        part_of := jsonb_build_object('import', this_import);
    end if;
    perform import_book_customers(today, at, who, part_of);
    perform import_book_new(new_way, today, at, who);
    perform import_book_changes(today, at, who);
    -- The row holds every field of the license (its key aside), so its digest vouches for them.
    with r as (
        insert into import_row (license_id, import_id, line, content)
        select s.id, this_import, s.line, s.content from stage s
        where not s.known or s.changed order by s.id
        returning *)
    insert into event (kind, subject, subject_id, row_digest, license_id, operator_id, detail,
                       effective)
    select case when s.known then 'license-changed' else 'license-recorded' end, 'license', s.id,
        sha256(convert_to(r::text, 'UTF8')), s.id, who, part_of, at
    from r join stage s on s.id = r.license_id order by s.id;
end $$;

-- `token`: of the operator who imports; null: nobody is named, the login alone judges.
create or replace function issuer.import_book(file digest, total integer, token digest,
                                             at timestamptz)
returns table (added bigint, changed bigint, same bigint, customers bigint, orders bigint,
               weak_keys bigint, unlimited bigint)
language plpgsql security definer set search_path = issuer, pg_temp as $$
#variable_conflict use_column
declare
    who bigint;
begin
    perform import_is_ours('{stage,stage_key,stage_contact,stage_feature,stage_customer,
                           stage_order,stage_problem}');
    if exists (select from stage_problem) then
        raise exception 'the rows were found wrong: nothing is booked' using errcode = 'IS003';
    end if;
    if token is not null then
        select r.id into who from operator_require(token, 'license import', at) r;
    end if;
    if not exists (select from stage s where not s.known or s.changed) then
        return query select 0::bigint, 0::bigint, count(*), 0::bigint, 0::bigint, 0::bigint, 0::bigint
            from stage;
        return;
    end if;
    perform import_book_stage(file, total, 'file', at, who);
    return query select count(*) filter (where not s.known), count(*) filter (where s.changed),
        count(*) filter (where s.known and not s.changed),
        (select count(*) from stage_customer where fresh),
        (select count(*) from stage_order where fresh),
        count(*) filter (where not s.known and y.weak),
        (select count(distinct n.line) from stage n join stage_feature f using (line)
         join feature x on x.code = f.code and x.kind = 'metered'
         where not n.known or n.changed and not coalesce(n.last -> 'features' ? f.code, false))
        from stage s left join stage_key y using (line);
end $$;
