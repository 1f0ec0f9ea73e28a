-- What a person types leads to licenses, customers and events, however many there are: an index for
-- each way. And what erasing an address leaves of the replies that went to it.

set local search_path to issuer, pg_temp;

-- Parts of names are found by their triples of letters. The extension comes with the server and may be
-- made by the database's owner; it stands beside our schema, since its functions are no records.
create extension if not exists pg_trgm with schema public;

do $$
declare
    triples constant text := (select format('%I.gin_trgm_ops', n.nspname) from pg_extension e
                              join pg_namespace n on n.oid = e.extnamespace
                              where e.extname = 'pg_trgm');
begin
    execute 'create index customer_version_name_part on customer_version
             using gin (lower(name) ' || triples || ')';
    execute 'create index license_id_part on license using gin (lower(license_id) ' || triples || ')';
end $$;

-- Whole names, and what is too short to have triples: by its beginning.
drop index customer_version_lower_idx;
create index customer_version_name on customer_version (lower(name) text_pattern_ops);
create index customer_version_reference on customer_version (lower(reference))
    where reference is not null;
create index license_id_start on license (lower(license_id) text_pattern_ops);
create index orders_reference on orders (lower(reference));
drop index usage_request_host_idx;
create index usage_request_host on usage_request (lower(host));
create index license_key_hint on license_key (hint);
create index contact_domain on contact (substr(entry, strpos(entry, '@'))) where ended_on is null;
create index reply_line_license on reply_line (license_id) where license_id is not null;
create index alert_decision on alert (decision_id) where closed_at is null;
create index alert_license on alert (license_id) where license_id is not null;

-- Events are read newest first, by when they were recorded: of all, of a kind, of an operator, of a
-- license.
drop index event_license_id_idx;
create index event_of_license on event (license_id, recorded_at, id) where license_id is not null;
create index event_of_operator on event (operator_id, recorded_at, id) where operator_id is not null;
create index event_of_kind on event (kind, recorded_at, id);
create index event_in_order on event (recorded_at, id);

-- A reply that went to an address which was erased since has no recipient any more.
alter table reply add column erased_at timestamptz;
alter table reply drop constraint reply_check;
alter table reply add constraint reply_has_recipient check
    (recipient is not null or state in ('listed', 'withdrawn') or erased_at is not null);
