-- Lost-server cases: who may, when a second person must, how many a year, and what an approval does. The
-- doors refuse what the program refuses, whoever calls them.
begin;
select no_plan();
\ir fixture.psql
select set_config('test.prefix', :'prefix', false) \g /dev/null
grant usage on schema public to public;
grant execute on function d(text) to public;

-- A house of many years, with somebody who came today. Ana (operator 1) is the fixture's.
insert into operator (name, role, effective, recorded_at)
    values ('abe', 'admin', '2026-01-01', now() - interval '90 days'),
           ('sam', 'support', '2026-01-01', now() - interval '90 days'),
           ('sue', 'support', '2026-01-01', now() - interval '8 days'),
           ('olga', 'orders', '2026-01-01', now() - interval '90 days'),
           ('fay', 'finance', '2026-01-01', now() - interval '90 days'),
           ('ned', 'support', '2026-01-01', now()) \g /dev/null
insert into operator_token (digest, operator_id, expires_at)
    select d(name), id, '2099-01-01' from operator where name <> 'ana' \g /dev/null
insert into operator_token (digest, operator_id, expires_at) values (d('ana'), 1, '2099-01-01') \g /dev/null

create function opens(who text, license text default 'LIC-1', serial bigint default null) returns bigint
language sql as $$ select restoration_open(d(who), license, serial, 'burnt', 'T-1', now()) $$;
create function files(who text, second text, number bigint, more jsonb default '{}') returns bigint
language sql as $$
    select restoration_file(d(who), d(second), number, '{"reason": "burnt"}' || more,
                            now() + interval '1 minute', now())
$$;
-- Filed and carried out: the serial whose use came back.
create function approves(who text, second text, number bigint, more jsonb default '{}') returns bigint
language sql as $$ select serial from restoration_carry_out(files(who, second, number, more), now()) $$;
create function number_of(what text) returns bigint language sql as $$
    select id from restoration where reason = what or ticket = what order by id desc limit 1
$$;
-- A further server that runs under LIC-1, on this use and place.
create function runs(n bigint, use_no integer, slot integer, of text default null) returns bigint
language plpgsql as $$
begin
    insert into instance (thumbprint) values (d(coalesce(of, 'server-' || n))) on conflict do nothing;
    perform request(n, coalesce(of, 'server-' || n)), activation(n, coalesce(of, 'server-' || n), use_no, slot);
    return n;
end $$;
-- A mail from there that tells of a lost server: the case that it opens.
create function mails(n bigint, sender text default 'ops@plants.example', words text default '') returns bigint
language plpgsql as $$
begin
    insert into message (id, identity, class, source, source_offset, size, reply_to, body, effective)
        overriding system value
        values (n, d('mail-' || n), 'about-license', 'inbox#' || n, 0, 1000, sender, words, now());
    return (select case_number from restorations_from_mail(array[n], array[1::bigint], now()));
end $$;

select nextval('reply_id_seq') \g /dev/null
-- Who opens a case.
select throws_ok(format($$select opens(%L)$$, who), 'IS002', null, who || ' opens none')
    from unnest(array['olga', 'fay', 'nobody']) who;
select lives_ok(format($$select opens(%L)$$, who), who || ' opens one') from unnest(array['sam', 'ana']) who;
select results_eq($$select evidence::text, o.name::text, activation_id, r.ticket from restoration r
    join operator o on o.id = r.opened_by where r.id = number_of('T-1')$$,
    $$values ('forced', 'ana', 1::bigint, 'T-1')$$,
    'by hand it is forced, and means the only server there is');
select is((select count(*) from event e join restoration r on e.row_digest = sha256(convert_to(r::text, 'UTF8'))
           where e.kind = 'restoration-opened' and e.subject_id = r.id and e.operator_id = r.opened_by),
    2::bigint, 'its event vouches for the row');
select results_eq($$select p.recipient, p.state::text, l.about::text from reply p join reply_line l on l.reply_id = p.id
    where l.restoration_id = number_of('T-1')$$, $$values ('ops@plants.example', 'queued', 'case-opened')$$,
    'the contacts are told');
