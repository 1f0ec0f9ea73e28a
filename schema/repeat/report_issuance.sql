-- What was issued, by month, feature, and kind of the order behind the entitlement.

drop function if exists issuer.report_issuance(date, timestamptz, text) cascade;
drop function if exists issuer.report_issuance_part(date, timestamptz, text, timestamptz[], bigint,
                                                    bigint) cascade;

-- Activations of the licenses from `first` to `last`, by sets of features, which are few. Of a license's
-- version it is said by "between" that it is the same: PostgreSQL takes the equality of what it has
-- grouped to be rare, and then plans for a handful of rows. "offset '0'" keeps apart what would be
-- sorted twice as large, or for more groups than there are ("offset 0" would not run in parallel); and
-- "+ 0" keeps it from an index in which the entitlements of all licenses stand.
create function issuer.report_issuance_part(as_of date, known_at timestamptz, zone text,
                                            months timestamptz[], first bigint, last bigint)
returns table (month integer, kind issuer.order_kind, codes text, issued bigint)
language sql stable parallel safe as $$
    select y.month, y.kind, y.codes, count(*)
    from (
        select width_bucket(a.active_from, $4) as month, g.kind, g.codes
        from issuer.activation a
        join (
            select e.license_id, e.version, max(e.kind) as kind, string_agg(f.code, ' ') as codes
            from (select e.license_id, e.version, o.kind
                  from issuer.entitlement e join issuer.orders o on o.id = e.order_id + 0
                  where e.license_id between $5 and $6 offset '0') e
            join issuer.entitlement_feature f
                on f.license_id = e.license_id and f.version = e.version
            where f.license_id between $5 and $6
            group by e.license_id, e.version) g  -- of one order, so max() is its kind
            on g.license_id = a.license_id and a.version between g.version and g.version
        where a.license_id between $5 and $6
          and a.active_from < issuer.report_end(as_of, zone) and a.recorded_at <= known_at
        offset '0') y
    group by y.month, y.kind, y.codes
$$;

-- A usage license counts once for each feature that it grants. Regular ones are as many as activations,
-- whose rows are smaller.
create function issuer.report_issuance(as_of date, known_at timestamptz, zone text)
returns table (month text, feature text, kind text, grants text, issued bigint)
language plpgsql stable set enable_hashjoin = off set enable_nestloop = off set jit = off
set work_mem = '256MB' set max_parallel_workers_per_gather = 2 set parallel_setup_cost = 0
set parallel_tuple_cost = 0.01 set min_parallel_table_scan_size = '1TB'
set min_parallel_index_scan_size = '1TB' set plan_cache_mode = force_custom_plan as $$
#variable_conflict use_column
declare
    cuts constant bigint[] := issuer.report_cuts('issuer.license');
    months constant timestamptz[] := issuer.report_months(as_of, zone);
begin
    return query
    with regular as materialized (
        select * from issuer.report_issuance_part(as_of, known_at, zone, months,
                                                  -9223372036854775808, cuts[1])
        union all
        select * from issuer.report_issuance_part(as_of, known_at, zone, months, cuts[1] + 1, cuts[2])
        union all
        select * from issuer.report_issuance_part(as_of, known_at, zone, months, cuts[2] + 1,
                                                  9223372036854775807))
    select issuer.report_month_text(x.month), x.code, x.kind::text, x.grants, sum(x.issued)::bigint
    from (
        select r.month, r.kind, unnest(string_to_array(r.codes, ' ')) as code, 'regular' as grants,
            r.issued
        from regular r
        union all
        select width_bucket(u.iat, months), o.kind, f.code, 'emergency', count(*)
        from issuer.usage_license u
        join issuer.entitlement e on e.license_id = u.license_id and e.version = u.version
        join issuer.orders o on o.id = e.order_id
        join issuer.entitlement_feature f
            on f.license_id = u.license_id and f.version = u.version
        where u.emergency and u.iat < issuer.report_end(as_of, zone) and u.recorded_at <= known_at
        group by 1, 2, 3) x
    group by x.month, x.code, x.kind, x.grants
    order by x.month, x.code collate "C", x.kind, x.grants desc;
end $$;

-- The same as of now.
create view issuer.report_issuance_now as select * from issuer.report_issuance(
    issuer.report_current_day(issuer.report_zone()), issuer.report_known(), issuer.report_zone());
