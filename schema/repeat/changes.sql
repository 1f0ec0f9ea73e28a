-- What every function that changes license records for a person stands on. Such a function is called
-- by a group's login, runs with the owner's rights (security definer), takes the operator's token and
-- asks operator_require() first; it locks the license before it reads anything of it.

-- The event of a row that was made or filled, whose text vouches for it.
create or replace function issuer.note_event(kind text, subject text, subject_id bigint, made text,
    license bigint, operator bigint, at timestamptz, detail jsonb default null)
returns void language sql set search_path = issuer, pg_temp as $$
    insert into event (kind, subject, subject_id, row_digest, license_id, operator_id, detail,
                       effective)
        values (kind, subject, subject_id, sha256(convert_to(made, 'UTF8')), license, operator,
                detail, at)
$$;

-- The license of that License ID (case and blanks around it aside), locked against batches and other changes.
create or replace function issuer.license_lock(wanted text) returns license
language plpgsql set search_path = issuer, pg_temp as $$
declare
    found_license license;
begin
    select * into found_license from license l where l.license_id = upper(btrim(wanted))
        for no key update;
    if not found then
        select * into found_license from license l where lower(l.license_id) = lower(btrim(wanted))
            for no key update;
    end if;
    if not found then
        raise exception 'license % is not on record; look for it with `issuer license find`', wanted
            using errcode = 'IS001';
    end if;
    return found_license;
end $$;

-- The customer that stands for this one since customers that were recorded twice became one.
create or replace function issuer.customer_root(customer bigint) returns bigint
language sql stable set search_path = issuer, pg_temp as $$
    select coalesce((select m.into_id from customer_merge m where m.customer_id = customer
                     order by m.version desc limit 1), customer)
$$;

-- The order that pays for a change: the one on record under this reference, if it is this customer's
-- and of this kind and day (null: of whatever kind, of whatever day), else a new one: a sale of today,
-- unless told otherwise. So that nothing is booked twice, case makes no other order.
create or replace function issuer.order_of(wanted text, wanted_kind order_kind, day date,
    customer bigint, operator bigint, at timestamptz)
returns orders language plpgsql set search_path = issuer, pg_temp as $$
declare
    known orders;
begin
    perform pg_advisory_xact_lock(hashtextextended('issuer: order ' || folded(wanted), 0));
    select * into known from orders o where folded(o.reference) = folded(wanted)
        order by o.reference <> wanted, o.id limit 1;
    if found then
        if customer_root(known.customer_id) <> customer_root(customer) then
            raise exception 'order % is on record for another customer', known.reference
                using errcode = 'IS003';
        elsif known.kind <> wanted_kind then
            raise exception 'order % is on record as a % order, not a %', known.reference, known.kind,
                wanted_kind using errcode = 'IS003';
        elsif known.ordered_on <> day then
            raise exception 'order % is on record with the day %, not %', known.reference,
                known.ordered_on, day using errcode = 'IS003';
        end if;
        return known;
    end if;
    insert into orders (reference, kind, ordered_on, customer_id)
        values (wanted, coalesce(wanted_kind, 'sale'),
                coalesce(day, (at at time zone 'UTC')::date), customer)
        returning * into known;
    perform note_event('order-recorded', 'orders', known.id, known::text, null, operator, at);
    return known;
end $$;
