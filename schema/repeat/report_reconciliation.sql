-- Whether the books agree: sold = delivered + open + cancelled, and used = active + not given back. Each
-- term is counted from rows of its own, and each license on which they differ is listed.

drop function if exists issuer.report_sale(date, timestamptz, text) cascade;
drop function if exists issuer.report_sale_part(date, timestamptz, text, bigint, bigint) cascade;
drop function if exists issuer.report_reconciliation(date, timestamptz, text) cascade;

-- How a license that was sold stands: exactly one of delivered, open and cancelled. One without any key
-- is none of them. Of licenses from `first` to `last`.
create function issuer.report_sale_part(as_of date, known_at timestamptz, zone text, first bigint,
                                        last bigint)
returns table (license_id bigint, delivered boolean, open boolean, cancelled boolean)
language sql stable parallel safe as $$
    select l.id, not x.cancelled and coalesce(k.delivered, false),
        not x.cancelled and not coalesce(k.delivered, true), x.cancelled
    from issuer.license l
    left join issuer.report_state(as_of, known_at, zone) s
        on s.license_id = l.id and s.license_id between $4 and $5
    left join (
        select k.license_id,
            bool_or(k.delivered_on is not null and k.delivered_on <= as_of
                    and k.id not in (select d.license_key_id from issuer.key_delivery d
                                     where d.recorded_at > known_at)) as delivered
        from issuer.license_key k where k.license_id between $4 and $5 group by k.license_id) k on k.license_id = l.id
    cross join lateral (select s.state is not distinct from 'ended' as cancelled) x
    where l.id between $4 and $5 and l.effective <= as_of and l.recorded_at <= known_at
$$;

-- `number` of a difference: left side less right side. Licenses that agree are summed up as one, those
-- that do not each by itself. A use that ended without evidence is missing on the right; one that counts
-- although another activation goes on with it is there twice.
create function issuer.report_reconciliation(as_of date, known_at timestamptz, zone text)
returns table (equation text, term text, license_id text, number bigint, why text)
language plpgsql stable set enable_hashjoin = off set enable_nestloop = off set jit = off
set work_mem = '256MB' set max_parallel_workers_per_gather = 2 set parallel_setup_cost = 0
set parallel_tuple_cost = 0.01 set min_parallel_table_scan_size = '1TB'
set min_parallel_index_scan_size = '1TB' set plan_cache_mode = force_custom_plan as $$
#variable_conflict use_column
declare
    cuts constant bigint[] := issuer.report_cuts('issuer.license');
    use_cuts constant bigint[] := issuer.report_cuts('issuer.activation');
begin
    return query
    with sale as materialized (
        select x.wrong, count(*) as sold, count(*) filter (where x.delivered) as delivered,
            count(*) filter (where x.open) as open, count(*) filter (where x.cancelled) as cancelled
        from (select case when not (s.delivered or s.open or s.cancelled) then s.license_id end
                  as wrong, s.*
              from (select * from issuer.report_sale_part(as_of, known_at, zone,
                                                          -9223372036854775808, cuts[1])
                    union all
                    select * from issuer.report_sale_part(as_of, known_at, zone, cuts[1] + 1, cuts[2])
                    union all
                    select * from issuer.report_sale_part(as_of, known_at, zone, cuts[2] + 1,
                                                          9223372036854775807)) s) x
        group by x.wrong),
    usage as materialized (
        select x.wrong, count(*) filter (where x.taken) as taken,
            count(*) filter (where x.given_back_by is not null) as given_back,
            count(*) filter (where x.active) as active,
            count(*) filter (where x.counted and not x.active) as kept,
            count(*) filter (where x.too_few) as too_few, count(*) filter (where x.twice) as twice
        from (select case when y.too_few or y.twice then u.license_id end as wrong, y.*, u.*
              from issuer.report_use_thirds(as_of, known_at, zone, use_cuts) u
              cross join lateral (select
                  not u.counted and u.given_back_by is null
                      and (not u.went_on or u.goes_on_under <> u.license_id) as too_few,
                  u.counted and u.went_on as twice) y) x
        group by x.wrong),
    sold as (
        select coalesce(sum(sold), 0)::bigint as sold,
            coalesce(sum(delivered), 0)::bigint as delivered,
            coalesce(sum(open), 0)::bigint as open,
            coalesce(sum(cancelled), 0)::bigint as cancelled
        from sale),
    used as (
        select coalesce(sum(taken) - sum(given_back), 0)::bigint as used,
            coalesce(sum(active), 0)::bigint as active, coalesce(sum(kept), 0)::bigint as kept
        from usage),
    line (position, equation, term, license, number, why) as (
        select v.* from sold s cross join lateral (values
            (1, 'sales', 'sold', null::bigint, s.sold, null),
            (2, 'sales', 'delivered', null, s.delivered, null),
            (3, 'sales', 'open', null, s.open, null),
            (4, 'sales', 'cancelled', null, s.cancelled, null),
            (5, 'sales', 'difference', null, s.sold - s.delivered - s.open - s.cancelled, null)) v
        union all
        select 6, 'sales', 'difference', s.wrong, s.sold, 'sold, and no key of it is on record'
        from sale s where s.wrong is not null
        union all
        select v.* from used u cross join lateral (values
            (7, 'uses', 'used', null::bigint, u.used, null),
            (8, 'uses', 'active', null, u.active, null),
            (9, 'uses', 'not given back', null, u.kept, null),
            (10, 'uses', 'difference', null, u.used - u.active - u.kept, null)) v
        union all
        select 11, 'uses', 'difference', u.wrong, u.too_few - u.twice,
            format('%s uses ended without evidence, %s count twice', u.too_few, u.twice)
        from usage u where u.wrong is not null)
    select x.equation, x.term, l.license_id::text, x.number, x.why
    from line x left join issuer.license l on l.id = x.license
    order by x.position, x.license;
end $$;

-- The same as of now.
create view issuer.report_reconciliation_now as select * from issuer.report_reconciliation(
    issuer.report_current_day(issuer.report_zone()), issuer.report_known(), issuer.report_zone());