select throws_ok($$select restoration_open(d('sam'), 'LIC-1', null, ' ', null, now())$$, 'IS003', null, 'not without a reason');
select throws_ok($$select opens('sam', 'LIC-9')$$, 'IS001', null, 'no such license');
select throws_ok($$select opens('sam', 'LIC-1', 4)$$, 'IS001', 'UL-00000004 is no usage license of this license', 'no such server');

-- License IDs are read generously, but one must be meant.
insert into license (license_id, customer_id, product, order_id, effective)
    select x, 1, 'chariot', 1, '2026-01-01' from unnest(array['LIC-20-B', 'LIC-2O-8', 'LIC-7']) x \g /dev/null
select lives_ok(format($$select opens('sam', %L)$$, x), x || ' is LIC-7') from unnest(array['lic 7', 'L1C7', 'LIC_7', E'LIC\u20117', E'LIC\u00A0\u200B7']) x;
select throws_ok($$select opens('sam', 'LIC 20 B')$$, 'IS003', 'LIC 20 B may be any of LIC-20-B, LIC-2O-8: write it as it stands there', 'two that look alike');
select lives_ok($$select opens('sam', 'lic-20-b')$$, 'as it stands there it is meant');

-- Which server is meant.
select runs(10, 2, 2) \g /dev/null
select is(restoration_meant(1, 'something burnt'), null, 'one of two: it is not clear');
select is(restoration_meant(1, 'our Server-10, that is'), 10::bigint, 'by its host');
select is(restoration_meant(1, 'our server-100'), null, 'a longer name is another');
select is(restoration_meant(1, 'ul-1 of server-10'), 1::bigint, 'by its serial before its host');
select is(restoration_meant(1, 'UL 00000010'), 10::bigint, 'by its serial, however it is written');
select is(restoration_meant(1, 'server-10 burnt, server-1 runs'), null, 'of two that are named: not clear');
select is(restoration_meant(1, 'UL-1 burnt, UL-10 runs'), null, 'nor of two serials');

-- Mails: attested, where the sender is a contact.
select isnt(mails(5001, 'OPS@plants.example', 'server-10 burnt'), null, 'a contact''s mail opens one');
select results_eq($$select evidence::text, opened_by, activation_id from restoration where message_id = 5001$$,
    $$values ('attested', null::bigint, 10::bigint)$$, 'attested, by nobody of ours');
select is((select handled_how from message where id = 5001), 'opened case ' || (select id from restoration where message_id = 5001),
    'the mail waits no more');
select is(mails(5002, 'eve@elsewhere.example'), null, 'a stranger''s opens none');
select is((select handled_at from message where id = 5002), null, 'and waits on');
select throws_ok($$select restoration_open_from_message(d('sam'), 5001, 'LIC-1', null, 'r', null, now())$$, 'IS004', null, 'a mail opens one case');
select throws_ok($$select restoration_open_from_message(d('fay'), 5002, 'LIC-1', null, 'r', null, now())$$, 'IS002', null, 'finance takes no mail for one');
select lives_ok($$select restoration_open_from_message(d('sam'), 5002, 'LIC-1', 10, 'by phone too', null, now())$$, 'support does');
select is((select evidence from restoration where message_id = 5002)::text, 'forced', 'a stranger''s word attests nothing');

-- Who approves, and with whom. The case is sam's, and forced.
select opens('sam', 'LIC-1', 10) as forced \gset
select throws_ok(format($$select files(%L, 'abe', %s)$$, who, :forced), 'IS002', null, who || ' approves nothing')
    from unnest(array['sue', 'olga', 'fay', 'nobody']) who;
select throws_ok(format($$select restoration_deny(d(%L), %s, 'r', now())$$, who, :forced), 'IS002', null, who || ' denies nothing')
    from unnest(array['sam', 'olga', 'fay', 'nobody']) who;
select throws_ok(format($$select files('ana', null, %s)$$, :forced), 'IS002', null, 'forced takes a second operator');
select throws_ok(format($$select files('ana', 'ana', %s)$$, :forced), 'IS002', format('case %s: one person cannot approve as both persons', :forced), 'who is another person');
select throws_ok(format($$select files('ana', 'sam', %s)$$, :forced), 'IS002', null, 'not who opened it');
select throws_ok(format($$select files('ana', %L, %s)$$, who, :forced), 'IS002', null, 'nor ' || who) from unnest(array['olga', 'fay', 'nobody']) who;
select throws_ok(format($$select files('abe', 'ned', %s)$$, :forced), 'IS002',
    format('case %s takes two operators who have been here for 7 days: ned has not', :forced), 'nor who came today');
