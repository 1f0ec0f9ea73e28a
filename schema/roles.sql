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
-- Who records for a person does so through a function that runs with the owner's rights, asks for the
-- operator's token and checks everything again (a door): no group but the daemon's writes any table
-- directly.
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

-- In temporary tables of one's own names could be slipped under functions that run with the owner's
-- rights. Those make their own.
do $$
begin
    execute format('revoke temporary on database %I from public', current_database());
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
grant execute on function operator_of_token, operator_require
    to @PREFIX@_daemon, @PREFIX@_web, @PREFIX@_support, @PREFIX@_orders, @PREFIX@_admin,
    @PREFIX@_finance;
grant execute on function operator_add, operator_renew, operator_revoke, operator_deeds,
    operator_token_end, signing_key_revoke
    to @PREFIX@_admin;
grant execute on function licenses_of_keys, import_begin, import_look_up, import_check, import_book
    to @PREFIX@_orders, @PREFIX@_admin;

-- Reading. The license records hold no personal data; contacts, mail and replies do.
grant select on migration, product, feature, customer, customer_version, orders, license,
    license_state_version, license_key, entitlement, entitlement_feature, import, import_row,
    activation, usage_license, deactivation, operator, event
    to @PREFIX@_daemon, @PREFIX@_web, @PREFIX@_support, @PREFIX@_orders, @PREFIX@_admin,
    @PREFIX@_finance;
grant select on expiry_notice, command_right, term_entry, key_delivery, customer_merge, daemon_change,
    report_moment
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
grant execute on function status_totals
    to @PREFIX@_daemon, @PREFIX@_web, @PREFIX@_support, @PREFIX@_admin;
-- Finding and showing: each view gives addresses only to who may read them where they stand.
grant execute on function folded, find_licenses, find_customers, find_contacts, find_orders, find_servers,
    customer_named, customer_members
    to @PREFIX@_daemon, @PREFIX@_web, @PREFIX@_support, @PREFIX@_orders, @PREFIX@_admin,
    @PREFIX@_finance;
grant select on customer_now, contact_shown, license_order, license_use
    to @PREFIX@_daemon, @PREFIX@_web, @PREFIX@_support, @PREFIX@_orders, @PREFIX@_admin,
    @PREFIX@_finance;
grant select on license_mail, license_reply, license_open
    to @PREFIX@_daemon, @PREFIX@_web, @PREFIX@_support, @PREFIX@_admin, @PREFIX@_finance;
grant execute on function customer_rename, customer_merge_into to @PREFIX@_orders;
grant execute on function license_add, license_rekey, license_delivered, feature_add
    to @PREFIX@_orders;
grant execute on function order_list, order_named
    to @PREFIX@_daemon, @PREFIX@_web, @PREFIX@_support, @PREFIX@_orders, @PREFIX@_admin,
    @PREFIX@_finance;
grant select on order_license
    to @PREFIX@_daemon, @PREFIX@_web, @PREFIX@_support, @PREFIX@_orders, @PREFIX@_admin,
    @PREFIX@_finance;
grant execute on function contact_add, contact_end to @PREFIX@_orders, @PREFIX@_admin;
grant execute on function contact_erase to @PREFIX@_admin;
grant execute on function license_upgrade, license_correct, license_end to @PREFIX@_orders;
grant execute on function license_suspend, license_resume to @PREFIX@_admin;
grant execute on function license_waiting
    to @PREFIX@_daemon, @PREFIX@_web, @PREFIX@_support, @PREFIX@_orders, @PREFIX@_admin;
grant execute on function message_answer, message_to_case, message_drop, quarantine_drop
    to @PREFIX@_support, @PREFIX@_admin;
grant execute on function quarantine_retry
    to @PREFIX@_daemon, @PREFIX@_web, @PREFIX@_support, @PREFIX@_admin;
grant execute on function reply_tag, case_mails_handle, answers_of_day, answers_counted, answer_entry,
    answer_is_fresh, answers_to, contact_written_to to @PREFIX@_daemon;
