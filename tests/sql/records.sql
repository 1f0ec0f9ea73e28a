-- What each table takes and refuses. 23514: a check; 23505: unique; 23503: a reference; 23502: null.
begin;
select plan(56);
\ir fixture.psql
select pass('a license with all its records fits');

-- operators
select throws_ok($$insert into operator (name, role, effective) values ('', 'admin', now())$$, '23514', null, 'an operator has a name');
select throws_ok($$insert into operator (name, role, effective) values ('ana', 'support', now())$$, '23505', null, 'two operators have two names');
select throws_ok($$insert into operator (name, role, effective) values ('bo', 'chief', now())$$, '22P02', null, 'roles are those four');
select throws_ok($$insert into operator_token (digest, operator_id, expires_at) values ('\x00', 1, now())$$, '23514', null, 'a token is kept as a SHA-256');
select throws_ok($$insert into operator_token (digest, operator_id, expires_at) values (d('token'), 1, now())$$, '23505', null, 'a token belongs to one operator');

-- what is sold, to whom
select throws_ok($$insert into feature (code, product, name, kind) values ('x', 'trireme', 'X', 'term')$$, '23503', null, 'a feature is of a product');
select throws_ok($$insert into customer_version (customer_id, version, name, effective) values (1, 2, '', now())$$, '23514', null, 'a customer has a name');
select throws_ok($$insert into customer_version (customer_id, version, name, effective) values (1, 2, E'a\nb', now())$$, '23514', null, 'a name has no control characters');
select throws_ok($$insert into customer_version (customer_id, version, name, effective) values (1, 1, 'Other', now())$$, '23505', null, 'a version is written once');
select throws_ok($$insert into orders (reference, kind, ordered_on, customer_id) values ('SO-1', 'sale', now(), 1)$$, '23505', null, 'an order is recorded once');
select throws_ok($$insert into orders (reference, kind, ordered_on, customer_id) values ('SO-2', 'gift', now(), 1)$$, '22P02', null, 'orders are of the known kinds');
select throws_ok($$insert into license (license_id, customer_id, product, order_id, effective) values ('LIC-1', 1, 'chariot', 1, now())$$, '23505', null, 'a License ID is given once');
select throws_ok($$insert into license (license_id, customer_id, product, order_id, effective) values ('X-1', 1, 'chariot', 1, now())$$, '23514', null, 'a License ID begins with LIC-');
select throws_ok($$insert into license (license_id, customer_id, product, order_id, effective) values ('LIC-2', 1, 'chariot', 9, now())$$, '23503', null, 'a license has an order');
select throws_ok($$insert into license_key (license_id, hint, weak, effective) values (1, 'AAAA', false, now())$$, '23505', null, 'a license has one current key');
select throws_ok($$insert into license_key (license_id, hint, weak, effective, retired_at) values (1, 'ABCDE', false, now(), now())$$, '23514', null, 'a hint is four symbols, no more');
select throws_ok($$insert into license_proof (public_key, license_key_id) values (d('key'), 1)$$, '23505', null, 'a key belongs to one license');

-- contacts
select throws_ok($$insert into contact (license_id, entry, effective) values (1, 'ops@plants.example', now())$$, '23505', null, 'a contact is current once');
select throws_ok($$insert into contact (license_id, entry, effective) values (1, 'nobody', now())$$, '23514', null, 'a contact is an address or a domain');
select throws_ok($$insert into contact (license_id, entry, effective) values (1, null, now())$$, '23514', null, 'only an erased contact is empty');
select lives_ok($$update contact set ended_on = '2026-03-01', ended_at = now(); insert into contact (license_id, entry, effective) values (1, 'ops@plants.example', '2026-04-01')$$, 'an ended contact can come back');

-- entitlements
select throws_ok($$insert into entitlement (license_id, version, servers, activations, order_id, effective) values (1, 2, 0, 3, 1, now())$$, '23514', null, 'a license runs on one server at least');
select throws_ok($$insert into entitlement (license_id, version, servers, activations, order_id, effective) values (1, 2, 1, -1, 1, now())$$, '23514', null, 'activations are not negative');
select throws_ok($$insert into entitlement (license_id, version, servers, activations, effective) values (1, 2, 1, 3, now())$$, '23502', null, 'an order stands behind each version');
select throws_ok($$insert into entitlement_feature (license_id, version, code) values (1, 2, 'support')$$, '23503', null, 'features belong to a version');
select throws_ok($$insert into entitlement_feature (license_id, version, code, quantity) values (1, 1, 'snowflake-bridge', -1)$$, '23514', null, 'a quantity is not negative');

