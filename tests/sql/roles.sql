-- Each group's role does that group's work and no more.
begin;
select no_plan();
\ir fixture.psql

-- The whole matrix of tables and views. s: select, p: select of some columns (which stands below),
-- i: insert, u: update of some columns; a privilege to delete, truncate or set triggers would show as
-- d. What is new and not listed here is a failure, with and without rights.
create temporary table expected (name text, daemon text, web text, support text, orders text,
    admin text, finance text);
insert into expected values
    ('activation',               'siu', 's',   's',   's',   's',   's'),
    ('alert',                    'siu',  's',   's',   '-',   's',   's'),
    ('answer',                   's',   's',   's',   '-',   's',   'p'),
    ('case_mail',                'siu', 's',   's',   '-',   's',   's'),
    ('case_now',                 's',   's',   's',   '-',   's',   's'),
    ('chore',                    's',   's',   's',   '-',   's',   '-'),
    ('chores_lease',             's',   's',   's',   '-',   's',   '-'),
    ('command_right',            's',   's',   's',   's',   's',   's'),
    ('contact',                  'su',  's',   's',   's',   's',   'p'),
    ('contact_shown',            's',   's',   's',   's',   's',   's'),
    ('customer',                 's',   's',   's',   's',   's',   's'),
    ('customer_merge',           's',   's',   's',   's',   's',   's'),
    ('customer_now',             's',   's',   's',   's',   's',   's'),
    ('customer_version',         's',   's',   's',   's',   's',   's'),
    ('daemon_change',            'si',  's',   's',   's',   's',   's'),
    ('deactivation',             'si',  's',   's',   's',   's',   's'),
    ('decision',                 'si',  's',   's',   '-',   's',   's'),
    ('entitlement',              's',   's',   's',   's',   's',   's'),
    ('entitlement_feature',      's',   's',   's',   's',   's',   's'),
    ('expiry_notice',            's',   's',   's',   's',   's',   's'),
    ('event',                    'si',  's',   's',   's',   's',   's'),
    ('feature',                  's',   's',   's',   's',   's',   's'),
    ('hold',                     'siu', 's',   's',   '-',   's',   's'),
    ('import',                   's',   's',   's',   's',   's',   's'),
    ('import_row',               's',   's',   's',   's',   's',   's'),
    ('instance',                 'siu', 's',   's',   '-',   's',   's'),
    ('instruction',              'su',  's',   's',   '-',   's',   'p'),
    ('key_delivery',             's',   's',   's',   's',   's',   's'),
    ('license',                  'su',  's',   's',   's',   's',   's'),
    ('license_key',              's',   's',   's',   's',   's',   's'),
    ('license_mail',             's',   's',   's',   '-',   's',   's'),
    ('license_now',              's',   's',   's',   's',   's',   's'),
    ('license_open',             's',   's',   's',   '-',   's',   's'),
    ('license_order',            's',   's',   's',   's',   's',   's'),
    ('license_proof',            's',   '-',   '-',   '-',   '-',   '-'),
    ('license_reply',            's',   's',   's',   '-',   's',   's'),
    ('license_state_version',    's',   's',   's',   's',   's',   's'),
    ('license_use',              's',   's',   's',   's',   's',   's'),
    ('mailbox',                  'si',  's',   's',   '-',   's',   '-'),
    ('mailbox_mail',             'siu', 's',   's',   '-',   's',   '-'),
    ('message',                  'siu', 's',   's',   '-',   's',   'p'),
    ('migration',                's',   's',   's',   's',   's',   's'),
    ('operator',                 's',   's',   's',   's',   's',   's'),
    ('operator_token',           's',   '-',   '-',   '-',   '-',   '-'),
    ('order_license',            's',   's',   's',   's',   's',   's'),
    ('orders',                   's',   's',   's',   's',   's',   's'),
    ('product',                  's',   's',   's',   's',   's',   's'),
    ('quarantine',               'siu', 's',   's',   '-',   's',   's'),
    ('question',                 'si',  's',   's',   '-',   's',   'p'),
    ('reply',                    'siu', 's',   's',   '-',   's',   'p'),
    ('reply_line',               'si',  's',   's',   '-',   's',   's'),
    ('report_activations_now',    's',   's',   's',   '-',   's',   's'),
    ('report_activations_rows_now', 's',   's',   's',   '-',   's',   's'),
    ('report_expiring_now',       's',   's',   's',   's',   's',   's'),
    ('report_expiring_rows_now',  's',   's',   's',   's',   's',   's'),
    ('report_holds_now',          's',   's',   's',   '-',   's',   's'),
    ('report_issuance_now',       's',   's',   's',   's',   's',   's'),
    ('report_keys_now',           's',   's',   's',   '-',   's',   's'),
    ('report_late_entries_now',   's',   's',   's',   '-',   's',   's'),
    ('report_late_entries_rows_now', 's',   's',   's',   '-',   's',   's'),
    ('report_licenses_now',       's',   's',   's',   's',   's',   's'),
    ('report_licenses_rows_now',  's',   's',   's',   's',   's',   's'),
    ('report_orders_now',         's',   's',   's',   's',   's',   's'),
    ('report_orders_rows_now',    's',   's',   's',   's',   's',   's'),
    ('report_reconciliation_now', 's',   's',   's',   '-',   's',   's'),
    ('report_response_times_now', 's',   's',   's',   '-',   's',   's'),
    ('report_restorations_now',   's',   's',   's',   '-',   's',   's'),
    ('report_support_years_now',  's',   's',   's',   's',   's',   's'),
    ('report_support_years_rows_now', 's',   's',   's',   's',   's',   's'),
    ('report_moment',            's',   's',   's',   's',   's',   's'),
    ('restoration',              's',   's',   's',   '-',   's',   's'),
    ('restoration_decision',     's',   's',   's',   '-',   's',   's'),
    ('restoration_shown',        's',   's',   's',   '-',   's',   's'),
    ('serial_block',             'siu', 's',   's',   '-',   's',   's'),
    ('serial_void',              'si',  's',   's',   '-',   's',   's'),
    ('signing_key',              'si',  's',   's',   '-',   's',   's'),
    ('staff_notice',             's',   's',   's',   '-',   's',   '-'),
    ('staff_telling',            's',   's',   's',   '-',   's',   '-'),
    ('term_entry',               's',   's',   's',   's',   's',   's'),
    ('usage_license',            'si',  's',   's',   's',   's',   's'),
    ('usage_request',            'siu', 's',   's',   'p',   's',   'p'),
    ('watched',                  'siu', 's',   's',   '-',   's',   '-');
