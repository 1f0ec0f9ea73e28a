-- What was issued, by month, feature, and kind of the order behind the entitlement.

drop function if exists issuer.report_issuance(date, timestamptz, text) cascade;

-- A usage license counts once for each feature that it grants. Regular ones are as many as activations,
-- whose rows are smaller. They are counted by sets of features first, which are few. Of a license's
-- version it is said by "between" that it is the same: PostgreSQL takes the equality of what it has
-- grouped to be rare, and then plans for a handful of rows.
create function issuer.report_issuance(as_of date, known_at timestamptz, zone text)
returns table (month text, feature text, kind text, grants text, issued bigint)
language sql stable parallel safe as $$
    with months as materialized (select issuer.report_months(as_of, zone) as firsts)
    select issuer.report_month_text(x.month), x.code, x.kind::text, x.grants, sum(x.issued)::bigint
    from (
        select y.month, y.kind, unnest(string_to_array(y.codes, ' ')) as code, 'regular' as grants,
            count(*) as issued
        from (
            select width_bucket(a.active_from, (select firsts from months)) as month, g.kind, g.codes
            from issuer.activation a
            join (
                select e.license_id, e.version, max(o.kind) as kind, string_agg(f.code, ' ') as codes
                from issuer.entitlement e join issuer.orders o on o.id = e.order_id
                join issuer.entitlement_feature f
                    on f.license_id = e.license_id and f.version = e.version
                group by e.license_id, e.version) g  -- of one order, so max() is its kind
                on g.license_id = a.license_id and a.version between g.version and g.version
            where a.active_from < issuer.report_end(as_of, zone) and a.recorded_at <= known_at
            offset 0) y
        group by y.month, y.kind, y.codes
        union all
        select width_bucket(u.iat, (select firsts from months)), o.kind, f.code, 'emergency', count(*)
        from issuer.usage_license u
        join issuer.entitlement e on e.license_id = u.license_id and e.version = u.version
        join issuer.orders o on o.id = e.order_id
        join issuer.entitlement_feature f
            on f.license_id = u.license_id and f.version = u.version
        where u.emergency and u.iat < issuer.report_end(as_of, zone) and u.recorded_at <= known_at
        group by 1, 2, 3) x
    group by x.month, x.code, x.kind, x.grants
    order by x.month, x.code collate "C", x.kind, x.grants desc
$$;

-- The same as of now.
create view issuer.report_issuance_now as select * from issuer.report_issuance(
    issuer.report_current_day(issuer.report_zone()), issuer.report_known(), issuer.report_zone());
