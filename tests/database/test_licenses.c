/* Looking licenses up: by whatever a person has in hand, and one with all its records. */
#include "records_fixture.h"

#include "core/dates.h"
#include "core/statement.h"
#include "service/licenses.h"

static void expect_found(Context *context, const char *text, const char *license_id,
                         const char *found_by)
{
    g_autoptr(GError) error = NULL;
    bool more = true;
    g_autoptr(GPtrArray) found = licenses_find(context, text, &more, &error);
    assert_false(more);
    if (!found || found->len != 1) {
        fail_msg("'%s' finds %u: %s", text, found ? found->len : 0, error ? error->message : "");
        return;
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
    expect_found(context, "ul 42", "LIC-1", "usage license");
    expect_found(context, "42", "LIC-1", "usage license");
    expect_found(context, "x8q7", "LIC-1", "key …X8Q7");
    expect_found(context, "0% sam", "LIC-2", "customer 100% Sample_Inc");
    expect_found(context, "ple_I", "LIC-2", "customer 100% Sample_Inc");
    expect_found(context, "10", "LIC-2", "customer 100% Sample_Inc"); /* short: by its beginning */
    expect_found(context, "@plants.example", "LIC-1", "contact ops@plants.example");
    expect_found(context, "plants.example", "LIC-1", "contact ops@plants.example");
    expect_found(context, "cu-2", "LIC-2", "customer 100% Sample_Inc");
}

static void nothing_is_no_error(void **state)
{
    (void)state;
    static const char *const nothing[] = {
        "LIC-999",     "@",           "%",
        "%%%",         "e_I",         "7K2QW-9M3XA",
        "ZZZZZ-ZZZZZ", "UL-00000043", "'; drop table license; --"};
    g_autoptr(Context) context = fresh();
    for (gsize i = 0; i < G_N_ELEMENTS(nothing); i++) {
        g_autoptr(GError) error = NULL;
        bool more = true;
        g_autoptr(GPtrArray) found = licenses_find(context, nothing[i], &more, &error);
        assert_false(more);
        assert_null(error);
        assert_int_equal(found->len, 0);
    }
    g_autoptr(GError) error = NULL;
    bool more = false;
    assert_null(licenses_find(context, "  ", &more, &error));
    assert_int_equal(error->code, ISSUER_ERROR_USAGE);
}

static void shown_with_all_records(void **state)
{
    (void)state;
    g_autoptr(Context) context = fresh();
    g_autoptr(GError) error = NULL;
    g_autoptr(LicenseDetail) detail = licenses_show(context, "lic-1", false, &error);
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
    assert_int_equal(detail->pages[LICENSE_PAGE_STATES]->rows, 0);
}

static void unknown_license(void **state)
{
    (void)state;
    g_autoptr(Context) context = fresh();
    g_autoptr(GError) error = NULL;
    assert_null(licenses_show(context, "LIC-9", false, &error));
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
