-- From the sale to the first server.

-- What a function gives can only be changed by making it anew.
drop function if exists issuer.report_orders_rows(date, timestamptz, text) cascade;
drop function if exists issuer.report_orders(date, timestamptz, text) cascade;
drop function if exists issuer.report_orders_part(date, timestamptz, text, bigint, bigint) cascade;

-- A row for each license that an order has sold, and for each order that changed some; of these the
-- license's own columns are empty.
create or replace function issuer.report_orders_rows(as_of date, known_at timestamptz, zone text)
returns table (order_ref text, kind text, ordered_on date, customer text, customer_name text,
               license_id text, delivered_on date, activated_on date, days_to_delivery integer,
               days_to_activation integer)
language sql stable parallel safe as $$
    select o.reference::text, o.kind::text, o.ordered_on, 'CU-' || c.root, c.name, l.license_id,
        l.delivered_on, l.activated_on, l.delivered_on - o.ordered_on,
        l.activated_on - l.delivered_on
    from issuer.orders o
    left join issuer.report_license(as_of, known_at, zone) l on l.order_id = o.id
    left join issuer.report_customer(as_of, known_at) c on c.id = o.customer_id
    where o.ordered_on <= as_of and o.recorded_at <= known_at
    order by o.id, l.id
$$;

-- The licenses that orders have sold, from `first` to `last`.
create function issuer.report_orders_part(as_of date, known_at timestamptz, zone text, first bigint,
                                          last bigint)
returns table (month date, kind issuer.order_kind, delivery integer, activation integer, sold bigint,
               delivered bigint, activated bigint)
language sql stable parallel safe as $$
    select issuer.report_month(o.ordered_on), o.kind, l.delivered_on - o.ordered_on,
        l.activated_on - l.delivered_on, count(*), count(l.delivered_on), count(l.activated_on)
    from issuer.report_license_part(as_of, known_at, zone, $4, $5) l
    join issuer.orders o on o.id = l.order_id
    where o.ordered_on <= as_of and o.recorded_at <= known_at
    group by 1, 2, 3, 4
$$;

-- By month and kind: orders; the licenses that they have sold, how many of these were delivered and have
-- run, and how many days that took in the middle.
create or replace function issuer.report_orders(as_of date, known_at timestamptz, zone text)
returns table (month text, kind text, orders bigint, sold bigint, delivered bigint,
               activated bigint, days_to_delivery integer, days_to_activation integer)
language plpgsql stable set enable_hashjoin = off set enable_nestloop = off set jit = off
set work_mem = '256MB' set max_parallel_workers_per_gather = 2 set parallel_setup_cost = 0
set parallel_tuple_cost = 0.01 set min_parallel_table_scan_size = '1TB'
set min_parallel_index_scan_size = '1TB' set plan_cache_mode = force_custom_plan as $$
#variable_conflict use_column
declare
    cuts constant bigint[] := issuer.report_cuts('issuer.license');
begin
    return query
    with sold as materialized (
        select * from issuer.report_orders_part(as_of, known_at, zone, -9223372036854775808, cuts[1])
        union all
        select * from issuer.report_orders_part(as_of, known_at, zone, cuts[1] + 1, cuts[2])
        union all
        select * from issuer.report_orders_part(as_of, known_at, zone, cuts[2] + 1,
                                                9223372036854775807)),
    delivery as (
        select s.month, s.kind, s.delivery as days,
            2 * sum(sum(s.sold)) over (partition by s.month, s.kind order by s.delivery)
            >= sum(sum(s.sold)) over (partition by s.month, s.kind) as half
        from sold s where s.delivery is not null group by s.month, s.kind, s.delivery),
    activation as (
        select s.month, s.kind, s.activation as days,
            2 * sum(sum(s.sold)) over (partition by s.month, s.kind order by s.activation)
            >= sum(sum(s.sold)) over (partition by s.month, s.kind) as half
        from sold s where s.activation is not null group by s.month, s.kind, s.activation),
    line as (
        select issuer.report_month(o.ordered_on) as month, o.kind, count(*) as orders, 0 as sold,
            0 as delivered, 0 as activated, null::integer as delivery, null::integer as activation
        from issuer.orders o where o.ordered_on <= as_of and o.recorded_at <= known_at
        group by 1, 2
        union all
        select s.month, s.kind, 0, s.sold, s.delivered, s.activated, null, null from sold s
        union all
        select d.month, d.kind, 0, 0, 0, 0, min(d.days), null from delivery d where d.half group by 2, 1
        union all
        select a.month, a.kind, 0, 0, 0, 0, null, min(a.days) from activation a where a.half
        group by 2, 1)
    select to_char(x.month, 'YYYY-MM'), x.kind::text, sum(x.orders)::bigint, sum(x.sold)::bigint,
        sum(x.delivered)::bigint, sum(x.activated)::bigint, min(x.delivery), min(x.activation)
    from line x
    group by x.month, x.kind
    order by x.month, x.kind;
end $$;

-- The same as of now.
create view issuer.report_orders_rows_now as select * from issuer.report_orders_rows(
    issuer.report_current_day(issuer.report_zone()), issuer.report_known(), issuer.report_zone());
create view issuer.report_orders_now as select * from issuer.report_orders(
    issuer.report_current_day(issuer.report_zone()), issuer.report_known(), issuer.report_zone());