-- Ana came with the fixture, just now, so she is new in this house as well.
select throws_ok(format($$select files('ana', 'sue', %s)$$, :forced), 'IS002', null, 'nor with one');
select throws_ok(format($$select files('abe', 'sue', %s, '{"serial": 4}')$$, :forced), 'IS001', null, 'only for what runs under the license');
select throws_ok($$select files('abe', 'sue', 4711)$$, 'IS001', null, 'no such case');
insert into instruction (kind, restoration_id, operator_id, arguments, filed_at)
    values ('approve', :forced, 1, '{"reason": "x"}', now()) \g /dev/null
select throws_ok(format($$select * from restoration_carry_out((select max(id) from instruction), now())$$), 'IS002', null,
    'what came in by no door is judged again when it is carried out');
update instruction set state = 'refused', ended_at = now() where restoration_id = :forced \g /dev/null
select is(approves('abe', 'sue', :forced), 10::bigint, 'an admin and another');
select results_eq(format($$select state::text, counted, ended_by, lost_at is not null, counted_until is not null from activation where id = 10$$),
    $$values ('lost', false, 'forced', true, true)$$, 'the use is back');
select results_eq(format($$select f.name::text, t.name::text, x.outcome::text, x.activation_id, x.reason from restoration_decision x
    join operator f on f.id = x.decided_by join operator t on t.id = x.second_by where restoration_id = %s$$, :forced),
    $$values ('abe', 'sue', 'approved', 10::bigint, 'burnt')$$, 'it says who both were');
select set_eq(format($$select e.kind from event e where e.license_id = 1 and e.operator_id = (select id from operator where name = 'abe')$$),
    array['restoration-approved', 'restoration-closed', 'activation-lost', 'instruction-done'], 'each with its event');
select throws_ok(format($$select files('abe', 'sue', %s)$$, :forced), 'IS004', null, 'once');
select throws_ok(format($$select restoration_deny(d('abe'), %s, 'r', now())$$, :forced), 'IS004', null, 'what was approved is not denied');
select throws_ok(format($$select files('abe', null, (select id from restoration where message_id = 5001))$$), 'IS004',
    'the use of UL-00000010 was given back before (lost)', 'another case gives the same use back no more');
select throws_ok(format($$insert into restoration_decision (restoration_id, outcome, activation_id, decided_by, second_by, reason, effective)
    select id, 'approved', 1, 1, 1, 'r', now() from restoration where message_id = 5001$$), '23514', null, 'nor has the table one person as both');
select throws_ok(format($$insert into restoration_decision (restoration_id, outcome, activation_id, decided_by, reason, effective)
    select id, 'approved', 10, 1, 'r', now() from restoration where message_id = 5001$$), '23505', null, 'nor one activation given up twice');

-- A use that was moved on is named where it is.
select runs(11, 2, 2) \g /dev/null
update activation set state = 'superseded', active_until = now(), counted = false, counted_until = now() where id = 11 \g /dev/null
select runs(12, 2, 2, 'server-11') \g /dev/null
select throws_ok($$select opens('sam', 'LIC-1', 11)$$, 'IS004', null, 'moved on to nobody knows where');

-- Limits of a rolling year: two that are attested, of three activations.
select is((select array[approved, allowed] from restoration_limit((select id from restoration where message_id = 5001), now())),
    array[0, 2]::bigint[], 'forced ones are not counted with attested ones');
select mails(5010, words => 'UL-12') as one \gset
select is(approves('abe', null, :one), 12::bigint, 'the first takes one person');
select runs(13, 2, 2) \g /dev/null
select mails(5011, words => 'UL-13') as two \gset
select is(approves('ana', null, :two), 13::bigint, 'the second too, however new');
select runs(14, 2, 2) \g /dev/null
select mails(5012, words => 'UL-14') as three \gset
select throws_ok(format($$select files('abe', null, %s)$$, :three), 'IS002',
    format('case %s takes a second operator (--second-token-file): 2 of 2 that one person may approve were approved within a year', :three), 'the third takes two');
