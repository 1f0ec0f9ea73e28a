SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;
CREATE SCHEMA issuer;
CREATE TYPE issuer.activation_state AS ENUM (
    'active',
    'superseded',
    'deactivated',
    'lost',
    'corrected'
);
CREATE DOMAIN issuer.digest AS bytea
	CONSTRAINT digest_check CHECK ((octet_length(VALUE) = 32));
CREATE TYPE issuer.feature_kind AS ENUM (
    'perpetual',
    'term',
    'metered'
);
CREATE DOMAIN issuer.fingerprint_part AS bytea
	CONSTRAINT fingerprint_part_check CHECK ((octet_length(VALUE) = 16));
CREATE TYPE issuer.license_state AS ENUM (
    'current',
    'suspended',
    'ended'
);
CREATE DOMAIN issuer.one_line AS text
	CONSTRAINT one_line_check CHECK ((VALUE !~ '[[:cntrl:]]'::text));
CREATE TYPE issuer.operator_role AS ENUM (
    'support',
    'orders',
    'admin',
    'finance'
);
CREATE TYPE issuer.order_kind AS ENUM (
    'sale',
    'trial',
    'internal',
    'goodwill',
    'correction',
    'cancellation'
);
CREATE TYPE issuer.outcome AS ENUM (
    'issued',
    'resent',
    'refused',
    'held',
    'accepted'
);
CREATE TYPE issuer.use_origin AS ENUM (
    'taken',
    'instance',
    'host'
);
CREATE FUNCTION issuer.contact_digest(entry text) RETURNS text
    LANGUAGE sql IMMUTABLE
    AS $$
    select encode(sha256(convert_to(entry, 'UTF8')), 'hex')
$$;
CREATE FUNCTION issuer.find_licenses(wanted text, pattern text, serial bigint, digest_from bytea, digest_below bytea) RETURNS TABLE(id bigint, found_by text)
    LANGUAGE sql STABLE
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
    select l.id, 'License ID ' || l.license_id from license l
        where lower(l.license_id) like pattern
    union all
    select l.id, 'customer ' || v.name from customer_version v join license l using (customer_id)
        where lower(v.name) like pattern
    union all
    select l.id, 'customer reference ' || v.reference
        from customer_version v join license l using (customer_id)
        where lower(v.reference) = lower(wanted)
    union all
    select c.license_id, 'contact ' || c.entry from contact c
        where c.entry in (lower(wanted), '@' || split_part(lower(wanted), '@', 2))
          and c.entry <> '@'
    union all
    select l.id, 'order ' || o.reference from orders o join license l on l.order_id = o.id
        where lower(o.reference) = lower(wanted)
    union all
    select e.license_id, 'order ' || o.reference from orders o join entitlement e on e.order_id = o.id
        where lower(o.reference) = lower(wanted)
    union all
    select r.license_id, 'host ' || r.host from usage_request r
        where r.license_id is not null and lower(r.host) = lower(wanted)
    union all
    select r.license_id, 'request' from usage_request r
        where r.license_id is not null and r.digest >= digest_from and r.digest < digest_below
    union all
    select u.license_id, 'usage license' from usage_license u where u.serial = find_licenses.serial
    union all
    select k.license_id, 'key …' || k.hint from license_key k
        where upper(wanted) = k.hint and length(wanted) = 4
$$;
CREATE FUNCTION issuer.import_begin() RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
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
        line integer not null, license_id text not null, key bytea, hint text, weak boolean,
        customer text not null, customer_ref text,
        -- A reference tells customers apart, else the name does.
        customer_key text not null generated always as
            (case when customer_ref is null then 'name ' || customer
                  else 'reference ' || customer_ref end) stored,
        product text not null, activations integer not null, servers integer not null,
        expires date, order_ref text not null, order_day date, order_kind order_kind not null
    ) on commit drop;
    create temporary table stage_contact (line integer, entry text) on commit drop;
    create temporary table stage_feature (line integer, code text, until_on date) on commit drop;
    -- Beside the records: `content` is compared next time, `last` is what was imported last.
    create temporary table stage (
        like staged, content jsonb not null, id bigint not null, known boolean not null,
        last jsonb, changed boolean not null, customer_id bigint not null
    ) on commit drop;
    create temporary table stage_customer (
        key text not null, name text not null, reference text, id bigint, fresh boolean,
        recorded_name text, first_line integer not null
    ) on commit drop;
    create temporary table stage_order (
        reference text not null, kind order_kind not null, day date, customer_id bigint not null,
        id bigint not null, fresh boolean not null, first_line integer not null
    ) on commit drop;
end $$;
CREATE FUNCTION issuer.import_book(file issuer.digest, total integer, who bigint, at timestamp with time zone) RETURNS TABLE(added bigint, changed bigint, same bigint, customers bigint, orders bigint, weak_keys bigint)
    LANGUAGE plpgsql
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    today date := (at at time zone 'UTC')::date;
    this_import bigint;
begin
    if not exists (select from stage s where not s.known or s.changed) then
        return query select 0::bigint, 0::bigint, count(*), 0::bigint, 0::bigint, 0::bigint
            from stage;
        return;
    end if;
    perform import_book_customers(today, at, who);
    perform import_book_new(today, at);
    perform import_book_changes(today, at);
    insert into import (file_digest, rows, operator_id) values (file, total, who)
        returning id into this_import;
    -- The row holds every field of the license (its key aside), so its digest vouches for them.
    with r as (
        insert into import_row (license_id, import_id, line, content)
        select s.id, this_import, s.line, s.content from stage s
        where not s.known or s.changed order by s.id
        returning *)
    insert into event (kind, subject, subject_id, row_digest, license_id, operator_id, effective)
    select case when s.known then 'license-changed' else 'license-recorded' end, 'license', s.id,
        sha256(convert_to(r::text, 'UTF8')), s.id, who, at
    from r join stage s on s.id = r.license_id order by s.id;
    return query select count(*) filter (where not s.known), count(*) filter (where s.changed),
        count(*) filter (where s.known and not s.changed),
        (select count(*) from stage_customer where fresh),
        (select count(*) from stage_order where fresh),
        count(*) filter (where not s.known and s.weak)
        from stage s;
end $$;
CREATE FUNCTION issuer.import_book_changes(today date, at timestamp with time zone) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
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
                             effective)
        select s.id, e.version + 1,
            case when s.last -> 'servers' is distinct from s.content -> 'servers'
                 then s.servers else e.servers end,
            case when s.last -> 'activations' is distinct from s.content -> 'activations'
                 then s.activations else e.activations end,
            case when s.last -> 'expires' is distinct from s.content -> 'expires'
                 then s.expires else e.expires_on end,
            o.id, coalesce(s.order_day, today)
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
end $$;
CREATE FUNCTION issuer.import_book_customers(today date, at timestamp with time zone, who bigint) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
begin
    insert into customer (id) overriding system value
        select id from stage_customer where fresh order by id;
    with v as (
        insert into customer_version (customer_id, version, name, reference, effective)
        select id, 1, name, reference, today from stage_customer where fresh order by id
        returning *)
    insert into event (kind, subject, subject_id, row_digest, operator_id, effective)
    select 'customer-recorded', 'customer', v.customer_id, sha256(convert_to(v::text, 'UTF8')),
        who, at from v;
    with changes as (
        select distinct on (s.customer_id) s.customer_id, s.customer, s.customer_ref
        from stage s
        where s.changed and (s.last ->> 'customer' is distinct from s.customer
                             or s.last ->> 'customer_ref' is distinct from s.customer_ref)
        order by s.customer_id, s.line desc
    ), v as (
        insert into customer_version (customer_id, version, name, reference, effective)
        select c.customer_id, n.version + 1, c.customer, coalesce(c.customer_ref, n.reference),
            today
        from changes c
        join lateral (select version, name, reference from customer_version
                      where customer_id = c.customer_id order by version desc limit 1) n on true
        where (n.name, n.reference) is distinct from
              (c.customer, coalesce(c.customer_ref, n.reference))
        returning *)
    insert into event (kind, subject, subject_id, row_digest, operator_id, effective)
    select 'customer-changed', 'customer', v.customer_id, sha256(convert_to(v::text, 'UTF8')),
        who, at from v;
    -- No event of its own: the imported row's vouches for its order too.
    insert into orders (id, reference, kind, ordered_on, customer_id) overriding system value
        select id, reference, kind, coalesce(day, today), customer_id from stage_order
        where fresh order by id;
end $$;
CREATE FUNCTION issuer.import_book_new(today date, at timestamp with time zone) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
begin
    insert into license (id, license_id, customer_id, product, order_id, effective)
        overriding system value
        select s.id, s.license_id, s.customer_id, s.product, o.id, coalesce(s.order_day, today)
        from stage s join stage_order o on o.reference = s.order_ref where not s.known
        order by s.id;
    with k as (
        insert into license_key (license_id, hint, weak, effective)
        select id, hint, weak, at from stage where not known order by id
        returning id, license_id)
    insert into license_proof (public_key, license_key_id)
        select s.key, k.id from k join stage s on s.id = k.license_id;
    insert into contact (license_id, entry, effective)
        select s.id, c.entry, coalesce(s.order_day, today)
        from stage s join stage_contact c using (line) where not s.known;
    insert into entitlement (license_id, version, servers, activations, expires_on, order_id,
                             effective)
        select s.id, 1, s.servers, s.activations, s.expires, o.id, coalesce(s.order_day, today)
        from stage s join stage_order o on o.reference = s.order_ref where not s.known
        order by s.id;
    insert into entitlement_feature (license_id, version, code, until_on)
        select s.id, 1, f.code, f.until_on
        from stage s join stage_feature f using (line) where not s.known;
end $$;
CREATE FUNCTION issuer.import_check(may_update boolean, most integer) RETURNS TABLE(line integer, problem text, total bigint)
    LANGUAGE plpgsql
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
    perform import_resolve();
    return query
        with found as (select * from import_problems_of_file()
                       union select * from import_problems_of_records(may_update))
        select f.line, f.problem, (select count(distinct g.line) from found g)
        from found f order by f.line, f.problem limit most;
