-- What reports read of large tables stands in indexes, in the order of licenses, so that they need not
-- read the tables themselves.

set local search_path to issuer, pg_temp;

-- From when to when each use counted, and each server ran.
create index activation_uses_of_license on activation (license_id) include (version, recorded_at,
    active_from, active_until, ended_recorded_at, counted_until, counted_recorded_at);
drop index activation_license_id_idx;
-- A use goes on once. (Without it, one activation would count as two.)
create unique index activation_goes_on_once on activation (continues)
    include (license_id, recorded_at, active_from) where continues is not null;

-- The newest entitlement as of a day, as known then, is the first of its license that fits.
create index entitlement_of_license on entitlement (license_id, version desc)
    include (effective, recorded_at, expires_on, activations, servers);
create index entitlement_feature_support on entitlement_feature (license_id, version desc)
    include (until_on) where code = 'support';
create index license_key_of_license on license_key (license_id) include (id, delivered_on);
drop index license_key_license_id_idx;

-- What each signing key has signed; the rows themselves hold the usage licenses' bytes.
create index usage_license_of_key on usage_license (kid, serial) include (iat, exp, emergency,
    recorded_at);
drop index usage_license_kid_idx;

-- What was recorded in a later month than the one it belongs to, as the easternmost zone has it: few
-- rows, and all that are late in any zone.
create index orders_late on orders (recorded_at)
    where ordered_on < date_trunc('month', recorded_at at time zone interval '14:00')::date;
create index entitlement_late on entitlement (recorded_at)
    where effective < date_trunc('month', recorded_at at time zone interval '14:00')::date;
create index term_entry_late on term_entry (recorded_at)
    where effective < date_trunc('month', recorded_at at time zone interval '14:00')::date;
create index key_delivery_late on key_delivery (recorded_at)
    where delivered_on < date_trunc('month', recorded_at at time zone interval '14:00')::date;