-- mail
select throws_ok($$insert into message (identity, class, source, source_offset, size, effective) values (d('mail'), 'request', 'inbox#2', 0, 1, now())$$, '23505', null, 'a mail is recorded once');
select throws_ok($$insert into message (identity, class, source, source_offset, size, effective) values (d('m2'), 'spam', 'inbox#2', 0, 1, now())$$, '23514', null, 'a mail is of a known class');
select throws_ok($$insert into usage_request (digest, thumbprint, seq, iat, license_key, purpose, product, version, host, jws, message_id, effective) values (d('request-1'), d('server-1'), 1, now(), d('key'), 'activate', 'chariot', '2', 'h', 'a.b.c', 1, now())$$, '23505', null, 'a request is recorded once');
select throws_ok($$insert into usage_request (digest, thumbprint, seq, iat, license_key, purpose, product, version, host, jws, message_id, effective) values (d('r'), d('nobody'), 1, now(), d('key'), 'activate', 'chariot', '2', 'h', 'a.b.c', 1, now())$$, '23503', null, 'a request is of a known instance');
select throws_ok($$insert into usage_request (digest, thumbprint, seq, iat, license_key, purpose, product, version, host, jws, message_id, effective) values (d('r'), d('server-1'), 9007199254740992, now(), d('key'), 'activate', 'chariot', '2', 'h', 'a.b.c', 1, now())$$, '23514', null, 'seq is below 2^53');
select throws_ok($$insert into usage_request (digest, thumbprint, seq, iat, license_key, purpose, product, version, host, board, jws, message_id, effective) values (d('r'), d('server-1'), 1, now(), d('key'), 'activate', 'chariot', '2', 'h', '\x01', 'a.b.c', 1, now())$$, '23514', null, 'a part of a fingerprint has 16 bytes');

-- decisions, holds
select throws_ok($$insert into decision (message_id, token_kind, outcome, rule, code, facts, policy, program, effective) values (1, 'usage-request', 'issued', 18, 'issued', '{}', d('p'), 'v', now())$$, '23514', null, 'what is issued has a serial');
select throws_ok($$insert into hold (request_id, decision_id, opened_at) values (2, 2, now())$$, '23505', null, 'a request has one open hold');
select throws_ok($$update hold set closed_at = now()$$, '23514', null, 'a hold that is closed says how');
select throws_ok($$insert into instruction (kind, hold_id, operator_id, arguments, filed_at) values ('refuse', 1001, 1, '{}', now())$$, '23505', null, 'a hold has one open instruction');
select throws_ok($$insert into instruction (kind, operator_id, second_id, arguments, filed_at) values ('refuse', 1, 1, '{}', now())$$, '23514', null, 'the second person is another');

-- usage licenses, replies
select throws_ok($$insert into usage_license (serial, activation_id, request_id, decision_id, license_id, version, customer_id, kid, iat, supersedes, jws, effective) values (2, null, 2, 2, 1, 1, 1, 'kid-1', now(), '{}', 'x', now())$$, '23514', null, 'only an emergency license has no activation');
select throws_ok($$insert into usage_license (serial, activation_id, request_id, decision_id, license_id, version, customer_id, kid, iat, supersedes, jws, effective) values (2, 1, 2, 2, 1, 1, 1, 'kid-1', now(), '{}', 'x', now())$$, '23514', null, 'a serial is the number of its activation');
select lives_ok($$insert into usage_license (serial, emergency, request_id, decision_id, license_id, version, customer_id, kid, iat, supersedes, jws, effective) values (2, true, 2, 2, 1, 1, 1, 'kid-1', now(), '{}', 'x', now())$$, 'an emergency license stands by itself');
select throws_ok($$insert into usage_license (serial, emergency, request_id, decision_id, license_id, version, customer_id, kid, iat, supersedes, jws, effective) values (3, true, 2, 2, 1, 1, 1, 'kid-1', now(), '{}', 'x', now())$$, '23505', null, 'a request has one emergency license');
select throws_ok($$insert into reply (message_id, recipient, state, effective) values (1, null, 'queued', now())$$, '23514', null, 'a reply that goes out has a recipient');

-- daemons
select throws_ok($$insert into daemon_change (run, how, daemon, version, policy, effective) values ('00000000-0000-4000-8000-000000000001', 'started', 'desk', '1.0.0', d('policy'), now())$$, '23505', null, 'a daemon is started once');
select throws_ok($$insert into daemon_change (run, how, daemon, version, policy, effective) values ('00000000-0000-4000-8000-000000000001', 'crashed', 'desk', '1.0.0', d('policy'), now())$$, '23514', null, 'of a crash nobody can tell');
select throws_ok($$insert into watched (daemon, role, instance, watches, done, restarts, seen_at) values ('desk', 'post', '', 'replies', 0, 0, now())$$, '23505', null, 'a daemon watches a thing once');
select throws_ok($$update watched set problem = 'away'$$, '23514', null, 'a problem has its time');
select throws_ok($$update watched set watches = E'two\nlines'$$, '23514', null, 'and everything is one line');
-- mailboxes
select throws_ok($$insert into mailbox (digest, place) values (d('mailbox'), 'elsewhere/INBOX')$$, '23505', null, 'a mailbox is on record once');
select throws_ok($$insert into mailbox_mail (mailbox_id, validity, uid, message_id) values (1, 17, 42, 1)$$, '23505', null, 'a mail of a mailbox is taken in once');
select lives_ok($$insert into mailbox_mail (mailbox_id, validity, uid, message_id) values (1, 18, 42, 1), (1, 17, 4294967295, 1)$$, 'numbered anew it is the same mail by another number');
select throws_ok(format('insert into mailbox_mail (mailbox_id, validity, uid, message_id) values (1, %s, %s, 1)', validity, uid), '23514', null, 'numbers of 32 bits, none of them 0')
    from (values (0, 1), (1, 0), (4294967296, 1), (1, 4294967296)) n (validity, uid);
select throws_ok($$insert into mailbox_mail (mailbox_id, validity, uid, message_id) values (1, 17, 43, 77)$$, '23503', null, 'a mail that was taken in is on record');

select * from finish();
rollback;