grant execute on function day_end, license_state_of to @PREFIX@_daemon;
grant execute on function reply_begin, reply_sent, reply_defer, reply_release, reply_fail, reply_pause,
    reply_license, reply_note, contact_doubt, note_event
    to @PREFIX@_daemon;
grant execute on function report_note_moment to @PREFIX@_daemon;
grant execute on function chores_claim, chores_release, staff_notices_find, staff_telling_begin, staff_telling_end,
    expiry_notices_queue, retention_step to @PREFIX@_daemon;
grant execute on function alert_close to @PREFIX@_support, @PREFIX@_admin;
-- Lost-server cases: the daemon opens those that come by mail, and carries out what was approved.
grant select on restoration_shown
    to @PREFIX@_daemon, @PREFIX@_web, @PREFIX@_support, @PREFIX@_admin, @PREFIX@_finance;
grant execute on function restoration_limit
    to @PREFIX@_daemon, @PREFIX@_web, @PREFIX@_support, @PREFIX@_admin, @PREFIX@_finance;
grant execute on function restoration_open, restoration_open_from_message
    to @PREFIX@_support, @PREFIX@_admin;
grant execute on function restoration_file to @PREFIX@_daemon, @PREFIX@_web, @PREFIX@_admin;
grant execute on function restoration_deny to @PREFIX@_admin;
grant execute on function restorations_from_mail, restoration_carry_out, instruction_take, instruction_judge,
    instruction_give_back to @PREFIX@_daemon;
-- What orders sees of requests: which server a license runs on.
grant select (id, digest, host, license_id) on usage_request to @PREFIX@_orders;
grant select on instance, decision, hold, alert, signing_key, serial_block, serial_void,
    quarantine, reply_line, case_mail, case_now
    to @PREFIX@_daemon, @PREFIX@_web, @PREFIX@_support, @PREFIX@_admin, @PREFIX@_finance;
grant select on mailbox, mailbox_mail, watched, staff_notice, staff_telling, chore, chores_lease
    to @PREFIX@_daemon, @PREFIX@_web, @PREFIX@_support, @PREFIX@_admin;
grant select on usage_request, message, reply, instruction, question, answer
    to @PREFIX@_daemon, @PREFIX@_web, @PREFIX@_support, @PREFIX@_admin;
-- Finance counts all of it, and reads nobody's name or words: addresses, texts, what was typed.
grant select (id, license_id, effective, ended_on, ended_at, erased_at, doubtful, recorded_at)
    on contact to @PREFIX@_finance;
grant select (id, digest, thumbprint, seq, iat, license_id, purpose, installed, product, version,
    host, board, cpu, mac, message_id, effective, recorded_at) on usage_request
    to @PREFIX@_finance;
grant select (id, identity, class, source_offset, size, raw_digest, sent_at, emptied_at, handled_at,
    effective, recorded_at) on message to @PREFIX@_finance;
grant select (id, message_id, state, ready, effective, sent_at, attempts, recorded_at) on reply
    to @PREFIX@_finance;
grant select (id, kind, hold_id, request_id, restoration_id, operator_id, second_id, preview, state, tries,
    taken_until, filed_at, ended_at, recorded_at) on instruction to @PREFIX@_finance;
grant select (decision_id, recorded_at) on question to @PREFIX@_finance;
grant select (reply_id, operator_id, recorded_at) on answer to @PREFIX@_finance;
-- Reports run with the rights of who asks, so a group sees those whose tables it reads.
grant execute on function
    report_activation, report_customer, report_day, report_delivery, report_end,
    report_entitlement, report_expiring, report_expiring_rows, report_issuance, report_known,
    report_license, report_license_part, report_license_thirds, report_licenses,
    report_licenses_rows, report_cuts, report_month, report_month_text, report_months,
    report_issuance_part, report_orders, report_orders_part, report_orders_rows, report_state, report_support_years,
    report_support_years_rows, report_current_day, report_zone
    to @PREFIX@_daemon, @PREFIX@_web, @PREFIX@_support, @PREFIX@_orders, @PREFIX@_admin,
    @PREFIX@_finance;