select throws_ok(format($$select files('ana', 'abe', %s)$$, :three), 'IS002', null, 'who are not new');
-- Filed by one person before the limit was reached, it is looked at again.
insert into instruction (kind, restoration_id, operator_id, arguments, filed_at)
    select 'approve', :three, id, '{"reason": "x"}', now() from operator where name = 'abe' \g /dev/null
select throws_ok($$select * from restoration_carry_out((select max(id) from instruction), now())$$, 'IS002', null, 'under the locks too');
update instruction set state = 'refused', ended_at = now() where restoration_id = :three \g /dev/null
-- What a server has signed since is proof, and no limit counts it.
update activation set state = 'deactivated', ended_by = 'proof' where id = 12 \g /dev/null
select is((select array[approved, allowed] from restoration_limit(:three, now())), array[1, 2]::bigint[], 'proof is not counted');
select is(approves('abe', null, :three), 14::bigint, 'so it takes one person again');
select results_eq($$select given_back_by from license_use where serial in (10, 12, 13) order by serial$$,
    array['forced', 'proof', 'attested'], 'what is said of each to the customer');
select is((select approved from restoration_limit((select id from restoration where message_id = 5001), now() + interval '3 years')), 2::bigint,
    'a time to come ends no year');
-- 5 % of more.
insert into entitlement (license_id, version, servers, activations, order_id, effective) values (1, 2, 2, 100, 1, '2026-01-01') \g /dev/null
select is((select array[approved, allowed] from restoration_limit((select id from restoration where message_id = 5001), now())), array[2, 5]::bigint[], 'five of a hundred');
-- And what was approved more than a year ago is over.
insert into restoration (license_id, evidence, opened_by, reason, opened_at) values (1, 'attested', 1, 'old', now() - interval '366 days') \g /dev/null
insert into activation (id, license_id, version, servers, allowed, thumbprint, request_id, state, counted, use_no, slot, origin,
    active_from, active_until, counted_until, lost_at, ended_by)
    values (2, 1, 1, 2, 3, d('server-2'), 2, 'lost', false, 3, 2, 'taken', '2024-01-01', '2024-02-01', '2024-02-01', '2024-02-01', 'attested') \g /dev/null
insert into restoration_decision (restoration_id, outcome, activation_id, decided_by, reason, effective, recorded_at)
    values (number_of('old'), 'approved', 2, 1, 'r', now() - interval '366 days', now() - interval '366 days') \g /dev/null
select is((select approved from restoration_limit((select id from restoration where message_id = 5001), now())), 2::bigint, 'a year and a day ago');

-- The replacement that the approver names passes the watch; one of another license is none.
select runs(15, 2, 2), mails(5013, words => 'UL-15') as passes \gset
insert into instance (thumbprint) values (d('new-one')) \g /dev/null
select request(16, 'new-one') \g /dev/null
select is(approves('abe', null, :passes, '{"replacement": 16}'), 15::bigint, 'with a replacement');
select ok((select passed_at > (select lost_at from activation where id = 15) from instance where thumbprint = d('new-one')), 'it is let pass');
select is((select replacement::bytea from restoration_decision where restoration_id = :passes), d('request-16'), 'and stands there');
insert into usage_request (id, digest, thumbprint, seq, iat, license_key, license_id, purpose, product, version, host, jws, message_id, effective)
    overriding system value select 17, d('request-17'), d('new-one'), 17, now(), d('key'), id, 'activate', 'chariot', '2.5', 'h', 'a.b.c', 1, now()
    from license where license_id = 'LIC-7' \g /dev/null
select runs(18, 2, 2), mails(5014, words => 'UL-18') as other \gset
select throws_ok(format($$select approves('abe', null, %s, '{"replacement": 17}')$$, :other), 'IS003', null, 'another license''s request is none');

-- An operator who is revoked between filing and carrying out approves nothing.
select files('abe', 'sue', :other) as filed \gset
update operator set revoked_at = now() where name = 'sue' \g /dev/null
select throws_ok(format($$select * from restoration_carry_out(%s, now())$$, :filed), 'IS002', 'operator sue may not approve it any more', 'a right that is gone');
select throws_ok(format($$select files('ana', null, %s)$$, :other), 'IS004', null, 'one approval at a time');
update instruction set state = 'refused', ended_at = now() where id = :filed \g /dev/null
select throws_ok(format($$select * from restoration_carry_out(%s, now())$$, :filed), 'IS004', null, 'what has ended is not carried out');

