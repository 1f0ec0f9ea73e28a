-- Each license as it stands now: one row.
create or replace view issuer.license_now as
select l.id, l.license_id, l.customer_id, c.name as customer, c.reference as customer_ref, l.product,
    coalesce(s.state, 'current') as state, e.version, e.expires_on, e.activations, e.servers,
    (select count(*) from issuer.activation a where a.license_id = l.id and a.counted) as used,
    (select count(*) from issuer.activation a where a.license_id = l.id and a.state = 'active')
        as active
from issuer.license l
join lateral (select name, reference from issuer.customer_version v
              where v.customer_id = l.customer_id order by version desc limit 1) c on true
join lateral (select version, expires_on, activations, servers from issuer.entitlement e
              where e.license_id = l.id order by version desc limit 1) e on true
left join lateral (select state from issuer.license_state_version s
                   where s.license_id = l.id order by version desc limit 1) s on true;

-- Licenses to which what a person typed leads, each with what fitted. `pattern` is the text for
-- LIKE, lower case; `serial` and the span of digests are null unless the text reads as such.
create or replace function issuer.find_licenses(wanted text, pattern text, serial bigint,
                                                digest_from bytea, digest_below bytea)
returns table (id bigint, found_by text)
language sql stable set search_path = issuer, pg_temp as $$
    select l.id, 'License ID ' || l.license_id from license l
        where lower(l.license_id) like pattern
    union all
    select l.id, 'customer ' || v.name from customer_version v join license l using (customer_id)
        where lower(v.name) like pattern
    union all
    select l.id, 'customer reference ' || v.reference
        from customer_version v join license l using (customer_id)
        where lower(v.reference) = lower(wanted)
    union all
    select c.license_id, 'contact ' || c.entry from contact c
        where c.entry in (lower(wanted), '@' || split_part(lower(wanted), '@', 2))
          and c.entry <> '@'
    union all
    select l.id, 'order ' || o.reference from orders o join license l on l.order_id = o.id
        where lower(o.reference) = lower(wanted)
    union all
    select e.license_id, 'order ' || o.reference from orders o join entitlement e on e.order_id = o.id
        where lower(o.reference) = lower(wanted)
    union all
    select r.license_id, 'host ' || r.host from usage_request r
        where r.license_id is not null and lower(r.host) = lower(wanted)
    union all
    select r.license_id, 'request' from usage_request r
        where r.license_id is not null and r.digest >= digest_from and r.digest < digest_below
    union all
    select u.license_id, 'usage license' from usage_license u where u.serial = find_licenses.serial
    union all
    select k.license_id, 'key …' || k.hint from license_key k
        where upper(wanted) = k.hint and length(wanted) = 4
$$;
