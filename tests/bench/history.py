"""A house of many years, made in the database itself: as many licenses as wanted, three activations
and ten events to each, with all that belongs to them. Nothing of it was ever mailed or signed: the
tokens are texts of the length that real ones have.

Of ten licenses, six have one server that was updated twice; two gave a server back by its signed
proof, one lost a server and had its use restored, one replaced a server that still counts. One in a
hundred was recorded forty days after its day, one in a thousand has a request on hold."""
import concurrent.futures

import psycopg2

CHUNK = 50000  # licenses in one transaction

# Seen by all statements below. `i` is a license, `j` one of its three activations; of a license the
# same number stands for its key, its contact and its order, and three for its requests.
FUNCTIONS = """
create schema if not exists bench;
create or replace function bench.chance(i bigint) returns bigint language sql stable parallel safe
as $$ select hashint8(i)::bigint & 2147483647 $$;
create or replace function bench.at(i bigint, j integer) returns timestamptz language sql stable
parallel safe as $$
    select timestamptz '2019-01-01 08:00Z' + interval '1 day' * (bench.chance(i) % 2500 + 40 * j)
        + interval '1 second' * (bench.chance(i + j) % 40000) $$;
create or replace function bench.known(i bigint, j integer) returns timestamptz language sql stable
parallel safe as $$
    select bench.at(i, j) + case when i % 100 = 7 then interval '40 days' else interval '1 minute' end
$$;
create or replace function bench.d(what text, i bigint) returns bytea language sql stable
parallel safe as $$ select sha256(convert_to(what || i, 'UTF8')) $$;
-- Which server the j-th activation runs on: the first one, or the second that came for it.
create or replace function bench.server(i bigint, j integer) returns bytea language sql stable
parallel safe as $$ select bench.d(case when i % 10 < 6 or j = 1 then 'first ' else 'second ' end, i) $$;
create or replace function bench.host(i bigint, j integer) returns text language sql stable
parallel safe as $$
    select format('plant-%s-mqtt%s', i, case when i % 10 < 6 or j = 1 then 1 else 2 end) $$;
"""

# What is there once.
ONCE = """
insert into operator (name, role, effective, recorded_at) values
    ('ada', 'admin', '2018-12-01', '2018-12-01'), ('bea', 'admin', '2018-12-01', '2018-12-01'),
    ('sam', 'support', '2018-12-01', '2018-12-01'), ('olga', 'orders', '2018-12-01', '2018-12-01');
insert into signing_key (kid, certificate, not_before, not_after, development, recorded_at)
    select 'bench-' || y, '\\x30', make_timestamptz(y, 1, 1, 0, 0, 0), make_timestamptz(y + 2, 1, 1, 0, 0, 0),
        true, make_timestamptz(y, 1, 1, 0, 0, 0) from generate_series(2019, 2026) y;
"""