-- Denied: once, with a reason, and told.
select throws_ok(format($$select restoration_deny(d('abe'), %s, ' ', now())$$, :other), 'IS003', null, 'not without a reason');
select restoration_file(d('ana'), null, :other, '{"reason": "burnt"}', null, now()) as late \gset
select is(restoration_deny(d('abe'), :other, 'it runs', now()), 'LIC-1', 'denied');
select is((select state || ': ' || (answer ->> 'why') from instruction where id = :late),
    format('expired: case %s was denied by operator abe', :other), 'an approval that waits for the key is over');
select is((select count(*) from reply_line where restoration_id = :other and about = 'not-restored'), 1::bigint, 'the contacts are told');
select throws_ok(format($$select files('abe', null, %s)$$, :other), 'IS004', null, 'what was denied is not approved');
select is((select counted from activation where id = 18), true, 'and the use counts on');

-- In a house's first 30 days nobody can have been here for long.
select opens('sam', 'LIC-1', 18) as early \gset
select throws_ok(format($$select restoration_file(d('ana'), d('ned'), %s, '{"reason": "r"}', null, now() - interval '85 days')$$, :early), 'IS002', null,
    'a time before makes no house younger');
alter table operator disable trigger user;
update operator set recorded_at = now() - interval '29 days' where recorded_at < now() - interval '29 days' \g /dev/null
alter table operator enable trigger user;
select lives_ok(format($$select files('ana', 'ned', %s)$$, :early), 'then those who came today may');

-- No group comes past the doors.
create function as_group(role text, statement text) returns void language plpgsql as $$
begin
    execute format('set local role %I', current_setting('test.prefix') || '_' || role);
    execute statement;
    reset role;
end $$;
select throws_ok(format($$select as_group(%L, %L)$$, role, statement), '42501', null, role || ' writes no ' || what)
    from unnest(array['daemon', 'web', 'support', 'orders', 'admin', 'finance']) role,
    (values ('case', 'insert into restoration (license_id, evidence, opened_by, reason, opened_at) values (1, ''attested'', 1, ''r'', now())'),
            ('decision', 'insert into restoration_decision (restoration_id, outcome, decided_by, reason, effective) values (1, ''denied'', 1, ''r'', now())'))
    w (what, statement);
select throws_ok(format($$select as_group(%L, 'select * from restoration_carry_out(1, now())')$$, role), '42501', null, role || ' carries nothing out')
    from unnest(array['web', 'support', 'orders', 'admin', 'finance']) role;
select throws_ok(format($$select as_group(%L, 'select restorations_from_mail(array[1::bigint], array[1::bigint], now())')$$, role), '42501', null,
    role || ' attests nothing') from unnest(array['web', 'support', 'orders', 'admin', 'finance']) role;

-- Emergency usage licenses: one a server and year, one a license or 5 % of its servers.
create function bridges(n bigint, request bigint, at timestamptz default now()) returns void language sql as $$
    insert into usage_license (serial, emergency, request_id, decision_id, license_id, version, customer_id, kid, iat, exp, supersedes, jws, effective)
        values (n, true, request, 1, 1, 2, 1, 'kid-1', at, at + interval '7 days', '{}', 'x', at)
$$;
select lives_ok($$select bridges(90, 2, now() - interval '365 days')$$, 'one');
select throws_ok($$select bridges(91, 3, now() - interval '1 second')$$, 'IS002', null, 'none in the last second of its year, of 365 days');
select lives_ok($$select bridges(91, 3)$$, 'another one when that is over');
select throws_ok($$select bridges(92, 4)$$, 'IS002', 'this license had as many emergency usage licenses within a year as it may', 'no second one for two servers');
insert into entitlement (license_id, version, servers, activations, order_id, effective) values (1, 3, 60, 100, 1, '2026-01-01') \g /dev/null
select lives_ok($$select bridges(92, 4)$$, 'but for sixty');
select throws_ok($$select bridges(93, 1)$$, 'IS002', 'this server had an emergency usage license within a year', 'not for the same server, whatever its request');

select * from finish();
rollback;
