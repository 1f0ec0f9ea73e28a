-- What was sold and what became of it, a license at a time.

-- What a function gives can only be changed by making it anew.
drop function if exists issuer.report_license(date, timestamptz, text) cascade;
drop function if exists issuer.report_licenses_rows(date, timestamptz, text) cascade;
drop function if exists issuer.report_licenses(date, timestamptz, text) cascade;

-- A row a license, for the reports: as it stood, and what has run on it. `state` is that of the records,
-- or `expired`; `delivered_on` is the day on which a key of it first reached its customer.
create or replace function issuer.report_license(as_of date, known_at timestamptz, zone text)
returns table (id bigint, license_id text, customer_id bigint, product text, order_id bigint,
               sold_on date, delivered_on date, activated_on date, state text, version integer,
               expires_on date, support_until date, servers integer, active bigint, allowed integer,
               used bigint)
language sql stable parallel safe as $$
    select l.id, l.license_id::text, l.customer_id, l.product::text, l.order_id, l.effective,
        d.delivered_on, issuer.report_day(u.first, zone),
        case when s.state <> 'current' then s.state::text
             when e.expires_on < as_of then 'expired' else 'current' end,
        e.version, e.expires_on, f.until_on, e.servers, coalesce(u.active, 0), e.activations,
        coalesce(u.used, 0)
    from issuer.license l
    left join issuer.report_entitlement(as_of, known_at) e on e.license_id = l.id
    left join issuer.entitlement_feature f
        on f.license_id = e.license_id and f.version = e.version and f.code = 'support'
    left join issuer.report_state(as_of, known_at, zone) s on s.license_id = l.id
    left join issuer.report_delivery(as_of, known_at) d on d.license_id = l.id
    left join (select a.license_id, min(a.active_from) as first,
                   count(*) filter (where a.counted) as used,
                   count(*) filter (where a.active) as active
               from issuer.report_activation(as_of, known_at, zone) a group by a.license_id) u
        on u.license_id = l.id
    where l.effective <= as_of and l.recorded_at <= known_at
$$;

create or replace function issuer.report_licenses_rows(as_of date, known_at timestamptz, zone text)
returns table (license_id text, customer text, customer_name text, product text, order_ref text,
               kind text, sold_on date, delivered_on date, activated_on date, state text,
               version integer, expires_on date, support_until date, servers integer, active bigint,
               allowed integer, used bigint)
language sql stable parallel safe as $$
    select l.license_id, 'CU-' || c.root, c.name, l.product, o.reference::text, o.kind::text,
        l.sold_on, l.delivered_on, l.activated_on, l.state, l.version, l.expires_on,
        l.support_until, l.servers, l.active, l.allowed, l.used
    from issuer.report_license(as_of, known_at, zone) l
    join issuer.orders o on o.id = l.order_id
    left join issuer.report_customer(as_of, known_at) c on c.id = l.customer_id
    order by l.id
$$;

-- How many, by product, kind of the order that they were sold by, and state. `activated`: a server has
-- run on it; `supported`: its support had not ended.
create or replace function issuer.report_licenses(as_of date, known_at timestamptz, zone text)
returns table (product text, kind text, state text, licenses bigint, delivered bigint,
               activated bigint, supported bigint, allowed bigint, used bigint, active bigint)
language sql stable parallel safe as $$
    select l.product, o.kind::text, l.state, count(*), count(l.delivered_on),
        count(l.activated_on), count(*) filter (where l.support_until >= as_of),
        coalesce(sum(l.allowed), 0)::bigint, sum(l.used)::bigint, sum(l.active)::bigint
    from issuer.report_license(as_of, known_at, zone) l
    join issuer.orders o on o.id = l.order_id
    group by l.product, o.kind, l.state
    order by l.product collate "C", o.kind, l.state collate "C"
$$;

-- The same as of now.
create view issuer.report_licenses_rows_now as select * from issuer.report_licenses_rows(issuer.report_today(),
    issuer.report_known(), issuer.report_zone());
create view issuer.report_licenses_now as select * from issuer.report_licenses(issuer.report_today(),
    issuer.report_known(), issuer.report_zone());