end $$;
CREATE FUNCTION issuer.import_differences(was jsonb, is_now jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
    select string_agg(key, ', ' order by key) from jsonb_each(is_now)
    where was -> key is distinct from value
$$;
CREATE FUNCTION issuer.import_problems_of_file() RETURNS TABLE(line integer, problem text)
    LANGUAGE plpgsql STABLE
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
    return query
    select s.line, format('license_id: %s stands in line %s too', s.license_id, f.line)
    from stage s join (select license_id, min(line) as line from stage group by license_id
                       having count(*) > 1) f using (license_id)
    where s.line > f.line
    union all
    select s.line, format('license_key: the same key stands in line %s too', f.line)
    from stage s join (select key, min(line) as line from stage where key is not null
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
CREATE FUNCTION issuer.import_problems_of_records(may_update boolean) RETURNS TABLE(line integer, problem text)
    LANGUAGE plpgsql STABLE
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
    return query
    with keys as materialized (
        select * from licenses_of_keys(array(select key from stage where key is not null)))
    select s.line, format('license_key: empty, and %s is not on record', s.license_id)
    from stage s where not s.known and s.key is null
    union all
    select s.line, case when k.license_id is null
            then format('license_key: is not the key of %s, which cannot be changed yet: give '
                        'the one on record, or leave it empty', s.license_id)
            when k.license_id = s.id then format('license_key: this key of %s is retired', k.license)
            else format('license_key: is the key of %s', k.license) end
    from stage s left join keys k on k.public_key = s.key
    where s.key is not null
      and case when s.known then (k.license_id = s.id and k.current) is not true
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
    select s.line, format('product: %s is a license of %s', s.license_id, l.product)
    from stage s join license l on l.id = s.id where s.known and l.product <> s.product
    union all
    select s.line, format('order_kind: %s takes something back, and %s is not on record',
                          s.order_kind, s.license_id)
    from stage s where not s.known and s.order_kind in ('cancellation', 'correction')
    union all
    select s.line, format('order_ref: order %s is on record with another %s', s.order_ref,
        case when o.customer_id <> s.customer_id then 'customer'
             when o.kind <> s.order_kind then 'order_kind' else 'order_date' end)
    from stage s join orders o on o.reference = s.order_ref
    where (not s.known or s.changed)
      and (o.customer_id <> s.customer_id or o.kind <> s.order_kind
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
      and exists (select from customer_version v where lower(v.name) = lower(s.customer)
                  and v.name = s.customer and v.customer_id <> s.customer_id
                  and not exists (select from customer_version newer
                                  where newer.customer_id = v.customer_id
                                    and newer.version > v.version));
end $$;
CREATE FUNCTION issuer.import_resolve() RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
begin
    analyze staged, stage_contact, stage_feature;
    perform import_resolve_customers();
    insert into stage
        select s.*, x.content, coalesce(l.id, nextval('license_id_seq')), l.id is not null,
            r.content, l.id is not null and r.content is distinct from x.content,
            coalesce(l.customer_id, customer.id)
        from staged s
        left join (select line, jsonb_agg(contact_digest(entry) order by entry) as entries
                   from stage_contact
                   group by line) c using (line)
        left join (select line, jsonb_object_agg(code, until_on) as codes from stage_feature
                   group by line) f using (line)
        left join license l on l.license_id = s.license_id
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
CREATE FUNCTION issuer.import_resolve_customers() RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
begin
    create temporary table customer_now on commit drop as
        select distinct on (customer_id) customer_id, name, reference from customer_version
        order by customer_id, version desc;
    analyze customer_now;
    insert into stage_customer (key, name, reference, first_line)
        select distinct on (customer_key) customer_key, customer, customer_ref, line
        from staged s where not exists (select from license l where l.license_id = s.license_id)
        order by customer_key, line;
    analyze stage_customer;
    update stage_customer c set id = n.customer_id, recorded_name = n.name
    from customer_now n where n.reference = c.reference;
    update stage_customer c set id = n.customer_id, recorded_name = n.name
    from (select distinct on (name) * from customer_now
          order by name, reference nulls first, customer_id) n
    where c.reference is null and n.name = c.name;
    update stage_customer set fresh = id is null, id = coalesce(id, nextval('customer_id_seq'));
end $$;
CREATE FUNCTION issuer.instruction_file(token issuer.digest, wanted text, request bigint, hold bigint, arguments jsonb, lease_end timestamp with time zone, at timestamp with time zone) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
declare
    -- What each role may have done.
    rights constant jsonb := '{
        "issue": ["support", "admin"], "refuse": ["support", "admin"], "keep": ["support", "admin"],
        "resend": ["support", "admin"], "add": ["support", "admin"]}';
    who record;
    other record;
    made instruction;
    -- Whoever calls names the time of the event, and could name one at which another's work is over.
    present constant timestamptz := least(at, clock_timestamp());
begin
    select * into who from operator_of_token(token, at);
    if not found then
        raise exception 'the operator''s token is unknown, expired or revoked: ask an admin for one'
            using errcode = 'IS002';
    end if;
    if not coalesce(rights -> wanted ? who.role::text, false) then
        raise exception 'operator % (%) may not "%" requests: that needs the role support or admin',
            who.name, who.role, wanted using errcode = 'IS002';
    end if;
    -- Nobody carries these out any more: a day has passed, or whoever took it is gone. And what was
    -- left to whoever has the key gives way to somebody who has it, or to its own author. Those that
    -- are being ended at this moment are left to who ends them.
    with over as (
        select i.id from instruction i
        where i.state = 'filed' and (i.filed_at <= present - interval '24 hours'
              or i.hold_id = hold and (lease_end is not null or i.operator_id = who.id))
           or i.state = 'taken' and i.taken_until <= present
        order by i.id for update skip locked),
    ended as (
        update instruction i set state = 'expired', ended_at = at,
            answer = case when i.hold_id = hold then jsonb_build_object('why',
                format('operator %s took up the case', who.name)) end
        from over where i.id = over.id returning i.*)
    insert into event (kind, subject, subject_id, row_digest, operator_id, effective)
        select 'instruction-expired', 'instruction', e.id, sha256(convert_to(e::text, 'UTF8')),
               e.operator_id, at from ended e order by e.id;
    begin
        insert into instruction (kind, hold_id, request_id, operator_id, arguments, state,
                                 taken_until, filed_at)
            values (wanted, hold, request, who.id, arguments,
                    case when lease_end is null then 'filed' else 'taken' end,
                    least(lease_end, clock_timestamp() + interval '5 minutes'), at)
            returning * into made;
    exception when unique_violation then
        select o.name, i.kind into other from instruction i join operator o on o.id = i.operator_id
            where i.hold_id = hold and i.state in ('filed', 'taken');
        raise exception 'case % is being decided: operator % says "%"; look again in a minute', hold,
            other.name, other.kind using errcode = 'IS004';
    end;
    insert into event (kind, subject, subject_id, row_digest, operator_id, effective)
        values ('instruction-filed', 'instruction', made.id,
                sha256(convert_to(made::text, 'UTF8')), who.id, at);
    return made.id;
end $$;
CREATE FUNCTION issuer.licenses_of_keys(keys bytea[]) RETURNS TABLE(public_key bytea, license_id bigint, license text, current boolean)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
    select p.public_key, l.id, l.license_id, k.retired_at is null
    from unnest(keys) wanted
    join license_proof p on p.public_key = wanted
    join license_key k on k.id = p.license_key_id
    join license l on l.id = k.license_id
$$;
CREATE FUNCTION issuer.operator_of_token(token issuer.digest, at timestamp with time zone) RETURNS TABLE(id bigint, name text, role issuer.operator_role)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
    select o.id, o.name, o.role
    from operator_token t join operator o on o.id = t.operator_id
    cross join greatest(at, statement_timestamp()) as present
    where t.digest = token and t.expires_at > present
      and (t.revoked_at is null or t.revoked_at > present)
      and (o.revoked_at is null or o.revoked_at > present)
$$;
CREATE FUNCTION issuer.operator_token_end(operator bigint, at timestamp with time zone) RETURNS timestamp with time zone
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
    select max(expires_at) from operator_token
    where operator_id = operator and expires_at > at and (revoked_at is null or revoked_at > at)
$$;
CREATE FUNCTION issuer.refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
begin
    raise exception 'rows of % are records: this % is not allowed%', tg_table_name,
        lower(tg_op), case when tg_nargs > 0 then ' (' || tg_argv[0] || ')' else '' end
        using errcode = 'IS002';
end $$;
CREATE FUNCTION issuer.refuse_revoked_key() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
declare
    revoked text;
begin
    with used as materialized (  -- all of them locked, whatever is asked of them after
        select k.kid, k.revoked_at from signing_key k
        where k.kid in (select a.kid from added a) for share)
    select u.kid into revoked from used u where u.revoked_at is not null limit 1;
    if revoked is not null then
        raise exception 'signing key % is revoked: make a new one with issuer key rotate', revoked
            using errcode = 'IS002';
    end if;
    return null;
end $$;
CREATE FUNCTION issuer.stamp_activation() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'issuer', 'pg_temp'
    AS $$
begin
    new.ended_recorded_at := case
        when new.active_until is null then null
        when tg_op = 'UPDATE' and old.active_until is not null then old.ended_recorded_at
        else transaction_timestamp() end;
    new.counted_recorded_at := case
        when new.counted then null
        when tg_op = 'UPDATE' and not old.counted then old.counted_recorded_at
        else transaction_timestamp() end;
    return new;
end $$;
SET default_tablespace = '';
SET default_table_access_method = heap;
CREATE TABLE issuer.activation (
    id bigint NOT NULL,
    license_id bigint NOT NULL,
    version integer NOT NULL,
    servers integer NOT NULL,
    allowed integer NOT NULL,
    thumbprint issuer.digest NOT NULL,
    request_id bigint NOT NULL,
    state issuer.activation_state NOT NULL,
    counted boolean NOT NULL,
    use_no integer NOT NULL,
    slot integer NOT NULL,
    origin issuer.use_origin NOT NULL,
    continues bigint,
    replaces bigint,
    active_from timestamp with time zone NOT NULL,
    active_until timestamp with time zone,
    counted_until timestamp with time zone,
    lost_at timestamp with time zone,
    ended_by text,
    recorded_at timestamp with time zone DEFAULT transaction_timestamp() NOT NULL,
    ended_recorded_at timestamp with time zone,
    counted_recorded_at timestamp with time zone,
    CONSTRAINT activation_check CHECK (((slot >= 1) AND (slot <= servers))),
    CONSTRAINT activation_check1 CHECK (((use_no >= 1) AND (use_no <= allowed))),
    CONSTRAINT activation_check2 CHECK (((state = 'active'::issuer.activation_state) = (active_until IS NULL))),
    CONSTRAINT activation_check3 CHECK ((counted = (counted_until IS NULL))),
    CONSTRAINT activation_check4 CHECK ((counted OR (state <> 'active'::issuer.activation_state))),
    CONSTRAINT activation_check5 CHECK (((NOT counted) OR (state = ANY (ARRAY['active'::issuer.activation_state, 'superseded'::issuer.activation_state])))),
    CONSTRAINT activation_check6 CHECK ((active_until >= active_from)),
    CONSTRAINT activation_check7 CHECK ((counted_until >= active_from)),
    CONSTRAINT activation_check8 CHECK (((origin = 'taken'::issuer.use_origin) OR (continues IS NOT NULL)))
);
CREATE TABLE issuer.alert (
    id bigint NOT NULL,
    decision_id bigint,
    kind issuer.one_line NOT NULL,
    detail text NOT NULL,
    effective timestamp with time zone NOT NULL,
    closed_at timestamp with time zone,
    closed_by bigint,
    reason text,
    recorded_at timestamp with time zone DEFAULT transaction_timestamp() NOT NULL
);
ALTER TABLE issuer.alert ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME issuer.alert_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE issuer.contact (
    id bigint NOT NULL,
    license_id bigint NOT NULL,
    entry text,
    effective date NOT NULL,
    ended_on date,
    ended_at timestamp with time zone,
    erased_at timestamp with time zone,
    doubtful boolean DEFAULT false NOT NULL,
    recorded_at timestamp with time zone DEFAULT transaction_timestamp() NOT NULL,
    CONSTRAINT contact_check CHECK (((entry IS NULL) = (erased_at IS NOT NULL))),
    CONSTRAINT contact_check1 CHECK (((ended_on IS NULL) = (ended_at IS NULL))),
    CONSTRAINT contact_entry_check CHECK (((entry IS NULL) OR (entry ~ '^[^@[:space:]]*@[^@[:space:]]+$'::text)))
);
ALTER TABLE issuer.contact ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME issuer.contact_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE issuer.customer (
    id bigint NOT NULL,
    recorded_at timestamp with time zone DEFAULT transaction_timestamp() NOT NULL
);
ALTER TABLE issuer.customer ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME issuer.customer_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE issuer.customer_version (
    customer_id bigint NOT NULL,
    version integer NOT NULL,
    name issuer.one_line NOT NULL,
    reference issuer.one_line,
    effective date NOT NULL,
    recorded_at timestamp with time zone DEFAULT transaction_timestamp() NOT NULL,
    CONSTRAINT customer_version_name_check CHECK (((name)::text <> ''::text)),
    CONSTRAINT customer_version_version_check CHECK ((version >= 1))
);
CREATE TABLE issuer.deactivation (
    id bigint NOT NULL,
    digest issuer.digest NOT NULL,
    thumbprint issuer.digest NOT NULL,
    seq bigint NOT NULL,
    iat timestamp with time zone NOT NULL,
    serial bigint NOT NULL,
    host issuer.one_line NOT NULL,
    jws text NOT NULL,
    message_id bigint NOT NULL,
    given_back integer NOT NULL,
    effective timestamp with time zone NOT NULL,
    recorded_at timestamp with time zone DEFAULT transaction_timestamp() NOT NULL,
    CONSTRAINT deactivation_given_back_check CHECK ((given_back >= 0)),
    CONSTRAINT deactivation_seq_check CHECK (((seq >= 0) AND (seq <= '9007199254740991'::bigint)))
);
ALTER TABLE ONLY issuer.deactivation ALTER COLUMN jws SET COMPRESSION lz4;
ALTER TABLE issuer.deactivation ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME issuer.deactivation_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE issuer.decision (
    id bigint NOT NULL,
    message_id bigint NOT NULL,
    request_id bigint,
    deactivation_id bigint,
    token_kind issuer.one_line NOT NULL,
    token_digest issuer.digest,
    outcome issuer.outcome NOT NULL,
    rule smallint NOT NULL,
    code issuer.one_line NOT NULL,
    note issuer.one_line,
    would issuer.one_line,
    problem text,
    serial bigint,
    facts jsonb NOT NULL,
    policy issuer.digest NOT NULL,
    program issuer.one_line NOT NULL,
    operator_id bigint,
    reason text,
    ticket text,
    effective timestamp with time zone NOT NULL,
    recorded_at timestamp with time zone DEFAULT transaction_timestamp() NOT NULL,
    CONSTRAINT decision_check CHECK (((outcome <> ALL (ARRAY['issued'::issuer.outcome, 'resent'::issuer.outcome])) OR (serial IS NOT NULL))),
    CONSTRAINT decision_token_kind_check CHECK (((token_kind)::text = ANY (ARRAY['usage-request'::text, 'deactivation'::text, 'usage-license'::text])))
);
ALTER TABLE issuer.decision ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME issuer.decision_id_seq
    START WITH 1
    INCREMENT BY 512
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE issuer.entitlement (
    license_id bigint NOT NULL,
    version integer NOT NULL,
    servers integer NOT NULL,
    activations integer NOT NULL,
    expires_on date,
    order_id bigint NOT NULL,
    effective date NOT NULL,
    recorded_at timestamp with time zone DEFAULT transaction_timestamp() NOT NULL,
    CONSTRAINT entitlement_activations_check CHECK ((activations >= 0)),
    CONSTRAINT entitlement_servers_check CHECK ((servers >= 1)),
    CONSTRAINT entitlement_version_check CHECK ((version >= 1))
);
CREATE TABLE issuer.entitlement_feature (
    license_id bigint NOT NULL,
    version integer NOT NULL,
    code issuer.one_line NOT NULL,
    until_on date,
    quantity bigint,
    recorded_at timestamp with time zone DEFAULT transaction_timestamp() NOT NULL,
    CONSTRAINT entitlement_feature_quantity_check CHECK ((quantity >= 0))
);
CREATE TABLE issuer.event (
    id bigint NOT NULL,
    kind issuer.one_line NOT NULL,
    subject issuer.one_line NOT NULL,
    subject_id bigint NOT NULL,
    row_digest issuer.digest NOT NULL,
    license_id bigint,
    operator_id bigint,
    detail jsonb,
    effective timestamp with time zone NOT NULL,
    recorded_at timestamp with time zone DEFAULT transaction_timestamp() NOT NULL
);
ALTER TABLE issuer.event ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME issuer.event_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE issuer.feature (
    code issuer.one_line NOT NULL,
    product issuer.one_line NOT NULL,
    name issuer.one_line NOT NULL,
    kind issuer.feature_kind NOT NULL,
    recorded_at timestamp with time zone DEFAULT transaction_timestamp() NOT NULL
);
CREATE TABLE issuer.hold (
    id bigint NOT NULL,
    request_id bigint NOT NULL,
    decision_id bigint NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    closed_at timestamp with time zone,
    closed_by bigint,
    closed_how issuer.one_line,
    recorded_at timestamp with time zone DEFAULT transaction_timestamp() NOT NULL,
    CONSTRAINT hold_check CHECK (((closed_at IS NULL) = (closed_how IS NULL)))
);
ALTER TABLE issuer.hold ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME issuer.hold_id_seq
    START WITH 1001
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE issuer.import (
    id bigint NOT NULL,
    file_digest issuer.digest NOT NULL,
    rows integer NOT NULL,
    operator_id bigint,
    recorded_at timestamp with time zone DEFAULT transaction_timestamp() NOT NULL
);
ALTER TABLE issuer.import ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME issuer.import_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE issuer.import_row (
    license_id bigint NOT NULL,
    import_id bigint NOT NULL,
    line integer NOT NULL,
    content jsonb NOT NULL,
    recorded_at timestamp with time zone DEFAULT transaction_timestamp() NOT NULL
);
CREATE TABLE issuer.instance (
    thumbprint issuer.digest NOT NULL,
    passed_at timestamp with time zone,
    recorded_at timestamp with time zone DEFAULT transaction_timestamp() NOT NULL
);
CREATE TABLE issuer.instruction (
    id bigint NOT NULL,
    kind issuer.one_line NOT NULL,
    hold_id bigint,
    request_id bigint,
    operator_id bigint NOT NULL,
    second_id bigint,
    arguments jsonb NOT NULL,
    preview issuer.digest,
    state issuer.one_line DEFAULT 'filed'::text NOT NULL,
    taken_until timestamp with time zone,
    answer jsonb,
    filed_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    recorded_at timestamp with time zone DEFAULT transaction_timestamp() NOT NULL,
    CONSTRAINT instruction_check CHECK ((second_id IS DISTINCT FROM operator_id)),
    CONSTRAINT instruction_state_check CHECK (((state)::text = ANY (ARRAY['filed'::text, 'taken'::text, 'done'::text, 'refused'::text, 'expired'::text])))
);
ALTER TABLE issuer.instruction ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME issuer.instruction_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE issuer.license (
    id bigint NOT NULL,
    license_id issuer.one_line NOT NULL,
    customer_id bigint NOT NULL,
    product issuer.one_line NOT NULL,
    order_id bigint NOT NULL,
    effective date NOT NULL,
    recorded_at timestamp with time zone DEFAULT transaction_timestamp() NOT NULL,
    CONSTRAINT license_license_id_check CHECK ((((license_id)::text ~ '^LIC-[0-9A-Za-z._-]+$'::text) AND (length((license_id)::text) <= 64)))
);
ALTER TABLE issuer.license ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME issuer.license_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE issuer.license_key (
    id bigint NOT NULL,
    license_id bigint NOT NULL,
    hint issuer.one_line NOT NULL,
    weak boolean NOT NULL,
    effective timestamp with time zone NOT NULL,
    retired_at timestamp with time zone,
    recorded_at timestamp with time zone DEFAULT transaction_timestamp() NOT NULL,
    CONSTRAINT license_key_check CHECK ((retired_at >= effective)),
    CONSTRAINT license_key_hint_check CHECK ((length((hint)::text) <= 4))
);
ALTER TABLE issuer.license_key ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME issuer.license_key_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE issuer.license_state_version (
    license_id bigint NOT NULL,
    version integer NOT NULL,
    state issuer.license_state NOT NULL,
    reason text NOT NULL,
    operator_id bigint,
    effective timestamp with time zone NOT NULL,
    recorded_at timestamp with time zone DEFAULT transaction_timestamp() NOT NULL,
    CONSTRAINT license_state_version_version_check CHECK ((version >= 1))
);
CREATE VIEW issuer.license_now AS
 SELECT l.id,
    l.license_id,
    l.customer_id,
    c.name AS customer,
    c.reference AS customer_ref,
    l.product,
    COALESCE(s.state, 'current'::issuer.license_state) AS state,
    e.version,
    e.expires_on,
    e.activations,
    e.servers,
    ( SELECT count(*) AS count
           FROM issuer.activation a
          WHERE ((a.license_id = l.id) AND a.counted)) AS used,
    ( SELECT count(*) AS count
           FROM issuer.activation a
          WHERE ((a.license_id = l.id) AND (a.state = 'active'::issuer.activation_state))) AS active
   FROM (((issuer.license l
     JOIN LATERAL ( SELECT v.name,
            v.reference
           FROM issuer.customer_version v
          WHERE (v.customer_id = l.customer_id)
          ORDER BY v.version DESC
         LIMIT 1) c ON (true))
     JOIN LATERAL ( SELECT e_1.version,
            e_1.expires_on,
            e_1.activations,
            e_1.servers
           FROM issuer.entitlement e_1
          WHERE (e_1.license_id = l.id)
          ORDER BY e_1.version DESC
         LIMIT 1) e ON (true))
     LEFT JOIN LATERAL ( SELECT s_1.state
           FROM issuer.license_state_version s_1
          WHERE (s_1.license_id = l.id)
          ORDER BY s_1.version DESC
         LIMIT 1) s ON (true));
CREATE TABLE issuer.license_proof (
    public_key issuer.digest NOT NULL,
    license_key_id bigint NOT NULL,
    recorded_at timestamp with time zone DEFAULT transaction_timestamp() NOT NULL
);
CREATE TABLE issuer.message (
    id bigint NOT NULL,
    identity issuer.digest NOT NULL,
    class issuer.one_line NOT NULL,
    why text,
    source text NOT NULL,
    source_offset bigint NOT NULL,
    size bigint NOT NULL,
    raw_digest issuer.digest,
    sent_at timestamp with time zone,
    message_id text,
    in_reply_to text,
    from_address text,
    reply_to text,
    subject text,
    body text,
    raw bytea,
    emptied_at timestamp with time zone,
    handled_at timestamp with time zone,
    handled_how text,
    effective timestamp with time zone NOT NULL,
    recorded_at timestamp with time zone DEFAULT transaction_timestamp() NOT NULL,
    CONSTRAINT message_class_check CHECK (((class)::text = ANY (ARRAY['request'::text, 'deactivation'::text, 'about-license'::text, 'bounce'::text, 'ignored'::text, 'unrecognised'::text, 'quarantined'::text])))
)
WITH (toast_tuple_target='8160');
ALTER TABLE ONLY issuer.message ALTER COLUMN body SET COMPRESSION lz4;
ALTER TABLE ONLY issuer.message ALTER COLUMN raw SET COMPRESSION lz4;
ALTER TABLE issuer.message ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME issuer.message_id_seq
    START WITH 1
    INCREMENT BY 512
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE issuer.migration (
    id bigint NOT NULL,
    number integer,
    name text NOT NULL,
    sha256 bytea NOT NULL,
    program text NOT NULL,
    recorded_at timestamp with time zone DEFAULT transaction_timestamp() NOT NULL,
    CONSTRAINT migration_sha256_check CHECK ((octet_length(sha256) = 32))
);
ALTER TABLE issuer.migration ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME issuer.migration_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE issuer.operator (
    id bigint NOT NULL,
    name issuer.one_line NOT NULL,
    role issuer.operator_role NOT NULL,
    effective timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone,
    recorded_at timestamp with time zone DEFAULT transaction_timestamp() NOT NULL,
    CONSTRAINT operator_name_check CHECK (((name)::text <> ''::text))
);
ALTER TABLE issuer.operator ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME issuer.operator_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE issuer.operator_token (
    digest issuer.digest NOT NULL,
    operator_id bigint NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone,
    recorded_at timestamp with time zone DEFAULT transaction_timestamp() NOT NULL
);
CREATE TABLE issuer.orders (
    id bigint NOT NULL,
    reference issuer.one_line NOT NULL,
    kind issuer.order_kind NOT NULL,
    ordered_on date NOT NULL,
    customer_id bigint NOT NULL,
    recorded_at timestamp with time zone DEFAULT transaction_timestamp() NOT NULL,
    CONSTRAINT orders_reference_check CHECK (((reference)::text <> ''::text))
);
ALTER TABLE issuer.orders ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME issuer.orders_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE issuer.product (
    code issuer.one_line NOT NULL,
    name issuer.one_line NOT NULL,
    recorded_at timestamp with time zone DEFAULT transaction_timestamp() NOT NULL
);
CREATE TABLE issuer.quarantine (
    message_id bigint NOT NULL,
    reason text NOT NULL,
    closed_at timestamp with time zone,
    closed_how text,
    recorded_at timestamp with time zone DEFAULT transaction_timestamp() NOT NULL
);
CREATE TABLE issuer.reply (
    id bigint NOT NULL,
    message_id bigint NOT NULL,
    recipient text,
    state issuer.one_line NOT NULL,
    why text,
    ready smallint DEFAULT 0 NOT NULL,
    effective timestamp with time zone NOT NULL,
    sent_at timestamp with time zone,
    attempts integer DEFAULT 0 NOT NULL,
    recorded_at timestamp with time zone DEFAULT transaction_timestamp() NOT NULL,
    CONSTRAINT reply_check CHECK (((recipient IS NOT NULL) OR ((state)::text = ANY (ARRAY['listed'::text, 'withdrawn'::text])))),
    CONSTRAINT reply_state_check CHECK (((state)::text = ANY (ARRAY['queued'::text, 'sent'::text, 'listed'::text, 'withdrawn'::text, 'undelivered'::text])))
);
ALTER TABLE issuer.reply ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME issuer.reply_id_seq
    START WITH 1
    INCREMENT BY 512
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE issuer.reply_line (
    reply_id bigint NOT NULL,
    "position" smallint NOT NULL,
    decision_id bigint NOT NULL,
    about issuer.one_line,
    license_id bigint,
    CONSTRAINT reply_line_about_check CHECK (((about)::text = ANY (ARRAY['replaced'::text, 'moved'::text, 'given-back'::text]))),
    CONSTRAINT reply_line_check CHECK (((about IS NULL) = (license_id IS NULL)))
);
CREATE TABLE issuer.serial_block (
    id bigint NOT NULL,
    first bigint NOT NULL,
    last bigint NOT NULL,
    holder integer NOT NULL,
    closed_at timestamp with time zone,
    recorded_at timestamp with time zone DEFAULT transaction_timestamp() NOT NULL,
    CONSTRAINT serial_block_check CHECK ((last >= first))
);
ALTER TABLE issuer.serial_block ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME issuer.serial_block_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE issuer.serial_void (
    serial bigint NOT NULL,
    block_id bigint NOT NULL,
    recorded_at timestamp with time zone DEFAULT transaction_timestamp() NOT NULL
);
CREATE TABLE issuer.signing_key (
    kid issuer.one_line NOT NULL,
    certificate bytea NOT NULL,
    not_before timestamp with time zone NOT NULL,
    not_after timestamp with time zone NOT NULL,
    development boolean NOT NULL,
    revoked_at timestamp with time zone,
    recorded_at timestamp with time zone DEFAULT transaction_timestamp() NOT NULL
);
CREATE TABLE issuer.usage_license (
    serial bigint NOT NULL,
    emergency boolean DEFAULT false NOT NULL,
    activation_id bigint,
    request_id bigint NOT NULL,
    decision_id bigint NOT NULL,
    license_id bigint NOT NULL,
    version integer NOT NULL,
    customer_id bigint NOT NULL,
    kid issuer.one_line NOT NULL,
    iat timestamp with time zone NOT NULL,
    exp timestamp with time zone,
    supersedes bigint[] NOT NULL,
    jws text NOT NULL,
    effective timestamp with time zone NOT NULL,
    recorded_at timestamp with time zone DEFAULT transaction_timestamp() NOT NULL,
    CONSTRAINT usage_license_check CHECK ((emergency = (activation_id IS NULL))),
    CONSTRAINT usage_license_check1 CHECK ((activation_id = serial))
)
WITH (toast_tuple_target='8160');
ALTER TABLE ONLY issuer.usage_license ALTER COLUMN jws SET COMPRESSION lz4;
CREATE TABLE issuer.usage_request (
    id bigint NOT NULL,
    digest issuer.digest NOT NULL,
    thumbprint issuer.digest NOT NULL,
    seq bigint NOT NULL,
    iat timestamp with time zone NOT NULL,
    license_key issuer.digest NOT NULL,
    license_id bigint,
    purpose issuer.one_line NOT NULL,
    installed issuer.one_line,
    product issuer.one_line NOT NULL,
    version issuer.one_line NOT NULL,
    host issuer.one_line NOT NULL,
    board issuer.fingerprint_part,
    cpu issuer.fingerprint_part,
    mac issuer.fingerprint_part,
    jws text NOT NULL,
    message_id bigint NOT NULL,
    effective timestamp with time zone NOT NULL,
    recorded_at timestamp with time zone DEFAULT transaction_timestamp() NOT NULL,
    CONSTRAINT usage_request_purpose_check CHECK (((purpose)::text = ANY (ARRAY['activate'::text, 'update'::text]))),
    CONSTRAINT usage_request_seq_check CHECK (((seq >= 0) AND (seq <= '9007199254740991'::bigint)))
);
ALTER TABLE ONLY issuer.usage_request ALTER COLUMN jws SET COMPRESSION lz4;
ALTER TABLE issuer.usage_request ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME issuer.usage_request_id_seq
    START WITH 1
    INCREMENT BY 512
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
COPY issuer.activation (id, license_id, version, servers, allowed, thumbprint, request_id, state, counted, use_no, slot, origin, continues, replaces, active_from, active_until, counted_until, lost_at, ended_by, recorded_at, ended_recorded_at, counted_recorded_at) FROM stdin;
2	1	1	2	3	\\x89b11a811bf06eb889821559a88e1e6d119b948135393f50aa09324cd2bcab28	7	deactivated	f	2	2	taken	\N	\N	2026-11-26 15:50:26+00	2026-11-26 15:50:26+00	2026-11-26 15:50:26+00	\N	proof	2026-11-26 15:50:26.180729+00	2026-11-26 15:50:26.265453+00	2026-11-26 15:50:26.265453+00
3	1	1	2	3	\\x3d63ce8327db866295bfce45291e76ed94c723c4cbf04d162a22d8dfd34ecc4f	8	active	t	2	2	taken	\N	\N	2026-11-26 15:50:26+00	\N	\N	\N	\N	2026-11-26 15:50:26.280103+00	\N	\N
1	1	1	2	3	\\x4c369a75564820871b9d910829514324be8281b01474b3059d5535c572b35cff	6	superseded	f	1	1	taken	\N	\N	2026-11-26 15:50:26+00	2026-11-26 15:50:26+00	2026-11-26 15:50:26+00	\N	superseded	2026-11-26 15:50:26.180729+00	2026-11-26 15:50:26.614119+00	2026-11-26 15:50:26.614119+00
4	1	2	2	4	\\x4c369a75564820871b9d910829514324be8281b01474b3059d5535c572b35cff	514	active	t	1	1	instance	1	\N	2026-11-26 15:50:26+00	\N	\N	\N	\N	2026-11-26 15:50:26.614119+00	\N	\N
\.
COPY issuer.alert (id, decision_id, kind, detail, effective, closed_at, closed_by, reason, recorded_at) FROM stdin;
\.
COPY issuer.contact (id, license_id, entry, effective, ended_on, ended_at, erased_at, doubtful, recorded_at) FROM stdin;
1	1	ana@northwind.example	2026-11-26	\N	\N	\N	f	2026-11-26 15:50:25.871153+00
2	2	ops@delta.example	2026-11-26	\N	\N	\N	f	2026-11-26 15:50:25.971049+00
3	3	ana@northwind.example	2026-11-26	\N	\N	\N	f	2026-11-26 15:50:26.066442+00
\.
COPY issuer.customer (id, recorded_at) FROM stdin;
1	2026-11-26 15:50:25.871153+00
2	2026-11-26 15:50:25.971049+00
\.
COPY issuer.customer_version (customer_id, version, name, reference, effective, recorded_at) FROM stdin;
1	1	Northwind Water	\N	2026-11-26	2026-11-26 15:50:25.871153+00
2	1	Delta Gas	\N	2026-11-26	2026-11-26 15:50:25.971049+00
\.
COPY issuer.deactivation (id, digest, thumbprint, seq, iat, serial, host, jws, message_id, given_back, effective, recorded_at) FROM stdin;
1	\\x62054a65cb93a84016abd45c68de4968df5063e6ff1aa8e1a72473f5d904c7be	\\x89b11a811bf06eb889821559a88e1e6d119b948135393f50aa09324cd2bcab28	1795708227	2026-11-26 15:50:26+00	2	plant-1	eyJhbGciOiJFZERTQSIsImp3ayI6eyJjcnYiOiJFZDI1NTE5Iiwia3R5IjoiT0tQIiwieCI6IkthOWU5SThTTm5PVEtpOUd4M3dXZG43UkxtOWtHY0Z3dmNCbVg3YTRSdGsifSwidHlwIjoiY2hhcmlvdC1kZWFjdGl2YXRpb24randzIn0.eyJpYXQiOjE3OTU3MDgyMjYsImluc3RhbmNlIjp7ImZpbmdlcnByaW50Ijp7ImJvYXJkIjoiaTRTdHAySGJyM1VGbVM3bVhmWm5jUSIsImNwdSI6InhHbnBReXJuLVRFWlNLcTFwd2l0d1EiLCJtYWMiOiIwNVVqQURNeHBpSTBhc1FHc3MxQjJ3In0sImhvc3QiOiJwbGFudC0xIn0sImxpY2Vuc2UiOiJYejMwWncxRGRyRktuVlVLUUM4cUtVRFl6MnptWTl0WWU4SHdUOV9SdHRZIiwicHJvb2YiOiI2QTJWeVNKTW5PZnhxUy1RWC03OFZlRXZrMFdocV9fZEhXNTlHZjNiYVF6Xy0tTXlOYWZ4UDlldlVteFdLWE9YeHJTTFJvRE84WloxMm1zMmZpYzdDdyIsInNlcSI6MTc5NTcwODIyNywic2VyaWFsIjoiVUwtMDAwMDAwMDIiLCJ2IjoxfQ.S336E0iO6ReM6stsP2GZsYvlN_3YKA-Pu57QVKu6IFKapfco8Xyj5aVX30JwJNpB1ra8TZyen-C6JTgy74OnDQ	9217	1	2026-11-26 15:50:26+00	2026-11-26 15:50:26.265453+00
\.
COPY issuer.decision (id, message_id, request_id, deactivation_id, token_kind, token_digest, outcome, rule, code, note, would, problem, serial, facts, policy, program, operator_id, reason, ticket, effective, recorded_at) FROM stdin;
6	6657	6	\N	usage-request	\\xa5a1be43824545d2d22ec2de729c0d1d92eeb8652dc85d28b5c7c6a7911b49a8	issued	18	issued	\N	\N	\N	1	{"seq": 1795708226, "used": 0, "state": "current", "active": 0, "person": false, "allowed": 3, "expires": 0, "license": 1, "servers": 2, "version": 1, "contacts": 1, "contested": false, "installed": "none", "seq_taken": false, "newest_seq": 0, "sender_known": true, "resends_today": 0, "tells_of_loss": false}	\\x7a0c92a44e77f97a64a5b36c8b0aa9224877ae130856968ced4a4fe3bda8dabe	0.1.0	\N	\N	\N	2026-11-26 15:50:26+00	2026-11-26 15:50:26.180729+00
7	3585	7	\N	usage-request	\\x37f78dbe6e92ac733f88c92a229122ae04611c43f6fc60a0bd9a49bf21475459	issued	18	issued	\N	\N	\N	2	{"seq": 1795708226, "used": 1, "state": "current", "active": 1, "person": false, "allowed": 3, "expires": 0, "license": 1, "servers": 2, "version": 1, "contacts": 1, "contested": false, "installed": "none", "seq_taken": false, "newest_seq": 0, "sender_known": true, "resends_today": 0, "tells_of_loss": false}	\\x7a0c92a44e77f97a64a5b36c8b0aa9224877ae130856968ced4a4fe3bda8dabe	0.1.0	\N	\N	\N	2026-11-26 15:50:26+00	2026-11-26 15:50:26.180729+00
8	4097	8	\N	usage-request	\\xde7453242d252c8abac2de0573f33357f36ffbda449e73090e69d16875bd6719	held	20	choose-server	\N	\N	\N	\N	{"seq": 1795708226, "used": 2, "state": "current", "active": 2, "person": false, "allowed": 3, "expires": 0, "license": 1, "servers": 2, "version": 1, "contacts": 1, "contested": false, "installed": "none", "seq_taken": false, "newest_seq": 0, "sender_known": true, "resends_today": 0, "tells_of_loss": false}	\\x7a0c92a44e77f97a64a5b36c8b0aa9224877ae130856968ced4a4fe3bda8dabe	0.1.0	\N	\N	\N	2026-11-26 15:50:26+00	2026-11-26 15:50:26.180729+00
9	6145	9	\N	usage-request	\\x19671e8d10a425c16e085961ae648ce848578f343973466813e9facc6f8b42db	refused	9	license-expired	\N	\N	\N	\N	{"seq": 1795708226, "used": 0, "state": "current", "active": 0, "person": false, "allowed": 1, "expires": 1609502400, "license": 2, "servers": 1, "version": 1, "contacts": 1, "contested": false, "installed": "none", "seq_taken": false, "newest_seq": 0, "sender_known": true, "resends_today": 0, "tells_of_loss": false}	\\x7a0c92a44e77f97a64a5b36c8b0aa9224877ae130856968ced4a4fe3bda8dabe	0.1.0	\N	\N	\N	2026-11-26 15:50:26+00	2026-11-26 15:50:26.180729+00
10	5633	10	\N	usage-request	\\xee6e3db9945bbcbca1cdd3ab92b3f7193af1c972a1e87f5cfcfc584d2ea4b191	held	3	unknown-sender	\N	issued	\N	\N	{"seq": 1795708226, "used": 0, "state": "current", "active": 0, "person": false, "allowed": 1, "expires": 0, "license": 3, "servers": 1, "version": 1, "contacts": 1, "contested": false, "installed": "none", "seq_taken": false, "newest_seq": 0, "sender_known": false, "resends_today": 0, "tells_of_loss": false}	\\x7a0c92a44e77f97a64a5b36c8b0aa9224877ae130856968ced4a4fe3bda8dabe	0.1.0	\N	\N	\N	2026-11-26 15:50:26+00	2026-11-26 15:50:26.180729+00
515	8705	514	\N	usage-request	\\x71229c8068ec508c11c1eb421cdbb631ca843daaea88cfebbebe546c35641ccb	held	12	no-upgrade-on-record	\N	\N	\N	\N	{"seq": 1795708227, "used": 2, "state": "current", "active": 2, "person": false, "allowed": 3, "expires": 0, "license": 1, "servers": 2, "version": 1, "contacts": 1, "contested": false, "installed": "on-record", "seq_taken": false, "newest_seq": 1795708226, "sender_known": true, "resends_today": 0, "tells_of_loss": false}	\\x7a0c92a44e77f97a64a5b36c8b0aa9224877ae130856968ced4a4fe3bda8dabe	0.1.0	\N	\N	\N	2026-11-26 15:50:26+00	2026-11-26 15:50:26.265453+00
516	9217	\N	1	deactivation	\\x62054a65cb93a84016abd45c68de4968df5063e6ff1aa8e1a72473f5d904c7be	accepted	0	deactivated	\N	\N	\N	2	{"seq": 1795708227, "proof": true, "on_record": true, "signature": true}	\\x7a0c92a44e77f97a64a5b36c8b0aa9224877ae130856968ced4a4fe3bda8dabe	0.1.0	\N	\N	\N	2026-11-26 15:50:26+00	2026-11-26 15:50:26.265453+00
1027	4097	8	\N	usage-request	\\xde7453242d252c8abac2de0573f33357f36ffbda449e73090e69d16875bd6719	issued	18	issued	\N	\N	\N	3	{"seq": 1795708226, "used": 1, "state": "current", "active": 1, "person": false, "allowed": 3, "expires": 0, "license": 1, "servers": 2, "version": 1, "contacts": 1, "contested": false, "installed": "none", "seq_taken": false, "newest_seq": 0, "sender_known": true, "resends_today": 0, "tells_of_loss": false}	\\x7a0c92a44e77f97a64a5b36c8b0aa9224877ae130856968ced4a4fe3bda8dabe	0.1.0	\N	\N	\N	2026-11-26 15:50:26+00	2026-11-26 15:50:26.280103+00
1028	8705	514	\N	usage-request	\\x71229c8068ec508c11c1eb421cdbb631ca843daaea88cfebbebe546c35641ccb	held	12	no-upgrade-on-record	\N	\N	\N	\N	{"seq": 1795708227, "used": 2, "state": "current", "active": 2, "person": false, "allowed": 3, "expires": 0, "license": 1, "servers": 2, "version": 1, "contacts": 1, "contested": false, "installed": "on-record", "seq_taken": false, "newest_seq": 1795708226, "sender_known": true, "resends_today": 0, "tells_of_loss": false}	\\x7a0c92a44e77f97a64a5b36c8b0aa9224877ae130856968ced4a4fe3bda8dabe	0.1.0	\N	\N	\N	2026-11-26 15:50:26+00	2026-11-26 15:50:26.280103+00
1537	5633	10	\N	usage-request	\\xee6e3db9945bbcbca1cdd3ab92b3f7193af1c972a1e87f5cfcfc584d2ea4b191	refused	0	refused-by-person	\N	\N	\N	\N	{"seq": 1795708226, "used": 0, "state": "current", "active": 0, "person": false, "allowed": 1, "expires": 0, "license": 3, "servers": 1, "version": 1, "contacts": 1, "contested": false, "installed": "none", "seq_taken": false, "newest_seq": 0, "sender_known": false, "resends_today": 0, "tells_of_loss": false}	\\x7a0c92a44e77f97a64a5b36c8b0aa9224877ae130856968ced4a4fe3bda8dabe	0.1.0	2	nobody knows Eve	T-1	2026-11-26 15:50:26+00	2026-11-26 15:50:26.450517+00
2050	8705	514	\N	usage-request	\\x71229c8068ec508c11c1eb421cdbb631ca843daaea88cfebbebe546c35641ccb	issued	14	issued	\N	\N	\N	4	{"seq": 1795708227, "used": 2, "state": "current", "active": 2, "person": false, "allowed": 4, "expires": 0, "license": 1, "servers": 2, "version": 2, "contacts": 1, "contested": false, "installed": "on-record", "seq_taken": false, "newest_seq": 1795708226, "sender_known": true, "resends_today": 0, "tells_of_loss": false}	\\x7a0c92a44e77f97a64a5b36c8b0aa9224877ae130856968ced4a4fe3bda8dabe	0.1.0	\N	\N	\N	2026-11-26 15:50:26+00	2026-11-26 15:50:26.614119+00
\.
COPY issuer.entitlement (license_id, version, servers, activations, expires_on, order_id, effective, recorded_at) FROM stdin;
1	1	2	3	\N	1	2026-11-26	2026-11-26 15:50:25.871153+00
2	1	1	1	2020-12-31	2	2026-11-26	2026-11-26 15:50:25.971049+00
3	1	1	1	\N	3	2026-11-26	2026-11-26 15:50:26.066442+00
1	2	2	4	\N	4	2026-11-26	2026-11-26 15:50:26.50839+00
\.
COPY issuer.entitlement_feature (license_id, version, code, until_on, quantity, recorded_at) FROM stdin;
1	1	mqtt-server	\N	\N	2026-11-26 15:50:25.871153+00
1	1	support	2027-06-30	\N	2026-11-26 15:50:25.871153+00
2	1	mqtt-server	\N	\N	2026-11-26 15:50:25.971049+00
3	1	mqtt-server	\N	\N	2026-11-26 15:50:26.066442+00
3	1	support	2027-06-30	\N	2026-11-26 15:50:26.066442+00
1	2	mqtt-server	\N	\N	2026-11-26 15:50:26.50839+00
1	2	support	2028-06-30	\N	2026-11-26 15:50:26.50839+00
\.
COPY issuer.event (id, kind, subject, subject_id, row_digest, license_id, operator_id, detail, effective, recorded_at) FROM stdin;
1	customer-recorded	customer	1	\\x0353e57745740cb6901f1ce8d814851c5490992368ab222c52c55fa64b7456aa	\N	\N	\N	2026-11-26 15:50:25+00	2026-11-26 15:50:25.871153+00
2	license-recorded	license	1	\\xdf1cd365af3f3ba07099fceff4a6209bcb0643802b61ba4c71ffed35f76dd430	1	\N	\N	2026-11-26 15:50:25+00	2026-11-26 15:50:25.871153+00
3	signing-key-recorded	signing_key	0	\\x538cab29be921cbc2dcfc7037361926f1f2e2a8fd9ea2af7432329e03ed27d14	\N	\N	{"kid": "rAnKyif9psTrh-oLGes-bBKstWqPQhokDSkSc0xRwSk"}	2026-11-26 15:50:25+00	2026-11-26 15:50:25.940716+00
4	customer-recorded	customer	2	\\x34fd0af074507db0492a30abb7739df171c5ca58fd4f606158ffb4cfd5f7f9a8	\N	\N	\N	2026-11-26 15:50:26+00	2026-11-26 15:50:25.971049+00
5	license-recorded	license	2	\\x54e7b7dc8f153c1fa9e04b51909d787b2aafd8cffadbecdfb28f69c311c33278	2	\N	\N	2026-11-26 15:50:26+00	2026-11-26 15:50:25.971049+00
6	license-recorded	license	3	\\x1a4db64006c98481656e8700e348abce46151948853dd61a002f9425a8c6a588	3	\N	\N	2026-11-26 15:50:26+00	2026-11-26 15:50:26.066442+00
7	issued	decision	6	\\x27b3ecf4d5e085c2013071042492bb064ed984f1331f70a9218c72ef6dea3f54	1	\N	\N	2026-11-26 15:50:26+00	2026-11-26 15:50:26.180729+00
8	issued	decision	7	\\x95c2b1972a63680a3114e0c43c0cfe64e76362077db8717c6076850ca5f5d4b7	1	\N	\N	2026-11-26 15:50:26+00	2026-11-26 15:50:26.180729+00
9	held	decision	8	\\x63a0253185daecf5b719b7368c728f2db0b7989a4bb46b953a4077cd7663124a	1	\N	\N	2026-11-26 15:50:26+00	2026-11-26 15:50:26.180729+00
10	refused	decision	9	\\xe731ec07a32613b2a87797a2404968808c9ac0e96baa26b850f6b569eb36ec7c	2	\N	\N	2026-11-26 15:50:26+00	2026-11-26 15:50:26.180729+00
11	held	decision	10	\\xb93a62b20f0f36dbdd5300436ac30111593bc932f8683f3c514c9b1f3c25c000	3	\N	\N	2026-11-26 15:50:26+00	2026-11-26 15:50:26.180729+00
12	activation-made	activation	1	\\xb3737139d371bbf66842b33323e9a8dba643fb2b6da0aa1434f54df68c3f58c8	1	\N	\N	2026-11-26 15:50:26+00	2026-11-26 15:50:26.180729+00
13	activation-made	activation	2	\\x0c1f59ca695f7485080de164abd8b8db89812ea47c7cf861dc7ad0d65abaca81	1	\N	\N	2026-11-26 15:50:26+00	2026-11-26 15:50:26.180729+00
14	usage-license-signed	usage_license	1	\\xfcf07446e2e78ff270ad6228c0fa830ee7433e8010462f1cdc8cd7578be0b68c	1	\N	\N	2026-11-26 15:50:26+00	2026-11-26 15:50:26.180729+00
15	usage-license-signed	usage_license	2	\\xafd9b9744317825a4c2d1d6dac5421b6103ecc3a2c4c5c90c9f4cf0a2f91a861	1	\N	\N	2026-11-26 15:50:26+00	2026-11-26 15:50:26.180729+00
16	hold-opened	hold	1001	\\xec2b9e5db79529e3556301e4a63a9641d411da2cdd31cc5a2c010f6718db3f68	\N	\N	\N	2026-11-26 15:50:26+00	2026-11-26 15:50:26.180729+00
17	hold-opened	hold	1002	\\xe75c86d6470a6d064cba7f7a36dcd481a22c3d9371b86b4e8be7a531b8c24a92	\N	\N	\N	2026-11-26 15:50:26+00	2026-11-26 15:50:26.180729+00
18	deactivation-received	deactivation	1	\\x40c73d4ac26dd6a075b4c836276628cfbc35a86fe4b58dafe89a0f4e21567cc0	\N	\N	\N	2026-11-26 15:50:26+00	2026-11-26 15:50:26.265453+00
19	held	decision	515	\\x67467d6f045a86accb67e1248052a12f19dec71e0b92db153755ef932e2bdb01	1	\N	\N	2026-11-26 15:50:26+00	2026-11-26 15:50:26.265453+00
20	accepted	decision	516	\\x9d87c7e955481f01b8e272d60284c4fadec0d2efb376cb5532851a4f66c33364	1	\N	\N	2026-11-26 15:50:26+00	2026-11-26 15:50:26.265453+00
21	activation-deactivated	activation	2	\\xf7ddbd56293fdf43c0783c21d6bb10697fc1705b4d5afd253e61616caa5625ad	1	\N	\N	2026-11-26 15:50:26+00	2026-11-26 15:50:26.265453+00
22	hold-opened	hold	1003	\\xff48ce5e1f21772aacce2e0b5446dfed61def5edfd6b3ffd06e458306f95744b	\N	\N	\N	2026-11-26 15:50:26+00	2026-11-26 15:50:26.265453+00
23	reply-withdrawn	reply	2	\\x9e44de5eec9e921312dc12b071495c000d5daaa55f25d9aa78dd1b443df83656	\N	\N	\N	2026-11-26 15:50:26+00	2026-11-26 15:50:26.265453+00
24	issued	decision	1027	\\x77f3f1b62fc5095219d88a9053caee6e8d4791d9652f3870179d2d7686dbb537	1	\N	\N	2026-11-26 15:50:26+00	2026-11-26 15:50:26.280103+00
25	held	decision	1028	\\x5819ffe27e8f2e9d35f2e2f3dadbd2bb32c9a87d139e92c845bdfe1a7211dcfc	1	\N	\N	2026-11-26 15:50:26+00	2026-11-26 15:50:26.280103+00
26	activation-made	activation	3	\\x731fefb7176d8b344f30af9e84732ecb4f2fb615c1391f4153fd131220c19fc1	1	\N	\N	2026-11-26 15:50:26+00	2026-11-26 15:50:26.280103+00
27	usage-license-signed	usage_license	3	\\x07d9ae541449b91c9dcdea2b721fe3de4534c91ad3ced4f10f7fcb218951c481	1	\N	\N	2026-11-26 15:50:26+00	2026-11-26 15:50:26.280103+00
28	hold-closed	hold	1001	\\xc3e6cb00df458a22c71ca182cc0fa9595769c175807e98e578c2c0f2a895ff84	\N	\N	\N	2026-11-26 15:50:26+00	2026-11-26 15:50:26.280103+00
29	operator-added	operator	1	\\x832d12e501665236b96005a6bd29bc883537d1214753bf3011288f9d9982911e	\N	\N	\N	2026-11-26 15:50:26+00	2026-11-26 15:50:26.337988+00
30	operator-added	operator	2	\\x1349ae1e04064c542efdfd4c61fee32e5f445c80abf8c3a4214d69dd5aa8b78e	\N	1	\N	2026-11-26 15:50:26+00	2026-11-26 15:50:26.366507+00
31	instruction-filed	instruction	1	\\xc942bed2a56c3ae5bb3dc92d464d05b8286d1e55da4ed4a6fdc1277227ad2027	\N	2	\N	2026-11-26 15:50:26+00	2026-11-26 15:50:26.446623+00
32	refused	decision	1537	\\x88970ad121a740ac0ead4dd84480dc959cb658d0fe52e54fa505076d7ae509ad	3	2	\N	2026-11-26 15:50:26+00	2026-11-26 15:50:26.450517+00
33	hold-closed	hold	1002	\\x41f2c73f78b77d23b0b8bf36747cde1c38b64b9797e024bdc64c3d4258790bb6	\N	\N	\N	2026-11-26 15:50:26+00	2026-11-26 15:50:26.450517+00
34	instruction-done	instruction	1	\\xa1ce53d9b56b045254320dd6dc61239d718553e2d2f690fdaf588e0ecd8cc84b	\N	2	\N	2026-11-26 15:50:26+00	2026-11-26 15:50:26.450517+00
35	license-changed	license	1	\\xad12fa0700ab4387cca985780b6c5dc1a3e9848e60841e94786af1f594f0609d	1	1	\N	2026-11-26 15:50:26+00	2026-11-26 15:50:26.50839+00
36	issued	decision	2050	\\x438ee03cc127c53d7ecda721a456b42b85c46e1cf4435da5d06e17733acbdbb6	1	\N	\N	2026-11-26 15:50:26+00	2026-11-26 15:50:26.614119+00
37	activation-superseded	activation	1	\\x5f15b3b13125dac53d82a7afdfe8e89bbe53ac1422eae7ace265f0a620bdb1ad	1	\N	\N	2026-11-26 15:50:26+00	2026-11-26 15:50:26.614119+00
38	activation-made	activation	4	\\xa386d0bd273931924f5d1c5c0c17edb2ffb8ff3d57728df6f1b8fe2ee2c9f198	1	\N	\N	2026-11-26 15:50:26+00	2026-11-26 15:50:26.614119+00
39	usage-license-signed	usage_license	4	\\x42537b8a1d68b7252d3fe2b543eeda7c1cef91429f6be94eca5aa7a88535b210	1	\N	\N	2026-11-26 15:50:26+00	2026-11-26 15:50:26.614119+00
40	hold-closed	hold	1003	\\x08a49d52a62bcbc40f41b50b823cca5b801c5d3c14b8d973bd19e8d177b05a68	\N	\N	\N	2026-11-26 15:50:26+00	2026-11-26 15:50:26.614119+00
41	reply-withdrawn	reply	1	\\x9a1c9ec93fdabe0caa0bc87e4275950ade75a55460112bfd16a911a4953a004b	\N	\N	\N	2026-11-26 15:50:26+00	2026-11-26 15:50:26.614119+00
42	reply-withdrawn	reply	3	\\x948b7bee60a1f8f7082430705c5df32bd9e8335a9e22d77227601fab05a70d55	\N	\N	\N	2026-11-26 15:50:26+00	2026-11-26 15:50:26.6699+00
43	reply-sent	reply	4	\\x6814dfd75c727a5b277cc633e2abaee45948a3b5f99ffc6f353ad9c59404a4ed	\N	\N	\N	2026-11-26 15:50:26+00	2026-11-26 15:50:26.6699+00
44	reply-withdrawn	reply	513	\\xc87a89c14bd5182f8a451e07ffab3b339d3628e84ffebc655f1ce64de881be36	\N	\N	\N	2026-11-26 15:50:26+00	2026-11-26 15:50:26.6699+00
45	reply-sent	reply	514	\\x95f8fd11cabf7a64e025068bc75747e47d9c61eda1d4889f32b9863b4d52f63c	\N	\N	\N	2026-11-26 15:50:26+00	2026-11-26 15:50:26.6699+00
46	reply-sent	reply	1025	\\xf9013a53ff1704628772d58929d9f605697c0d0497e5f8f9d91fc506dcfb3fee	\N	\N	\N	2026-11-26 15:50:26+00	2026-11-26 15:50:26.6699+00
47	reply-sent	reply	1537	\\x1661212450611dbd79462f2f5849d84964b167fafd1069718e87a26e80f7f0a1	\N	\N	\N	2026-11-26 15:50:26+00	2026-11-26 15:50:26.6699+00
48	reply-sent	reply	2049	\\xc38f4b9b6b37fbd054abe110de22ffe3f369b40a9e95eee022129e493dcd8049	\N	\N	\N	2026-11-26 15:50:26+00	2026-11-26 15:50:26.6699+00
\.
COPY issuer.feature (code, product, name, kind, recorded_at) FROM stdin;
mqtt-server	chariot	MQTT server	perpetual	2026-11-26 15:50:25.003566+00
support	chariot	Support and updates	term	2026-11-26 15:50:25.003566+00
snowflake-bridge	chariot	Snowflake bridge	metered	2026-11-26 15:50:25.003566+00
\.
COPY issuer.hold (id, request_id, decision_id, opened_at, closed_at, closed_by, closed_how, recorded_at) FROM stdin;
1001	8	8	2026-11-26 15:50:26+00	2026-11-26 15:50:26+00	1027	issued	2026-11-26 15:50:26.180729+00
1002	10	10	2026-11-26 15:50:26+00	2026-11-26 15:50:26+00	1537	refused-by-person	2026-11-26 15:50:26.180729+00
1003	514	515	2026-11-26 15:50:26+00	2026-11-26 15:50:26+00	2050	issued	2026-11-26 15:50:26.265453+00
\.
COPY issuer.import (id, file_digest, rows, operator_id, recorded_at) FROM stdin;
1	\\x215368979924ed26ec4881acd7c58349ae407dd7f05aee499854d7c5c913f85d	1	\N	2026-11-26 15:50:25.871153+00
2	\\x7bb2e6c8166c9798af1cf8f3d838beab81ba56c193c22bfdd62708d0ef302c08	1	\N	2026-11-26 15:50:25.971049+00
3	\\x49b01e7bc77ed82c18907b1fce04d6172078b705638e2d979dd2952e71509b42	1	\N	2026-11-26 15:50:26.066442+00
4	\\x25ff6362b35cc9c2a1ab6770e8e2e88eba5f7d351be41b5b5cdfb9f6b0068448	1	1	2026-11-26 15:50:26.50839+00
\.
COPY issuer.import_row (license_id, import_id, line, content, recorded_at) FROM stdin;
1	1	2	{"expires": null, "product": "chariot", "servers": 2, "contacts": ["ed8c33be576edc2a270fe3a098b84a595713a425601f0b8a75f3b01e6ca6a4bb"], "customer": "Northwind Water", "features": {"support": "2027-06-30", "mqtt-server": null}, "order_ref": "SO-LIC-1", "order_date": null, "order_kind": "sale", "activations": 3, "customer_ref": null}	2026-11-26 15:50:25.871153+00
2	2	2	{"expires": "2020-12-31", "product": "chariot", "servers": 1, "contacts": ["d7ed0cf454656a0d39999c52426bad94d197e149525bc40870ae02e6007c2c80"], "customer": "Delta Gas", "features": {"mqtt-server": null}, "order_ref": "SO-LIC-2", "order_date": null, "order_kind": "sale", "activations": 1, "customer_ref": null}	2026-11-26 15:50:25.971049+00
3	3	2	{"expires": null, "product": "chariot", "servers": 1, "contacts": ["ed8c33be576edc2a270fe3a098b84a595713a425601f0b8a75f3b01e6ca6a4bb"], "customer": "Northwind Water", "features": {"support": "2027-06-30", "mqtt-server": null}, "order_ref": "SO-LIC-3", "order_date": null, "order_kind": "sale", "activations": 1, "customer_ref": null}	2026-11-26 15:50:26.066442+00
1	4	2	{"expires": null, "product": "chariot", "servers": 2, "contacts": ["ed8c33be576edc2a270fe3a098b84a595713a425601f0b8a75f3b01e6ca6a4bb"], "customer": "Northwind Water", "features": {"support": "2028-06-30", "mqtt-server": null}, "order_ref": "SO-9", "order_date": null, "order_kind": "sale", "activations": 4, "customer_ref": null}	2026-11-26 15:50:26.50839+00
\.
COPY issuer.instance (thumbprint, passed_at, recorded_at) FROM stdin;
\\x3d63ce8327db866295bfce45291e76ed94c723c4cbf04d162a22d8dfd34ecc4f	\N	2026-11-26 15:50:26.180729+00
\\x4c369a75564820871b9d910829514324be8281b01474b3059d5535c572b35cff	\N	2026-11-26 15:50:26.180729+00
\\x6696de68c599efde6f8f06f4f6720843bda783748abe2f4c8adbd36cf8eb27ed	\N	2026-11-26 15:50:26.180729+00
\\x89b11a811bf06eb889821559a88e1e6d119b948135393f50aa09324cd2bcab28	\N	2026-11-26 15:50:26.180729+00
\\x972dc78b07fb4fe8147519ad8753d9734ce1c7179a01222f19415a053fbf8347	\N	2026-11-26 15:50:26.180729+00
\.
COPY issuer.instruction (id, kind, hold_id, request_id, operator_id, second_id, arguments, preview, state, taken_until, answer, filed_at, ended_at, recorded_at) FROM stdin;
1	refuse	1002	10	2	\N	{"reason": "nobody knows Eve", "ticket": "T-1", "new_use": false, "preview": null, "replace": 0, "continue": 0}	\N	done	2026-11-26 15:51:26+00	{"decisions": [1537]}	2026-11-26 15:50:26+00	2026-11-26 15:50:26+00	2026-11-26 15:50:26.446623+00
\.
COPY issuer.license (id, license_id, customer_id, product, order_id, effective, recorded_at) FROM stdin;
1	LIC-1	1	chariot	1	2026-11-26	2026-11-26 15:50:25.871153+00
2	LIC-2	2	chariot	2	2026-11-26	2026-11-26 15:50:25.971049+00
3	LIC-3	1	chariot	3	2026-11-26	2026-11-26 15:50:26.066442+00
\.
COPY issuer.license_key (id, license_id, hint, weak, effective, retired_at, recorded_at) FROM stdin;
1	1	7YH9	f	2026-11-26 15:50:25+00	\N	2026-11-26 15:50:25.871153+00
2	2	QX1E	f	2026-11-26 15:50:26+00	\N	2026-11-26 15:50:25.971049+00
3	3	M0A1	f	2026-11-26 15:50:26+00	\N	2026-11-26 15:50:26.066442+00
\.
COPY issuer.license_proof (public_key, license_key_id, recorded_at) FROM stdin;
\\x5f3df4670d4376b14a9d550a402f2a2940d8cf6ce663db587bc1f04fdfd1b6d6	1	2026-11-26 15:50:25.871153+00
\\x6793a56eb2f8126d2af0df6e119dd61d718038c2375478bac1235de250f7c34a	2	2026-11-26 15:50:25.971049+00
\\x3a83299ea1cac262d28caf1a04ab439e26770d95a9fd7374e5f02bf9d48f1ffe	3	2026-11-26 15:50:26.066442+00
\.
COPY issuer.license_state_version (license_id, version, state, reason, operator_id, effective, recorded_at) FROM stdin;
\.
COPY issuer.message (id, identity, class, why, source, source_offset, size, raw_digest, sent_at, message_id, in_reply_to, from_address, reply_to, subject, body, raw, emptied_at, handled_at, handled_how, effective, recorded_at) FROM stdin;
3585	\\x0a541328294f32c4c0bd295caa27a46104785abd59ab4b60d259ffebc8b8c0e5	request	\N	first.mbox#2	1406	1313	\\x62b910913178c764bc618c97f8e08a1d2bdcb308583120980656caee55da45f2	2026-10-14 17:48:40+00	2.mail@northwind.example	\N	ana@northwind.example	ana@northwind.example	Offline activation	Good morning,\n\n===== CHARIOT USAGE REQUEST =====\nCHARQ100JND96HVQWMKB\n023QP8K1DHKJ4EH28NJ48MT148P24TKQDCH3MYS2CDS7C8HT492P8CHNJR1H\n6MRKJ8HC49NQ8Y9278H4YJTG48P24Y1278H4PR9SCMWMJE2K9SQ4YN2B1MZY\nD4WMEY1KEXBP8VHQA966TEBB8XHMCXVPCD16TP1QC4T54X3B49YJR8KMHK0R\nF5R24EH2CDM62WK9DXT2TXBKC5KPABBJCNRQASBKEGNPMXVK49YG32KVXHZH\n49MP2X1278RKEE9N6WR3GCHJ6RP24TBEEDT62VK3CMH3MYS2CSMPWSV5B6P5\nE9R74TBEEGH3MYS2C9QP2WK448X24T9MADT70CJ8C9S36NA6DN9KEVARPAZ0\nCSD6WRTH48P24RVGEMH3M8KR8XQ70MBSE9Q2TN25B99MPW9HE1VPJX3QGPDW\nA4H2R8KDC5HJ4EH260TNATJ18H6QGW3994R62WTH8XSQ6CA269VJ4Z9C5KAY\n49M6YWVM48X24W3CC5Q78B9H49YJR8KCD5HPAVKKCMH3M8JRF8SK0PKQHQ7B\n65268WJ69DQ5CNABA51KGWABAN25JYHJF9PNJEBMB5JKGJ3QAGWNYMKMCH6V\nEHCJ4B12E1S6YS3NCDT24EH2CDM62WK9DXT24B12E1S6YVV648X24DJ1KPTZ\n69B7JMTA9NQ4YSKRE59JTMAR5MVKGNK58NV6PC2QD1RNYQV491BKAEA7MY4A\nCRSP4RAHF9FJTBADF5762SKRA0WPAXJNDNW5EJTR9XC7GWJK9H96YH2FWFSQ\n71D5MC9JDNSK4SK9CCVM6XS25GH70XBJE1QQ6S9278H62RVMD5V62X35JKJV\n48P24WV5E4H3MC9Q74TKEC1R68S3CB12ERH3MC9C49V6AWKKD5QPW8HTZSQT\n48W2WD1E68H7VW5VZ08M127NNPW3S7TR5X5XW22Q8TPY3RHPH377PSZNNYAD\n4JWBFQ1DQ9CWTEMBT3CJGF177N57P77BXK9BPP376XT31C58KBDTVJV89YF2\nRC1GN847\n===== END OF USAGE REQUEST =====\n\n	\\x46726f6d3a20616e61406e6f72746877696e642e6578616d706c650a546f3a206c6963656e73696e674076656e646f722e6578616d706c650a5375626a6563743a204f66666c696e652061637469766174696f6e0a446174653a205765642c203134204f637420323032362031373a34383a3430202d303030300a4d6573736167652d49443a203c322e6d61696c406e6f72746877696e642e6578616d706c653e0a0a476f6f64206d6f726e696e672c0a0a3d3d3d3d3d2043484152494f542055534147452052455155455354203d3d3d3d3d0a43484152513130304a4e443936485651574d4b420a3032335150384b3144484b4a34454832384e4a34384d54313438503234544b51444348334d5953324344533743384854343932503843484e4a5231480a364d524b4a38484334394e513859393237384834594a544734385032345931323738483450523953434d574d4a45324b39535134594e3242314d5a590a4434574d4559314b455842503856485141393636544542423858484d43585650434431365450315143345435345833423439594a52384b4d484b30520a463552323445483243444d3632574b39445854325458424b43354b504142424a434e52514153424b45474e504d58564b3439594733324b5658485a480a34394d50325831323738524b4545394e365752334743484a36525032345442454544543632564b33434d48334d59533243534d5057535635423650350a4539523734544245454748334d5953324339515032574b34343858323454394d4144543730434a3843395333364e4136444e394b4556415250415a300a43534436575254483438503234525647454d48334d384b5238585137304d425345395132544e32354239394d50573948453156504a583351475044570a4134483252384b444335484a344548323630544e41544a313848365147573339393452363257544838585351364341323639564a345a3943354b41590a34394d365957564d343858323457334343355137384239483439594a52384b434435485041564b4b434d48334d384a524638534b30504b51485137420a3635323638574a3639445135434e41424135314b47574142414e32354a59484a4639504e4a45424d42354a4b474a33514147574e594d4b4d434836560a4548434a34423132453153365953334e434454323445483243444d3632574b39445854323442313245315336595656363438583234444a314b50545a0a363942374a4d5441394e513459534b524535394a544d4152354d564b474e4b35384e5636504332514431524e595156343931424b414541374d5934410a43525350345241484639464a544241444635373632534b524130575041584a4e444e5735454a54523958433747574a4b3948393659483246574653510a373144354d43394a444e534b34534b394343564d36585332354748373058424a4531515136533932373848363252564d44355636325833354a4b4a560a3438503234575635453448334d4339513734544b454331523638533343423132455248334d4339433439563641574b4b44355150573848545a5351540a343857325744314536384837565735565a30384d3132374e4e50573353375452355835585732325138545059335248504833373750535a4e4e5941440a344a5742465131445139435754454d425433434a47463137374e353750373742584b39425050333736585433314335384b424454564a5638395946320a524331474e3834370a3d3d3d3d3d20454e44204f462055534147452052455155455354203d3d3d3d3d0a0a	\N	\N	\N	2026-11-26 15:50:26+00	2026-11-26 15:50:26.180729+00
4097	\\x47b4ec81f73ee067c8098e60f610fc34456fdeb0de37e20f13cb3fe8bac31d0d	request	\N	first.mbox#3	2766	1313	\\x900a7906438e2841fe0abf5aabe6030fc08fb7f6a40221cd8739f53416ee32ac	2026-10-14 17:49:40+00	3.mail@northwind.example	\N	ana@northwind.example	ana@northwind.example	Offline activation	Good morning,\n\n===== CHARIOT USAGE REQUEST =====\nCHARQ100JN2EYRSXTZP7\n023QP8K1DHKJ4EH28NJ48MT148P24TKQDCH3MYS2CDS7C8HT492P8CHNBANV\n6MRKJ8HC49NQ8Y9278H4YJTG48P24Y1278H72GBAF55PEMTZA1FQGGK1J3JR\nDSGMGM3D9NGPWX3KBXRQEN3C8HW6RRBC6DHP2VT9C4TQMCTS49YJR8KM5290\nF5R24EH2CDM62WK9DXT2TXBKC5KPABBJCNRQASBKEGNPMXVK49YG32KVJRG9\n49MP2X1278RKEE9N6WR3GCHJ6RP24TBEEDT62VK3CMH3MYS2CSMPWSV5KNAD\nE9R74TBEEGH3MYS2C9QP2WK448X24TSQE9CP6PAG8D8QMDKMCS4QGDVNJFG4\n913PPV2H48P24RVGEMH3M8KR8XQ70MBSE9Q2TN25B99MPW9HE1VPJX3QKGRG\nA4H2R8KDC5HJ4EH2E9X4ACVNCX9Q6TA58H0MYRKH6X63AWV79S8J4Z9C3RDV\n49M6YWVM48X24W3CC5Q78B9J49YJR8KCD5HPAVKKCMH3M8JRF8SK0PKQZ44W\n65268WJ69DQ5CNABA51KGWABAN25JYHJF9PNJEBMB5JKGJ3QAGWNYMKMABA4\nEHCJ4B12E1S6YS3NCDT24EH2CDM62WK9DXT24B12E1S6YVV648X24KKGN6Q3\nF9VM2CSP61J52V2Q8X242V3GCH564WHSDDFQ4DJ9ASP54VB1DNC5EQVGJ87E\nE13N0P3CD5K4EHVK9XX4YNJTD1772VK4EXFNERTK8SVPMCJH6DJN4TJFYAW7\nADW74VK1DX44PGBHF52M4M925GH70XBJE1QQ6S9278H62RVMD5V62X35SN14\n48P24WV5E4H3MC9Q74TKEC1R68S3CB12ERH3MC9C49V6AWKKD5QPW8HT9CVV\n48W2WD1E68H7TCPWTYY3RHV135GB64EMFCP6GGCVE7E0792CH4T6REAYZJ92\n2CW8EX5DRH53MV4WEGR6GXCFFH1K7R0WGW89AEH6GEY267EXJRPS64HPH23J\nXG509DRQ\n===== END OF USAGE REQUEST =====\n\n	\\x46726f6d3a20616e61406e6f72746877696e642e6578616d706c650a546f3a206c6963656e73696e674076656e646f722e6578616d706c650a5375626a6563743a204f66666c696e652061637469766174696f6e0a446174653a205765642c203134204f637420323032362031373a34393a3430202d303030300a4d6573736167652d49443a203c332e6d61696c406e6f72746877696e642e6578616d706c653e0a0a476f6f64206d6f726e696e672c0a0a3d3d3d3d3d2043484152494f542055534147452052455155455354203d3d3d3d3d0a43484152513130304a4e324559525358545a50370a3032335150384b3144484b4a34454832384e4a34384d54313438503234544b51444348334d5953324344533743384854343932503843484e42414e560a364d524b4a38484334394e513859393237384834594a54473438503234593132373848373247424146353550454d545a4131465147474b314a334a520a4453474d474d3344394e47505758334b42585251454e334338485736525242433644485032565439433454514d4354533439594a52384b4d353239300a463552323445483243444d3632574b39445854325458424b43354b504142424a434e52514153424b45474e504d58564b3439594733324b564a5247390a34394d50325831323738524b4545394e365752334743484a36525032345442454544543632564b33434d48334d59533243534d50575356354b4e41440a4539523734544245454748334d5953324339515032574b3434385832345453514539435036504147384438514d444b4d435334514744564e4a4647340a39313350505632483438503234525647454d48334d384b5238585137304d425345395132544e32354239394d50573948453156504a5833514b4752470a4134483252384b444335484a34454832453958344143564e43583951365441353848304d59524b4836583633415756373953384a345a3943335244560a34394d365957564d3438583234573343433551373842394a3439594a52384b434435485041564b4b434d48334d384a524638534b30504b515a3434570a3635323638574a3639445135434e41424135314b47574142414e32354a59484a4639504e4a45424d42354a4b474a33514147574e594d4b4d414241340a4548434a34423132453153365953334e434454323445483243444d3632574b394458543234423132453153365956563634385832344b4b474e3651330a4639564d3243535036314a3532563251385832343256334743483536345748534444465134444a394153503534564231444e4335455156474a3837450a4531334e3050334344354b344548564b39585834594e4a544431373732564b344558464e4552544b385356504d434a4836444a4e34544a46594157370a4144573734564b3144583434504742484635324d344d3932354748373058424a4531515136533932373848363252564d4435563632583335534e31340a3438503234575635453448334d4339513734544b454331523638533343423132455248334d4339433439563641574b4b4435515057384854394356560a343857325744314536384837544350575459593352485631333547423634454d4643503647474356453745303739324348345436524541595a4a39320a3243573845583544524835334d56345745475236475843464648314b37523057475738394145483647455932363745584a525053363448504832334a0a58473530394452510a3d3d3d3d3d20454e44204f462055534147452052455155455354203d3d3d3d3d0a0a	\N	\N	\N	2026-11-26 15:50:26+00	2026-11-26 15:50:26.180729+00
4609	\\x6e8bed3d59aa00adf3dd937aaf62d3a40de3ae0d6266366dbcf348370693e6a9	unrecognised	\N	first.mbox#7	7083	184	\\x5974fd2cc6dc1e8dafdb6ca1b8b54fa6daf7124271e7c1fcf4fd136cef624b2f	2026-10-14 17:53:40+00	7.mail@northwind.example	\N	ana@northwind.example	ana@northwind.example	Offline activation	How do I install it?\n	\\x46726f6d3a20616e61406e6f72746877696e642e6578616d706c650a546f3a206c6963656e73696e674076656e646f722e6578616d706c650a5375626a6563743a204f66666c696e652061637469766174696f6e0a446174653a205765642c203134204f637420323032362031373a35333a3430202d303030300a4d6573736167652d49443a203c372e6d61696c406e6f72746877696e642e6578616d706c653e0a0a486f7720646f204920696e7374616c6c2069743f0a	\N	\N	\N	2026-11-26 15:50:26+00	2026-11-26 15:50:26.180729+00
5121	\\x72da6f2f9fe1e4afffd362d5e153b6b6b91da4475707a9e552d16004244aefe0	about-license	\N	first.mbox#6	6838	198	\\xd71c4786701db22862a36fcb3509377be156eb93ad9d75205e7e872df233cf09	2026-10-14 17:52:40+00	6.mail@northwind.example	\N	ana@northwind.example	ana@northwind.example	Offline activation	The server of LIC-1 was destroyed.\n	\\x46726f6d3a20616e61406e6f72746877696e642e6578616d706c650a546f3a206c6963656e73696e674076656e646f722e6578616d706c650a5375626a6563743a204f66666c696e652061637469766174696f6e0a446174653a205765642c203134204f637420323032362031373a35323a3430202d303030300a4d6573736167652d49443a203c362e6d61696c406e6f72746877696e642e6578616d706c653e0a0a54686520736572766572206f66204c49432d31207761732064657374726f7965642e0a	\N	\N	\N	2026-11-26 15:50:26+00	2026-11-26 15:50:26.180729+00
5633	\\xad7503d81607ad08b986e40aa2e6f84b1251296b9da6a0749a20ac4102bdd208	request	\N	first.mbox#5	5478	1313	\\x743d963b245e826f654d2438f2f512d4396542b74a6d3b8be6af5430f38456fe	2026-10-14 17:51:40+00	5.mail@elsewhere.example	\N	eve@elsewhere.example	eve@elsewhere.example	Offline activation	Good morning,\n\n===== CHARIOT USAGE REQUEST =====\nCHARQ100JNYPH6EVV11S\n023QP8K1DHKJ4EH28NJ48MT148P24TKQDCH3MYS2CDS7C8HT492P8CHN9EZR\n6MRKJ8HC49NQ8Y9278H4YJTG48P24Y1278H70HK99GRMWM2K6RPJTWTSCRG1\nART4EJTA6SWN6MKNB5H6CH2S74SK6PJ589VQ8T1GD9P6RD2549YJR8KMG0PP\nF5R24EH2CDM62WK9DXT2TXBKC5KPABBJCNRQASBKEGNPMXVK49YG32KVGPXW\n49MP2X1278RKEE9N6WR3GCHJ6RP24TBEEDT62VK3CMH3MYS2CSMPWSV5PT58\nE9R74TBEEGH3MYS2C9QP2WK448X24PB4E1BM8TK469956NSQB5J3JRSMXV1D\n9NV6RGVQ48P24RVGEMH3M8K46D856SAGEDH54WVEED2Q2VAKC9GK6XK8V1JY\nCWH2R8KDC5HJ4EH261544GBBEGTMJD2HDMTMRRK871RM4TTRCN0J4Z9CF9ZP\n49M6YWVM48X24W3CC5Q78B9M49YJR8KCD5HPAVKKCMH3M8JFDX6Q0VKHFEP9\n915QEVACADN4PE31895Q8H3ED5D36H2TAXR5YP2E60TPCGBJ5NJ56M28Q5YJ\nBWT24B12E1S6YS3NCDT24EH2CDM62WK9DXT24B12E1S6YVV648X24NTFJCMB\n9S3M8DBEBX3NGXKRB9QN2YAHCGPQJC2RDMWNGNT2A94Q6TT3DSQ6RPBE85G9\n75H5JK3DCH26RD3AEXPPEN9SF98MYCTHC9N6PEB7B1M6JHBSA5N4YH9QTJZ9\nC92PAHKPAX1QETJGDSJ48XS25GH70XBJE1QQ6S9278H62RVMD5V62X3550AX\n48P24WV5E4H3MC9Q74TKEC1R68S3CB12ERH3MC9C49V6AWKKD5QPW8HT6W2Q\n48W2WD1E68H7V1STG55SCDJ5M81WFDC63W1TM08YKQTRPV183HR4S9FY2F7C\n6RHKAF9VKHX5DNGTV53P3DWGRXVJ73NKECA57GT4N9FNBAHRPT88WH9ASTP6\nQ83G7T4J\n===== END OF USAGE REQUEST =====\n\n	\\x46726f6d3a2065766540656c736577686572652e6578616d706c650a546f3a206c6963656e73696e674076656e646f722e6578616d706c650a5375626a6563743a204f66666c696e652061637469766174696f6e0a446174653a205765642c203134204f637420323032362031373a35313a3430202d303030300a4d6573736167652d49443a203c352e6d61696c40656c736577686572652e6578616d706c653e0a0a476f6f64206d6f726e696e672c0a0a3d3d3d3d3d2043484152494f542055534147452052455155455354203d3d3d3d3d0a43484152513130304a4e595048364556563131530a3032335150384b3144484b4a34454832384e4a34384d54313438503234544b51444348334d5953324344533743384854343932503843484e39455a520a364d524b4a38484334394e513859393237384834594a544734385032345931323738483730484b393947524d574d324b3652504a54575453435247310a41525434454a54413653574e364d4b4e42354836434832533734534b36504a35383956513854314744395036524432353439594a52384b4d473050500a463552323445483243444d3632574b39445854325458424b43354b504142424a434e52514153424b45474e504d58564b3439594733324b56475058570a34394d50325831323738524b4545394e365752334743484a36525032345442454544543632564b33434d48334d59533243534d5057535635505435380a4539523734544245454748334d5953324339515032574b3434385832345042344531424d38544b3436393935364e535142354a334a52534d585631440a394e5636524756513438503234525647454d48334d384b3436443835365341474544483534575645454432513256414b4339474b36584b3856314a590a4357483252384b444335484a3445483236313534344742424547544d4a443248444d544d52524b383731524d34545452434e304a345a394346395a500a34394d365957564d3438583234573343433551373842394d3439594a52384b434435485041564b4b434d48334d384a464458365130564b48464550390a393135514556414341444e3450453331383935513848334544354433364832544158523559503245363054504347424a354e4a35364d32385135594a0a4257543234423132453153365953334e434454323445483243444d3632574b394458543234423132453153365956563634385832344e54464a434d420a3953334d384442454258334e47584b524239514e32594148434750514a433252444d574e474e543241393451365454334453513652504245383547390a373548354a4b3344434832365244334145585050454e39534639384d5943544843394e365045423742314d364a48425341354e3459483951544a5a390a4339325041484b504158315145544a4744534a3438585332354748373058424a4531515136533932373848363252564d4435563632583335353041580a3438503234575635453448334d4339513734544b454331523638533343423132455248334d4339433439563641574b4b4435515057384854365732510a343857325744314536384837563153544735355343444a354d38315746444336335731544d3038594b515452505631383348523453394659324637430a3652484b414639564b485835444e475456353350334457475258564a37334e4b45434135374754344e39464e424148525054383857483941535450360a513833473754344a0a3d3d3d3d3d20454e44204f462055534147452052455155455354203d3d3d3d3d0a0a	\N	\N	\N	2026-11-26 15:50:26+00	2026-11-26 15:50:26.180729+00
6145	\\xc5b8ac0706f50fc4ce8faaddbf87fb3c05544c61323f6e3112ffd36cb94af3b0	request	\N	first.mbox#4	4126	1305	\\x3b2df0da9fc253ebc3435df080804f3ed10daef294d17ab296679970556b4fb0	2026-10-14 17:50:40+00	4.mail@delta.example	\N	ops@delta.example	ops@delta.example	Offline activation	Good morning,\n\n===== CHARIOT USAGE REQUEST =====\nCHARQ100JN53ARBVS3S2\n023QP8K1DHKJ4EH28NJ48MT148P24TKQDCH3MYS2CDS7C8HT492P8CHNJKSG\n6MRKJ8HC49NQ8Y9278H4YJTG48P24Y1278H3GGTRDSR6EK1SCWS6PTJG8Z5H\nDSC48VT3CHP6YVVF8H24PMJZED24GN3389JM2KTKCHM4RTSG49YJR8KMSG66\nF5R24EH2CDM62WK9DXT2TXBKC5KPABBJCNRQASBKEGNPMXVK49YG32KVN51W\n49MP2X1278RKEE9N6WR3GCHJ6RP24TBEEDT62VK3CMH3MYS2CSMPWSV51C3E\nE9R74TBEEGH3MYS2C9QP2WK448X24THHF9H7AKJNA546ATA7B5C6JHBAESPQ\nE99MAMK748P24RVGEMH3M8J7C5KM6NVR9D970Y3DANPN8PJBE55PGHVRDWWT\nEWH2R8KDC5HJ4EH2D5FMENJPDX4PCDKK9GWMYPBC8CW78MJ79S8J4Z9C9MS5\n49M6YWVM48X24W3CC5Q78B9K49YJR8KCD5HPAVKKCMH3M8JT6N7PRRKJZG0C\n9GT4AV9GE4W4WEBN8ND36NT8B13M2KTD94SNCJ396SVN6KK46HP48CVQN3JH\n61QJ4B12E1S6YS3NCDT24EH2CDM62WK9DXT24B12E1S6YVV648X24GKRC3BC\nA515YJT38HM56CHJF9QPPP29AX3MWH9D89J4YTSGAHP6PV29D5552T2D729K\nDN3MMX3R64W38TB6F9JQ4V3SBXFNGXJ76SM3JHKFEXB4MQVAD4S46TJ7JT73\nD5Q6CX1GCXR6CVSK6CSM4G925GH70XBJE1QQ6S9278H62RVMD5V62X353MER\n48P24WV5E4H3MC9Q74TKEC1R68S3CB12ERH3MC9C49V6AWKKD5QPW8HTM01Z\n48W2WD1E68H7V81V52C129H6WNPZDKBYPVVG054NNHFVTEH3C0JX9EVHKZ1B\n85QK7GAGNB44GZDZ08Q2Q9S0D8R7Y3D8FG76GX6E8X5R72V1PWKQZ74X90A0\nJM00TGZC\n===== END OF USAGE REQUEST =====\n\n	\\x46726f6d3a206f70734064656c74612e6578616d706c650a546f3a206c6963656e73696e674076656e646f722e6578616d706c650a5375626a6563743a204f66666c696e652061637469766174696f6e0a446174653a205765642c203134204f637420323032362031373a35303a3430202d303030300a4d6573736167652d49443a203c342e6d61696c4064656c74612e6578616d706c653e0a0a476f6f64206d6f726e696e672c0a0a3d3d3d3d3d2043484152494f542055534147452052455155455354203d3d3d3d3d0a43484152513130304a4e353341524256533353320a3032335150384b3144484b4a34454832384e4a34384d54313438503234544b51444348334d5953324344533743384854343932503843484e4a4b53470a364d524b4a38484334394e513859393237384834594a54473438503234593132373848334747545244535236454b31534357533650544a47385a35480a4453433438565433434850365956564638483234504d4a5a45443234474e333338394a4d324b544b43484d34525453473439594a52384b4d534736360a463552323445483243444d3632574b39445854325458424b43354b504142424a434e52514153424b45474e504d58564b3439594733324b564e3531570a34394d50325831323738524b4545394e365752334743484a36525032345442454544543632564b33434d48334d59533243534d5057535635314333450a4539523734544245454748334d5953324339515032574b34343858323454484846394837414b4a4e4135343641544137423543364a484241455350510a4539394d414d4b373438503234525647454d48334d384a3743354b4d364e56523944393730593344414e504e38504a424535355047485652445757540a4557483252384b444335484a344548324435464d454e4a504458345043444b4b3947574d5950424338435737384d4a373953384a345a3943394d53350a34394d365957564d3438583234573343433551373842394b3439594a52384b434435485041564b4b434d48334d384a54364e375052524b4a5a4730430a3947543441563947453457345745424e384e4433364e54384231334d324b54443934534e434a33393653564e364b4b3436485034384356514e334a480a3631514a34423132453153365953334e434454323445483243444d3632574b39445854323442313245315336595656363438583234474b52433342430a41353135594a543338484d353643484a46395150505032394158334d5748394438394a3459545347414850365056323944353535325432443732394b0a444e334d4d583352363457333854423646394a51345633534258464e47584a3736534d334a484b46455842344d5156414434533436544a374a5437330a4435513643583147435852364356534b3643534d34473932354748373058424a4531515136533932373848363252564d4435563632583335334d45520a3438503234575635453448334d4339513734544b454331523638533343423132455248334d4339433439563641574b4b44355150573848544d30315a0a343857325744314536384837563831563532433132394836574e505a444b4259505656473035344e4e4846565445483343304a58394556484b5a31420a3835514b374741474e423434475a445a303851325139533044385237593344384647373647583645385835523732563150574b515a373458393041300a4a4d303054475a430a3d3d3d3d3d20454e44204f462055534147452052455155455354203d3d3d3d3d0a0a	\N	\N	\N	2026-11-26 15:50:26+00	2026-11-26 15:50:26.180729+00
6657	\\xf4ef1a75c96edb453afa869af942720e68f40d5c1d3e25f7fbb5a0cf51fac12e	request	\N	first.mbox#1	46	1313	\\xbe6ff83d617b08fb157eb551e07e5e35d303b9d1197fcc43470b7f7d0531f076	2026-10-14 17:47:40+00	1.mail@northwind.example	\N	ana@northwind.example	ana@northwind.example	Offline activation	Good morning,\n\n===== CHARIOT USAGE REQUEST =====\nCHARQ100JNX78898DXN0\n023QP8K1DHKJ4EH28NJ48MT148P24TKQDCH3MYS2CDS7C8HT492P8CHN0H8T\n6MRKJ8HC49NQ8Y9278H4YJTG48P24Y1278H6WSK369PQ0KA1DWT7CY9M0HME\nACS2TPAQ88SMPE2775RKEC3M9HGPPS2RDSS78GA2DXR70TVB49YJR8KM1V7Z\nF5R24EH2CDM62WK9DXT2TXBKC5KPABBJCNRQASBKEGNPMXVK49YG32KV81NS\n49MP2X1278RKEE9N6WR3GCHJ6RP24TBEEDT62VK3CMH3MYS2CSMPWSV5QC9Z\nE9R74TBEEGH3MYS2C9QP2WK448X24QT3EDH78Y2MES242W3C61B4CCJCHFTZ\nCCVM8SJ148P24RVGEMH3M8KR8XQ70MBSE9Q2TN25B99MPW9HE1VPJX3QGDSC\nA4H2R8KDC5HJ4EH2CHD4WGJAA0VKCK3QF8WMED2QA5PQMCTFF9KJ4Z9CY1MH\n49M6YWVM48X24W3CC5Q78B9G49YJR8KCD5HPAVKKCMH3M8JRF8SK0PKQJXGX\n65268WJ69DQ5CNABA51KGWABAN25JYHJF9PNJEBMB5JKGJ3QAGWNYMKMY6KP\nEHCJ4B12E1S6YS3NCDT24EH2CDM62WK9DXT24B12E1S6YVV648X24S1MQKZN\n9HX44RASED4QCSJN6DV74GTGACR7CYJT6S8MME3EF8S70DJ79935GYBNWFZJ\n6DT78WKMCXQ46MJS8526WD288S3MJG9M5N5P4M2Q5NMMMJJMA19Q0NKJNAC8\n85TPEC21CH572DJ7ED346G925GH70XBJE1QQ6S9278H62RVMD5V62X35V5KD\n48P24WV5E4H3MC9Q74TKEC1R68S3CB12ERH3MC9C49V6AWKKD5QPW8HTXAXM\n48W2WD1E68H7TYB5CNZ9WBWBZBGR50HWCQQJ70KXZ4W6403ZAZAAFBCQG9NH\n0WSV1A5EDXGDD1FG6TPCXC9JF7CABNEQDNMGWYDG7HPDKNDBGSB2SGMZH8NK\n5W4GXFJ0\n===== END OF USAGE REQUEST =====\n\n	\\x46726f6d3a20616e61406e6f72746877696e642e6578616d706c650a546f3a206c6963656e73696e674076656e646f722e6578616d706c650a5375626a6563743a204f66666c696e652061637469766174696f6e0a446174653a205765642c203134204f637420323032362031373a34373a3430202d303030300a4d6573736167652d49443a203c312e6d61696c406e6f72746877696e642e6578616d706c653e0a0a476f6f64206d6f726e696e672c0a0a3d3d3d3d3d2043484152494f542055534147452052455155455354203d3d3d3d3d0a43484152513130304a4e58373838393844584e300a3032335150384b3144484b4a34454832384e4a34384d54313438503234544b51444348334d5953324344533743384854343932503843484e304838540a364d524b4a38484334394e513859393237384834594a544734385032345931323738483657534b3336395051304b4131445754374359394d30484d450a41435332545041513838534d504532373735524b4543334d3948475050533252445353373847413244585237305456423439594a52384b4d3156375a0a463552323445483243444d3632574b39445854325458424b43354b504142424a434e52514153424b45474e504d58564b3439594733324b5638314e530a34394d50325831323738524b4545394e365752334743484a36525032345442454544543632564b33434d48334d59533243534d50575356355143395a0a4539523734544245454748334d5953324339515032574b343438583234515433454448373859324d45533234325733433631423443434a434846545a0a4343564d38534a313438503234525647454d48334d384b5238585137304d425345395132544e32354239394d50573948453156504a583351474453430a4134483252384b444335484a344548324348443457474a414130564b434b33514638574d45443251413550514d43544646394b4a345a394359314d480a34394d365957564d343858323457334343355137384239473439594a52384b434435485041564b4b434d48334d384a524638534b30504b514a5847580a3635323638574a3639445135434e41424135314b47574142414e32354a59484a4639504e4a45424d42354a4b474a33514147574e594d4b4d59364b500a4548434a34423132453153365953334e434454323445483243444d3632574b3944585432344231324531533659565636343858323453314d514b5a4e0a39485834345241534544345143534a4e36445637344754474143523743594a543653384d4d4533454638533730444a37393933354759424e57465a4a0a3644543738574b4d43585134364d4a5338353236574432383853334d4a47394d354e3550344d3251354e4d4d4d4a4a4d41313951304e4b4a4e4143380a38355450454332314348353732444a374544333436473932354748373058424a4531515136533932373848363252564d443556363258333556354b440a3438503234575635453448334d4339513734544b454331523638533343423132455248334d4339433439563641574b4b44355150573848545841584d0a34385732574431453638483754594235434e5a39574257425a424752353048574351514a37304b585a3457363430335a415a41414642435147394e480a30575356314135454458474444314647365450435843394a46374341424e4551444e4d4757594447374850444b4e44424753423253474d5a48384e4b0a3557344758464a300a3d3d3d3d3d20454e44204f462055534147452052455155455354203d3d3d3d3d0a0a	\N	\N	\N	2026-11-26 15:50:26+00	2026-11-26 15:50:26.180729+00
8705	\\x43e9f6dc309fd8a62e6a97cfc773ea717ab7b412841c10963f0f0279d9c40460	request	\N	second.mbox#1	46	1351	\\x3dfca4083950fb668d42c62e02ab58b80966ca3025d3c49c9372ec0954f52790	2026-10-14 17:54:40+00	8.mail@northwind.example	\N	ana@northwind.example	ana@northwind.example	Offline activation	Good morning,\n\n===== CHARIOT USAGE REQUEST =====\nCHARQ100KD7YNFYZWBP6\n023QP8K1DHKJ4EH28NJ48MT148P24TKQDCH3MYS2CDS7C8HT492P8CHNTS7W\n6MRKJ8HC49NQ8Y9278H4YJTG48P24Y1278H6WSK369PQ0KA1DWT7CY9MJJZN\nACS2TPAQ88SMPE2775RKEC3M9HGPPS2RDSS78GA2DXR70TVB49YJR8KMZY0M\nF5R24EH2CDM62WK9DXT2TXBKC5KPABBJCNRQASBKEGNPMXVK49YG38KV0DST\n49MP2X1278RKEE9N6WR3GCHJ6RP24TBEEDT62V3CCNJ24EH2AN62TC1GR3CT\n60R30C1G64H2R8K9DSSQ8RBECDJJ4EKV49K6JVK7CNS70WK9DST24EKVR888\n49H6YRBJCGH3M8JZ8DSP4X3RAHV48GBGDGR5CHHJ9HHKEH3684H2R8K3PTH0\nE1TJ4EH2F13PWW2HF5S6WBAM8ND56JVH65R7ETBMEX8J4B12DNGP68HT0YX4\n49J5MKJ29983EDJCEXX3JHSMAX8PTYHK9XX6E8KX5GH6GVVKEGH3M8KG5J96\nDHGPWX1D60H7TB12DHMP6SBEEDJJ4EH2B1X36C2TEWRM8S3J8S5PWNJNBJ82\n9D8M6E3H9DAM8PBT69X6TP9SEHCPAE28EXA3JQTJEHT5J8HC49R74VV4G78E\nENHQ88HT49HPGRBJD5QQ88HC49R74VVFCRH3M8K46H67MGK1B5SMJXK6JH1Y\nAMSQCWJ3A19K0XKTB8V52JHRDSX34W1P8X54CP3SEMSQ8X3JEHKPWGTJV313\nB50M8VHM9134EJA16GPMPRJGAWPPJJJAAH856W2PE90QASSG85J4MW9PHFHG\n8XSMCGT148P24W3NE9R6YWV548X24XBGCHGQ8S925GH76SBH48X32DSS075Q\n6MVK0E1J68VJR8KP48X32B12ESJQ4WV9DXQ24EH270Q38BHJ49YKTX82A52Z\n4WEP2RN1BE2SW4R6NPBNV5MH5NVR6VWFW0JVH7C2R1R6ZBB98YHZDQ3RMWDH\nMY8WRESYEM7K40T1BYRWRS2CZCHRZ8ETEQEWP7CN0M63AJ\n===== END OF USAGE REQUEST =====\n\n	\\x46726f6d3a20616e61406e6f72746877696e642e6578616d706c650a546f3a206c6963656e73696e674076656e646f722e6578616d706c650a5375626a6563743a204f66666c696e652061637469766174696f6e0a446174653a205765642c203134204f637420323032362031373a35343a3430202d303030300a4d6573736167652d49443a203c382e6d61696c406e6f72746877696e642e6578616d706c653e0a0a476f6f64206d6f726e696e672c0a0a3d3d3d3d3d2043484152494f542055534147452052455155455354203d3d3d3d3d0a43484152513130304b4437594e46595a574250360a3032335150384b3144484b4a34454832384e4a34384d54313438503234544b51444348334d5953324344533743384854343932503843484e545337570a364d524b4a38484334394e513859393237384834594a544734385032345931323738483657534b3336395051304b4131445754374359394d4a4a5a4e0a41435332545041513838534d504532373735524b4543334d3948475050533252445353373847413244585237305456423439594a52384b4d5a59304d0a463552323445483243444d3632574b39445854325458424b43354b504142424a434e52514153424b45474e504d58564b3439594733384b56304453540a34394d50325831323738524b4545394e365752334743484a36525032345442454544543632563343434e4a3234454832414e363254433147523343540a36305233304331473634483252384b39445353513852424543444a4a34454b5634394b364a564b37434e533730574b394453543234454b56523838380a343948365952424a434748334d384a5a38445350345833524148563438474247444752354348484a3948484b454833363834483252384b33505448300a4531544a344548324631335057573248463553365742414d384e4435364a5648363552374554424d4558384a34423132444e475036384854305958340a34394a354d4b4a323939383345444a43455858334a48534d415838505459484b3958583645384b58354748364756564b454748334d384b47354a39360a4448475057583144363048375442313244484d503653424545444a4a3445483242315833364332544557524d3853334a38533550574e4a4e424a38320a3944384d364533483944414d3850425436395836545039534548435041453238455841334a51544a454854354a3848433439523734565634473738450a454e485138384854343948504752424a44355151383848433439523734565646435248334d384b34364836374d474b314235534d4a584b364a4831590a414d535143574a334131394b30584b5442385635324a485244535833345731503858353443503353454d53513858334a45484b505747544a563331330a4235304d3856484d39313334454a41313647504d50524a47415750504a4a4a414148383536573250453930514153534738354a344d573950484648470a3858534d43475431343850323457334e45395236595756353438583234584247434847513853393235474837365342483438583332445353303735510a364d564b3045314a3638564a52384b50343858333242313245534a51345756394458513234454832373051333842484a3439594b545838324135325a0a3457455032524e3142453253573452364e50424e56354d48354e56523656574657304a5648374332523152365a4242393859485a445133524d5744480a4d59385752455359454d374b3430543142595257525332435a4348525a384554455145575037434e304d3633414a0a3d3d3d3d3d20454e44204f462055534147452052455155455354203d3d3d3d3d0a0a	\N	\N	\N	2026-11-26 15:50:26+00	2026-11-26 15:50:26.265453+00
9217	\\x784422a029398c00c78287eedf7b835bfa46a003b7755baccc5d208ad743c72a	deactivation	\N	second.mbox#2	1444	1241	\\xf3079c78118ae81ad0aae78d416d39b9ac0a4a4057286eb160a782481830d784	2026-10-14 17:55:40+00	9.mail@northwind.example	\N	ana@northwind.example	ana@northwind.example	Offline activation	Good morning,\n\n===== CHARIOT DEACTIVATION =====\nCHARD100HG7YZASQS7AJ\n0237P8K1DHKJ4EH28NJ48MT148P24TKQDCH3MYS2CDS7C8HT492P8CHN0RSG\n6MRKJ8HC49NQ8Y9278H4YJTG48P24Y1278H4PR9SCMWMJE2K9SQ4YN2B7QZX\nD4WMEY1KEXBP8VHQA966TEBB8XHMCXVPCD16TP1QC4T54X3B49YJR8KMN4ZH\nF5R24EH2CDM62WK9DXT2TS35C5HQ8TBPC5T6JVVE5DN7EWS2FM0PCYS2FDWQ\nD5GQ88HT64VKJD9Q60W34CHP5GH6JVKKEHGPWRV548X7P8K6D5Q6ESBJ23JK\nE1S6JVKM48X7P8K2DXGQ4S1278H6JD2KEHR34J32E8SNAHKDACVPTP36T1XW\nB9Q66M925GH66W3N48X24Y27DSR52YBJDRPN8HATAD5Q2CBGEXMQ8XTH7TYC\n48P24VB1CCH3M8HG6NAPMGA49NW70TA961GQ6MA7EDSK2GHJEWH7TB12TW7T\nD1QQ6X1278H70V31DST2TC92FMP24V39CDJPWWV548X24P3T6CR5MXSHBC8Z\n8HJ74HJBDSB5AJTH8CW72JTN8HCQMCKTDNCKJX2SCMW4GXTM75FN4X3MFABP\nB4H2R8KGE9QPYSH278H3CG9JASWN6JJDDS7PCY3HACPN2P1D6WW5CSA5EB0H\nESNK0NV8E5FNYS28AWTKJHV66DH62MBTBWPJTKBS9SGPCY2G75JQCNBDA40W\nF1BMPP2FB1W74MTCA9QM8KSRB9D32CKDECS6CTB36X1QE8HC49SPAW92W5SS\n78RKEE9N6WR3GCHJ6WP24WV5E9MP2V1278H5AK1D60R30C1G60R348HCC2NH\n49V24EHHFN5QVYGK927EJ5WCXB5PRFV1K6RRQS9QZQC2G3WFQEFD0N5BAXVT\nQ8G556N5YWMF2Z53WPJNFQT2E0JDMGEPPTY4V74YKZGBM99R6BQR79RDR14W\n===== END OF DEACTIVATION =====\n\n	\\x46726f6d3a20616e61406e6f72746877696e642e6578616d706c650a546f3a206c6963656e73696e674076656e646f722e6578616d706c650a5375626a6563743a204f66666c696e652061637469766174696f6e0a446174653a205765642c203134204f637420323032362031373a35353a3430202d303030300a4d6573736167652d49443a203c392e6d61696c406e6f72746877696e642e6578616d706c653e0a0a476f6f64206d6f726e696e672c0a0a3d3d3d3d3d2043484152494f5420444541435449564154494f4e203d3d3d3d3d0a4348415244313030484737595a4153515337414a0a3032333750384b3144484b4a34454832384e4a34384d54313438503234544b51444348334d5953324344533743384854343932503843484e305253470a364d524b4a38484334394e513859393237384834594a544734385032345931323738483450523953434d574d4a45324b39535134594e324237515a580a4434574d4559314b455842503856485141393636544542423858484d43585650434431365450315143345435345833423439594a52384b4d4e345a480a463552323445483243444d3632574b3944585432545333354335485138544250433554364a56564535444e3745575332464d305043595332464457510a44354751383848543634564b4a4439513630573334434850354748364a564b4b45484750575256353438583750384b36443551364553424a32334a4b0a453153364a564b4d3438583750384b324458475134533132373848364a44324b45485233344a33324538534e41484b444143565054503336543158570a42395136364d3932354748363657334e3438583234593237445352353259424a4452504e38484154414435513243424745584d5138585448375459430a3438503234564231434348334d384847364e41504d474134394e57373054413936314751364d41374544534b3247484a4557483754423132545737540a443151513658313237384837305633314453543254433932464d50323456333943444a50575756353438583234503354364352354d5853484243385a0a38484a3734484a4244534235414a544838435737324a544e384843514d434b54444e434b4a583253434d57344758544d3735464e3458334d464142500a4234483252384b474539515059534832373848334347394a4153574e364a4a4444533750435933484143504e325031443657573543534135454230480a45534e4b304e56384535464e595332384157544b4a48563636444836324d42544257504a544b4253395347504359324737354a51434e4244413430570a4631424d5050324642315737344d54434139514d384b53524239443332434b44454353364354423336583151453848433439535041573932573553530a3738524b4545394e365752334743484a365750323457563545394d503256313237384835414b31443630523330433147363052333438484343324e480a3439563234454848464e35515659474b393237454a35574358423550524656314b365252515339515a5143324733574651454644304e3542415856540a5138473535364e3559574d46325a353357504a4e4651543245304a444d47455050545934563734594b5a47424d3939523642515237395244523134570a3d3d3d3d3d20454e44204f4620444541435449564154494f4e203d3d3d3d3d0a0a	\N	\N	\N	2026-11-26 15:50:26+00	2026-11-26 15:50:26.265453+00
9729	\\x790c9ad6fd23f9ce41c8c58e94369aa282177376172e595bf41de6ba5a9e5928	unrecognised	\N	second.mbox#3	2732	193	\\x1698cf84bee072aa1173e7622d3923a7ea2e29c1096839be6639b736ba1a28d2	2026-10-14 17:56:40+00	10.mail@northwind.example	\N	ana@northwind.example	ana@northwind.example	Offline activation	Good morning,\n\n===== damaged\n	\\x46726f6d3a20616e61406e6f72746877696e642e6578616d706c650a546f3a206c6963656e73696e674076656e646f722e6578616d706c650a5375626a6563743a204f66666c696e652061637469766174696f6e0a446174653a205765642c203134204f637420323032362031373a35363a3430202d303030300a4d6573736167652d49443a203c31302e6d61696c406e6f72746877696e642e6578616d706c653e0a0a476f6f64206d6f726e696e672c0a0a3d3d3d3d3d2064616d616765640a	\N	\N	\N	2026-11-26 15:50:26+00	2026-11-26 15:50:26.295324+00
\.
COPY issuer.migration (id, number, name, sha256, program, recorded_at) FROM stdin;
1	1	0001_records.sql	\\x4b105f448af7d44c21cdd25571e3068cf0baa7f62a31b4998289cd39d097c086	0.1.0	2026-11-26 15:50:25.003566+00
2	2	0002_serials_from_blocks.sql	\\x72f1a034a6dce06a5c110a8252be3bf93127c4a21ebac356f9f01514a175834d	0.1.0	2026-11-26 15:50:25.447667+00
3	3	0003_indexes_for_looks.sql	\\xe0fb3ec09acfb0f759e11d18be5a668585e63539f8e6a52b8e13ac5a968fa7fd	0.1.0	2026-11-26 15:50:25.451267+00
4	\N	repeat/access.sql	\\x4b461774ed254c0d65ba622a96d7826ac3e16117b0052b652d7482508553c5fb	0.1.0	2026-11-26 15:50:25.467006+00
5	\N	repeat/guards.sql	\\x99da1991c852378a1ede1bfca9ac3f75d892bd2a2fdb2188f32bf5b7ecf8a38f	0.1.0	2026-11-26 15:50:25.471013+00
6	\N	repeat/import.sql	\\xceaf585168c1ee8618ddc43cd00b0ebfda377198f331e56f6513935e497fba13	0.1.0	2026-11-26 15:50:25.493158+00
7	\N	repeat/instructions.sql	\\x125ef780a3d527f4a72da4abd75b9b12f5af44334c1dc3b1cb3923d13949e7de	0.1.0	2026-11-26 15:50:25.507197+00
8	\N	repeat/licenses.sql	\\x87623a615ab4f635f058ed8332dce93803cd1b3090836f0a483f49998df9e485	0.1.0	2026-11-26 15:50:25.511488+00
9	\N	roles.sql	\\x8ebb785d1482a9438d4bdcce3f3a5af625d4bf7eb6803b3d89cc6eefd9ea3bbe	0.1.0	2026-11-26 15:50:25.519029+00
\.
COPY issuer.operator (id, name, role, effective, revoked_at, recorded_at) FROM stdin;
1	ada	admin	2026-11-26 15:50:26+00	\N	2026-11-26 15:50:26.337988+00
2	sam	support	2026-11-26 15:50:26+00	\N	2026-11-26 15:50:26.366507+00
\.
COPY issuer.operator_token (digest, operator_id, expires_at, revoked_at, recorded_at) FROM stdin;
\\xd03c0f638bfc865f1c3ee0d3a151c52f24fbf010281abdd7ae9c4c86fe1b49da	1	2027-11-26 15:50:26+00	\N	2026-11-26 15:50:26.337988+00
\\x4ffb38913499bd6224ca9a350c9b6f7ef1b27551b948d0f07ad92a7f1d528b84	2	2027-11-26 15:50:26+00	\N	2026-11-26 15:50:26.366507+00
\.
COPY issuer.orders (id, reference, kind, ordered_on, customer_id, recorded_at) FROM stdin;
1	SO-LIC-1	sale	2026-11-26	1	2026-11-26 15:50:25.871153+00
2	SO-LIC-2	sale	2026-11-26	2	2026-11-26 15:50:25.971049+00
3	SO-LIC-3	sale	2026-11-26	1	2026-11-26 15:50:26.066442+00
4	SO-9	sale	2026-11-26	1	2026-11-26 15:50:26.50839+00
\.
COPY issuer.product (code, name, recorded_at) FROM stdin;
chariot	Chariot MQTT server	2026-11-26 15:50:25.003566+00
\.
COPY issuer.quarantine (message_id, reason, closed_at, closed_how, recorded_at) FROM stdin;
\.
COPY issuer.reply (id, message_id, recipient, state, why, ready, effective, sent_at, attempts, recorded_at) FROM stdin;
2	3585	ana@northwind.example	withdrawn	its usage license no longer stands	0	2026-11-26 15:50:26+00	\N	0	2026-11-26 15:50:26.180729+00
1	6657	ana@northwind.example	withdrawn	its usage license no longer stands	0	2026-11-26 15:50:26+00	\N	0	2026-11-26 15:50:26.180729+00
3	4097	ana@northwind.example	withdrawn	what it tells was superseded or has ended before it was sent	0	2026-11-26 15:50:26+00	\N	0	2026-11-26 15:50:26.180729+00
4	6145	ops@delta.example	sent	\N	0	2026-11-26 15:50:26+00	2026-11-26 15:50:26+00	1	2026-11-26 15:50:26.180729+00
513	8705	ana@northwind.example	withdrawn	what it tells was superseded or has ended before it was sent	0	2026-11-26 15:50:26+00	\N	0	2026-11-26 15:50:26.265453+00
514	9217	ana@northwind.example	sent	\N	0	2026-11-26 15:50:26+00	2026-11-26 15:50:26+00	1	2026-11-26 15:50:26.265453+00
1025	4097	ana@northwind.example	sent	\N	0	2026-11-26 15:50:26+00	2026-11-26 15:50:26+00	1	2026-11-26 15:50:26.280103+00
1537	5633	ana@northwind.example	sent	\N	0	2026-11-26 15:50:26+00	2026-11-26 15:50:26+00	1	2026-11-26 15:50:26.450517+00
2049	8705	ana@northwind.example	sent	\N	0	2026-11-26 15:50:26+00	2026-11-26 15:50:26+00	1	2026-11-26 15:50:26.614119+00
\.
COPY issuer.reply_line (reply_id, "position", decision_id, about, license_id) FROM stdin;
1	1	6	\N	\N
2	1	7	\N	\N
3	1	8	\N	\N
4	1	9	\N	\N
513	1	515	\N	\N
514	1	516	\N	\N
1025	1	1027	\N	\N
1537	1	1537	\N	\N
2049	1	2050	\N	\N
\.
COPY issuer.serial_block (id, first, last, holder, closed_at, recorded_at) FROM stdin;
1	1	2	27371	2026-11-26 15:50:26.197422+00	2026-11-26 15:50:26.1799+00
2	3	3	27382	2026-11-26 15:50:26.298703+00	2026-11-26 15:50:26.279549+00
3	4	4	27436	2026-11-26 15:50:26.631183+00	2026-11-26 15:50:26.613618+00
\.
COPY issuer.serial_void (serial, block_id, recorded_at) FROM stdin;
\.
COPY issuer.signing_key (kid, certificate, not_before, not_after, development, revoked_at, recorded_at) FROM stdin;
rAnKyif9psTrh-oLGes-bBKstWqPQhokDSkSc0xRwSk	\\x308201cd3082017fa00302010202106f6d12e786fb17066f023ba2122ee14e300506032b6570303e313c303a06035504030c33444556454c4f504d454e542043686172696f74206f66666c696e65206c6963656e736520726f6f742031206337383231323638301e170d3236313132363135353032355a170d3238313132353135353032345a30433141303f06035504030c38444556454c4f504d454e542043686172696f74206f66666c696e65206c6963656e7365207369676e696e67206b6579206539643037306532302a300506032b6570032100e9d070e25926cc3a35dd49cb6d6f256c3a0f7fecc1c7624d070b03e25e313485a3818d30818a301d0603551d0e041604146d9e6bc6fd03e19e8e9efb435ccdadbb97467f74301f0603551d23041830168014eea50df3cd8faf9b1d2026a97aa357b5a730733e300c0603551d130101ff04023000300e0603551d0f0101ff04040302078030180603551d250101ff040e300c060a2b0601040181fd5907013010060a2b0601040181fd59070204020500300506032b6570034100e0688507fd2d7a98e816b768dbc896e2e04e36191270f9d009c425c3aa8144694137d3f2b1af6e1bdf35743f54d8769b1313050d652f60ce0d09458be3c9690c	2026-11-26 15:50:25+00	2028-11-25 15:50:24+00	t	\N	2026-11-26 15:50:25.940716+00
\.
COPY issuer.usage_license (serial, emergency, activation_id, request_id, decision_id, license_id, version, customer_id, kid, iat, exp, supersedes, jws, effective, recorded_at) FROM stdin;
1	f	1	6	6	1	1	1	rAnKyif9psTrh-oLGes-bBKstWqPQhokDSkSc0xRwSk	2026-11-26 15:50:26+00	\N	{}	eyJhbGciOiJFZERTQSIsImtpZCI6InJBbkt5aWY5cHNUcmgtb0xHZXMtYkJLc3RXcVBRaG9rRFNrU2MweFJ3U2siLCJ0eXAiOiJjaGFyaW90LXVzYWdlLWxpY2Vuc2UrandzIiwieDVjIjpbIk1JSUJ6VENDQVgrZ0F3SUJBZ0lRYjIwUzU0YjdGd1p2QWp1aUVpN2hUakFGQmdNclpYQXdQakU4TURvR0ExVUVBd3d6UkVWV1JVeFBVRTFGVGxRZ1EyaGhjbWx2ZENCdlptWnNhVzVsSUd4cFkyVnVjMlVnY205dmRDQXhJR00zT0RJeE1qWTRNQjRYRFRJMk1URXlOakUxTlRBeU5Wb1hEVEk0TVRFeU5URTFOVEF5TkZvd1F6RkJNRDhHQTFVRUF3dzRSRVZXUlV4UFVFMUZUbFFnUTJoaGNtbHZkQ0J2Wm1ac2FXNWxJR3hwWTJWdWMyVWdjMmxuYm1sdVp5QnJaWGtnWlRsa01EY3daVEl3S2pBRkJnTXJaWEFESVFEcDBIRGlXU2JNT2pYZFNjdHRieVZzT2c5LzdNSEhZazBIQ3dQaVhqRTBoYU9CalRDQmlqQWRCZ05WSFE0RUZnUVViWjVyeHYwRDRaNk9udnREWE0ydHU1ZEdmM1F3SHdZRFZSMGpCQmd3Rm9BVTdxVU44ODJQcjVzZElDYXBlcU5YdGFjd2N6NHdEQVlEVlIwVEFRSC9CQUl3QURBT0JnTlZIUThCQWY4RUJBTUNCNEF3R0FZRFZSMGxBUUgvQkE0d0RBWUtLd1lCQkFHQi9Wa0hBVEFRQmdvckJnRUVBWUg5V1FjQ0JBSUZBREFGQmdNclpYQURRUURnYUlVSC9TMTZtT2dXdDJqYnlKYmk0RTQyR1JKdytkQUp4Q1hEcW9GRWFVRTMwL0t4cjI0YjN6VjBQMVRZZHBzVEV3VU5aUzlnemcwSlJZdmp5V2tNIl19.eyJhY3RpdmF0aW9uIjp7ImFsbG93ZWQiOjMsIm51bWJlciI6MX0sImNuZiI6eyJqd2siOnsiY3J2IjoiRWQyNTUxOSIsImt0eSI6Ik9LUCIsIngiOiJuZmMybXBNQW80dnk0UzItWVdCM0s4RzlxNzB0TGFrZFhucnRBQm9wcGtrIn19LCJjdXN0b21lciI6Ik5vcnRod2luZCBXYXRlciIsImVudGl0bGVtZW50IjoxLCJmZWF0dXJlcyI6W3siY29kZSI6Im1xdHQtc2VydmVyIiwia2luZCI6InBlcnBldHVhbCJ9LHsiY29kZSI6InN1cHBvcnQiLCJraW5kIjoidGVybSIsInVudGlsIjoxODE0NDQzMjAwfV0sImdyYW50IjoicmVndWxhciIsImlhdCI6MTc5NTcwODIyNiwiaW5zdGFuY2UiOnsiZmluZ2VycHJpbnQiOnsiYm9hcmQiOiJfQ3NidHhUdkRBcGwwVkYyTGM3RGZBIiwiY3B1IjoieEducFF5cm4tVEVaU0txMXB3aXR3USIsIm1hYyI6ImRaTkJKUDc2THd6OUc0V1FtejNPemcifSwiaG9zdCI6InBsYW50LTAifSwiaXNzIjoiY2hhcmlvdC1saWNlbnNpbmciLCJsaWNlbnNlX2lkIjoiTElDLTEiLCJwcm9kdWN0IjoiY2hhcmlvdCIsInJlcXVlc3QiOiJwYUctUTRKRlJkTFNMc0xlY3B3TkhaTHV1R1V0eUYwb3RjZkdwNUViU2FnIiwic2VyaWFsIjoiVUwtMDAwMDAwMDEiLCJzdXBlcnNlZGVzIjpbXSwidiI6MX0.hSg-Xzmy7anvQXe8UTzPkIVtf3oo5sI5Aom5iVCdFFwdthzNJ7YfoA2ZkY4obHtoWFkyWC4ZkRCkiywShIsMCQ	2026-11-26 15:50:26+00	2026-11-26 15:50:26.180729+00
2	f	2	7	7	1	1	1	rAnKyif9psTrh-oLGes-bBKstWqPQhokDSkSc0xRwSk	2026-11-26 15:50:26+00	\N	{}	eyJhbGciOiJFZERTQSIsImtpZCI6InJBbkt5aWY5cHNUcmgtb0xHZXMtYkJLc3RXcVBRaG9rRFNrU2MweFJ3U2siLCJ0eXAiOiJjaGFyaW90LXVzYWdlLWxpY2Vuc2UrandzIiwieDVjIjpbIk1JSUJ6VENDQVgrZ0F3SUJBZ0lRYjIwUzU0YjdGd1p2QWp1aUVpN2hUakFGQmdNclpYQXdQakU4TURvR0ExVUVBd3d6UkVWV1JVeFBVRTFGVGxRZ1EyaGhjbWx2ZENCdlptWnNhVzVsSUd4cFkyVnVjMlVnY205dmRDQXhJR00zT0RJeE1qWTRNQjRYRFRJMk1URXlOakUxTlRBeU5Wb1hEVEk0TVRFeU5URTFOVEF5TkZvd1F6RkJNRDhHQTFVRUF3dzRSRVZXUlV4UFVFMUZUbFFnUTJoaGNtbHZkQ0J2Wm1ac2FXNWxJR3hwWTJWdWMyVWdjMmxuYm1sdVp5QnJaWGtnWlRsa01EY3daVEl3S2pBRkJnTXJaWEFESVFEcDBIRGlXU2JNT2pYZFNjdHRieVZzT2c5LzdNSEhZazBIQ3dQaVhqRTBoYU9CalRDQmlqQWRCZ05WSFE0RUZnUVViWjVyeHYwRDRaNk9udnREWE0ydHU1ZEdmM1F3SHdZRFZSMGpCQmd3Rm9BVTdxVU44ODJQcjVzZElDYXBlcU5YdGFjd2N6NHdEQVlEVlIwVEFRSC9CQUl3QURBT0JnTlZIUThCQWY4RUJBTUNCNEF3R0FZRFZSMGxBUUgvQkE0d0RBWUtLd1lCQkFHQi9Wa0hBVEFRQmdvckJnRUVBWUg5V1FjQ0JBSUZBREFGQmdNclpYQURRUURnYUlVSC9TMTZtT2dXdDJqYnlKYmk0RTQyR1JKdytkQUp4Q1hEcW9GRWFVRTMwL0t4cjI0YjN6VjBQMVRZZHBzVEV3VU5aUzlnemcwSlJZdmp5V2tNIl19.eyJhY3RpdmF0aW9uIjp7ImFsbG93ZWQiOjMsIm51bWJlciI6Mn0sImNuZiI6eyJqd2siOnsiY3J2IjoiRWQyNTUxOSIsImt0eSI6Ik9LUCIsIngiOiJLYTllOUk4U05uT1RLaTlHeDN3V2RuN1JMbTlrR2NGd3ZjQm1YN2E0UnRrIn19LCJjdXN0b21lciI6Ik5vcnRod2luZCBXYXRlciIsImVudGl0bGVtZW50IjoxLCJmZWF0dXJlcyI6W3siY29kZSI6Im1xdHQtc2VydmVyIiwia2luZCI6InBlcnBldHVhbCJ9LHsiY29kZSI6InN1cHBvcnQiLCJraW5kIjoidGVybSIsInVudGlsIjoxODE0NDQzMjAwfV0sImdyYW50IjoicmVndWxhciIsImlhdCI6MTc5NTcwODIyNiwiaW5zdGFuY2UiOnsiZmluZ2VycHJpbnQiOnsiYm9hcmQiOiJpNFN0cDJIYnIzVUZtUzdtWGZabmNRIiwiY3B1IjoieEducFF5cm4tVEVaU0txMXB3aXR3USIsIm1hYyI6IjA1VWpBRE14cGlJMGFzUUdzczFCMncifSwiaG9zdCI6InBsYW50LTEifSwiaXNzIjoiY2hhcmlvdC1saWNlbnNpbmciLCJsaWNlbnNlX2lkIjoiTElDLTEiLCJwcm9kdWN0IjoiY2hhcmlvdCIsInJlcXVlc3QiOiJOX2VOdm02U3JITV9pTWtxSXBFaXJnUmhIRVAyX0dDZ3ZacEp2eUZIVkZrIiwic2VyaWFsIjoiVUwtMDAwMDAwMDIiLCJzdXBlcnNlZGVzIjpbXSwidiI6MX0.6DY_j0_HHU4GsR-xiVfYNlW3bzdE-F9-tY9qEc1vRFOk9VFrLyWXEZfv1DXJS0mQyhqS1vqQu2CvTsPDt3pmAA	2026-11-26 15:50:26+00	2026-11-26 15:50:26.180729+00
3	f	3	8	1027	1	1	1	rAnKyif9psTrh-oLGes-bBKstWqPQhokDSkSc0xRwSk	2026-11-26 15:50:26+00	\N	{}	eyJhbGciOiJFZERTQSIsImtpZCI6InJBbkt5aWY5cHNUcmgtb0xHZXMtYkJLc3RXcVBRaG9rRFNrU2MweFJ3U2siLCJ0eXAiOiJjaGFyaW90LXVzYWdlLWxpY2Vuc2UrandzIiwieDVjIjpbIk1JSUJ6VENDQVgrZ0F3SUJBZ0lRYjIwUzU0YjdGd1p2QWp1aUVpN2hUakFGQmdNclpYQXdQakU4TURvR0ExVUVBd3d6UkVWV1JVeFBVRTFGVGxRZ1EyaGhjbWx2ZENCdlptWnNhVzVsSUd4cFkyVnVjMlVnY205dmRDQXhJR00zT0RJeE1qWTRNQjRYRFRJMk1URXlOakUxTlRBeU5Wb1hEVEk0TVRFeU5URTFOVEF5TkZvd1F6RkJNRDhHQTFVRUF3dzRSRVZXUlV4UFVFMUZUbFFnUTJoaGNtbHZkQ0J2Wm1ac2FXNWxJR3hwWTJWdWMyVWdjMmxuYm1sdVp5QnJaWGtnWlRsa01EY3daVEl3S2pBRkJnTXJaWEFESVFEcDBIRGlXU2JNT2pYZFNjdHRieVZzT2c5LzdNSEhZazBIQ3dQaVhqRTBoYU9CalRDQmlqQWRCZ05WSFE0RUZnUVViWjVyeHYwRDRaNk9udnREWE0ydHU1ZEdmM1F3SHdZRFZSMGpCQmd3Rm9BVTdxVU44ODJQcjVzZElDYXBlcU5YdGFjd2N6NHdEQVlEVlIwVEFRSC9CQUl3QURBT0JnTlZIUThCQWY4RUJBTUNCNEF3R0FZRFZSMGxBUUgvQkE0d0RBWUtLd1lCQkFHQi9Wa0hBVEFRQmdvckJnRUVBWUg5V1FjQ0JBSUZBREFGQmdNclpYQURRUURnYUlVSC9TMTZtT2dXdDJqYnlKYmk0RTQyR1JKdytkQUp4Q1hEcW9GRWFVRTMwL0t4cjI0YjN6VjBQMVRZZHBzVEV3VU5aUzlnemcwSlJZdmp5V2tNIl19.eyJhY3RpdmF0aW9uIjp7ImFsbG93ZWQiOjMsIm51bWJlciI6Mn0sImNuZiI6eyJqd2siOnsiY3J2IjoiRWQyNTUxOSIsImt0eSI6Ik9LUCIsIngiOiJxQWp5S2dTX1BfeEJhbmFIUG1NYW50c19xd1RsRHhsYWwzY2FvSWE1ejNZIn19LCJjdXN0b21lciI6Ik5vcnRod2luZCBXYXRlciIsImVudGl0bGVtZW50IjoxLCJmZWF0dXJlcyI6W3siY29kZSI6Im1xdHQtc2VydmVyIiwia2luZCI6InBlcnBldHVhbCJ9LHsiY29kZSI6InN1cHBvcnQiLCJraW5kIjoidGVybSIsInVudGlsIjoxODE0NDQzMjAwfV0sImdyYW50IjoicmVndWxhciIsImlhdCI6MTc5NTcwODIyNiwiaW5zdGFuY2UiOnsiZmluZ2VycHJpbnQiOnsiYm9hcmQiOiJrN3JZY1lQQ1F6NnRmSXg3dUhHa2xRIiwiY3B1IjoieEducFF5cm4tVEVaU0txMXB3aXR3USIsIm1hYyI6InJ6RTN1Z1NzaUVEQU9icTdMNXNnTlEifSwiaG9zdCI6InBsYW50LTIifSwiaXNzIjoiY2hhcmlvdC1saWNlbnNpbmciLCJsaWNlbnNlX2lkIjoiTElDLTEiLCJwcm9kdWN0IjoiY2hhcmlvdCIsInJlcXVlc3QiOiIzblJUSkMwbExJcTZ3dDRGY19NelZfTnYtOXBFbm5NSkRtblJhSFc5WnhrIiwic2VyaWFsIjoiVUwtMDAwMDAwMDMiLCJzdXBlcnNlZGVzIjpbXSwidiI6MX0.L1dy1v7RBtAD_4JWRQ7pwseFAzmRdHGPaUAiCPQq1rX5bIrF_Z3xvg4OWE2tKl9FIjnp6GBXiHTzxNt-6ReaDw	2026-11-26 15:50:26+00	2026-11-26 15:50:26.280103+00
4	f	4	514	2050	1	2	1	rAnKyif9psTrh-oLGes-bBKstWqPQhokDSkSc0xRwSk	2026-11-26 15:50:26+00	\N	{1}	eyJhbGciOiJFZERTQSIsImtpZCI6InJBbkt5aWY5cHNUcmgtb0xHZXMtYkJLc3RXcVBRaG9rRFNrU2MweFJ3U2siLCJ0eXAiOiJjaGFyaW90LXVzYWdlLWxpY2Vuc2UrandzIiwieDVjIjpbIk1JSUJ6VENDQVgrZ0F3SUJBZ0lRYjIwUzU0YjdGd1p2QWp1aUVpN2hUakFGQmdNclpYQXdQakU4TURvR0ExVUVBd3d6UkVWV1JVeFBVRTFGVGxRZ1EyaGhjbWx2ZENCdlptWnNhVzVsSUd4cFkyVnVjMlVnY205dmRDQXhJR00zT0RJeE1qWTRNQjRYRFRJMk1URXlOakUxTlRBeU5Wb1hEVEk0TVRFeU5URTFOVEF5TkZvd1F6RkJNRDhHQTFVRUF3dzRSRVZXUlV4UFVFMUZUbFFnUTJoaGNtbHZkQ0J2Wm1ac2FXNWxJR3hwWTJWdWMyVWdjMmxuYm1sdVp5QnJaWGtnWlRsa01EY3daVEl3S2pBRkJnTXJaWEFESVFEcDBIRGlXU2JNT2pYZFNjdHRieVZzT2c5LzdNSEhZazBIQ3dQaVhqRTBoYU9CalRDQmlqQWRCZ05WSFE0RUZnUVViWjVyeHYwRDRaNk9udnREWE0ydHU1ZEdmM1F3SHdZRFZSMGpCQmd3Rm9BVTdxVU44ODJQcjVzZElDYXBlcU5YdGFjd2N6NHdEQVlEVlIwVEFRSC9CQUl3QURBT0JnTlZIUThCQWY4RUJBTUNCNEF3R0FZRFZSMGxBUUgvQkE0d0RBWUtLd1lCQkFHQi9Wa0hBVEFRQmdvckJnRUVBWUg5V1FjQ0JBSUZBREFGQmdNclpYQURRUURnYUlVSC9TMTZtT2dXdDJqYnlKYmk0RTQyR1JKdytkQUp4Q1hEcW9GRWFVRTMwL0t4cjI0YjN6VjBQMVRZZHBzVEV3VU5aUzlnemcwSlJZdmp5V2tNIl19.eyJhY3RpdmF0aW9uIjp7ImFsbG93ZWQiOjQsIm51bWJlciI6MX0sImNuZiI6eyJqd2siOnsiY3J2IjoiRWQyNTUxOSIsImt0eSI6Ik9LUCIsIngiOiJuZmMybXBNQW80dnk0UzItWVdCM0s4RzlxNzB0TGFrZFhucnRBQm9wcGtrIn19LCJjdXN0b21lciI6Ik5vcnRod2luZCBXYXRlciIsImVudGl0bGVtZW50IjoyLCJmZWF0dXJlcyI6W3siY29kZSI6Im1xdHQtc2VydmVyIiwia2luZCI6InBlcnBldHVhbCJ9LHsiY29kZSI6InN1cHBvcnQiLCJraW5kIjoidGVybSIsInVudGlsIjoxODQ2MDY1NjAwfV0sImdyYW50IjoicmVndWxhciIsImlhdCI6MTc5NTcwODIyNiwiaW5zdGFuY2UiOnsiZmluZ2VycHJpbnQiOnsiYm9hcmQiOiJfQ3NidHhUdkRBcGwwVkYyTGM3RGZBIiwiY3B1IjoieEducFF5cm4tVEVaU0txMXB3aXR3USIsIm1hYyI6ImRaTkJKUDc2THd6OUc0V1FtejNPemcifSwiaG9zdCI6InBsYW50LTAifSwiaXNzIjoiY2hhcmlvdC1saWNlbnNpbmciLCJsaWNlbnNlX2lkIjoiTElDLTEiLCJwcm9kdWN0IjoiY2hhcmlvdCIsInJlcXVlc3QiOiJjU0tjZ0dqc1VJd1J3ZXRDSE51Mk1jcUVQYXJxaU1fcnZyNVViRFZrSE1zIiwic2VyaWFsIjoiVUwtMDAwMDAwMDQiLCJzdXBlcnNlZGVzIjpbIlVMLTAwMDAwMDAxIl0sInYiOjF9.cwU82HF2Hu3w3yYLxyVgxPi_xlyaezslZlKN5uKKg5G4oNhcE_4JiCX1XSnG6Zm6rNIlefGknKsth0Tbb7eUBQ	2026-11-26 15:50:26+00	2026-11-26 15:50:26.614119+00
\.
COPY issuer.usage_request (id, digest, thumbprint, seq, iat, license_key, license_id, purpose, installed, product, version, host, board, cpu, mac, jws, message_id, effective, recorded_at) FROM stdin;
6	\\xa5a1be43824545d2d22ec2de729c0d1d92eeb8652dc85d28b5c7c6a7911b49a8	\\x4c369a75564820871b9d910829514324be8281b01474b3059d5535c572b35cff	1795708226	2026-11-26 15:50:26+00	\\x5f3df4670d4376b14a9d550a402f2a2940d8cf6ce663db587bc1f04fdfd1b6d6	1	activate	\N	chariot	8.4.2	plant-0	\\xfc2b1bb714ef0c0a65d151762dcec37c	\\xc469e9432ae7f9311948aab5a708adc1	\\x75934124fefa2f0cfd1b85909b3dcece	eyJhbGciOiJFZERTQSIsImp3ayI6eyJjcnYiOiJFZDI1NTE5Iiwia3R5IjoiT0tQIiwieCI6Im5mYzJtcE1BbzR2eTRTMi1ZV0IzSzhHOXE3MHRMYWtkWG5ydEFCb3Bwa2sifSwidHlwIjoiY2hhcmlvdC11c2FnZS1yZXF1ZXN0K2p3cyJ9.eyJpYXQiOjE3OTU3MDgyMjYsImluc3RhbmNlIjp7ImZpbmdlcnByaW50Ijp7ImJvYXJkIjoiX0NzYnR4VHZEQXBsMFZGMkxjN0RmQSIsImNwdSI6InhHbnBReXJuLVRFWlNLcTFwd2l0d1EiLCJtYWMiOiJkWk5CSlA3Nkx3ejlHNFdRbXozT3pnIn0sImhvc3QiOiJwbGFudC0wIn0sImxpY2Vuc2UiOiJYejMwWncxRGRyRktuVlVLUUM4cUtVRFl6MnptWTl0WWU4SHdUOV9SdHRZIiwicHJvZHVjdCI6ImNoYXJpb3QiLCJwcm9vZiI6ImQ0THpCYVlzSXZmVTN2ckNQUzB2elo2UUo4bnoycDZHSkZYeXUzdHRydGduQ1JZQURuNEhGR0lBNC1LYlBXLWlKSlRQU3BWckF1ZzBBZEpxNkdzRkNBIiwicHVycG9zZSI6ImFjdGl2YXRlIiwic2VxIjoxNzk1NzA4MjI2LCJ2IjoxLCJ2ZXJzaW9uIjoiOC40LjIifQ.eWVlfp4vi_rhgoI8Ze8jgn35OGIAf1fUp62XBzOwqK5vYNaF8DaszrEyedil1ddtaQ55sDxs2dWrhlYswp8vCQ	6657	2026-11-26 15:50:26+00	2026-11-26 15:50:26.180729+00
7	\\x37f78dbe6e92ac733f88c92a229122ae04611c43f6fc60a0bd9a49bf21475459	\\x89b11a811bf06eb889821559a88e1e6d119b948135393f50aa09324cd2bcab28	1795708226	2026-11-26 15:50:26+00	\\x5f3df4670d4376b14a9d550a402f2a2940d8cf6ce663db587bc1f04fdfd1b6d6	1	activate	\N	chariot	8.4.2	plant-1	\\x8b84ada761dbaf7505992ee65df66771	\\xc469e9432ae7f9311948aab5a708adc1	\\xd39523003331a622346ac406b2cd41db	eyJhbGciOiJFZERTQSIsImp3ayI6eyJjcnYiOiJFZDI1NTE5Iiwia3R5IjoiT0tQIiwieCI6IkthOWU5SThTTm5PVEtpOUd4M3dXZG43UkxtOWtHY0Z3dmNCbVg3YTRSdGsifSwidHlwIjoiY2hhcmlvdC11c2FnZS1yZXF1ZXN0K2p3cyJ9.eyJpYXQiOjE3OTU3MDgyMjYsImluc3RhbmNlIjp7ImZpbmdlcnByaW50Ijp7ImJvYXJkIjoiaTRTdHAySGJyM1VGbVM3bVhmWm5jUSIsImNwdSI6InhHbnBReXJuLVRFWlNLcTFwd2l0d1EiLCJtYWMiOiIwNVVqQURNeHBpSTBhc1FHc3MxQjJ3In0sImhvc3QiOiJwbGFudC0xIn0sImxpY2Vuc2UiOiJYejMwWncxRGRyRktuVlVLUUM4cUtVRFl6MnptWTl0WWU4SHdUOV9SdHRZIiwicHJvZHVjdCI6ImNoYXJpb3QiLCJwcm9vZiI6IjZBMlZ5U0pNbk9meHFTLVFYLTc4VmVFdmswV2hxX19kSFc1OUdmM2JhUXpfLS1NeU5hZnhQOWV2VW14V0tYT1h4clNMUm9ETzhaWjEybXMyZmljN0N3IiwicHVycG9zZSI6ImFjdGl2YXRlIiwic2VxIjoxNzk1NzA4MjI2LCJ2IjoxLCJ2ZXJzaW9uIjoiOC40LjIifQ.8Lv4EUCI9a24PJ9YL0veCFdGreHiNojOe2f1JLi33C26Wc06i9DZKDwnPUp7HOvs0rtYZzd0MLComtuty2jDAw	3585	2026-11-26 15:50:26+00	2026-11-26 15:50:26.180729+00
8	\\xde7453242d252c8abac2de0573f33357f36ffbda449e73090e69d16875bd6719	\\x3d63ce8327db866295bfce45291e76ed94c723c4cbf04d162a22d8dfd34ecc4f	1795708226	2026-11-26 15:50:26+00	\\x5f3df4670d4376b14a9d550a402f2a2940d8cf6ce663db587bc1f04fdfd1b6d6	1	activate	\N	chariot	8.4.2	plant-2	\\x93bad87183c2433ead7c8c7bb871a495	\\xc469e9432ae7f9311948aab5a708adc1	\\xaf3137ba04ac8840c039babb2f9b2035	eyJhbGciOiJFZERTQSIsImp3ayI6eyJjcnYiOiJFZDI1NTE5Iiwia3R5IjoiT0tQIiwieCI6InFBanlLZ1NfUF94QmFuYUhQbU1hbnRzX3F3VGxEeGxhbDNjYW9JYTV6M1kifSwidHlwIjoiY2hhcmlvdC11c2FnZS1yZXF1ZXN0K2p3cyJ9.eyJpYXQiOjE3OTU3MDgyMjYsImluc3RhbmNlIjp7ImZpbmdlcnByaW50Ijp7ImJvYXJkIjoiazdyWWNZUENRejZ0Zkl4N3VIR2tsUSIsImNwdSI6InhHbnBReXJuLVRFWlNLcTFwd2l0d1EiLCJtYWMiOiJyekUzdWdTc2lFREFPYnE3TDVzZ05RIn0sImhvc3QiOiJwbGFudC0yIn0sImxpY2Vuc2UiOiJYejMwWncxRGRyRktuVlVLUUM4cUtVRFl6MnptWTl0WWU4SHdUOV9SdHRZIiwicHJvZHVjdCI6ImNoYXJpb3QiLCJwcm9vZiI6Ik5wendBMzYwZFFsV0dEQWxwZEpicjlrX3I2SVZsUm1hbVhXX3BwR1BYbGlmR0dzT3pPVlpoTnFuZHdfV2NTRndqMlEzZVJqT1N4cm5hb0hLQXF5RUJRIiwicHVycG9zZSI6ImFjdGl2YXRlIiwic2VxIjoxNzk1NzA4MjI2LCJ2IjoxLCJ2ZXJzaW9uIjoiOC40LjIifQ.MtzXvDxHYRlgsxHUeyxoQZtx3AOkTIk0bDleEziHdK3ESjpsnHQwaHWPfEMz4ByHEJU6JoO8Ix3dli2TEjbsCg	4097	2026-11-26 15:50:26+00	2026-11-26 15:50:26.180729+00
9	\\x19671e8d10a425c16e085961ae648ce848578f343973466813e9facc6f8b42db	\\x972dc78b07fb4fe8147519ad8753d9734ce1c7179a01222f19415a053fbf8347	1795708226	2026-11-26 15:50:26+00	\\x6793a56eb2f8126d2af0df6e119dd61d718038c2375478bac1235de250f7c34a	2	activate	\N	chariot	8.4.2	plant-3	\\x8f5cdbb8d5101de8866178848eb48446	\\x19a8025b1291a7199499364aa8a846c7	\\x8bf19556821feac2fd398942f2d44635	eyJhbGciOiJFZERTQSIsImp3ayI6eyJjcnYiOiJFZDI1NTE5Iiwia3R5IjoiT0tQIiwieCI6IjhDWG5wZ0w5ZzJralBuWERvQ2Rsb29vRERLUl9zREhUY0JlQU9TZGhMazAifSwidHlwIjoiY2hhcmlvdC11c2FnZS1yZXF1ZXN0K2p3cyJ9.eyJpYXQiOjE3OTU3MDgyMjYsImluc3RhbmNlIjp7ImZpbmdlcnByaW50Ijp7ImJvYXJkIjoiajF6YnVOVVFIZWlHWVhpRWpyU0VSZyIsImNwdSI6IkdhZ0NXeEtScHhtVW1UWktxS2hHeHciLCJtYWMiOiJpX0dWVm9JZjZzTDlPWWxDOHRSR05RIn0sImhvc3QiOiJwbGFudC0zIn0sImxpY2Vuc2UiOiJaNU9sYnJMNEVtMHE4Tjl1RVozV0hYR0FPTUkzVkhpNndTTmQ0bEQzdzBvIiwicHJvZHVjdCI6ImNoYXJpb3QiLCJwcm9vZiI6IkJ4UUJfS0NEaFMyMnpva1hJV0dORS1CZE9rMFRsa2xJaUpRaE1tR0p0eDE4NGlmemVybHlfX1h2RzZoOUZvd1ZKX2ppMkNqR2luZnQwZ3BmbzMzM0JBIiwicHVycG9zZSI6ImFjdGl2YXRlIiwic2VxIjoxNzk1NzA4MjI2LCJ2IjoxLCJ2ZXJzaW9uIjoiOC40LjIifQ.oDsomBEmJuVt9s1-tvcAFJWsX706I2Al1LtxQW8zwVCqyEh9vwIuK6cgajB_Dah8Dmh0zkdLg4thtyd_nJ2VAA	6145	2026-11-26 15:50:26+00	2026-11-26 15:50:26.180729+00
10	\\xee6e3db9945bbcbca1cdd3ab92b3f7193af1c972a1e87f5cfcfc584d2ea4b191	\\x6696de68c599efde6f8f06f4f6720843bda783748abe2f4c8adbd36cf8eb27ed	1795708226	2026-11-26 15:50:26+00	\\x3a83299ea1cac262d28caf1a04ab439e26770d95a9fd7374e5f02bf9d48f1ffe	3	activate	\N	chariot	8.4.2	plant-4	\\x61da560e37764525bb61df5ce0cbe50b	\\x7773d278fb1b46c9ec12a9926dadef86	\\xd0904092de48e109b92db87ca8191778	eyJhbGciOiJFZERTQSIsImp3ayI6eyJjcnYiOiJFZDI1NTE5Iiwia3R5IjoiT0tQIiwieCI6InBGaUwxTlBTNi0tc1lWNEdLSjZ5U1J1WWJmRFk5MzNaRUJ3dGgwamxsNEUifSwidHlwIjoiY2hhcmlvdC11c2FnZS1yZXF1ZXN0K2p3cyJ9.eyJpYXQiOjE3OTU3MDgyMjYsImluc3RhbmNlIjp7ImZpbmdlcnByaW50Ijp7ImJvYXJkIjoiWWRwV0RqZDJSU1c3WWQ5YzRNdmxDdyIsImNwdSI6ImQzUFNlUHNiUnNuc0VxbVNiYTN2aGciLCJtYWMiOiIwSkJBa3Q1STRRbTVMYmg4cUJrWGVBIn0sImhvc3QiOiJwbGFudC00In0sImxpY2Vuc2UiOiJPb01wbnFIS3dtTFNqSzhhQkt0RG5pWjNEWldwX1hOMDVmQXItZFNQSF80IiwicHJvZHVjdCI6ImNoYXJpb3QiLCJwcm9vZiI6IldPTkdENW5fR1h2eFpvUXlRZC15MFhtOVhXQlJJc2tDbm5sWW45YllMbWREbDRqd21nVTl6UU8zUWJqazlnWGhpRXlRak9FN2JFZUZ2V0N3alBuZER3IiwicHVycG9zZSI6ImFjdGl2YXRlIiwic2VxIjoxNzk1NzA4MjI2LCJ2IjoxLCJ2ZXJzaW9uIjoiOC40LjIifQ.hzqBS5Y2RaIDx7WGHwOqAR6d9YtsKBxwTKX-NiM1PTucelbWGtlHYbeQx3cjjrNzFFPDRKpfVao4tpCORSq6Bw	5633	2026-11-26 15:50:26+00	2026-11-26 15:50:26.180729+00
514	\\x71229c8068ec508c11c1eb421cdbb631ca843daaea88cfebbebe546c35641ccb	\\x4c369a75564820871b9d910829514324be8281b01474b3059d5535c572b35cff	1795708227	2026-11-26 15:50:26+00	\\x5f3df4670d4376b14a9d550a402f2a2940d8cf6ce663db587bc1f04fdfd1b6d6	1	update	UL-00000001	chariot	8.4.2	plant-0	\\xfc2b1bb714ef0c0a65d151762dcec37c	\\xc469e9432ae7f9311948aab5a708adc1	\\x75934124fefa2f0cfd1b85909b3dcece	eyJhbGciOiJFZERTQSIsImp3ayI6eyJjcnYiOiJFZDI1NTE5Iiwia3R5IjoiT0tQIiwieCI6Im5mYzJtcE1BbzR2eTRTMi1ZV0IzSzhHOXE3MHRMYWtkWG5ydEFCb3Bwa2sifSwidHlwIjoiY2hhcmlvdC11c2FnZS1yZXF1ZXN0K2p3cyJ9.eyJpYXQiOjE3OTU3MDgyMjYsImluc3RhbGxlZCI6IlVMLTAwMDAwMDAxIiwiaW5zdGFuY2UiOnsiZmluZ2VycHJpbnQiOnsiYm9hcmQiOiJfQ3NidHhUdkRBcGwwVkYyTGM3RGZBIiwiY3B1IjoieEducFF5cm4tVEVaU0txMXB3aXR3USIsIm1hYyI6ImRaTkJKUDc2THd6OUc0V1FtejNPemcifSwiaG9zdCI6InBsYW50LTAifSwibGljZW5zZSI6Ilh6MzBadzFEZHJGS25WVUtRQzhxS1VEWXoyem1ZOXRZZThId1Q5X1J0dFkiLCJwcm9kdWN0IjoiY2hhcmlvdCIsInByb29mIjoiZDRMekJhWXNJdmZVM3ZyQ1BTMHZ6WjZRSjhuejJwNkdKRlh5dTN0dHJ0Z25DUllBRG40SEZHSUE0LUtiUFctaUpKVFBTcFZyQXVnMEFkSnE2R3NGQ0EiLCJwdXJwb3NlIjoidXBkYXRlIiwic2VxIjoxNzk1NzA4MjI3LCJ2IjoxLCJ2ZXJzaW9uIjoiOC40LjIifQ.PXUCJx1hYqFbhZ4TBq2XXZaRLXeDb4_gJbidgsBwb61pR6P23Hinkcw7PnUPMgNBX7HMZEz7I4-h2nXdyx2VBQ	8705	2026-11-26 15:50:26+00	2026-11-26 15:50:26.265453+00
\.
SELECT pg_catalog.setval('issuer.alert_id_seq', 1, false);
SELECT pg_catalog.setval('issuer.contact_id_seq', 3, true);
SELECT pg_catalog.setval('issuer.customer_id_seq', 2, true);
SELECT pg_catalog.setval('issuer.deactivation_id_seq', 1, true);
SELECT pg_catalog.setval('issuer.decision_id_seq', 2049, true);
SELECT pg_catalog.setval('issuer.event_id_seq', 48, true);
SELECT pg_catalog.setval('issuer.hold_id_seq', 1003, true);
SELECT pg_catalog.setval('issuer.import_id_seq', 4, true);
SELECT pg_catalog.setval('issuer.instruction_id_seq', 1, true);
SELECT pg_catalog.setval('issuer.license_id_seq', 3, true);
SELECT pg_catalog.setval('issuer.license_key_id_seq', 3, true);
SELECT pg_catalog.setval('issuer.message_id_seq', 9729, true);
SELECT pg_catalog.setval('issuer.migration_id_seq', 9, true);
SELECT pg_catalog.setval('issuer.operator_id_seq', 2, true);
SELECT pg_catalog.setval('issuer.orders_id_seq', 4, true);
SELECT pg_catalog.setval('issuer.reply_id_seq', 2049, true);
SELECT pg_catalog.setval('issuer.serial_block_id_seq', 3, true);
SELECT pg_catalog.setval('issuer.usage_request_id_seq', 513, true);
ALTER TABLE ONLY issuer.activation
    ADD CONSTRAINT activation_pkey PRIMARY KEY (id);
ALTER TABLE ONLY issuer.activation
    ADD CONSTRAINT activation_request_id_key UNIQUE (request_id);
ALTER TABLE ONLY issuer.alert
    ADD CONSTRAINT alert_pkey PRIMARY KEY (id);
ALTER TABLE ONLY issuer.contact
    ADD CONSTRAINT contact_pkey PRIMARY KEY (id);
ALTER TABLE ONLY issuer.customer
    ADD CONSTRAINT customer_pkey PRIMARY KEY (id);
ALTER TABLE ONLY issuer.customer_version
    ADD CONSTRAINT customer_version_pkey PRIMARY KEY (customer_id, version);
ALTER TABLE ONLY issuer.deactivation
    ADD CONSTRAINT deactivation_digest_key UNIQUE (digest);
ALTER TABLE ONLY issuer.deactivation
    ADD CONSTRAINT deactivation_pkey PRIMARY KEY (id);
ALTER TABLE ONLY issuer.decision
    ADD CONSTRAINT decision_pkey PRIMARY KEY (id);
ALTER TABLE ONLY issuer.entitlement_feature
    ADD CONSTRAINT entitlement_feature_pkey PRIMARY KEY (license_id, version, code);
ALTER TABLE ONLY issuer.entitlement
    ADD CONSTRAINT entitlement_license_id_version_servers_activations_key UNIQUE (license_id, version, servers, activations);
ALTER TABLE ONLY issuer.entitlement
    ADD CONSTRAINT entitlement_pkey PRIMARY KEY (license_id, version);
ALTER TABLE ONLY issuer.event
    ADD CONSTRAINT event_pkey PRIMARY KEY (id);
ALTER TABLE ONLY issuer.feature
    ADD CONSTRAINT feature_pkey PRIMARY KEY (code);
ALTER TABLE ONLY issuer.hold
    ADD CONSTRAINT hold_pkey PRIMARY KEY (id);
ALTER TABLE ONLY issuer.import
    ADD CONSTRAINT import_pkey PRIMARY KEY (id);
ALTER TABLE ONLY issuer.import_row
    ADD CONSTRAINT import_row_pkey PRIMARY KEY (license_id, import_id);
ALTER TABLE ONLY issuer.instance
    ADD CONSTRAINT instance_pkey PRIMARY KEY (thumbprint);
ALTER TABLE ONLY issuer.instruction
    ADD CONSTRAINT instruction_pkey PRIMARY KEY (id);
ALTER TABLE ONLY issuer.license_key
    ADD CONSTRAINT license_key_pkey PRIMARY KEY (id);
ALTER TABLE ONLY issuer.license
    ADD CONSTRAINT license_license_id_key UNIQUE (license_id);
ALTER TABLE ONLY issuer.license
    ADD CONSTRAINT license_pkey PRIMARY KEY (id);
ALTER TABLE ONLY issuer.license_proof
    ADD CONSTRAINT license_proof_license_key_id_key UNIQUE (license_key_id);
ALTER TABLE ONLY issuer.license_proof
    ADD CONSTRAINT license_proof_pkey PRIMARY KEY (public_key);
ALTER TABLE ONLY issuer.license_state_version
    ADD CONSTRAINT license_state_version_pkey PRIMARY KEY (license_id, version);
ALTER TABLE ONLY issuer.message
    ADD CONSTRAINT message_identity_key UNIQUE (identity);
ALTER TABLE ONLY issuer.message
    ADD CONSTRAINT message_pkey PRIMARY KEY (id);
ALTER TABLE ONLY issuer.migration
    ADD CONSTRAINT migration_pkey PRIMARY KEY (id);
ALTER TABLE ONLY issuer.operator
    ADD CONSTRAINT operator_name_key UNIQUE (name);
ALTER TABLE ONLY issuer.operator
    ADD CONSTRAINT operator_pkey PRIMARY KEY (id);
ALTER TABLE ONLY issuer.operator_token
    ADD CONSTRAINT operator_token_pkey PRIMARY KEY (digest);
ALTER TABLE ONLY issuer.orders
    ADD CONSTRAINT orders_pkey PRIMARY KEY (id);
ALTER TABLE ONLY issuer.orders
    ADD CONSTRAINT orders_reference_key UNIQUE (reference);
ALTER TABLE ONLY issuer.product
    ADD CONSTRAINT product_pkey PRIMARY KEY (code);
ALTER TABLE ONLY issuer.quarantine
    ADD CONSTRAINT quarantine_pkey PRIMARY KEY (message_id);
ALTER TABLE ONLY issuer.reply_line
    ADD CONSTRAINT reply_line_pkey PRIMARY KEY (reply_id, "position");
ALTER TABLE ONLY issuer.reply
    ADD CONSTRAINT reply_pkey PRIMARY KEY (id);
ALTER TABLE ONLY issuer.serial_block
    ADD CONSTRAINT serial_block_first_key UNIQUE (first);
ALTER TABLE ONLY issuer.serial_block
    ADD CONSTRAINT serial_block_pkey PRIMARY KEY (id);
ALTER TABLE ONLY issuer.serial_void
    ADD CONSTRAINT serial_void_pkey PRIMARY KEY (serial);
ALTER TABLE ONLY issuer.signing_key
    ADD CONSTRAINT signing_key_pkey PRIMARY KEY (kid);
ALTER TABLE ONLY issuer.usage_license
    ADD CONSTRAINT usage_license_activation_id_key UNIQUE (activation_id);
ALTER TABLE ONLY issuer.usage_license
    ADD CONSTRAINT usage_license_pkey PRIMARY KEY (serial);
ALTER TABLE ONLY issuer.usage_request
    ADD CONSTRAINT usage_request_digest_key UNIQUE (digest);
ALTER TABLE ONLY issuer.usage_request
    ADD CONSTRAINT usage_request_pkey PRIMARY KEY (id);
CREATE INDEX activation_license_id_idx ON issuer.activation USING btree (license_id);
CREATE UNIQUE INDEX activation_one_active ON issuer.activation USING btree (thumbprint) WHERE (state = 'active'::issuer.activation_state);
CREATE UNIQUE INDEX activation_one_place ON issuer.activation USING btree (license_id, slot) WHERE (state = 'active'::issuer.activation_state);
CREATE UNIQUE INDEX activation_one_use ON issuer.activation USING btree (license_id, use_no) WHERE counted;
CREATE INDEX activation_thumbprint_idx ON issuer.activation USING btree (thumbprint);
CREATE INDEX alert_effective_idx ON issuer.alert USING btree (effective) WHERE (closed_at IS NULL);
CREATE INDEX contact_entry_idx ON issuer.contact USING btree (entry) WHERE (ended_on IS NULL);
CREATE INDEX contact_license_id_idx ON issuer.contact USING btree (license_id);
CREATE UNIQUE INDEX contact_one_current ON issuer.contact USING btree (license_id, entry) WHERE (ended_on IS NULL);
CREATE INDEX customer_version_lower_idx ON issuer.customer_version USING btree (lower((name)::text));
CREATE INDEX customer_version_reference_idx ON issuer.customer_version USING btree (reference);
CREATE INDEX deactivation_thumbprint_seq_idx ON issuer.deactivation USING btree (thumbprint, seq);
CREATE INDEX decision_message_id_idx ON issuer.decision USING btree (message_id);
CREATE INDEX decision_request_id_idx ON issuer.decision USING btree (request_id) WHERE (request_id IS NOT NULL);
CREATE INDEX decision_waits ON issuer.decision USING btree (effective) WHERE (outcome = ANY (ARRAY['refused'::issuer.outcome, 'held'::issuer.outcome]));
CREATE INDEX entitlement_expires_on_idx ON issuer.entitlement USING btree (expires_on);
CREATE INDEX entitlement_order_id_idx ON issuer.entitlement USING btree (order_id);
CREATE INDEX event_license_id_idx ON issuer.event USING btree (license_id) WHERE (license_id IS NOT NULL);
CREATE INDEX event_subject_id_idx ON issuer.event USING btree (subject_id);
CREATE UNIQUE INDEX hold_one_open ON issuer.hold USING btree (request_id) WHERE (closed_at IS NULL);
CREATE INDEX hold_opened_at_idx ON issuer.hold USING btree (opened_at) WHERE (closed_at IS NULL);
CREATE INDEX instruction_id_idx ON issuer.instruction USING btree (id) WHERE ((state)::text = ANY (ARRAY['filed'::text, 'taken'::text]));
CREATE UNIQUE INDEX instruction_one_open ON issuer.instruction USING btree (hold_id) WHERE ((hold_id IS NOT NULL) AND ((state)::text = ANY (ARRAY['filed'::text, 'taken'::text])));
CREATE INDEX license_customer_id_idx ON issuer.license USING btree (customer_id);
CREATE INDEX license_key_license_id_idx ON issuer.license_key USING btree (license_id);
CREATE UNIQUE INDEX license_key_one_current ON issuer.license_key USING btree (license_id) WHERE (retired_at IS NULL);
CREATE INDEX license_order_id_idx ON issuer.license USING btree (order_id);
CREATE INDEX message_message_id_idx ON issuer.message USING btree (message_id) WHERE (message_id IS NOT NULL);
CREATE INDEX message_waits ON issuer.message USING btree (id) WHERE (((class)::text = ANY (ARRAY['about-license'::text, 'unrecognised'::text, 'quarantined'::text])) AND (handled_at IS NULL));
CREATE UNIQUE INDEX migration_number ON issuer.migration USING btree (number);
CREATE INDEX reply_line_decision_id_idx ON issuer.reply_line USING btree (decision_id);
CREATE INDEX reply_message_id_idx ON issuer.reply USING btree (message_id);
CREATE INDEX reply_queued ON issuer.reply USING btree (id) WHERE ((state)::text = 'queued'::text);
CREATE INDEX reply_recipient_effective_idx ON issuer.reply USING btree (recipient, effective) WHERE (recipient IS NOT NULL);
CREATE INDEX serial_block_id_idx ON issuer.serial_block USING btree (id) WHERE (closed_at IS NULL);
CREATE INDEX usage_license_kid_idx ON issuer.usage_license USING btree (kid);
CREATE INDEX usage_license_license_id_idx ON issuer.usage_license USING btree (license_id);
CREATE UNIQUE INDEX usage_license_one_emergency ON issuer.usage_license USING btree (request_id) WHERE emergency;
CREATE UNIQUE INDEX usage_license_one_regular ON issuer.usage_license USING btree (request_id) WHERE (NOT emergency);
CREATE INDEX usage_request_host_idx ON issuer.usage_request USING btree (host);
CREATE INDEX usage_request_license_id_idx ON issuer.usage_request USING btree (license_id) WHERE (license_id IS NOT NULL);
CREATE INDEX usage_request_license_key_idx ON issuer.usage_request USING btree (license_key) WHERE (license_id IS NULL);
CREATE INDEX usage_request_thumbprint_seq_idx ON issuer.usage_request USING btree (thumbprint, seq);
CREATE TRIGGER a_stamp BEFORE UPDATE ON issuer.activation FOR EACH ROW EXECUTE FUNCTION issuer.stamp_activation();
CREATE TRIGGER a_stamp_new BEFORE INSERT ON issuer.activation FOR EACH ROW WHEN ((new.state <> 'active'::issuer.activation_state)) EXECUTE FUNCTION issuer.stamp_activation();
CREATE TRIGGER keep_ended BEFORE UPDATE ON issuer.activation FOR EACH ROW WHEN (((new.counted AND (NOT old.counted)) OR ((new.state = 'active'::issuer.activation_state) AND (old.state <> 'active'::issuer.activation_state)) OR ((new.state = 'superseded'::issuer.activation_state) AND (old.state <> ALL (ARRAY['active'::issuer.activation_state, 'superseded'::issuer.activation_state]))))) EXECUTE FUNCTION issuer.refuse_change('it has ended');
CREATE TRIGGER keep_once BEFORE UPDATE ON issuer.activation FOR EACH ROW WHEN ((((old.active_until IS NOT NULL) AND (old.active_until IS DISTINCT FROM new.active_until)) OR ((old.counted_until IS NOT NULL) AND (old.counted_until IS DISTINCT FROM new.counted_until)) OR ((old.lost_at IS NOT NULL) AND (old.lost_at IS DISTINCT FROM new.lost_at)))) EXECUTE FUNCTION issuer.refuse_change('it is filled once');
CREATE TRIGGER keep_once BEFORE UPDATE ON issuer.alert FOR EACH ROW WHEN ((((old.closed_at IS NOT NULL) AND (old.closed_at IS DISTINCT FROM new.closed_at)) OR ((old.closed_by IS NOT NULL) AND (old.closed_by IS DISTINCT FROM new.closed_by)))) EXECUTE FUNCTION issuer.refuse_change('it is filled once');
CREATE TRIGGER keep_once BEFORE UPDATE ON issuer.contact FOR EACH ROW WHEN ((((old.ended_on IS NOT NULL) AND (old.ended_on IS DISTINCT FROM new.ended_on)) OR ((old.ended_at IS NOT NULL) AND (old.ended_at IS DISTINCT FROM new.ended_at)) OR ((old.erased_at IS NOT NULL) AND (old.erased_at IS DISTINCT FROM new.erased_at)))) EXECUTE FUNCTION issuer.refuse_change('it is filled once');
CREATE TRIGGER keep_once BEFORE UPDATE ON issuer.hold FOR EACH ROW WHEN ((((old.closed_at IS NOT NULL) AND (old.closed_at IS DISTINCT FROM new.closed_at)) OR ((old.closed_by IS NOT NULL) AND (old.closed_by IS DISTINCT FROM new.closed_by)) OR ((old.closed_how IS NOT NULL) AND ((old.closed_how)::text IS DISTINCT FROM (new.closed_how)::text)))) EXECUTE FUNCTION issuer.refuse_change('it is filled once');
CREATE TRIGGER keep_once BEFORE UPDATE ON issuer.instruction FOR EACH ROW WHEN ((((old.second_id IS NOT NULL) AND (old.second_id IS DISTINCT FROM new.second_id)) OR ((old.answer IS NOT NULL) AND (old.answer IS DISTINCT FROM new.answer)) OR ((old.ended_at IS NOT NULL) AND (old.ended_at IS DISTINCT FROM new.ended_at)))) EXECUTE FUNCTION issuer.refuse_change('it is filled once');
CREATE TRIGGER keep_once BEFORE UPDATE ON issuer.license_key FOR EACH ROW WHEN (((old.retired_at IS NOT NULL) AND (old.retired_at IS DISTINCT FROM new.retired_at))) EXECUTE FUNCTION issuer.refuse_change('it is filled once');
CREATE TRIGGER keep_once BEFORE UPDATE ON issuer.message FOR EACH ROW WHEN ((((old.emptied_at IS NOT NULL) AND (old.emptied_at IS DISTINCT FROM new.emptied_at)) OR ((old.handled_at IS NOT NULL) AND (old.handled_at IS DISTINCT FROM new.handled_at)) OR ((old.handled_how IS NOT NULL) AND (old.handled_how IS DISTINCT FROM new.handled_how)))) EXECUTE FUNCTION issuer.refuse_change('it is filled once');
CREATE TRIGGER keep_once BEFORE UPDATE ON issuer.operator FOR EACH ROW WHEN (((old.revoked_at IS NOT NULL) AND (old.revoked_at IS DISTINCT FROM new.revoked_at))) EXECUTE FUNCTION issuer.refuse_change('it is filled once');
CREATE TRIGGER keep_once BEFORE UPDATE ON issuer.operator_token FOR EACH ROW WHEN (((old.revoked_at IS NOT NULL) AND (old.revoked_at IS DISTINCT FROM new.revoked_at))) EXECUTE FUNCTION issuer.refuse_change('it is filled once');
CREATE TRIGGER keep_once BEFORE UPDATE ON issuer.quarantine FOR EACH ROW WHEN ((((old.closed_at IS NOT NULL) AND (old.closed_at IS DISTINCT FROM new.closed_at)) OR ((old.closed_how IS NOT NULL) AND (old.closed_how IS DISTINCT FROM new.closed_how)))) EXECUTE FUNCTION issuer.refuse_change('it is filled once');
CREATE TRIGGER keep_once BEFORE UPDATE ON issuer.reply FOR EACH ROW WHEN (((old.sent_at IS NOT NULL) AND (old.sent_at IS DISTINCT FROM new.sent_at))) EXECUTE FUNCTION issuer.refuse_change('it is filled once');
CREATE TRIGGER keep_once BEFORE UPDATE ON issuer.serial_block FOR EACH ROW WHEN (((old.closed_at IS NOT NULL) AND (old.closed_at IS DISTINCT FROM new.closed_at))) EXECUTE FUNCTION issuer.refuse_change('it is filled once');
CREATE TRIGGER keep_once BEFORE UPDATE ON issuer.signing_key FOR EACH ROW WHEN (((old.revoked_at IS NOT NULL) AND (old.revoked_at IS DISTINCT FROM new.revoked_at))) EXECUTE FUNCTION issuer.refuse_change('it is filled once');
CREATE TRIGGER keep_once BEFORE UPDATE ON issuer.usage_request FOR EACH ROW WHEN (((old.license_id IS NOT NULL) AND (old.license_id IS DISTINCT FROM new.license_id))) EXECUTE FUNCTION issuer.refuse_change('it is filled once');
CREATE TRIGGER keep_revoked AFTER INSERT ON issuer.usage_license REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_revoked_key();
CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON issuer.activation FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON issuer.alert FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON issuer.contact FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON issuer.customer FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON issuer.customer_version FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON issuer.deactivation FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON issuer.decision FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON issuer.entitlement FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON issuer.entitlement_feature FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON issuer.event FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON issuer.feature FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON issuer.hold FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON issuer.import FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON issuer.import_row FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON issuer.instance FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON issuer.instruction FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON issuer.license FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON issuer.license_key FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON issuer.license_proof FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON issuer.license_state_version FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON issuer.message FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON issuer.migration FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON issuer.operator FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON issuer.operator_token FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON issuer.orders FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON issuer.product FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON issuer.quarantine FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON issuer.reply FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON issuer.reply_line FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON issuer.serial_block FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON issuer.serial_void FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON issuer.signing_key FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON issuer.usage_license FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON issuer.usage_request FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_values BEFORE UPDATE ON issuer.activation FOR EACH ROW WHEN (((old.id IS DISTINCT FROM new.id) OR (old.license_id IS DISTINCT FROM new.license_id) OR (old.version IS DISTINCT FROM new.version) OR (old.servers IS DISTINCT FROM new.servers) OR (old.allowed IS DISTINCT FROM new.allowed) OR ((old.thumbprint)::bytea IS DISTINCT FROM (new.thumbprint)::bytea) OR (old.request_id IS DISTINCT FROM new.request_id) OR (old.origin IS DISTINCT FROM new.origin) OR (old.continues IS DISTINCT FROM new.continues) OR (old.replaces IS DISTINCT FROM new.replaces) OR (old.active_from IS DISTINCT FROM new.active_from) OR (old.recorded_at IS DISTINCT FROM new.recorded_at))) EXECUTE FUNCTION issuer.refuse_change('it is fixed');
CREATE TRIGGER keep_values BEFORE UPDATE ON issuer.alert FOR EACH ROW WHEN (((old.id IS DISTINCT FROM new.id) OR (old.decision_id IS DISTINCT FROM new.decision_id) OR ((old.kind)::text IS DISTINCT FROM (new.kind)::text) OR (old.detail IS DISTINCT FROM new.detail) OR (old.effective IS DISTINCT FROM new.effective) OR (old.recorded_at IS DISTINCT FROM new.recorded_at))) EXECUTE FUNCTION issuer.refuse_change('it is fixed');
CREATE TRIGGER keep_values BEFORE UPDATE ON issuer.contact FOR EACH ROW WHEN (((old.id IS DISTINCT FROM new.id) OR (old.license_id IS DISTINCT FROM new.license_id) OR (old.effective IS DISTINCT FROM new.effective) OR (old.recorded_at IS DISTINCT FROM new.recorded_at))) EXECUTE FUNCTION issuer.refuse_change('it is fixed');
CREATE TRIGGER keep_values BEFORE UPDATE ON issuer.customer FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_values BEFORE UPDATE ON issuer.customer_version FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_values BEFORE UPDATE ON issuer.deactivation FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_values BEFORE UPDATE ON issuer.decision FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_values BEFORE UPDATE ON issuer.entitlement FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_values BEFORE UPDATE ON issuer.entitlement_feature FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_values BEFORE UPDATE ON issuer.event FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_values BEFORE UPDATE ON issuer.feature FOR EACH ROW WHEN ((((old.code)::text IS DISTINCT FROM (new.code)::text) OR ((old.product)::text IS DISTINCT FROM (new.product)::text) OR (old.kind IS DISTINCT FROM new.kind) OR (old.recorded_at IS DISTINCT FROM new.recorded_at))) EXECUTE FUNCTION issuer.refuse_change('it is fixed');
CREATE TRIGGER keep_values BEFORE UPDATE ON issuer.hold FOR EACH ROW WHEN (((old.id IS DISTINCT FROM new.id) OR (old.request_id IS DISTINCT FROM new.request_id) OR (old.decision_id IS DISTINCT FROM new.decision_id) OR (old.opened_at IS DISTINCT FROM new.opened_at) OR (old.recorded_at IS DISTINCT FROM new.recorded_at))) EXECUTE FUNCTION issuer.refuse_change('it is fixed');
CREATE TRIGGER keep_values BEFORE UPDATE ON issuer.import FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_values BEFORE UPDATE ON issuer.import_row FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_values BEFORE UPDATE ON issuer.instance FOR EACH ROW WHEN ((((old.thumbprint)::bytea IS DISTINCT FROM (new.thumbprint)::bytea) OR (old.recorded_at IS DISTINCT FROM new.recorded_at))) EXECUTE FUNCTION issuer.refuse_change('it is fixed');
CREATE TRIGGER keep_values BEFORE UPDATE ON issuer.instruction FOR EACH ROW WHEN (((old.id IS DISTINCT FROM new.id) OR ((old.kind)::text IS DISTINCT FROM (new.kind)::text) OR (old.hold_id IS DISTINCT FROM new.hold_id) OR (old.request_id IS DISTINCT FROM new.request_id) OR (old.operator_id IS DISTINCT FROM new.operator_id) OR (old.arguments IS DISTINCT FROM new.arguments) OR ((old.preview)::bytea IS DISTINCT FROM (new.preview)::bytea) OR (old.filed_at IS DISTINCT FROM new.filed_at) OR (old.recorded_at IS DISTINCT FROM new.recorded_at))) EXECUTE FUNCTION issuer.refuse_change('it is fixed');
CREATE TRIGGER keep_values BEFORE UPDATE ON issuer.license FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_values BEFORE UPDATE ON issuer.license_key FOR EACH ROW WHEN (((old.id IS DISTINCT FROM new.id) OR (old.license_id IS DISTINCT FROM new.license_id) OR ((old.hint)::text IS DISTINCT FROM (new.hint)::text) OR (old.weak IS DISTINCT FROM new.weak) OR (old.effective IS DISTINCT FROM new.effective) OR (old.recorded_at IS DISTINCT FROM new.recorded_at))) EXECUTE FUNCTION issuer.refuse_change('it is fixed');
CREATE TRIGGER keep_values BEFORE UPDATE ON issuer.license_proof FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_values BEFORE UPDATE ON issuer.license_state_version FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_values BEFORE UPDATE ON issuer.message FOR EACH ROW WHEN (((old.id IS DISTINCT FROM new.id) OR ((old.identity)::bytea IS DISTINCT FROM (new.identity)::bytea) OR (old.source IS DISTINCT FROM new.source) OR (old.source_offset IS DISTINCT FROM new.source_offset) OR (old.size IS DISTINCT FROM new.size) OR ((old.raw_digest)::bytea IS DISTINCT FROM (new.raw_digest)::bytea) OR (old.sent_at IS DISTINCT FROM new.sent_at) OR (old.message_id IS DISTINCT FROM new.message_id) OR (old.in_reply_to IS DISTINCT FROM new.in_reply_to) OR (old.effective IS DISTINCT FROM new.effective) OR (old.recorded_at IS DISTINCT FROM new.recorded_at))) EXECUTE FUNCTION issuer.refuse_change('it is fixed');
CREATE TRIGGER keep_values BEFORE UPDATE ON issuer.migration FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_values BEFORE UPDATE ON issuer.operator FOR EACH ROW WHEN (((old.id IS DISTINCT FROM new.id) OR ((old.name)::text IS DISTINCT FROM (new.name)::text) OR (old.role IS DISTINCT FROM new.role) OR (old.effective IS DISTINCT FROM new.effective) OR (old.recorded_at IS DISTINCT FROM new.recorded_at))) EXECUTE FUNCTION issuer.refuse_change('it is fixed');
CREATE TRIGGER keep_values BEFORE UPDATE ON issuer.operator_token FOR EACH ROW WHEN ((((old.digest)::bytea IS DISTINCT FROM (new.digest)::bytea) OR (old.operator_id IS DISTINCT FROM new.operator_id) OR (old.expires_at IS DISTINCT FROM new.expires_at) OR (old.recorded_at IS DISTINCT FROM new.recorded_at))) EXECUTE FUNCTION issuer.refuse_change('it is fixed');
CREATE TRIGGER keep_values BEFORE UPDATE ON issuer.orders FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_values BEFORE UPDATE ON issuer.product FOR EACH ROW WHEN ((((old.code)::text IS DISTINCT FROM (new.code)::text) OR (old.recorded_at IS DISTINCT FROM new.recorded_at))) EXECUTE FUNCTION issuer.refuse_change('it is fixed');
CREATE TRIGGER keep_values BEFORE UPDATE ON issuer.quarantine FOR EACH ROW WHEN (((old.message_id IS DISTINCT FROM new.message_id) OR (old.reason IS DISTINCT FROM new.reason) OR (old.recorded_at IS DISTINCT FROM new.recorded_at))) EXECUTE FUNCTION issuer.refuse_change('it is fixed');
CREATE TRIGGER keep_values BEFORE UPDATE ON issuer.reply FOR EACH ROW WHEN (((old.id IS DISTINCT FROM new.id) OR (old.message_id IS DISTINCT FROM new.message_id) OR (old.ready IS DISTINCT FROM new.ready) OR (old.effective IS DISTINCT FROM new.effective) OR (old.recorded_at IS DISTINCT FROM new.recorded_at))) EXECUTE FUNCTION issuer.refuse_change('it is fixed');
CREATE TRIGGER keep_values BEFORE UPDATE ON issuer.reply_line FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_values BEFORE UPDATE ON issuer.serial_block FOR EACH ROW WHEN (((old.id IS DISTINCT FROM new.id) OR (old.first IS DISTINCT FROM new.first) OR (old.last IS DISTINCT FROM new.last) OR (old.holder IS DISTINCT FROM new.holder) OR (old.recorded_at IS DISTINCT FROM new.recorded_at))) EXECUTE FUNCTION issuer.refuse_change('it is fixed');
CREATE TRIGGER keep_values BEFORE UPDATE ON issuer.serial_void FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_values BEFORE UPDATE ON issuer.signing_key FOR EACH ROW WHEN ((((old.kid)::text IS DISTINCT FROM (new.kid)::text) OR (old.certificate IS DISTINCT FROM new.certificate) OR (old.not_before IS DISTINCT FROM new.not_before) OR (old.not_after IS DISTINCT FROM new.not_after) OR (old.development IS DISTINCT FROM new.development) OR (old.recorded_at IS DISTINCT FROM new.recorded_at))) EXECUTE FUNCTION issuer.refuse_change('it is fixed');
CREATE TRIGGER keep_values BEFORE UPDATE ON issuer.usage_license FOR EACH STATEMENT EXECUTE FUNCTION issuer.refuse_change();
CREATE TRIGGER keep_values BEFORE UPDATE ON issuer.usage_request FOR EACH ROW WHEN (((old.id IS DISTINCT FROM new.id) OR ((old.digest)::bytea IS DISTINCT FROM (new.digest)::bytea) OR ((old.thumbprint)::bytea IS DISTINCT FROM (new.thumbprint)::bytea) OR (old.seq IS DISTINCT FROM new.seq) OR (old.iat IS DISTINCT FROM new.iat) OR ((old.license_key)::bytea IS DISTINCT FROM (new.license_key)::bytea) OR ((old.purpose)::text IS DISTINCT FROM (new.purpose)::text) OR ((old.installed)::text IS DISTINCT FROM (new.installed)::text) OR ((old.product)::text IS DISTINCT FROM (new.product)::text) OR ((old.version)::text IS DISTINCT FROM (new.version)::text) OR ((old.host)::text IS DISTINCT FROM (new.host)::text) OR ((old.board)::bytea IS DISTINCT FROM (new.board)::bytea) OR ((old.cpu)::bytea IS DISTINCT FROM (new.cpu)::bytea) OR ((old.mac)::bytea IS DISTINCT FROM (new.mac)::bytea) OR (old.jws IS DISTINCT FROM new.jws) OR (old.message_id IS DISTINCT FROM new.message_id) OR (old.effective IS DISTINCT FROM new.effective) OR (old.recorded_at IS DISTINCT FROM new.recorded_at))) EXECUTE FUNCTION issuer.refuse_change('it is fixed');
ALTER TABLE ONLY issuer.activation
    ADD CONSTRAINT activation_continues_fkey FOREIGN KEY (continues) REFERENCES issuer.activation(id);
ALTER TABLE ONLY issuer.activation
    ADD CONSTRAINT activation_license_id_fkey FOREIGN KEY (license_id) REFERENCES issuer.license(id);
ALTER TABLE ONLY issuer.activation
    ADD CONSTRAINT activation_license_id_version_servers_allowed_fkey FOREIGN KEY (license_id, version, servers, allowed) REFERENCES issuer.entitlement(license_id, version, servers, activations);
ALTER TABLE ONLY issuer.activation
    ADD CONSTRAINT activation_replaces_fkey FOREIGN KEY (replaces) REFERENCES issuer.activation(id);
ALTER TABLE ONLY issuer.activation
    ADD CONSTRAINT activation_request_id_fkey FOREIGN KEY (request_id) REFERENCES issuer.usage_request(id);
ALTER TABLE ONLY issuer.activation
    ADD CONSTRAINT activation_thumbprint_fkey FOREIGN KEY (thumbprint) REFERENCES issuer.instance(thumbprint);
ALTER TABLE ONLY issuer.alert
    ADD CONSTRAINT alert_closed_by_fkey FOREIGN KEY (closed_by) REFERENCES issuer.operator(id);
ALTER TABLE ONLY issuer.alert
    ADD CONSTRAINT alert_decision_id_fkey FOREIGN KEY (decision_id) REFERENCES issuer.decision(id);
ALTER TABLE ONLY issuer.contact
    ADD CONSTRAINT contact_license_id_fkey FOREIGN KEY (license_id) REFERENCES issuer.license(id);
ALTER TABLE ONLY issuer.customer_version
    ADD CONSTRAINT customer_version_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES issuer.customer(id);
ALTER TABLE ONLY issuer.deactivation
    ADD CONSTRAINT deactivation_message_id_fkey FOREIGN KEY (message_id) REFERENCES issuer.message(id);
ALTER TABLE ONLY issuer.deactivation
    ADD CONSTRAINT deactivation_thumbprint_fkey FOREIGN KEY (thumbprint) REFERENCES issuer.instance(thumbprint);
ALTER TABLE ONLY issuer.decision
    ADD CONSTRAINT decision_deactivation_id_fkey FOREIGN KEY (deactivation_id) REFERENCES issuer.deactivation(id);
ALTER TABLE ONLY issuer.decision
    ADD CONSTRAINT decision_message_id_fkey FOREIGN KEY (message_id) REFERENCES issuer.message(id);
ALTER TABLE ONLY issuer.decision
    ADD CONSTRAINT decision_operator_id_fkey FOREIGN KEY (operator_id) REFERENCES issuer.operator(id);
ALTER TABLE ONLY issuer.decision
    ADD CONSTRAINT decision_request_id_fkey FOREIGN KEY (request_id) REFERENCES issuer.usage_request(id);
ALTER TABLE ONLY issuer.entitlement_feature
    ADD CONSTRAINT entitlement_feature_code_fkey FOREIGN KEY (code) REFERENCES issuer.feature(code);
ALTER TABLE ONLY issuer.entitlement_feature
    ADD CONSTRAINT entitlement_feature_license_id_version_fkey FOREIGN KEY (license_id, version) REFERENCES issuer.entitlement(license_id, version);
ALTER TABLE ONLY issuer.entitlement
    ADD CONSTRAINT entitlement_license_id_fkey FOREIGN KEY (license_id) REFERENCES issuer.license(id);
ALTER TABLE ONLY issuer.entitlement
    ADD CONSTRAINT entitlement_order_id_fkey FOREIGN KEY (order_id) REFERENCES issuer.orders(id);
ALTER TABLE ONLY issuer.feature
    ADD CONSTRAINT feature_product_fkey FOREIGN KEY (product) REFERENCES issuer.product(code);
ALTER TABLE ONLY issuer.hold
    ADD CONSTRAINT hold_closed_by_fkey FOREIGN KEY (closed_by) REFERENCES issuer.decision(id);
ALTER TABLE ONLY issuer.hold
    ADD CONSTRAINT hold_decision_id_fkey FOREIGN KEY (decision_id) REFERENCES issuer.decision(id);
ALTER TABLE ONLY issuer.hold
    ADD CONSTRAINT hold_request_id_fkey FOREIGN KEY (request_id) REFERENCES issuer.usage_request(id);
ALTER TABLE ONLY issuer.import
    ADD CONSTRAINT import_operator_id_fkey FOREIGN KEY (operator_id) REFERENCES issuer.operator(id);
ALTER TABLE ONLY issuer.import_row
    ADD CONSTRAINT import_row_import_id_fkey FOREIGN KEY (import_id) REFERENCES issuer.import(id);
ALTER TABLE ONLY issuer.import_row
    ADD CONSTRAINT import_row_license_id_fkey FOREIGN KEY (license_id) REFERENCES issuer.license(id);
ALTER TABLE ONLY issuer.instruction
    ADD CONSTRAINT instruction_hold_id_fkey FOREIGN KEY (hold_id) REFERENCES issuer.hold(id);
ALTER TABLE ONLY issuer.instruction
    ADD CONSTRAINT instruction_operator_id_fkey FOREIGN KEY (operator_id) REFERENCES issuer.operator(id);
ALTER TABLE ONLY issuer.instruction
    ADD CONSTRAINT instruction_request_id_fkey FOREIGN KEY (request_id) REFERENCES issuer.usage_request(id);
ALTER TABLE ONLY issuer.instruction
    ADD CONSTRAINT instruction_second_id_fkey FOREIGN KEY (second_id) REFERENCES issuer.operator(id);
ALTER TABLE ONLY issuer.license
    ADD CONSTRAINT license_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES issuer.customer(id);
ALTER TABLE ONLY issuer.license_key
    ADD CONSTRAINT license_key_license_id_fkey FOREIGN KEY (license_id) REFERENCES issuer.license(id);
ALTER TABLE ONLY issuer.license
    ADD CONSTRAINT license_order_id_fkey FOREIGN KEY (order_id) REFERENCES issuer.orders(id);
ALTER TABLE ONLY issuer.license
    ADD CONSTRAINT license_product_fkey FOREIGN KEY (product) REFERENCES issuer.product(code);
ALTER TABLE ONLY issuer.license_proof
    ADD CONSTRAINT license_proof_license_key_id_fkey FOREIGN KEY (license_key_id) REFERENCES issuer.license_key(id);
ALTER TABLE ONLY issuer.license_state_version
    ADD CONSTRAINT license_state_version_license_id_fkey FOREIGN KEY (license_id) REFERENCES issuer.license(id);
ALTER TABLE ONLY issuer.license_state_version
    ADD CONSTRAINT license_state_version_operator_id_fkey FOREIGN KEY (operator_id) REFERENCES issuer.operator(id);
ALTER TABLE ONLY issuer.operator_token
    ADD CONSTRAINT operator_token_operator_id_fkey FOREIGN KEY (operator_id) REFERENCES issuer.operator(id);
ALTER TABLE ONLY issuer.orders
    ADD CONSTRAINT orders_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES issuer.customer(id);
ALTER TABLE ONLY issuer.quarantine
    ADD CONSTRAINT quarantine_message_id_fkey FOREIGN KEY (message_id) REFERENCES issuer.message(id);
ALTER TABLE ONLY issuer.reply_line
    ADD CONSTRAINT reply_line_decision_id_fkey FOREIGN KEY (decision_id) REFERENCES issuer.decision(id);
ALTER TABLE ONLY issuer.reply_line
    ADD CONSTRAINT reply_line_license_id_fkey FOREIGN KEY (license_id) REFERENCES issuer.license(id);
ALTER TABLE ONLY issuer.reply_line
    ADD CONSTRAINT reply_line_reply_id_fkey FOREIGN KEY (reply_id) REFERENCES issuer.reply(id);
ALTER TABLE ONLY issuer.reply
    ADD CONSTRAINT reply_message_id_fkey FOREIGN KEY (message_id) REFERENCES issuer.message(id);
ALTER TABLE ONLY issuer.serial_void
    ADD CONSTRAINT serial_void_block_id_fkey FOREIGN KEY (block_id) REFERENCES issuer.serial_block(id);
ALTER TABLE ONLY issuer.usage_license
    ADD CONSTRAINT usage_license_activation_id_fkey FOREIGN KEY (activation_id) REFERENCES issuer.activation(id);
ALTER TABLE ONLY issuer.usage_license
    ADD CONSTRAINT usage_license_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES issuer.customer(id);
ALTER TABLE ONLY issuer.usage_license
    ADD CONSTRAINT usage_license_decision_id_fkey FOREIGN KEY (decision_id) REFERENCES issuer.decision(id);
ALTER TABLE ONLY issuer.usage_license
    ADD CONSTRAINT usage_license_kid_fkey FOREIGN KEY (kid) REFERENCES issuer.signing_key(kid);
ALTER TABLE ONLY issuer.usage_license
    ADD CONSTRAINT usage_license_license_id_version_fkey FOREIGN KEY (license_id, version) REFERENCES issuer.entitlement(license_id, version);
ALTER TABLE ONLY issuer.usage_license
    ADD CONSTRAINT usage_license_request_id_fkey FOREIGN KEY (request_id) REFERENCES issuer.usage_request(id);
ALTER TABLE ONLY issuer.usage_request
    ADD CONSTRAINT usage_request_license_id_fkey FOREIGN KEY (license_id) REFERENCES issuer.license(id);
ALTER TABLE ONLY issuer.usage_request
    ADD CONSTRAINT usage_request_message_id_fkey FOREIGN KEY (message_id) REFERENCES issuer.message(id);
ALTER TABLE ONLY issuer.usage_request
    ADD CONSTRAINT usage_request_thumbprint_fkey FOREIGN KEY (thumbprint) REFERENCES issuer.instance(thumbprint);