create temporary table expected_columns (name text, role text, columns text);
insert into expected_columns values
    ('alert', 'daemon', 'update closed_at reason'),
    ('activation', 'daemon',
        'update active_until counted counted_until ended_by ended_recorded_at lost_at slot '
        || 'state use_no'),
    ('answer', 'finance', 'select operator_id recorded_at reply_id'),
    ('case_mail', 'daemon', 'update seen_at'),
    ('contact', 'daemon', 'update doubtful'),
    ('contact', 'finance',
        'select doubtful effective ended_at ended_on erased_at id license_id recorded_at'),
    ('hold', 'daemon', 'update closed_at closed_by closed_how'),
    ('instance', 'daemon', 'update passed_at'),
    ('instruction', 'daemon', 'update answer ended_at state taken_until'),
    ('instruction', 'finance',
        'select ended_at filed_at hold_id id kind operator_id preview recorded_at request_id '
        || 'restoration_id second_id state taken_until tries'),
    ('license', 'daemon', 'update id'),
    ('mailbox_mail', 'daemon', 'update settled_at'),
    ('message', 'daemon',
        'update body class emptied_at from_address handled_at handled_how raw reply_to '
        || 'sender_says sender_vouched subject why'),
    ('message', 'finance',
        'select class effective emptied_at handled_at id identity raw_digest recorded_at '
        || 'sent_at size source_offset'),
    ('quarantine', 'daemon', 'update closed_at closed_how'),
    ('question', 'finance', 'select decision_id recorded_at'),
    ('reply', 'daemon', 'update attempts last_error not_before recipient sent_at state tried_at why'),
    ('reply', 'finance', 'select attempts effective id message_id ready recorded_at sent_at state'),
    ('serial_block', 'daemon', 'update closed_at'),
    ('usage_request', 'daemon', 'update license_id'),
    ('usage_request', 'finance',
        'select board cpu digest effective host iat id installed license_id mac message_id '
        || 'product purpose recorded_at seq thumbprint version'),
    ('usage_request', 'orders', 'select digest host id license_id'),
    ('watched', 'daemon',
        'update done ended_at had_at problem problem_at restarts seen_at started_at watches worked_at');
