/* One license with all its records, and a second one without any, in a fresh database: for tests of
 * what is shown to people. */
#ifndef ISSUER_TESTS_RECORDS_FIXTURE_H
#define ISSUER_TESTS_RECORDS_FIXTURE_H

#include "base/error.h"
#include "db/migrate.h"
#include "db/sql.h"
#include "service/context.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

static const char records[] =
    "set search_path to issuer, public;"
    "insert into customer default values; insert into customer default values;"
    "insert into customer_version (customer_id, version, name, reference, effective) values"
    " (1, 1, 'Example Plants', 'C-77', '2026-01-01'), (2, 1, '100% Sample_Inc', null, "
    "'2026-01-01');"
    "insert into orders (reference, kind, ordered_on, customer_id) values"
    " ('SO-1', 'sale', '2026-01-01', 1), ('SO-2', 'trial', '2026-01-01', 2),"
    " ('SO-3', 'sale', '2026-05-01', 1);"
    "insert into license (license_id, customer_id, product, order_id, effective) values"
    " ('LIC-1', 1, 'chariot', 1, '2026-01-01'), ('LIC-2', 2, 'chariot', 2, '2026-01-01');"
    "insert into license_key (license_id, hint, weak, effective) values"
    " (1, 'X8Q7', false, '2026-01-01'), (2, '1105', true, '2026-01-01');"
    "insert into contact (license_id, entry, effective) values"
    " (1, 'ops@plants.example', '2026-01-01'), (2, '@sample.example', '2026-01-01');"
    "insert into entitlement (license_id, version, servers, activations, expires_on, order_id,"
    " effective) values (1, 1, 1, 3, '2030-01-01', 1, '2026-01-01'),"
    " (2, 1, 1, 1, null, 2, '2026-01-01'), (1, 2, 2, 5, '2031-01-01', 3, '2026-05-01');"
    "insert into entitlement_feature (license_id, version, code, until_on) values"
    " (1, 1, 'mqtt-server', null), (1, 2, 'mqtt-server', null), (1, 2, 'support', '2029-05-31');"
    "insert into message (id, identity, class, source, source_offset, size, effective)"
    " overriding system value values (1, sha256('m'), 'request', 'inbox#1', 0, 9, '2026-02-01');"
    "insert into instance (thumbprint) values (sha256('i'));"
    "insert into usage_request (id, digest, thumbprint, seq, iat, license_key, license_id, purpose,"
    " product, version, host, jws, message_id, effective) overriding system value values"
    " (1, sha256('r'), sha256('i'), 1, '2026-02-01', sha256('k'), 1, 'activate', 'chariot', '2.5',"
    " 'Plant-4-mqtt1', 'a.b.c', 1, '2026-02-01');"
    "insert into decision (id, message_id, request_id, token_kind, outcome, rule, code, serial, "
    "facts,"
    " policy, program, effective) overriding system value values (1, 1, 1, 'usage-request', "
    "'issued',"
    " 18, 'issued', 42, '{}', sha256('p'), '0.1.0', '2026-02-01');"
    "insert into signing_key (kid, certificate, not_before, not_after, development) values"
    " ('kid-1', '\\x30', '2026-01-01', '2028-01-01', true);"
    "insert into activation (id, license_id, version, servers, allowed, thumbprint, request_id,"
    " state, counted, use_no, slot, origin, active_from) values (42, 1, 1, 1, 3, sha256('i'), 1,"
    " 'active', true, 1, 1, 'taken', '2026-02-01');"
    "insert into usage_license (serial, activation_id, request_id, decision_id, license_id, "
    "version,"
    " customer_id, kid, iat, supersedes, jws, effective) values (42, 42, 1, 1, 1, 1, 1, 'kid-1',"
    " '2026-02-01', '{}', 'x.y.z', '2026-02-01');"
    "insert into event (kind, subject, subject_id, row_digest, license_id, effective) values"
    " ('activation-made', 'activation', 42, sha256('x'), 1, '2026-02-01');"
    "set search_path to issuer, pg_temp";

/* More rows for a test: SQL in which the tables' names need no schema. */
static inline void add_records(Context *context, const char *more)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *script = g_strconcat("set search_path to issuer, public;", more,
                                          ";set search_path to issuer, pg_temp", NULL);
    if (!sql_script(context->database, script, &error)) {
        fail_msg("%s", error->message);
    }
}

static inline Context *fresh(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) applied = g_ptr_array_new_with_free_func(g_free);
    Context *context = context_open(NULL, CONTEXT_DATABASE | CONTEXT_ANY_SCHEMA, "test", &error);
    if (!context ||
        !sql_script(context->database, "drop schema if exists issuer cascade", &error) ||
        !migrate_run(context->database, g_getenv("ISSUER_ROLE_PREFIX"), applied, &error) ||
        !sql_script(context->database, records, &error)) {
        fail_msg("%s", error->message);
    }
    return context;
}

#endif
