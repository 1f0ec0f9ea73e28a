-- Each license as it stands now: one row. A customer that was merged is the one that stands for it.
create or replace view issuer.license_now as
select l.id, l.license_id, coalesce(m.into_id, l.customer_id) as customer_id, c.name as customer,
    c.reference as customer_ref, l.product, coalesce(s.state, 'current') as state, e.version,
    e.expires_on, e.activations, e.servers,
    (select count(*) from issuer.activation a where a.license_id = l.id and a.counted) as used,
    (select count(*) from issuer.activation a where a.license_id = l.id and a.state = 'active')
        as active
from issuer.license l
left join lateral (select into_id from issuer.customer_merge m
                   where m.customer_id = l.customer_id order by m.version desc limit 1) m on true
join lateral (select name, reference from issuer.customer_version v
              where v.customer_id = coalesce(m.into_id, l.customer_id)
              order by version desc limit 1) c on true
join lateral (select version, expires_on, activations, servers from issuer.entitlement e
              where e.license_id = l.id order by version desc limit 1) e on true
left join lateral (select state from issuer.license_state_version s
                   where s.license_id = l.id order by version desc limit 1) s on true;
