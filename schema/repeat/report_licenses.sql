-- What was sold and what became of it, a license at a time.

-- What a function gives can only be changed by making it anew.
drop function if exists issuer.report_licenses_rows(date, timestamptz, text) cascade;
drop function if exists issuer.report_licenses(date, timestamptz, text) cascade;

-- A row a license.
create or replace function issuer.report_licenses_rows(as_of date, known_at timestamptz, zone text)
returns table (license_id text, customer text, customer_name text, product text, order_ref text,
               kind text, sold_on date, delivered_on date, activated_on date, state text,
               version integer, expires_on date, support_until date, servers integer, active bigint,
               allowed integer, used bigint)
language sql stable parallel safe as $$
    select l.license_id, 'CU-' || c.root, c.name, l.product, o.reference::text, o.kind::text,
        l.sold_on, l.delivered_on, l.activated_on, l.state, l.version, l.expires_on,
        l.support_until, l.servers, l.active, l.allowed, l.used
    from issuer.report_license(as_of, known_at, zone) l
    join issuer.orders o on o.id = l.order_id
    left join issuer.report_customer(as_of, known_at) c on c.id = l.customer_id
    order by l.id
$$;

-- How many, by product and state. `activated`: a server has run on it.
create or replace function issuer.report_licenses(as_of date, known_at timestamptz, zone text)
returns table (product text, state text, licenses bigint, delivered bigint, activated bigint,
               allowed bigint, used bigint, active bigint)
language plpgsql stable set enable_hashjoin = off set enable_nestloop = off set jit = off
set work_mem = '256MB' set max_parallel_workers_per_gather = 2 set parallel_setup_cost = 0
set parallel_tuple_cost = 0.01 set min_parallel_table_scan_size = '1TB'
set min_parallel_index_scan_size = '1TB' set plan_cache_mode = force_custom_plan as $$
#variable_conflict use_column
declare
    cuts constant bigint[] := issuer.report_cuts('issuer.license');
begin
    return query
    select l.product, l.state, count(*), count(l.delivered_on), count(l.activated_on),
        coalesce(sum(l.allowed), 0)::bigint, sum(l.used)::bigint, sum(l.active)::bigint
    from issuer.report_license_thirds(as_of, known_at, zone, cuts) l
    group by l.product, l.state
    order by l.product collate "C", l.state collate "C";
end $$;

-- The same as of now.
create view issuer.report_licenses_rows_now as select * from issuer.report_licenses_rows(
    issuer.report_current_day(issuer.report_zone()), issuer.report_known(), issuer.report_zone());
create view issuer.report_licenses_now as select * from issuer.report_licenses(
    issuer.report_current_day(issuer.report_zone()), issuer.report_known(), issuer.report_zone());
