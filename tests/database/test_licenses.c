/* Looking licenses up: by whatever a person has in hand, and one with all its records. */
#include "base/error.h"
#include "core/dates.h"
#include "core/statement.h"
#include "db/migrate.h"
#include "db/sql.h"
#include "service/licenses.h"

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

static Context *fresh(void)
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

static void expect_found(Context *context, const char *text, const char *license_id,
                         const char *found_by)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) found = licenses_find(context, text, &error);
    if (!found || found->len != 1) {
        fail_msg("'%s' finds %u: %s", text, found ? found->len : 0, error ? error->message : "");
    }
    const LicenseSummary *summary = g_ptr_array_index(found, 0);
    assert_string_equal(summary->license_id, license_id);
    assert_string_equal(summary->found_by, found_by);
}

static void found_by_what_is_in_hand(void **state)
{
    (void)state;
    g_autoptr(Context) context = fresh();
    Digest request = digest_sha256("r", 1);
    g_autofree char *short_form = statement_short_form(&request);
    g_autofree char *typed = g_ascii_strdown(short_form, -1);
    expect_found(context, "lic-1", "LIC-1", "License ID LIC-1");
    expect_found(context, " example PLA ", "LIC-1", "customer Example Plants");
    expect_found(context, "c-77", "LIC-1", "customer reference C-77");
    expect_found(context, "ops@plants.example", "LIC-1", "contact ops@plants.example");
    expect_found(context, "Ana@Sample.example", "LIC-2", "contact @sample.example");
    expect_found(context, "SO-2", "LIC-2", "order SO-2");
    expect_found(context, "SO-3", "LIC-1", "order SO-3");
    expect_found(context, "plant-4-mqtt1", "LIC-1", "host Plant-4-mqtt1");
    expect_found(context, typed, "LIC-1", "request");
    expect_found(context, "UL-00000042", "LIC-1", "usage license");
    expect_found(context, "x8q7", "LIC-1", "key …X8Q7");
    expect_found(context, "%", "LIC-2", "customer 100% Sample_Inc");
    expect_found(context, "e_I", "LIC-2", "customer 100% Sample_Inc");
}

static void nothing_is_no_error(void **state)
{
    (void)state;
    static const char *const nothing[] = {
        "LIC-999", "@", "7K2QW-9M3XA", "ZZZZZ-ZZZZZ", "UL-00000043", "'; drop table license; --"};
    g_autoptr(Context) context = fresh();
    for (gsize i = 0; i < G_N_ELEMENTS(nothing); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) found = licenses_find(context, nothing[i], &error);
        assert_null(error);
        assert_int_equal(found->len, 0);
    }
    g_autoptr(GError) error = NULL;
    assert_null(licenses_find(context, "  ", &error));
    assert_int_equal(error->code, ISSUER_ERROR_USAGE);
}

static void shown_with_all_records(void **state)
{
    (void)state;
    g_autoptr(Context) context = fresh();
    g_autoptr(GError) error = NULL;
    g_autoptr(LicenseDetail) detail = licenses_show(context, "lic-1", &error);
    assert_non_null(detail);
    const LicenseSummary *summary = detail->summary;
    assert_string_equal(summary->customer, "Example Plants");
    assert_string_equal(summary->state, "current");
    assert_int_equal(summary->activations, 5);
    assert_int_equal(summary->used, 1);
    assert_int_equal(summary->active, 1);
    assert_int_equal(summary->servers, 2);
    g_autofree char *day = dates_text(summary->expires_on);
    assert_string_equal(day, "2031-01-01");

    assert_int_equal(detail->entitlements->len, 2);
    const LicenseEntitlement *newest = g_ptr_array_index(detail->entitlements, 0);
    const LicenseEntitlement *oldest = g_ptr_array_index(detail->entitlements, 1);
    assert_int_equal(newest->version, 2);
    assert_string_equal(newest->order_ref, "SO-3");
    assert_int_equal(newest->features->len, 2);
    assert_int_equal(oldest->features->len, 1);
    const LicenseFeature *support = g_ptr_array_index(newest->features, 1);
    assert_string_equal(support->code, "support");
    assert_string_equal(support->kind, "term");
    assert_int_equal(support->quantity, -1);

    const LicenseActivation *activation = g_ptr_array_index(detail->activations, 0);
    assert_int_equal(activation->id, 42);
    assert_string_equal(activation->host, "Plant-4-mqtt1");
    assert_int_equal(activation->active_until, 0);
    const LicenseUsageLicense *issued = g_ptr_array_index(detail->usage_licenses, 0);
    assert_string_equal(issued->customer, "Example Plants");
    assert_string_equal(issued->activation_state, "active");
    assert_int_equal(issued->exp, 0);
    const LicenseContact *contact = g_ptr_array_index(detail->contacts, 0);
    assert_int_equal(contact->ended_on, DATES_NONE);
    const LicenseKeyRecord *key = g_ptr_array_index(detail->keys, 0);
    assert_string_equal(key->hint, "X8Q7");
    assert_int_equal(detail->events->len, 1);
    assert_int_equal(detail->states->len, 0);
}

static void unknown_license(void **state)
{
    (void)state;
    g_autoptr(Context) context = fresh();
    g_autoptr(GError) error = NULL;
    assert_null(licenses_show(context, "LIC-9", &error));
    assert_int_equal(error->code, ISSUER_ERROR_NOT_FOUND);
    assert_non_null(strstr(error->message, "LIC-9"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(found_by_what_is_in_hand),
        cmocka_unit_test(nothing_is_no_error),
        cmocka_unit_test(shown_with_all_records),
        cmocka_unit_test(unknown_license),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
