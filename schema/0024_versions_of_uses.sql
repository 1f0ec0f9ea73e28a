-- Which version of the entitlement each use was issued by stands in the index of uses too: reports of
-- what was issued go by it.

set local search_path to issuer, pg_temp;

create index activation_uses_of_license on activation (license_id) include (version, recorded_at,
    active_from, active_until, ended_recorded_at, counted_until, counted_recorded_at);
drop index activation_of_license;