-- Which groups may call a function. A door runs with the owner's rights.
create temporary table expected_functions (name text, kind text, callers text);
insert into expected_functions values
    ('admins_in_force',             'own', '-'),
    ('alert_close',                 'door', 'support admin'),
    ('codes_require_once',          'own', '-'),
    ('answer_entry',                'own', 'daemon'),
    ('answer_is_fresh',             'own', 'daemon'),
    ('answers_counted',             'own', 'daemon'),
    ('answers_of_day',              'own', 'daemon'),
    ('answers_to',                  'own', 'daemon'),
    ('case_mails_handle',           'own', 'daemon'),
    ('contact_add',                 'door', 'orders admin'),
    ('contact_digest',              'own', '-'),
    ('contact_doubt',               'own', 'daemon'),
    ('contact_end',                 'door', 'orders admin'),
    ('contact_erase',               'door', 'admin'),
    ('contact_written_to',          'own', 'daemon'),
    ('customer_members',            'own', 'daemon web support orders admin finance'),
    ('customer_merge_into',         'door', 'orders'),
    ('customer_named',              'own', 'daemon web support orders admin finance'),
    ('customer_rename',             'door', 'orders'),
    ('customer_root',               'own', '-'),
    ('customers_lock',              'own', '-'),
    ('day_require',                 'own', '-'),
    ('draft_buy',                   'own', '-'),
    ('draft_changes',               'own', '-'),
    ('draft_correct',               'own', '-'),
    ('draft_count',                 'own', '-'),
    ('draft_expire',                'own', '-'),
    ('draft_feature',               'own', '-'),
    ('draft_of',                    'own', '-'),
    ('draft_take_back',             'own', '-'),
    ('ended_uses',                  'own', '-'),
    ('entitlement_add',             'own', '-'),
    ('entitlement_text',            'own', '-'),
    ('feature_kind_of',             'own', '-'),
    ('feature_text',                'own', '-'),
    ('feature_add',                 'door', 'orders'),
    ('folded',                      'own', 'daemon web support orders admin finance'),
    ('find_contacts',               'own', 'daemon web support orders admin finance'),
    ('find_customers',              'own', 'daemon web support orders admin finance'),
    ('find_licenses',               'own', 'daemon web support orders admin finance'),
    ('find_orders',                 'own', 'daemon web support orders admin finance'),
    ('find_servers',                'own', 'daemon web support orders admin finance'),
    ('import_begin',                'door', 'orders admin'),
    ('import_book',                 'door', 'orders admin'),
    ('import_book_changes',         'own', '-'),
    ('import_book_customers',       'own', '-'),
    ('import_book_new',             'own', '-'),
    ('import_book_stage',           'own', '-'),
    ('import_check',                'door', 'orders admin'),
    ('import_differences',          'own', '-'),
    ('import_is_ours',              'own', '-'),
    ('import_look_up',              'door', 'orders admin'),
    ('import_problems_of_file',     'own', '-'),
    ('import_problems_of_records',  'own', '-'),
    ('import_problems_of_spelling', 'own', '-'),
    ('import_resolve_customers',    'own', '-'),
    ('instruction_file',            'door', 'daemon web support admin'),
    ('journal_activation',          'own', '-'),
    ('journal_close',               'own', '-'),
    ('journal_decision',            'own', '-'),
    ('journal_message',             'own', '-'),
    ('journal_records',             'own', 'daemon'),
    ('journal_replay',              'own', '-'),
    ('journal_replay_head',         'own', '-'),
    ('journal_request',             'own', '-'),
    ('journal_sequences',           'door', 'daemon'),
    ('license_add',                 'door', 'orders'),
    ('license_add_customer',        'own', '-'),
    ('license_add_features',        'own', '-'),
    ('license_add_order',           'own', '-'),
    ('license_book',                'own', '-'),
    ('license_correct',             'door', 'orders'),
    ('license_delivered',           'door', 'orders'),
    ('license_end',                 'door', 'orders'),
    ('license_key_named',           'own', '-'),
    ('license_lock',                'own', '-'),
    ('license_rekey',               'door', 'orders'),
    ('instruction_of_same',         'own', '-'),
    ('instruction_record',          'own', '-'),
    ('instructions_expire',         'own', '-'),
    ('instruction_rights',          'own', '-'),
    ('license_lock_read',           'own', '-'),
    ('license_resume',              'door', 'admin'),
    ('license_state_add',           'own', '-'),
    ('license_state_move',          'own', '-'),
    ('license_state_of',            'own', 'daemon'),
    ('license_suspend',             'door', 'admin'),
    ('license_upgrade',             'door', 'orders'),
    ('license_waiting',             'door', 'daemon web support orders admin'),
    ('licenses_of_keys',            'door', 'orders admin'),
    ('message_handled_by_case',     'own', '-'),
    ('is_contact',                  'own', '-'),
    ('message_answer',              'door', 'support admin'),
    ('message_drop',                'door', 'support admin'),
    ('message_handle',              'own', '-'),
    ('message_lock',                'own', '-'),
    ('message_recipient',           'own', '-'),
    ('message_require_open',        'own', '-'),
    ('message_to_case',             'door', 'support admin'),
    ('messages_empty',              'own', '-'),
    ('note_event',                  'own', 'daemon'),
    ('notice_line',                 'own', '-'),
    ('chore_due',                   'own', '-'),
    ('message_is_over',             'own', '-'),
    ('messages_empty_over',         'own', '-'),
    ('problems_empty_over',         'own', '-'),
    ('retention_step',              'door', 'daemon'),
    ('chores_claim',                'door', 'daemon'),
    ('chores_release',              'door', 'daemon'),
    ('day_end',                     'own', 'daemon'),
    ('expiry_notices_queue',        'door', 'daemon'),
    ('operator_add',                'door', 'admin'),
    ('operator_add_first',          'own', '-'),
    ('operator_deeds',              'own', 'admin'),
    ('operator_give_token',         'own', '-'),
    ('operator_lock',               'own', '-'),
    ('operator_of_token',           'door', 'daemon web support orders admin finance'),
    ('operator_record',             'own', '-'),
    ('operator_renew',              'door', 'admin'),
    ('operator_require',            'door', 'daemon web support orders admin finance'),
    ('operator_revoke',             'door', 'admin'),
    ('operator_token_end',          'door', 'admin'),
    ('order_list',                  'own', 'daemon web support orders admin finance'),
    ('order_named',                 'own', 'daemon web support orders admin finance'),
    ('order_of',                    'own', '-'),
    ('place_free',                  'own', '-'),
    ('line_require',                'own', '-'),
    ('reason_require',              'own', '-'),
    ('refuse_change',               'own', '-'),
    ('refuse_emergency',            'own', '-'),
    ('refuse_revoked_key',          'door', '-'),
    ('replies_erase',               'own', '-'),
    ('report_activation',            'own',  'daemon web support orders admin finance'),
    ('report_activations',           'own',  'daemon web support admin finance'),
    ('report_activations_rows',      'own',  'daemon web support admin finance'),
    ('report_cuts',                   'own',  'daemon web support orders admin finance'),
    ('report_customer',              'own',  'daemon web support orders admin finance'),
    ('report_day',                   'own',  'daemon web support orders admin finance'),
    ('report_delivery',              'own',  'daemon web support orders admin finance'),
    ('report_end',                   'own',  'daemon web support orders admin finance'),
    ('report_entitlement',           'own',  'daemon web support orders admin finance'),
    ('report_expiring',              'own',  'daemon web support orders admin finance'),
    ('report_expiring_rows',         'own',  'daemon web support orders admin finance'),
    ('report_holds',                 'own',  'daemon web support admin finance'),
    ('report_issuance',              'own',  'daemon web support orders admin finance'),
    ('report_issuance_part',          'own',  'daemon web support orders admin finance'),
    ('report_keys',                  'own',  'daemon web support admin finance'),
    ('report_known',                 'door', 'daemon web support orders admin finance'),
    ('report_late',                  'own',  'daemon web support admin finance'),
    ('report_late_entries',          'own',  'daemon web support admin finance'),
    ('report_late_entries_rows',     'own',  'daemon web support admin finance'),
    ('report_license',               'own',  'daemon web support orders admin finance'),
    ('report_license_part',           'own',  'daemon web support orders admin finance'),
    ('report_license_thirds',         'own',  'daemon web support orders admin finance'),
    ('report_licenses',              'own',  'daemon web support orders admin finance'),
    ('report_licenses_rows',         'own',  'daemon web support orders admin finance'),
    ('report_month',                 'own',  'daemon web support orders admin finance'),
    ('report_month_text',            'own',  'daemon web support orders admin finance'),
    ('report_months',                'own',  'daemon web support orders admin finance'),
    ('report_note_moment',          'door', 'daemon'),
    ('report_orders',                'own',  'daemon web support orders admin finance'),
    ('report_orders_part',            'own',  'daemon web support orders admin finance'),
    ('report_orders_rows',           'own',  'daemon web support orders admin finance'),
    ('report_proven',                 'own',  'daemon web support admin finance'),
    ('report_reconciliation',        'own',  'daemon web support admin finance'),
    ('report_response_times',        'own',  'daemon web support admin finance'),
    ('report_restorations',          'own',  'daemon web support admin finance'),
    ('report_restored',              'own',  'daemon web support admin finance'),
    ('report_sale_part',              'own',  'daemon web support admin finance'),
    ('report_state',                 'own',  'daemon web support orders admin finance'),
    ('report_support_years',         'own',  'daemon web support orders admin finance'),
    ('report_support_years_rows',    'own',  'daemon web support orders admin finance'),
    ('report_current_day',            'own',  'daemon web support orders admin finance'),
    ('report_use',                   'own',  'daemon web support admin finance'),
    ('report_use_part',               'own',  'daemon web support admin finance'),
    ('report_use_thirds',             'own',  'daemon web support admin finance'),
    ('report_zone',                  'own',  'daemon web support orders admin finance'),
    ('require_references',          'door', '-'),
    ('restoration_approvers',       'own', '-'),
    ('restoration_close',           'own', '-'),
    ('restoration_carry_out',       'door', 'daemon'),
    ('instruction_take',            'door', 'daemon'),
    ('instruction_signs',           'own', '-'),
    ('instruction_right',           'own', '-'),
    ('instructions_end_old',        'own', '-'),
    ('instructions_give_up',        'own', '-'),
    ('instruction_judge',           'door', 'daemon'),
    ('instruction_give_back',       'door', 'daemon'),
    ('restoration_deny',            'door', 'admin'),
    ('quarantine_drop',             'door', 'support admin'),
    ('quarantine_lock',             'own', '-'),
    ('quarantine_retry',            'door', 'daemon web support admin'),
    ('restoration_file',            'door', 'daemon web admin'),
    ('restoration_limit',           'own', 'daemon web support admin finance'),
    ('restoration_meant',           'own', '-'),
    ('restoration_of_mail',         'own', '-'),
    ('restoration_open',            'door', 'support admin'),
    ('restoration_open_case',       'own', '-'),
    ('restoration_open_from_message', 'door', 'support admin'),
    ('restoration_record',          'own', '-'),
    ('restoration_target',          'own', '-'),
    ('restoration_tell',            'own', '-'),
    ('restorations_from_mail',      'door', 'daemon'),
    ('restoration_told_again',      'own', '-'),
    ('serial_text',                 'own', '-'),
    ('reply_begin',                 'own', 'daemon'),
    ('reply_defer',                 'own', 'daemon'),
    ('reply_fail',                  'own', 'daemon'),
    ('reply_license',               'own', 'daemon'),
    ('reply_note',                  'own', 'daemon'),
    ('reply_pause',                 'own', 'daemon'),
    ('reply_release',               'own', 'daemon'),
    ('reply_sent',                  'own', 'daemon'),
    ('reply_tag',                   'own', 'daemon'),
    ('signing_key_revoke',          'door', 'admin'),
    ('staff_notices_find',          'door', 'daemon'),
    ('staff_telling_begin',         'door', 'daemon'),
    ('staff_telling_end',           'door', 'daemon'),
    ('stamp_activation',            'own', '-'),
    ('stamp_delivery',              'own', '-'),
    ('status_totals',               'own', 'daemon web support admin'),
    ('tell_waiting',                'own', '-'),
    ('term_bought',                 'own', '-'),
    ('term_cancelled',              'own', '-'),
    ('use_carrier',                 'own', '-'),
    ('use_free',                    'own', '-'),
    ('use_text',                    'own', '-'),
    ('uses_end',                    'own', '-'),
    ('uses_renumber',               'own', '-'),
    ('uses_tell',                   'own', '-');