# By table: a statement for the licenses from %(first)s to %(last)s.
TABLES = {
    "customer": "insert into customer (id, recorded_at) overriding system value"
        " select i / 10, bench.known(i, 0) from generate_series(%(first)s, %(last)s) i where i %% 10 = 0",
    "customer_version": "insert into customer_version (customer_id, version, name, reference, effective,"
        " recorded_at) select i / 10, 1, format('Plant Works %%s', i / 10), format('C-%%s', i / 10),"
        " bench.at(i, 0)::date, bench.known(i, 0) from generate_series(%(first)s, %(last)s) i"
        " where i %% 10 = 0",
    "orders": "insert into orders (id, reference, kind, ordered_on, customer_id, recorded_at)"
        " overriding system value select i, format('SO-%%s', i),"
        " (case i %% 20 when 0 then 'trial' when 1 then 'internal' else 'sale' end)::order_kind,"
        " bench.at(i, 0)::date, (i + 9) / 10, bench.known(i, 0)"
        " from generate_series(%(first)s, %(last)s) i",
    "license": "insert into license (id, license_id, customer_id, product, order_id, effective,"
        " recorded_at) overriding system value select i, format('LIC-%%s', i), (i + 9) / 10, 'chariot', i,"
        " bench.at(i, 0)::date, bench.known(i, 0) from generate_series(%(first)s, %(last)s) i",
    "license_state_version": "insert into license_state_version (license_id, version, state, reason,"
        " operator_id, effective, recorded_at) select i, 1,"
        " (case when i %% 50 = 3 then 'ended' else 'suspended' end)::license_state, 'bench',"
        " case when i %% 50 = 3 then 4 else 1 end, bench.at(i, 4), bench.known(i, 4)"
        " from generate_series(%(first)s, %(last)s) i where i %% 50 in (3, 4)",
    "license_key": "insert into license_key (id, license_id, hint, weak, effective, delivered_on,"
        " recorded_at)"
        " overriding system value select i, i, upper(right(md5(i::text), 4)), false, bench.at(i, 0),"
        " case when i %% 200 <> 0 then bench.at(i, 0)::date end, bench.known(i, 0) from generate_series(%(first)s, %(last)s) i",
    "license_proof": "insert into license_proof (public_key, license_key_id, recorded_at)"
        " select bench.d('key ', i), i, bench.known(i, 0) from generate_series(%(first)s, %(last)s) i",
    "key_delivery": "insert into key_delivery (license_key_id, how, delivered_on, operator_id,"
        " recorded_at) select i, (case when i %% 2 = 0 then 'mail' else 'import' end),"
        " bench.at(i, 0)::date, 4, bench.known(i, 0) from generate_series(%(first)s, %(last)s) i"
        " where i %% 200 <> 0",
    "contact": "insert into contact (license_id, entry, effective, recorded_at)"
        " select i, format('ops@plant%%s.example', (i + 9) / 10), bench.at(i, 0)::date,"
        " bench.known(i, 0) from generate_series(%(first)s, %(last)s) i",
    "entitlement": "insert into entitlement (license_id, version, servers, activations, expires_on,"
        " order_id, effective, recorded_at) select i, v, 1, 4, case when i %% 3 > 0 then"
        " bench.at(i, 0)::date + 365 * (3 + v) end, i, bench.at(i, v - 1)::date, bench.known(i, v - 1)"
        " from generate_series(%(first)s, %(last)s) i, generate_series(1, 2) v where v = 1 or i %% 3 = 0",
    "entitlement_feature": "insert into entitlement_feature (license_id, version, code, until_on,"
        " recorded_at) select i, v, f, case when f = 'support' then bench.at(i, 0)::date + 365 * (2 + v)"
        " end, bench.known(i, v - 1) from generate_series(%(first)s, %(last)s) i,"
        " generate_series(1, 2) v, unnest(array['mqtt-server', 'support']) f where v = 1 or i %% 3 = 0",
    "term_entry": "insert into term_entry (license_id, version, code, order_id, kind, years, from_on,"
        " until_on, effective, recorded_at) select i, v, 'support', i, 'bought', 1,"
        " bench.at(i, 0)::date + 365 * (1 + v), bench.at(i, 0)::date + 365 * (2 + v),"
        " bench.at(i, v - 1)::date, bench.known(i, v - 1) from generate_series(%(first)s, %(last)s) i,"
        " generate_series(1, 2) v where v = 1 or i %% 3 = 0",
    "message": "insert into message (id, identity, class, source, source_offset, size, raw_digest,"
        " sent_at, message_id, from_address, reply_to, subject, body, emptied_at, effective, recorded_at)"
        " overriding system value select n, bench.d('mail ', n), 'request', 'bench.mbox#' || n, 0, 4000,"
        " bench.d('raw ', n), bench.at(i, j) - interval '5 minutes', format('<%%s@plant.example>', n),"
        " kept.from_address, kept.from_address, kept.subject, kept.body,"
        " case when kept.body is null then bench.at(i, j) + interval '1 year' end, bench.at(i, j),"
        " bench.known(i, j) from generate_series(%(first)s, %(last)s) i cross join generate_series(1, 3) j"
        " cross join lateral (select 3 * (i - 1) + j as n) x left join lateral (select"
        " format('ops@plant%%s.example', (i + 9) / 10) as from_address, 'Offline activation' as subject,"
        " repeat('Good morning, here is our code. ', 4) as body) kept on bench.at(i, j) > '2025-06-01'",
    "instance": "insert into instance (thumbprint, recorded_at) select distinct on (1) bench.server(i, j),"
        " bench.known(i, j) from generate_series(%(first)s, %(last)s) i, generate_series(1, 3) j"
        " order by 1, 2",
    "usage_request": "insert into usage_request (id, digest, thumbprint, seq, iat, license_key,"
        " license_id, purpose, installed, product, version, host, board, mac, jws, message_id, effective,"
        " recorded_at) overriding system value select 3 * (i - 1) + j, bench.d('request ', 3 * (i - 1) + j),"
        " bench.server(i, j), extract(epoch from bench.at(i, j))::bigint, bench.at(i, j),"
        " bench.d('key ', i), i, case when j = 3 then 'update' else 'activate' end, null, 'chariot',"
        " '2.5.0', bench.host(i, j), substr(bench.server(i, j), 1, 16), substr(bench.server(i, j), 17, 16),"
        " repeat(md5(i::text), 30), 3 * (i - 1) + j, bench.at(i, j), bench.known(i, j)"
        " from generate_series(%(first)s, %(last)s) i, generate_series(1, 3) j",
    "decision": "insert into decision (id, message_id, request_id, token_kind, token_digest, outcome,"
        " rule, code, serial, facts, policy, program, effective, recorded_at) overriding system value"
        " select n, n, n, 'usage-request', bench.d('request ', n), (case when held then 'held' else"
        " 'issued' end)::outcome, case when held then 3 else 18 end, case when held then 'unknown-sender'"
        " else 'issued' end, case when not held then n end, '{\"license\": 1, \"version\": 1}',"
        " bench.d('policy ', 1), '0.1.0', bench.at(i, j), bench.known(i, j)"
        " from generate_series(%(first)s, %(last)s) i, generate_series(1, 3) j,"
        " lateral (select 3 * (i - 1) + j as n, j = 3 and i %% 1000 = 0 as held) x",
    "hold": "insert into hold (id, request_id, decision_id, opened_at, recorded_at) overriding system"
        " value select 1000 + i / 1000, 3 * i, 3 * i, bench.at(i, 3), bench.known(i, 3)"
        " from generate_series(%(first)s, %(last)s) i where i %% 1000 = 0",
    "activation": "insert into activation (id, license_id, version, servers, allowed, thumbprint,"
        " request_id, state, counted, use_no, slot, origin, continues, replaces, active_from,"
        " active_until, counted_until, lost_at, ended_by, recorded_at, ended_recorded_at,"
        " counted_recorded_at) select n, i, 1, 1, 4, bench.server(i, j), n, state::activation_state,"
        " counted, case when i %% 10 = 9 and j > 1 then 2 else 1 end, 1,"
        " (case when goes_on then 'instance' else 'taken' end)::use_origin,"
        " case when goes_on then n - 1 end, case when i %% 10 = 9 and j = 2 then n - 1 end,"
        " bench.at(i, j), case when state <> 'active' then bench.at(i, j + 1) end,"
        " case when not counted then bench.at(i, j + 1) end,"
        " case when state = 'lost' then bench.at(i, j + 1) end,"
        " case state when 'active' then null when 'deactivated' then 'proof' when 'lost' then 'attested'"
        " else 'superseded' end, bench.known(i, j),"
        " case when state <> 'active' then bench.known(i, j + 1) end,"
        " case when not counted then bench.known(i, j + 1) end"
        " from generate_series(%(first)s, %(last)s) i, generate_series(1, 3) j,"
        " lateral (select 3 * (i - 1) + j as n, i %% 1000 = 0 as waits, i %% 10 as kind) x,"
        " lateral (select j = 3 or j = 2 and kind < 6 as goes_on,"
        "  case when j = 3 or j = 2 and waits then 'active' when j = 1 and kind in (6, 7) then"
        "  'deactivated' when j = 1 and kind = 8 then 'lost' else 'superseded' end as state) y,"
        " lateral (select state = 'active' or j = 1 and kind = 9 as counted) z"
        " where not (waits and j = 3)",
    "usage_license": "insert into usage_license (serial, activation_id, request_id, decision_id,"
        " license_id, version, customer_id, kid, iat, exp, supersedes, jws, effective, recorded_at)"
        " select n, n, n, n, i, 1, (i + 9) / 10, 'bench-' || extract(year from bench.at(i, j)),"
        " bench.at(i, j), case when i %% 3 > 0 then bench.at(i, 0) + interval '1460 days' end,"
        " case when j = 1 then '{}' else array[n - 1] end, repeat(md5(n::text), 75), bench.at(i, j),"
        " bench.known(i, j) from generate_series(%(first)s, %(last)s) i, generate_series(1, 3) j,"
        " lateral (select 3 * (i - 1) + j as n) x where not (j = 3 and i %% 1000 = 0)",
    "deactivation": "insert into deactivation (id, digest, thumbprint, seq, iat, serial, host, jws,"
        " message_id, given_back, effective, recorded_at) overriding system value select i,"
        " bench.d('deactivation ', i), bench.server(i, 1), extract(epoch from bench.at(i, 2))::bigint,"
        " bench.at(i, 2), 3 * (i - 1) + 1, bench.host(i, 1), 'a.b.c', 3 * (i - 1) + 2, 1, bench.at(i, 2),"
        " bench.known(i, 2) from generate_series(%(first)s, %(last)s) i where i %% 10 in (6, 7)",
    "restoration": "insert into restoration (id, license_id, activation_id, message_id, evidence,"
        " opened_at, closed_at, recorded_at) select 100000 + i, i, 3 * (i - 1) + 1, 3 * (i - 1) + 2, 'attested',"
        " bench.at(i, 2) - interval '1 hour', bench.at(i, 2), bench.known(i, 2)"
        " from generate_series(%(first)s, %(last)s) i where i %% 10 = 8",
    "restoration_decision": "insert into restoration_decision (restoration_id, outcome, activation_id,"
        " decided_by, reason, effective, recorded_at) select 100000 + i, 'approved', 3 * (i - 1) + 1, 1,"
        " 'burnt down', bench.at(i, 2), bench.known(i, 2)"
        " from generate_series(%(first)s, %(last)s) i where i %% 10 = 8",
    "reply": "insert into reply (id, message_id, recipient, state, effective, sent_at, attempts,"
        " recorded_at) overriding system value select 3 * (i - 1) + j, 3 * (i - 1) + j,"
        " format('ops@plant%%s.example', (i + 9) / 10), 'sent', bench.at(i, j),"
        " bench.at(i, j) + interval '1 second' * (bench.chance(i) %% 600), 1, bench.known(i, j)"
        " from generate_series(%(first)s, %(last)s) i, generate_series(1, 3) j",
    "reply_line": "insert into reply_line (reply_id, position, decision_id)"
        " select 3 * (i - 1) + j, 1, 3 * (i - 1) + j"
        " from generate_series(%(first)s, %(last)s) i, generate_series(1, 3) j",
    "event": "insert into event (id, kind, subject, subject_id, row_digest, license_id, operator_id,"
        " effective, recorded_at) overriding system value select 10 * (i - 1) + e, kind, subject,"
        " 3 * (i - 1) + j, bench.d('row ', i), i, case when e = 1 then 4 end, bench.at(i, j),"
        " bench.known(i, j) from generate_series(%(first)s, %(last)s) i,"
        " (values (1, 'license-recorded', 'license', 0), (2, 'activation-made', 'activation', 1),"
        " (3, 'usage-license-issued', 'usage_license', 1), (4, 'decision-made', 'decision', 1),"
        " (5, 'activation-superseded', 'activation', 2), (6, 'activation-made', 'activation', 2),"
        " (7, 'usage-license-issued', 'usage_license', 2), (8, 'decision-made', 'decision', 2),"
        " (9, 'activation-made', 'activation', 3), (10, 'usage-license-issued', 'usage_license', 3))"
        " as e (e, kind, subject, j)",
}

