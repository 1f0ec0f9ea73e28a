-- Which signing key servers run on: what a key that is lost or replaced would touch.

drop function if exists issuer.report_keys(date, timestamptz, text) cascade;
drop function if exists issuer.report_signed_part(date, timestamptz, text, bigint, bigint) cascade;

-- `live`: usage licenses by which a server runs, past no expiry. Each regular one has its activation, so
-- those that had not ended are all that need be joined.
create function issuer.report_keys(as_of date, known_at timestamptz, zone text)
returns table (key text, development boolean, not_before date, not_after date, revoked_on date,
               signed bigint, live bigint)
language sql stable parallel safe as $$
    select k.kid::text, k.development, issuer.report_day(k.not_before, zone),
        issuer.report_day(k.not_after, zone),
        case when k.revoked_at < issuer.report_end(as_of, zone) and k.revoked_at <= known_at
             then issuer.report_day(k.revoked_at, zone) end,
        coalesce(u.signed, 0), coalesce(u.live, 0)
    from issuer.signing_key k
    left join (
        select u.kid, count(*) as signed,
            count(*) filter (where (u.exp is null or u.exp >= issuer.report_end(as_of, zone))
                               and (u.emergency or a.id is not null)) as live
        from issuer.usage_license u
        left join issuer.activation a
            on a.id = u.serial
           and (a.active_until is null or a.active_until >= issuer.report_end(as_of, zone)
                or a.ended_recorded_at > known_at)
        where u.iat < issuer.report_end(as_of, zone) and u.recorded_at <= known_at
        group by u.kid) u on u.kid = k.kid
    where k.recorded_at <= known_at
    order by k.not_before, k.kid::text collate "C"
$$;

-- The same as of now.
create view issuer.report_keys_now as select * from issuer.report_keys(
    issuer.report_current_day(issuer.report_zone()), issuer.report_known(), issuer.report_zone());
