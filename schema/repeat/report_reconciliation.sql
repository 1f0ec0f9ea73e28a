-- Whether the books agree: sold = delivered + open + cancelled, and used = active + not given back. Each
-- side is counted from rows of its own, and each license on which they differ is listed.

-- What a function gives can only be changed by making it anew.
drop function if exists issuer.report_reconciliation(date, timestamptz, text) cascade;

create or replace function issuer.report_reconciliation(as_of date, known_at timestamptz, zone text)
returns table (equation text, term text, license_id text, number bigint, why text)
language sql stable parallel safe as $$
    with sale as materialized (
        select l.id, (s.state is not distinct from 'ended') as cancelled,
            d.license_id is not null as delivered, k.license_id is not null as has_key
        from issuer.license l
        left join issuer.report_state(as_of, known_at, zone) s on s.license_id = l.id
        left join issuer.report_delivery(as_of, known_at) d on d.license_id = l.id
        left join (select distinct k.license_id from issuer.license_key k
                   where k.recorded_at <= known_at) k on k.license_id = l.id
        where l.effective <= as_of and l.recorded_at <= known_at),
    sold as (
        select count(*) as sold, count(*) filter (where not cancelled and delivered) as delivered,
            count(*) filter (where not cancelled and not delivered and has_key) as open,
            count(*) filter (where cancelled) as cancelled
        from sale),
    usage as materialized (
        select u.license_id, u.taken, u.proof + u.attested + u.forced + u.corrected as given_back,
            u.active, u.kept
        from issuer.report_use(as_of, known_at, zone) u),
    used as (
        select coalesce(sum(taken - given_back), 0)::bigint as used,
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
        select 6, 'sales', 'difference', s.id, 1, 'sold, and no key of it is on record'
        from sale s where not s.cancelled and not s.delivered and not s.has_key
        union all
        select v.* from used u cross join lateral (values
            (7, 'uses', 'used', null::bigint, u.used, null),
            (8, 'uses', 'active', null, u.active, null),
            (9, 'uses', 'not given back', null, u.kept, null),
            (10, 'uses', 'difference', null, u.used - u.active - u.kept, null)) v
        union all
        select 11, 'uses', 'difference', u.license_id, u.taken - u.given_back - u.active - u.kept,
            format('%s uses taken, %s given back; %s active, %s not given back', u.taken,
                   u.given_back, u.active, u.kept)
        from usage u where u.taken - u.given_back <> u.active + u.kept)
    select x.equation, x.term, l.license_id::text, x.number, x.why
    from line x left join issuer.license l on l.id = x.license
    order by x.position, x.license
$$;

-- The same as of now.
create view issuer.report_reconciliation_now as select * from issuer.report_reconciliation(issuer.report_today(),
    issuer.report_known(), issuer.report_zone());