AFTER = """
insert into serial_block (first, last, holder, closed_at) values (1, 3 * {licenses}, 0, now());
insert into serial_void (serial, block_id) select 3000 * n, 1 from generate_series(1, {licenses} / 1000) n;
select setval(pg_get_serial_sequence('issuer.' || t, 'id'), {licenses} * 10 + 1000)
    from unnest(array['customer', 'orders', 'license', 'license_key', 'message', 'usage_request',
                      'decision', 'reply', 'event', 'hold', 'deactivation']) t;
drop schema bench cascade;
alter table usage_license alter column jws set storage extended;
alter table usage_request alter column jws set storage extended;
"""


def _session(dsn):
    """A session in which no trigger asks anything: what is made here is made to fit."""
    connection = psycopg2.connect(dsn, options="-c search_path=issuer,bench"
                                  " -c session_replication_role=replica -c synchronous_commit=off"
                                  " -c statement_timeout=0")
    connection.autocommit = True
    return connection


def _fill(dsn, name, licenses):
    connection = _session(dsn)
    try:
        for first in range(1, licenses + 1, CHUNK):
            connection.cursor().execute(
                TABLES[name], {"first": first, "last": min(first + CHUNK - 1, licenses)})
    finally:
        connection.close()
    return name


def fill(dsn, licenses, told=lambda name: None):
    """Fills a freshly migrated database; `told` hears of each table that is done. The texts of tokens
    would shrink to nothing, so they are stored as they are."""
    connection = _session(dsn)
    connection.cursor().execute(
        FUNCTIONS + ONCE + "alter table usage_license alter column jws set storage external;"
        "alter table usage_request alter column jws set storage external")
    longest_first = sorted(TABLES, key=lambda name: name not in (
        "event", "usage_license", "usage_request", "decision", "message", "activation"))
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for name in pool.map(lambda name: _fill(dsn, name, licenses), longest_first):
            told(name)
    connection.cursor().execute(AFTER.format(licenses=licenses))
    connection.cursor().execute("vacuum analyze")
    connection.close()