-- Sequences: for what is numbered before it is inserted; else nobody needs them.
create temporary table expected_sequences (name text, users text);
insert into expected_sequences values
    ('decision_id_seq',      'daemon'),
    ('hold_id_seq',          'daemon'),
    ('reply_id_seq',         'daemon'),
    ('usage_request_id_seq', 'daemon');

select set_config('test.prefix', :'prefix', false) \g /dev/null
create temporary view groups as
    select n as role, current_setting('test.prefix') || '_' || n as login, position
    from unnest(array['daemon', 'web', 'support', 'orders', 'admin', 'finance'])
         with ordinality as g (n, position);
create temporary view found as
    select c.relname::text collate "default" as name, role, coalesce(nullif(concat(
        case when has_table_privilege(login, c.oid, 'select') then 's'
             when has_any_column_privilege(login, c.oid, 'select') then 'p' end,
        case when has_any_column_privilege(login, c.oid, 'insert') then 'i' end,
        case when has_any_column_privilege(login, c.oid, 'update') then 'u' end,
        case when has_table_privilege(login, c.oid, 'delete, truncate, trigger') then 'd' end), ''),
        '-') as may
    from pg_class c cross join groups
    where c.relnamespace = 'issuer'::regnamespace and c.relkind in ('r', 'v', 'm', 'p', 'f');
