-- What is to be renewed, month by month.

drop function if exists issuer.report_expiring_rows(date, timestamptz, text) cascade;
drop function if exists issuer.report_expiring(date, timestamptz, text) cascade;

-- A row for each end that lies ahead of a license that has not ended: of the license, and of its support
-- (`renewal`); and for support that has ended while servers run (`lapsed`).
create function issuer.report_expiring_rows(as_of date, known_at timestamptz, zone text)
returns table (what text, which text, ends_on date, license_id text, customer text,
               customer_name text, state text, servers bigint)
language sql stable parallel safe as $$
    select x.what, x.which, x.ends_on, l.license_id, 'CU-' || c.root, c.name, l.state, l.active
    from issuer.report_license(as_of, known_at, zone) l
    left join issuer.report_customer(as_of, known_at) c on c.id = l.customer_id
    cross join lateral (
        select 'renewal', 'license', l.expires_on where l.expires_on >= as_of
        union all
        select 'renewal', 'support', l.support_until where l.support_until >= as_of
        union all
        select 'lapsed', 'support', l.support_until where l.support_until < as_of and l.active > 0)
        x (what, which, ends_on)
    where l.state <> 'ended'
    order by x.what desc, x.ends_on, x.which, l.id
$$;

-- By month: how many ends, of how many of these licenses servers run, and how many servers.
create function issuer.report_expiring(as_of date, known_at timestamptz, zone text)
returns table (what text, which text, month text, licenses bigint, in_use bigint, servers bigint)
language plpgsql stable set enable_hashjoin = off set enable_nestloop = off set jit = off
set work_mem = '256MB' set max_parallel_workers_per_gather = 2 set parallel_setup_cost = 0
set parallel_tuple_cost = 0.01 set min_parallel_table_scan_size = '1TB'
set min_parallel_index_scan_size = '1TB' set plan_cache_mode = force_custom_plan as $$
#variable_conflict use_column
declare
    cuts constant bigint[] := issuer.report_cuts('issuer.license');
begin
    return query
    with counted as materialized (
        select issuer.report_month(l.expires_on) as expires, l.expires_on >= as_of as good,
            issuer.report_month(l.support_until) as support_until,
            l.support_until >= as_of as supported, l.active > 0 as in_use, count(*) as licenses,
            sum(l.active)::bigint as servers
        from issuer.report_license_thirds(as_of, known_at, zone, cuts) l
        where l.state <> 'ended'
        group by 1, 2, 3, 4, 5)
    select x.what, x.which, to_char(x.month, 'YYYY-MM'), sum(l.licenses)::bigint,
        coalesce(sum(l.licenses) filter (where l.in_use), 0)::bigint, sum(l.servers)::bigint
    from counted l
    cross join lateral (
        select 'renewal', 'license', l.expires where l.good
        union all
        select 'renewal', 'support', l.support_until where l.supported
        union all
        select 'lapsed', 'support', l.support_until where not l.supported and l.in_use)
        x (what, which, month)
    group by x.what, x.which, x.month
    order by x.what desc, x.month, x.which;
end $$;

-- The same as of now.
create view issuer.report_expiring_rows_now as select * from issuer.report_expiring_rows(
    issuer.report_current_day(issuer.report_zone()), issuer.report_known(), issuer.report_zone());
create view issuer.report_expiring_now as select * from issuer.report_expiring(
    issuer.report_current_day(issuer.report_zone()), issuer.report_known(), issuer.report_zone());
