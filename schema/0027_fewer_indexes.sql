-- What another index or key says already: each costs a little with every row.

set local search_path to issuer, pg_temp;

drop index event_operator_id_idx;   -- event_of_operator begins so
drop index event_of_operator_kind;  -- an operator's deeds of one kind are few among that operator's
-- The entitlement that an entry names is of this license.
alter table term_entry drop constraint term_entry_license_id_fkey;
