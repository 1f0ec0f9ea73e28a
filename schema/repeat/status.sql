-- Totals for who looks at the house: exact while they are small, else what the database's statistics
-- say, since counting millions of rows takes longer than anybody looks. Reports count.

create or replace function issuer.status_totals()
returns table (what text, count bigint, exact boolean)
language sql stable set search_path = issuer, pg_temp as $$
    with counted (position, what, source, count) as (
        select 1, 'licenses', 'license', (select count(*) from (select from license limit 10001) x)
        union all
        select 2, 'uses taken', 'activation_one_use',
            (select count(*) from (select from activation where counted limit 10001) x)
        union all
        select 3, 'servers active', 'activation_one_place',
            (select count(*) from (select from activation where state = 'active' limit 10001) x)
        union all
        select 4, 'usage licenses', 'usage_license',
            (select count(*) from (select from usage_license limit 10001) x))
    select c.what, case when c.count <= 10000 then c.count
                   else greatest(c.count, s.reltuples::bigint) end, c.count <= 10000
    from counted c
    join pg_class s on s.oid = format('issuer.%I', c.source)::regclass
    order by c.position
$$;
