-- Finding licenses by what a person typed. Each way has an index and ends where it has found enough:
-- what fits very many must not be gathered first. A way is planned only where what was typed can be
-- meant so, and where the login may use it.

drop function if exists issuer.find_licenses(text, text, bigint, bytea, bytea);

-- Licenses of customers whose name (also an earlier one, or that of a customer merged since) fits.
-- What is shorter than three letters is found by the beginning.
create or replace function issuer.find_customers(wanted text, pattern text, most integer)
returns table (id bigint, named text)
language plpgsql stable set search_path = issuer, pg_temp as $$
#variable_conflict use_column
begin
    pattern := folded(pattern);
    if wanted !~ '[[:alnum:]]{3}' then
        pattern := ltrim(pattern, '%');
    end if;
    -- An earlier name is told only where the one of today does not fit.
    return query select n.root,
            'customer ' || case when folded(n.name) like pattern then n.name else v.name end
        from (select v.customer_id, v.name from customer_version v
              where folded(v.name) like pattern limit most) v
        join customer_now n on n.id = v.customer_id;
    return query select n.root, 'customer reference ' || v.reference
        from customer_version v join customer_now n on n.id = v.customer_id
        where folded(v.reference) = folded(wanted) limit most;
    if wanted ~* '^CU-[0-9]{1,18}$' then
        return query select n.root, 'customer ' || n.name from customer_now n
            where n.id = substr(wanted, 4)::bigint;
    end if;
end $$;

-- By its contacts: an address also by its domain, a domain with all addresses of it. Who may not
-- read contacts does not find by them.
create or replace function issuer.find_contacts(wanted text, most integer)
returns table (id bigint, found_by text)
language plpgsql stable set search_path = issuer, pg_temp as $$
#variable_conflict use_column
declare
    domain constant text := '@' || split_part(lower(wanted), '@', 2);
begin
    if not has_column_privilege('issuer.contact', 'entry', 'select') then
        return;
    end if;
    if wanted ~ '^[^@]+@.' then
        return query select c.license_id, 'contact ' || c.entry from contact c
            where c.ended_on is null and c.entry in (lower(wanted), domain) limit most;
    elsif wanted ~ '^@?[^@[:space:]]+[.][^@[:space:]]+$' then
        return query select c.license_id, 'contact ' || c.entry from contact c
            where c.ended_on is null and substr(c.entry, strpos(c.entry, '@'))
                  = '@' || ltrim(lower(wanted), '@') limit most;
    end if;
end $$;

-- By what paid for it or changed it.
create or replace function issuer.find_orders(wanted text, most integer)
returns table (id bigint, found_by text)
language plpgsql stable set search_path = issuer, pg_temp as $$
#variable_conflict use_column
declare
    meant bigint[];
    called text;
begin
    select array_agg(o.id), min(o.reference) into meant, called from orders o
        where folded(o.reference) = folded(wanted);
    if meant is null then
        return;
    end if;
    return query (select l.id, 'order ' || called from license l where l.order_id = any (meant)
                  limit most)
        union all (select e.license_id, 'order ' || called from entitlement e
                   where e.order_id = any (meant) limit most)
        union all (select s.license_id, 'order ' || called from license_state_version s
                   where s.order_id = any (meant) limit most);
end $$;

-- By a server: its host, the short form of a request, the serial of a usage license.
create or replace function issuer.find_servers(wanted text, serial bigint, digest_from bytea,
                                               digest_below bytea, most integer)
returns table (id bigint, found_by text)
language plpgsql stable set search_path = issuer, pg_temp as $$
#variable_conflict use_column
begin
    return query select r.license_id, 'host ' || r.host from usage_request r
        where r.license_id is not null and folded(r.host) = folded(wanted) limit most;
    if digest_from is not null then
        return query select r.license_id, 'request'::text from usage_request r
            where r.license_id is not null and r.digest >= digest_from and r.digest < digest_below
            limit most;
    end if;
    if serial is not null then
        return query select u.license_id, 'usage license'::text from usage_license u
            where u.serial = find_servers.serial;
    end if;
end $$;

-- Licenses to which what a person typed leads, each with what fitted, at most `most` each way;
-- `whole`: it is the License ID itself. `pattern` is the text for LIKE, found anywhere;
-- `serial` and the span of digests are null unless the text reads as such.
create or replace function issuer.find_licenses(wanted text, pattern text, serial bigint,
                                                digest_from bytea, digest_below bytea,
                                                most integer default 1000)
returns table (id bigint, found_by text, whole boolean)
language plpgsql stable set search_path = issuer, pg_temp as $$
#variable_conflict use_column
begin
    pattern := folded(pattern);
    return query select l.id, 'License ID ' || l.license_id, true from license l
        where lower(l.license_id) = lower(wanted);
    return query select l.id, 'License ID ' || l.license_id, false from license l
        where lower(l.license_id) like case when wanted ~ '[[:alnum:]]{3}' then pattern
                                            else ltrim(pattern, '%') end limit most;
    return query select l.id, c.named, false
        from (select id, min(named) as named from find_customers(wanted, pattern, most) group by id)
            c
        cross join lateral (select l.id from customer_members(c.id) x
                            join license l on l.customer_id = x limit most) l
        limit most;
    return query select f.id, f.found_by, false from find_contacts(wanted, most) f
        union all select f.id, f.found_by, false from find_orders(wanted, most) f
        union all select f.id, f.found_by, false
            from find_servers(wanted, serial, digest_from, digest_below, most) f;
    if length(wanted) = 4 then
        return query select k.license_id, 'key …' || k.hint, false from license_key k
            where k.hint = upper(wanted) limit most;
    end if;
end $$;
