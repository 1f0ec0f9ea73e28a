-- Orders: what was sold or changed by which, and the catalogue of what can be sold.

-- The licenses that an order has sold or changed, and whether their keys reached the customer.
create or replace view issuer.order_license as
select x.order_id, l.id as license_id, l.order_id = x.order_id as sold, x.version,
    k.hint, k.delivered_on, d.how, d.detail,
    coalesce(s.state, 'current') <> 'ended' and k.id is not null and k.delivered_on is null
        as undelivered
from issuer.license_order x
join issuer.license l on l.id = x.license_id
left join issuer.license_key k on k.license_id = l.id and k.retired_at is null
left join issuer.key_delivery d on d.license_key_id = k.id
left join lateral (select state from issuer.license_state_version s where s.license_id = l.id
                   order by s.version desc limit 1) s on true;

-- Orders, the newest first; null: of all customers, kinds, days. A plan is made for what is asked.
create or replace function issuer.order_list(customer bigint, wanted_kind order_kind, from_day date,
                                             until_day date, most integer)
returns table (id bigint, reference text, kind text, ordered_on date, customer_id bigint)
language plpgsql stable rows 200 set search_path = issuer, pg_temp as $$
begin
    return query execute
        'select o.id, o.reference::text, o.kind::text, o.ordered_on, o.customer_id from orders o'
        || ' where true'
        || case when customer is not null
                then ' and o.customer_id = any (array(select customer_members($1)))' else '' end
        || case when wanted_kind is not null then ' and o.kind = $2' else '' end
        || case when from_day is not null then ' and o.ordered_on >= $3' else '' end
        || case when until_day is not null then ' and o.ordered_on <= $4' else '' end
        || ' order by o.ordered_on desc, o.id desc limit $5'
        using customer, wanted_kind, from_day, until_day, most;
end $$;

-- The order that a person means by its reference, case aside.
create or replace function issuer.order_named(wanted text) returns bigint
language plpgsql stable set search_path = issuer, pg_temp as $$
declare
    meant bigint;
begin
    select o.id into meant from orders o where folded(o.reference) = folded(wanted)
        order by o.reference <> wanted, o.id limit 1;
    if not found then
        raise exception 'no order % is on record; `issuer order list` shows what is', wanted
            using errcode = 'IS001';
    end if;
    return meant;
end $$;

-- Puts a feature into the catalogue. It stays there: licenses may have it from now on.
create or replace function issuer.feature_add(token digest, new_code text, of_product text,
    new_name text, new_kind feature_kind, at timestamptz)
returns void language plpgsql security definer set search_path = issuer, pg_temp as $$
declare
    who record;
    made feature;
begin
    select * into who from operator_require(token, 'feature add', at);
    if new_code !~ '^[a-z0-9][a-z0-9-]{0,63}$' then
        raise exception '% is no code for a feature: give small letters, digits and hyphens',
            new_code using errcode = 'IS003';
    end if;
    perform line_require('a feature''s name', new_name, 200);
    if not exists (select from product p where p.code = of_product) then
        raise exception '% is no product that is sold', of_product using errcode = 'IS003';
    end if;
    insert into feature (code, product, name, kind)
        values (new_code, of_product, btrim(new_name), new_kind)
        on conflict (code) do nothing returning * into made;
    if not found then
        raise exception 'the feature % is in the catalogue already', new_code using errcode = 'IS003';
    end if;
    perform note_event('feature-added', 'feature', 0, made::text, null, who.id, at,
                       jsonb_build_object('code', new_code));
end $$;
