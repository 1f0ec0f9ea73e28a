-- The groups' roles in the database: each may do its own work and no more. Roles belong to the whole
-- cluster, so their names begin with the prefix of the configuration (role-prefix). They cannot log
-- in: the login of a person or service is made a member (`grant issuer_support to ana`).
--
--   daemon   takes in mail, decides, signs; creates nothing of what is sold
--   web      the console's server: reads what all groups read
--   support  reads requests, mail and licenses
--   orders   records purchases; sees no mail and decides nothing
--   admin    operators, suspensions, signing keys, contacts
--   finance  reads the license records, without personal data
--
-- Applied again after each migration, from nothing: rights that are not given here are gone.

do $$
declare
    name text;
begin
    foreach name in array array['daemon', 'web', 'support', 'orders', 'admin', 'finance'] loop
        if not exists (select from pg_roles where rolname = '@PREFIX@_' || name) then
            execute format('create role %I nologin', '@PREFIX@_' || name);
        end if;
    end loop;
end $$;

revoke all on schema issuer from public;
revoke all on all tables in schema issuer from public, @PREFIX@_daemon, @PREFIX@_web,
    @PREFIX@_support, @PREFIX@_orders, @PREFIX@_admin, @PREFIX@_finance;
revoke all on all sequences in schema issuer from public, @PREFIX@_daemon, @PREFIX@_web,
    @PREFIX@_support, @PREFIX@_orders, @PREFIX@_admin, @PREFIX@_finance;
revoke all on all functions in schema issuer from public, @PREFIX@_daemon, @PREFIX@_web,
    @PREFIX@_support, @PREFIX@_orders, @PREFIX@_admin, @PREFIX@_finance;

grant usage on schema issuer to @PREFIX@_daemon, @PREFIX@_web, @PREFIX@_support, @PREFIX@_orders,
    @PREFIX@_admin, @PREFIX@_finance;
grant execute on function operator_of_token, operator_require to @PREFIX@_daemon, @PREFIX@_web, @PREFIX@_support,
    @PREFIX@_orders, @PREFIX@_admin, @PREFIX@_finance;
grant execute on function licenses_of_keys, import_begin, contact_digest, import_resolve, import_resolve_customers,
    import_differences, import_problems_of_file, import_problems_of_records, import_check, import_book_customers,
    import_book_new, import_book_changes, import_book to @PREFIX@_orders, @PREFIX@_admin;

-- Reading. The license records hold no personal data; contacts, mail and replies do.
grant select on migration, product, feature, customer, customer_version, orders, license,
    license_state_version, license_key, entitlement, entitlement_feature, import, import_row,
    activation, usage_license, deactivation, operator, event
    to @PREFIX@_daemon, @PREFIX@_web, @PREFIX@_support, @PREFIX@_orders, @PREFIX@_admin,
    @PREFIX@_finance;
grant select on command_right, term_entry, key_delivery, customer_merge
    to @PREFIX@_daemon, @PREFIX@_web, @PREFIX@_support, @PREFIX@_orders, @PREFIX@_admin,
    @PREFIX@_finance;
grant select on restoration, restoration_decision
    to @PREFIX@_daemon, @PREFIX@_web, @PREFIX@_support, @PREFIX@_admin, @PREFIX@_finance;
grant select on contact
    to @PREFIX@_daemon, @PREFIX@_web, @PREFIX@_support, @PREFIX@_orders, @PREFIX@_admin;
grant select on license_now
    to @PREFIX@_daemon, @PREFIX@_web, @PREFIX@_support, @PREFIX@_orders, @PREFIX@_admin,
    @PREFIX@_finance;
grant execute on function instruction_file
    to @PREFIX@_daemon, @PREFIX@_web, @PREFIX@_support, @PREFIX@_admin;
-- Finding and showing: each view gives addresses only to who may read them where they stand.
grant execute on function find_licenses, find_customers, find_contacts, find_orders, find_servers,
    customer_named, customer_members
    to @PREFIX@_daemon, @PREFIX@_web, @PREFIX@_support, @PREFIX@_orders, @PREFIX@_admin,
    @PREFIX@_finance;