create temporary view found_columns as
    select c.relname::text collate "default" as name, role, k.may || ' ' ||
           string_agg(a.attname, ' ' order by a.attname collate "C") as columns
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    cross join groups cross join (values ('select'), ('update')) k (may)
    where c.relnamespace = 'issuer'::regnamespace and c.relkind in ('r', 'v', 'm', 'p', 'f')
      and not has_table_privilege(login, c.oid, k.may)
      and has_column_privilege(login, c.oid, a.attnum, k.may)
    group by c.relname, role, k.may;
-- Triggers and what the fixture makes are called by nobody.
create temporary view found_functions as
    select p.proname::text collate "default" as name,
        case when prosecdef then 'door' else 'own' end as kind,
        coalesce((select string_agg(role, ' ' order by position) from groups
                  where has_function_privilege(login, p.oid, 'execute')), '-') as callers
    from pg_proc p
    where p.pronamespace = 'issuer'::regnamespace and p.proname not in ('d', 'request', 'activation');
create temporary view found_sequences as
    select c.relname::text collate "default" as name,
        (select string_agg(role, ' ' order by position) from groups
         where has_sequence_privilege(login, c.oid, 'usage, select, update')) as users
    from pg_class c where c.relnamespace = 'issuer'::regnamespace and c.relkind = 'S';

