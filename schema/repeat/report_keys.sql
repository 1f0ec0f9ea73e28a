-- Which signing key servers run on: what a key that is lost or replaced would touch.

drop function if exists issuer.report_keys(date, timestamptz, text) cascade;
drop function if exists issuer.report_signed_part(date, timestamptz, text, bigint, bigint) cascade;

-- What each key has signed, of the serials from `first` to `last`; `live` as below. It goes by key, as
-- the index does that spares PostgreSQL the rows themselves.
create function issuer.report_signed_part(as_of date, known_at timestamptz, zone text, first bigint,
                                          last bigint)
returns table (kid text, signed bigint, live bigint)
language sql stable parallel safe as $$
    select k.kid::text, count(*),
        count(*) filter (where (u.exp is null or u.exp >= issuer.report_end(as_of, zone))
                           and (u.emergency or a.active_until is null
                                or a.active_until >= issuer.report_end(as_of, zone)
                                or a.ended_recorded_at > known_at))
    from issuer.signing_key k
    join issuer.usage_license u on u.kid = k.kid and u.serial between $4 and $5
    left join issuer.activation a on a.id = u.serial and a.id between $4 and $5
    where u.iat < issuer.report_end(as_of, zone) and u.recorded_at <= known_at
    group by k.kid
$$;

-- `live`: usage licenses by which a server runs, past no expiry.
create function issuer.report_keys(as_of date, known_at timestamptz, zone text)
returns table (key text, development boolean, not_before date, not_after date, revoked_on date,
               signed bigint, live bigint)
language plpgsql stable set enable_mergejoin = off set jit = off
set work_mem = '256MB' set max_parallel_workers_per_gather = 2 set parallel_setup_cost = 0
set parallel_tuple_cost = 0.01 set min_parallel_table_scan_size = '1TB'
set min_parallel_index_scan_size = '1TB' as $$
#variable_conflict use_column
declare
    cuts constant bigint[] := issuer.report_cuts('issuer.activation');
begin
    return query
    with part as (
        select * from issuer.report_signed_part(as_of, known_at, zone, -9223372036854775808, cuts[1])
        union all
        select * from issuer.report_signed_part(as_of, known_at, zone, cuts[1] + 1, cuts[2])
        union all
        select * from issuer.report_signed_part(as_of, known_at, zone, cuts[2] + 1,
                                                9223372036854775807)),
    used as materialized (
        select p.kid, sum(p.signed)::bigint as signed, sum(p.live)::bigint as live
        from part p group by p.kid)
    select k.kid::text, k.development, issuer.report_day(k.not_before, zone),
        issuer.report_day(k.not_after, zone),
        case when k.revoked_at < issuer.report_end(as_of, zone) and k.revoked_at <= known_at
             then issuer.report_day(k.revoked_at, zone) end,
        coalesce(u.signed, 0), coalesce(u.live, 0)
    from issuer.signing_key k
    left join used u on u.kid = k.kid::text
    where k.recorded_at <= known_at
    order by k.not_before, k.kid::text collate "C";
end $$;

-- The same as of now.
create view issuer.report_keys_now as select * from issuer.report_keys(
    issuer.report_current_day(issuer.report_zone()), issuer.report_known(), issuer.report_zone());