grant select on customer_now, contact_shown, license_order, license_use
    to @PREFIX@_daemon, @PREFIX@_web, @PREFIX@_support, @PREFIX@_orders, @PREFIX@_admin,
    @PREFIX@_finance;
grant select on license_mail, license_reply, license_open
    to @PREFIX@_daemon, @PREFIX@_web, @PREFIX@_support, @PREFIX@_admin, @PREFIX@_finance;
grant execute on function customer_rename, customer_merge_into to @PREFIX@_orders;
grant execute on function contact_add, contact_end to @PREFIX@_orders, @PREFIX@_admin;
grant execute on function contact_erase to @PREFIX@_admin;
grant execute on function alert_close to @PREFIX@_support, @PREFIX@_admin;
-- What orders sees of requests: which server a license runs on.
grant select (id, digest, host, license_id) on usage_request to @PREFIX@_orders;
grant select on instance, usage_request, decision, hold, alert, signing_key, serial_block,
    serial_void to @PREFIX@_daemon, @PREFIX@_web, @PREFIX@_support, @PREFIX@_admin,
    @PREFIX@_finance;
grant select on message, quarantine, reply, reply_line, instruction, case_mail, question
    to @PREFIX@_daemon, @PREFIX@_web, @PREFIX@_support, @PREFIX@_admin;
grant select on license_proof, operator_token to @PREFIX@_daemon;

-- The daemon writes what mail and decisions make. The update of license.id, which nothing can use,
-- is what PostgreSQL asks for where a license is locked.
grant insert on message, quarantine, instance, usage_request, deactivation, decision, hold, alert,
    activation, usage_license, reply, reply_line, event, serial_block, serial_void, signing_key,
    restoration, restoration_decision, case_mail, question
    to @PREFIX@_daemon;
grant update (id) on license to @PREFIX@_daemon;
grant update (passed_at) on instance to @PREFIX@_daemon;
grant update (license_id) on usage_request to @PREFIX@_daemon;
grant update (class, why, from_address, reply_to, subject, body, raw, emptied_at, handled_at,
    handled_how) on message to @PREFIX@_daemon;
grant update (closed_at, closed_how) on quarantine to @PREFIX@_daemon;
grant update (closed_at, closed_by, closed_how) on hold to @PREFIX@_daemon;
grant update (state, counted, use_no, slot, active_until, counted_until, lost_at, ended_by,
    ended_recorded_at) on activation to @PREFIX@_daemon;
grant update (state, why, recipient, sent_at, attempts) on reply to @PREFIX@_daemon;
grant update (closed_at) on serial_block to @PREFIX@_daemon;
grant update (doubtful) on contact to @PREFIX@_daemon;
grant update (state, taken_until, answer, ended_at) on instruction to @PREFIX@_daemon;
grant usage on all sequences in schema issuer to @PREFIX@_daemon;

-- Orders records what was bought. The keys' public halves go in and cannot be read back.
grant insert on customer, customer_version, orders, license, license_state_version, license_key,
    license_proof, entitlement, entitlement_feature, contact, import, import_row, product, feature,
    event, term_entry, key_delivery to @PREFIX@_orders;
grant usage on sequence customer_id_seq, orders_id_seq, license_id_seq, license_key_id_seq
    to @PREFIX@_orders;
grant update (ended_on, ended_at) on contact to @PREFIX@_orders;
grant update (retired_at) on license_key to @PREFIX@_orders;

-- Admins look after operators, states and signing keys; what is sold they leave to orders.
grant insert on operator, operator_token, license_state_version, contact, signing_key, event
    to @PREFIX@_admin;
grant update (revoked_at) on operator, operator_token, signing_key to @PREFIX@_admin;
grant select (operator_id, revoked_at) on operator_token to @PREFIX@_admin;
grant execute on function operator_token_end to @PREFIX@_admin;
grant update (ended_on, ended_at, entry, erased_at) on contact to @PREFIX@_admin;
grant update (closed_at, closed_by, reason) on alert to @PREFIX@_admin;