select results_eq(
    format('select name, may from found where role = %L order by name', role),
    format('select name, %I from expected order by name', role),
    'the rights of ' || role || ' to tables and views are as written') from groups;
select set_eq('select name, role, columns from found_columns',
    'select name, role, columns from expected_columns', 'and so are those to single columns');
select bag_eq('select name, kind, callers from found_functions',
    'select name, kind, callers from expected_functions', 'those to functions');
select set_eq('select name, users from found_sequences where users is not null',
    'select name, users from expected_sequences', 'and those to sequences');

-- Rights of everybody: none.
select is_empty($$select c.relname, a.privilege_type from pg_class c, aclexplode(c.relacl) a
    where c.relnamespace = 'issuer'::regnamespace and a.grantee = 0$$, 'the public may read nothing');
select is_empty($$select p.proname from pg_proc p
    where p.pronamespace = 'issuer'::regnamespace and p.proname not in ('d', 'request', 'activation')
      and has_function_privilege('public', p.oid, 'execute')$$, 'and call nothing');
select is_empty($$select rolname from pg_roles where starts_with(rolname, current_setting('test.prefix'))
    and (rolcanlogin or rolsuper or rolcreaterole or rolcreatedb or rolbypassrls)$$,
    'the roles are groups, with no power of their own');
select is_empty($$select proname from pg_proc where pronamespace = 'issuer'::regnamespace and prosecdef
    and not coalesce(proconfig @> array['search_path=issuer, pg_temp'], false)$$,
    'what runs with its owner''s rights finds its names in our schema alone');

grant usage on schema public to public;
create function may_not(role text, statement text, about text) returns setof text
language plpgsql as $$
begin
    execute format('set local role %I', current_setting('test.prefix') || '_' || role);
    return next throws_ok(statement, '42501', null, role || ' may not ' || about);
    reset role;
end $$;
create function refuses(role text, statement text, state text, about text) returns setof text
language plpgsql as $$
begin
    execute format('set local role %I', current_setting('test.prefix') || '_' || role);
    return next throws_ok(statement, state, null, role || ' may not ' || about);
    reset role;
end $$;
create function may(role text, statement text, about text) returns setof text
language plpgsql as $$
begin
    execute format('set local role %I', current_setting('test.prefix') || '_' || role);
    return next lives_ok(statement, role || ' may ' || about);
    reset role;
end $$;

