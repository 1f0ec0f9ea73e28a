-- From the sale to the first server.

-- What a function gives can only be changed by making it anew.
drop function if exists issuer.report_orders_rows(date, timestamptz, text) cascade;
drop function if exists issuer.report_orders(date, timestamptz, text) cascade;

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

-- By month and kind: orders; the licenses that they have sold, how many of these were delivered and have
-- run, and how many days that took in the middle.
create or replace function issuer.report_orders(as_of date, known_at timestamptz, zone text)
returns table (month text, kind text, orders bigint, sold bigint, delivered bigint,
               activated bigint, days_to_delivery integer, days_to_activation integer)
language sql stable parallel safe as $$
    select to_char(m.month, 'YYYY-MM'), m.kind::text, count(distinct m.id), count(m.license),
        count(m.delivered_on), count(m.activated_on),
        percentile_disc(0.5) within group (order by m.delivered_on - m.ordered_on),
        percentile_disc(0.5) within group (order by m.activated_on - m.delivered_on)
    from (select issuer.report_month(o.ordered_on) as month, o.kind, o.id, o.ordered_on,
              l.id as license, l.delivered_on, l.activated_on
          from issuer.orders o
          left join issuer.report_license(as_of, known_at, zone) l on l.order_id = o.id
          where o.ordered_on <= as_of and o.recorded_at <= known_at) m
    group by m.month, m.kind
    order by m.month, m.kind
$$;

-- The same as of now.
create view issuer.report_orders_rows_now as select * from issuer.report_orders_rows(
    issuer.report_current_day(issuer.report_zone()), issuer.report_known(), issuer.report_zone());
create view issuer.report_orders_now as select * from issuer.report_orders(
    issuer.report_current_day(issuer.report_zone()), issuer.report_known(), issuer.report_zone());
