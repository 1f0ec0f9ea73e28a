-- What was issued, by month, feature, and kind of the order behind the entitlement.

drop function if exists issuer.report_issuance(date, timestamptz, text) cascade;

-- A usage license counts once for each feature that it grants. Regular ones are as many as activations,
-- whose rows are smaller.
create function issuer.report_issuance(as_of date, known_at timestamptz, zone text)
returns table (month text, feature text, kind text, grants text, issued bigint)
language sql stable parallel safe as $$
    select issuer.report_month_text(x.month), x.code::text, x.kind::text, x.grants, count(*)
    from (
        select width_bucket(i.at, (select issuer.report_months(as_of, zone))) as month, f.code,
            o.kind, i.grants
        from (
            select a.license_id, a.version, a.active_from as at, 'regular' as grants
            from issuer.activation a
            where a.active_from < issuer.report_end(as_of, zone) and a.recorded_at <= known_at
            union all
            select u.license_id, u.version, u.iat, 'emergency'
            from issuer.usage_license u
            where u.emergency and u.iat < issuer.report_end(as_of, zone)
              and u.recorded_at <= known_at) i
        join issuer.entitlement e on e.license_id = i.license_id and e.version = i.version
        join issuer.orders o on o.id = e.order_id
        join issuer.entitlement_feature f
            on f.license_id = i.license_id and f.version = i.version
        offset 0) x
    group by x.month, x.code, x.kind, x.grants
    order by x.month, x.code::text collate "C", x.kind, x.grants desc
$$;

-- The same as of now.
create view issuer.report_issuance_now as select * from issuer.report_issuance(
    issuer.report_today(issuer.report_zone()), issuer.report_known(), issuer.report_zone());
