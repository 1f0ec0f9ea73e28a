-- Records stay, for the owner of the tables too.
begin;
select no_plan();
\ir fixture.psql

-- Every table has a row, or a trigger that nothing fires would pass unseen.
create function rows_of(name text) returns bigint language plpgsql as $$
declare n bigint;
begin
    execute format('select count(*) from issuer.%I', name) into n;
    return n;
end $$;
create view record_table as
    select relname::text as name from pg_class
    where relnamespace = 'issuer'::regnamespace and relkind = 'r';
select ok(rows_of(name) > 0, name || ' has a row to lose') from record_table;
select throws_ok(format('delete from %I', name), 'IS002', null, 'nothing is deleted from ' || name)
    from record_table;
select throws_ok(format('truncate %I cascade', name), 'IS002', null, name || ' is not truncated')
    from record_table;

-- What is only added to.
select throws_ok(format('update %I set recorded_at = now()', name), 'IS002', null,
                 name || ' is only added to')
    from unnest(array['customer', 'customer_version', 'orders', 'license', 'license_state_version',
        'license_proof', 'entitlement', 'entitlement_feature', 'import', 'import_row', 'decision',
        'usage_license', 'deactivation', 'event', 'serial_void', 'migration', 'term_entry',
        'key_delivery', 'customer_merge', 'restoration_decision', 'daemon_change', 'expiry_notice',
        'question']) as name;
select throws_ok('update reply_line set position = 2', 'IS002', null, 'reply_line is only added to');
select throws_ok($$update restoration set evidence = 'forced'$$, 'IS002', null, 'what a case was opened by stays');
select throws_ok($$update restoration set closed_at = null$$, 'IS002', null, 'a case that was decided is over');
select throws_ok($$update usage_license set jws = 'other'$$, 'IS002', null, 'a usage license''s bytes never change');
select throws_ok($$update event set kind = 'other'$$, 'IS002', null, 'events only grow');

-- The recorded time of any row stays.
select throws_ok(format('update %I set recorded_at = ''2020-01-01''', name), 'IS002', null,
                 'the recorded time in ' || name || ' stays')
    from record_table where name <> 'reply_line';

-- Filled later: once.
create function fills_once(statement text, other text, about text) returns setof text
language plpgsql as $$
begin
    return next lives_ok(statement, about || ' is filled');
    return next throws_ok(other, 'IS002', null, about || ' is filled once');
end $$;
select fills_once($$update operator set revoked_at = '2026-03-01'$$, $$update operator set revoked_at = null$$, 'operator.revoked_at');
select fills_once($$update operator_token set revoked_at = '2026-03-01'$$, $$update operator_token set revoked_at = null$$, 'operator_token.revoked_at');
select fills_once($$update license_key set retired_at = '2026-03-01'$$, $$update license_key set retired_at = null$$, 'license_key.retired_at');
select fills_once($$update contact set ended_on = '2026-03-01', ended_at = now()$$, $$update contact set ended_on = null, ended_at = null$$, 'contact.ended_on');
select fills_once($$update message set handled_at = now(), handled_how = 'answered'$$, $$update message set handled_how = 'dropped'$$, 'message.handled_how');
select fills_once($$update case_mail set seen_at = now()$$, $$update case_mail set seen_at = null$$, 'case_mail.seen_at');
select fills_once($$update mailbox_mail set settled_at = now()$$, $$update mailbox_mail set settled_at = null$$, 'mailbox_mail.settled_at');
select fills_once($$update quarantine set closed_at = now(), closed_how = 'retried'$$, $$update quarantine set closed_how = 'dropped'$$, 'quarantine.closed_how');
select fills_once($$update hold set closed_at = now(), closed_by = 1, closed_how = 'issued'$$, $$update hold set closed_at = null, closed_by = null, closed_how = null$$, 'hold.closed_at');
select fills_once($$update alert set closed_at = now(), closed_by = 1$$, $$update alert set closed_at = null$$, 'alert.closed_at');
select fills_once($$update signing_key set revoked_at = now()$$, $$update signing_key set revoked_at = null$$, 'signing_key.revoked_at');
select fills_once($$update staff_telling set done_at = '2026-02-02'$$, $$update staff_telling set done_at = null$$, 'staff_telling.done_at');
select fills_once($$update staff_notice set telling_id = 1$$, $$update staff_notice set telling_id = null$$, 'staff_notice.telling_id');
select throws_ok($$update staff_notice set says = 'nothing'$$, 'IS002', null, 'what staff was told stays');
select fills_once($$update serial_block set closed_at = now()$$, $$update serial_block set closed_at = null$$, 'serial_block.closed_at');
select fills_once($$update reply set state = 'sent', sent_at = now()$$, $$update reply set sent_at = null$$, 'reply.sent_at');
select fills_once($$update instruction set state = 'done', answer = '{}', ended_at = now()$$, $$update instruction set answer = '{"a": 1}'$$, 'instruction.answer');

-- A key that is revoked signs nothing more; another one does.
select throws_ok($$insert into usage_license (serial, emergency, request_id, decision_id, license_id, version, customer_id, kid, iat, supersedes, jws, effective) values (2, true, 2, 2, 1, 1, 1, 'kid-1', now(), '{}', 'x', now())$$, 'IS002', 'signing key kid-1 is revoked: make a new one with issuer key rotate', 'a revoked key signs nothing more');
select lives_ok($$insert into signing_key (kid, certificate, not_before, not_after, development) values ('kid-2', '\x30', '2026-01-01', '2028-01-01', true);
    insert into usage_license (serial, emergency, request_id, decision_id, license_id, version, customer_id, kid, iat, supersedes, jws, effective) values (2, true, 2, 2, 1, 1, 1, 'kid-2', now(), '{}', 'x', now())$$, 'a key in force does');

-- What says what happened stays; what is personal can be emptied.
select throws_ok($$update usage_request set jws = 'other'$$, 'IS002', null, 'a request''s bytes stay');
select throws_ok($$update usage_request set license_id = null$$, 'IS002', null, 'a request stays with its license');
select throws_ok($$update message set identity = d('x')$$, 'IS002', null, 'a mail''s identity stays');
select throws_ok($$update contact set license_id = 2$$, 'IS002', null, 'a contact stays with its license');
select throws_ok($$update instruction set arguments = '{"a": 1}'$$, 'IS002', null, 'an instruction''s arguments stay');
select lives_ok($$update message set body = null, raw = null, subject = null, from_address = null, reply_to = null, emptied_at = now()$$, 'a mail''s body can be emptied');
select lives_ok($$update contact set entry = null, erased_at = now()$$, 'a contact can be erased');

select * from finish();
rollback;