-- Who issues may not create what is issued.
select may_not('support', $$insert into entitlement (license_id, version, servers, activations, order_id, effective) values (1, 2, 9, 9, 1, now())$$, 'enlarge an entitlement');
select may_not('daemon', $$insert into entitlement (license_id, version, servers, activations, order_id, effective) values (1, 2, 9, 9, 1, now())$$, 'enlarge an entitlement');
select may_not('daemon', $$insert into license (license_id, customer_id, product, order_id, effective) values ('LIC-9', 1, 'chariot', 1, now())$$, 'make a license');
select may_not('daemon', $$update license set customer_id = 2$$, 'move a license');
select may_not('orders', $$insert into usage_license (serial, request_id, decision_id, license_id, version, customer_id, kid, iat, supersedes, jws, effective) values (9, 1, 1, 1, 1, 1, 'kid-1', now(), '{}', 'x', now())$$, 'issue');
select may_not('orders', $$select body from message$$, 'read mail');
select may_not('orders', $$select public_key from license_proof$$, 'read the keys'' public halves');
select may_not('support', $$select digest from operator_token$$, 'read tokens'' digests');
select may_not('admin', $$select digest from operator_token$$, 'read tokens'' digests');
select may_not('admin', $$insert into entitlement (license_id, version, servers, activations, order_id, effective) values (1, 2, 9, 9, 1, now())$$, 'enlarge an entitlement');
select may_not('finance', $$select entry from contact$$, 'read addresses');
select may_not('finance', $$select body from message$$, 'read mail');
select may_not('web', $$insert into decision (id) overriding system value values (99)$$, 'decide');
select may_not('support', $$select * from licenses_of_keys(array[d('key')])$$, 'ask whose a key is');
select may_not('orders', $$insert into operator (name, role, effective) values ('eve', 'admin', now())$$, 'add operators');

-- Nobody but the daemon writes a table; a login alone makes no operator, nor does somebody else's token.
select may_not('admin', $$insert into operator (name, role, effective) values ('eve', 'admin', now())$$, 'make an operator without a door');
select may_not('admin', $$insert into operator_token (digest, operator_id, expires_at) values (d('eve'), 1, 'infinity')$$, 'give itself a token');
select may_not('admin', $$update operator set revoked_at = now()$$, 'end an operator without a door');
select may_not('admin', $$select operator_add_first('eve', 'admin', d('eve'), 9, now())$$, 'make a first admin');
select may_not('orders', $$insert into license_proof (public_key, license_key_id) values (d('mine'), 1)$$, 'slip in a key');
select may_not('orders', $$insert into event (kind, subject, subject_id, row_digest, effective) values ('x', 'license', 1, d('x'), now())$$, 'forge events');
select may_not('finance', $$update license set customer_id = 2$$, 'write');
select may_not('finance', $$select license_key from usage_request$$, 'read the keys'' public halves');
select may_not('finance', $$create temporary table license_now (x int)$$, 'make tables of the names of ours');
select refuses('admin', $$select operator_add(d('no token'), 'eve', 'admin', d('eve'), 9, now())$$, 'IS002', 'add an operator without a token');
insert into operator (name, role, effective) values ('sam', 'support', '2026-01-01'), ('olga', 'orders', '2026-01-01');
insert into operator_token (digest, operator_id, expires_at)
    select d(name), id, '2030-01-01' from operator where name in ('sam', 'olga');
select refuses('admin', $$select operator_add(d('sam'), 'eve', 'admin', d('eve'), 9, now())$$, 'IS002', 'add an operator with the token of support');
select refuses('admin', $$select operator_revoke(d('olga'), 'ana', now())$$, 'IS002', 'revoke with the token of orders');
select refuses('admin', $$select operator_revoke(d('token'), 'ana', now())$$, 'IS002', 'revoke the last admin');
select refuses('admin', $$select operator_renew(d('token'), 'sam', d('x'), 99999, now())$$, 'IS003', 'make a token for ever');
select refuses('admin', $$select signing_key_revoke(d('sam'), 'kid-1', 'x', null, null, null, null, now())$$, 'IS002', 'revoke a signing key with the token of support');

-- The import runs with the owner's rights, on tables of the owner's own making alone: not on those that
-- somebody has put in their place, whose triggers would run with these rights too.
select refuses('orders', $$select * from import_check(false, 20)$$, 'IS002', 'check what was not begun');
select refuses('orders', $$select * from import_book(d('file'), 1, null, now())$$, 'IS002', 'book what was not begun');
select refuses('orders', $$select import_begin(); select * from import_book(d('file'), 1, null, now())$$, 'IS002', 'book what was not checked');
select refuses('orders', $$select import_begin();
    insert into stage_key values (2, d('key'), 'ABCD', false);
    insert into staged (line, license_id, customer, product, activations, servers, order_ref, order_kind)
        values (2, 'LIC-3', 'Example Plants', 'chariot', 1, 1, 'SO-3', 'sale');
    select * from import_check(false, 20);
    select * from import_book(d('file'), 1, null, now())$$, 'IS003', 'book what was found wrong');
select refuses('orders', $$select import_begin();
    select * from import_check(false, 20);
    insert into stage_contact values (2, 'eve@elsewhere.example')$$, '42501', 'add rows to what was checked');