grant select on
    report_expiring_now, report_expiring_rows_now, report_issuance_now, report_licenses_now,
    report_licenses_rows_now, report_orders_now, report_orders_rows_now,
    report_support_years_now, report_support_years_rows_now
    to @PREFIX@_daemon, @PREFIX@_web, @PREFIX@_support, @PREFIX@_orders, @PREFIX@_admin,
    @PREFIX@_finance;
grant execute on function
    report_activations, report_activations_rows, report_holds, report_keys, report_late,
    report_late_entries, report_late_entries_rows, report_reconciliation,
    report_response_times, report_restorations, report_restored, report_proven, report_sale_part,
    report_use, report_use_part, report_use_thirds
    to @PREFIX@_daemon, @PREFIX@_web, @PREFIX@_support, @PREFIX@_admin, @PREFIX@_finance;
grant select on
    report_activations_now, report_activations_rows_now, report_holds_now, report_keys_now,
    report_late_entries_now, report_late_entries_rows_now, report_reconciliation_now,
    report_response_times_now, report_restorations_now
    to @PREFIX@_daemon, @PREFIX@_web, @PREFIX@_support, @PREFIX@_admin, @PREFIX@_finance;
grant select on license_proof, operator_token to @PREFIX@_daemon;

-- The daemon writes what mail and decisions make. The update of license.id, which nothing can use,
-- is what PostgreSQL asks for where a license is locked.
grant insert on message, quarantine, instance, usage_request, deactivation, decision, hold, alert,
    activation, usage_license, reply, reply_line, event, serial_block, serial_void, signing_key,
    case_mail, question, mailbox, mailbox_mail, daemon_change, watched
    to @PREFIX@_daemon;
grant update (id) on license to @PREFIX@_daemon;
grant update (passed_at) on instance to @PREFIX@_daemon;
grant update (license_id) on usage_request to @PREFIX@_daemon;
grant update (class, why, from_address, reply_to, subject, body, raw, emptied_at, handled_at,
    handled_how, sender_vouched, sender_says) on message to @PREFIX@_daemon;
grant update (seen_at) on case_mail to @PREFIX@_daemon;
grant update (settled_at) on mailbox_mail to @PREFIX@_daemon;
grant update (closed_at, closed_how) on quarantine to @PREFIX@_daemon;
grant update (closed_at, closed_by, closed_how) on hold to @PREFIX@_daemon;
grant update (state, counted, use_no, slot, active_until, counted_until, lost_at, ended_by,
    ended_recorded_at) on activation to @PREFIX@_daemon;
grant update (state, why, recipient, sent_at, attempts, not_before, tried_at, last_error) on reply
    to @PREFIX@_daemon;
grant update (closed_at) on serial_block to @PREFIX@_daemon;
grant update (watches, started_at, worked_at, had_at, done, restarts, problem, problem_at, seen_at, ended_at)
    on watched to @PREFIX@_daemon;
grant update (closed_at, reason) on alert to @PREFIX@_daemon;
grant update (doubtful) on contact to @PREFIX@_daemon;
grant update (state, taken_until, answer, ended_at) on instruction to @PREFIX@_daemon;
grant usage on sequence usage_request_id_seq, decision_id_seq, reply_id_seq, hold_id_seq
    to @PREFIX@_daemon;
grant execute on function journal_sequences, journal_records to @PREFIX@_daemon;

-- report_known() must see since when every session's transaction is open.
do $$
begin
    if not pg_has_role(current_user, 'pg_read_all_stats', 'usage') then
        execute format('grant pg_read_all_stats to %I', current_user);
    end if;
exception when insufficient_privilege then
    raise notice 'reports need a moment for --known-at until pg_read_all_stats is granted to %',
        current_user;
end $$;
