-- Names are found case aside in every script, whatever the database's own locale knows of it: by the
-- Unicode rules of ICU, which comes with the server. An index for each way to a name, as before.

set local search_path to issuer, pg_temp;

create function folded(name text) returns text language sql immutable parallel safe as $$
    select lower(name collate pg_catalog."und-x-icu")
$$;

drop index customer_version_name_part;
do $$
begin
    execute 'create index customer_version_name_part on customer_version using gin (folded(name) '
        || (select format('%I.gin_trgm_ops)', n.nspname) from pg_extension e
            join pg_namespace n on n.oid = e.extnamespace where e.extname = 'pg_trgm');
end $$;
drop index customer_version_name;
create index customer_version_name on customer_version (folded(name) text_pattern_ops);
drop index customer_version_reference;
create index customer_version_reference on customer_version (folded(reference))
    where reference is not null;
drop index orders_reference;
create index orders_reference on orders (folded(reference));
drop index usage_request_host;
create index usage_request_host on usage_request (folded(host));