select refuses('orders', $$select import_begin();
    select import_look_up();
    insert into stage_contact values (2, 'eve@elsewhere.example')$$, '42501', 'add rows to what was looked up');
select refuses('orders', $$select import_begin();
    select import_look_up();
    select * from import_check(false, 20);
    insert into stage_key values (2, d('key'), 'ABCD', false)$$, '42501', 'add keys to what was checked');
select refuses('orders', $$select import_begin();
    insert into stage_key values (2, d('key'), 'ABCD', false), (2, d('key-2'), 'ABCD', false);
    select * from import_check(false, 20)$$, '23505', 'give one row two keys');
select refuses('orders', $$select import_look_up()$$, 'IS002', 'look up what was not begun');
select refuses('orders', $$select import_begin(); select * from import_check(false, 20);
    select * from import_book(d('file'), 1, d('sam'), now())$$, 'IS002', 'import in the name of support');
do $$ begin execute format('grant temporary on database %I to public', current_database()); end $$;
select refuses('orders', $$create function pg_temp.steal() returns trigger language plpgsql as
        'begin insert into issuer.operator (name, role, effective) values (''eve'', ''admin'', now()); return new; end';
    create temporary table staged (line integer, license_id text, key bytea, hint text, weak boolean,
        customer text, customer_ref text, customer_key text, product text, activations integer,
        servers integer, expires date, order_ref text, order_day date, order_kind order_kind);
    create temporary table stage_key (line integer, key bytea, hint text, weak boolean);
    create temporary table stage_contact (line integer, entry text);
    create temporary table stage_feature (line integer, code text, until_on date);
    create temporary table stage (like staged, content jsonb, id bigint, known boolean, last jsonb,
        changed boolean, customer_id bigint);
    create temporary table stage_customer (key text, name text, reference text, id bigint,
        fresh boolean, recorded_name text, first_line integer);
    create temporary table stage_order (reference text, kind order_kind, day date,
        customer_id bigint, id bigint, fresh boolean, first_line integer);
    create trigger steal before insert on stage for each statement execute function pg_temp.steal();
    select * from import_check(false, 20)$$, 'IS002', 'put tables of its own under the import');
select refuses('orders', $$create temporary table operator_token (digest bytea, operator_id bigint,
        expires_at timestamptz, revoked_at timestamptz);
    insert into operator_token values (d('own'), 1, 'infinity', null);
    select operator_require(d('own'), 'license add', now())$$, 'IS002', 'put tokens of its own before ours');
do $$ begin execute format('revoke temporary on database %I from public', current_database()); end $$;

-- And each can do its work.
select may('daemon', $$select from license where id = 1 for no key update$$, 'lock a license');
select may('daemon', $$update activation set state = 'superseded', active_until = now() where id = 1$$, 'supersede an activation');
select may('orders', $$select * from licenses_of_keys(array[d('key')])$$, 'ask whose a key is');
select may('orders', $$select import_begin();
    insert into stage_key values (2, d('key-2'), 'ABCD', false);
    insert into staged (line, license_id, customer, product, activations, servers, order_ref, order_kind)
        values (2, 'LIC-2', 'Example Plants', 'chariot', 1, 1, 'SO-2', 'sale');
    insert into stage_contact values (2, 'it@plants.example');
    insert into stage_feature values (2, 'mqtt-server', null);
    select * from import_check(false, 20);
    select * from import_book(d('file'), 1, null, now())$$, 'import purchases');
select may('admin', $$select operator_add(d('token'), 'bo', 'support', d('bo'), 9, now())$$, 'add operators');
select may('admin', $$select operator_renew(d('token'), 'bo', d('bo-2'), 9, now())$$, 'renew tokens');
select may('admin', $$select * from operator_deeds('ana')$$, 'ask what an operator did');
select may('admin', $$select operator_revoke(d('token'), 'bo', now())$$, 'revoke operators');
select may('admin', $$select signing_key_revoke(d('token'), 'kid-1', 'lost', null, null, null, null, now())$$, 'revoke a signing key');
select may('support', $$select * from operator_of_token(d('token'), '2026-05-01')$$, 'sign in');
select may('orders', $$select * from find_licenses('LIC-1', '%lic-1%', null, null, null)$$, 'find licenses');
select may_not('orders', $$select jws from usage_request$$, 'read what servers have signed');
select may('support', $$select * from find_licenses('LIC-1', '%lic-1%', null, null, null)$$, 'find licenses');
select may('finance', $$select count(*) from activation join entitlement using (license_id) where counted$$, 'count uses');

select * from finish();
rollback;
