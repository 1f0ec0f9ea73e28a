/* Looking one usage license up: its state, what replaced it, who issued it; and its bytes. */
#include "records_fixture.h"

#include "service/usage_licenses.h"

/* The server of usage license 42 has moved to license 2; its first request was sent again by mail,
 * and it has an emergency grant. Number 45 was drawn and never used. */
static const char moved[] =
    "insert into operator (name, role, effective) values ('Olga', 'support', '2026-01-01');"
    "update activation set state = 'superseded', active_until = '2026-03-01',"
    " ended_by = 'superseded' where id = 42;"
    "insert into usage_request (id, digest, thumbprint, seq, iat, license_key, license_id, purpose,"
    " product, version, host, jws, message_id, effective) overriding system value values"
    " (2, sha256('r2'), sha256('i'), 2, '2026-03-01', sha256('k2'), 2, 'activate', 'chariot', "
    "'2.5',"
    " 'plant-5', 'a.b.c', 1, '2026-03-01');"
    "insert into decision (id, message_id, request_id, token_kind, token_digest, outcome, rule, "
    "code,"
    " note, serial, facts, policy, program, operator_id, reason, ticket, effective)"
    " overriding system value values"
    " (2, 1, 2, 'usage-request', sha256('r2'), 'held', 13, 'host-changed', null, null, '{}',"
    "  sha256('p'), '0.1.0', null, null, null, '2026-03-01'),"
    " (3, 1, 2, 'usage-request', sha256('r2'), 'issued', 13, 'issued', 'replaced', 43, '{}',"
    "  sha256('p'), '0.2.0', 1, 'same plant', 'T-9', '2026-03-02'),"
    " (4, 1, 1, 'usage-request', sha256('r'), 'resent', 10, 'resent', null, 42, '{}', sha256('p'),"
    "  '0.2.0', null, null, null, '2026-03-03');"
    "insert into hold (request_id, decision_id, opened_at, closed_at, closed_by, closed_how) values"
    " (2, 2, '2026-03-01', '2026-03-02', 3, 'issued');"
    "insert into activation (id, license_id, version, servers, allowed, thumbprint, request_id,"
    " state, counted, use_no, slot, origin, active_from) values"
    " (43, 2, 1, 1, 1, sha256('i'), 2, 'active', true, 1, 1, 'taken', '2026-03-02');"
    "insert into usage_license (serial, emergency, activation_id, request_id, decision_id,"
    " license_id, version, customer_id, kid, iat, supersedes, jws, effective) values"
    " (43, false, 43, 2, 3, 2, 1, 2, 'kid-1', '2026-03-02', '{42}', 'x.y.z', '2026-03-02'),"
    " (44, true, null, 1, 4, 1, 1, 1, 'kid-1', '2026-03-03', '{}', 'x.y.z', '2026-03-03');"
    "insert into serial_block (first, last, holder, closed_at) values (42, 45, 1, '2026-03-04');"
    "insert into serial_void (serial, block_id) values (45, 1)";

static UsageLicenseDetail *show(Context *context, int64_t serial)
{
    g_autoptr(GError) error = NULL;
    UsageLicenseDetail *detail = usage_license_query_show(context->database, serial, &error);
    if (!detail) {
        fail_msg("%s", error->message);
    }
    return detail;
}

static void shown_with_its_state_and_what_replaced_it(void **state)
{
    (void)state;
    g_autoptr(Context) context = fresh();
    add_records(context, moved);
    g_autoptr(UsageLicenseDetail) detail = show(context, 42);
    assert_string_equal(detail->jws, "x.y.z");
    assert_string_equal(detail->state, "superseded");
    assert_string_equal(detail->ended_by, "superseded");
    assert_true(detail->counted); /* the use was not moved on */
    assert_int_equal(detail->counted_until, 0);
    assert_true(detail->active_until > detail->active_from);
    assert_int_equal(detail->slot, 1);
    assert_string_equal(detail->origin, "taken");
    assert_int_equal(detail->superseded_by->len, 1);
    assert_int_equal(g_array_index(detail->superseded_by, int64_t, 0), 43);
    assert_int_equal(detail->message_id, 1);
    assert_string_equal(detail->purpose, "activate");
    assert_int_equal(detail->rule, 18);
    assert_null(detail->operator_name);
    assert_true(detail->key_development);
    assert_int_equal(detail->key_revoked_at, 0);
    assert_int_equal(detail->decisions->len, 2);
}

static void shown_with_who_decided_it_and_why(void **state)
{
    (void)state;
    g_autoptr(Context) context = fresh();
    add_records(context, moved);
    g_autoptr(UsageLicenseDetail) detail = show(context, 43);
    assert_int_equal(detail->decision_id, 3);
    assert_string_equal(detail->operator_name, "Olga");
    assert_string_equal(detail->note, "replaced");
    assert_string_equal(detail->program, "0.2.0");
    assert_int_equal(detail->superseded_by->len, 0);
    assert_int_equal(detail->decisions->len, 2);
    const DecisionRecord *held = g_ptr_array_index(detail->decisions, 0);
    const DecisionRecord *issued = g_ptr_array_index(detail->decisions, 1);
    assert_string_equal(held->outcome, "held");
    assert_string_equal(held->code, "host-changed");
    assert_int_equal(held->case_number, 1001);
    assert_int_equal(held->serial, 0);
    assert_string_equal(issued->outcome, "issued");
    assert_int_equal(issued->case_number, 0);
    assert_int_equal(issued->serial, 43);
    assert_string_equal(issued->reason, "same plant");
    assert_string_equal(issued->ticket, "T-9");
    Digest token = digest_sha256("r2", 2);
    assert_true(digest_equal(&issued->token, &token));
}

static void an_emergency_grant_has_no_activation(void **state)
{
    (void)state;
    g_autoptr(Context) context = fresh();
    add_records(context, moved);
    g_autoptr(UsageLicenseDetail) detail = show(context, 44);
    assert_null(detail->state);
    assert_int_equal(detail->slot, 0);
    assert_int_equal(detail->active_from, 0);
}

static void expect_missing(Context *context, int64_t serial, const char *words)
{
    g_autoptr(GError) error = NULL;
    assert_null(usage_licenses_show(context, serial, &error));
    assert_true(g_error_matches(error, ISSUER_ERROR, ISSUER_ERROR_NOT_FOUND));
    assert_non_null(strstr(error->message, words));
    assert_non_null(strstr(error->message, "issuer license find"));
}

static void what_is_not_on_record_says_so(void **state)
{
    (void)state;
    g_autoptr(Context) context = fresh();
    add_records(context, moved);
    expect_missing(context, 45, "UL-00000045 was never issued: its number is void");
    expect_missing(context, 46, "no usage license UL-00000046 is on record");
    expect_missing(context, G_MAXINT64, "is on record");
    g_autoptr(GError) error = NULL;
    assert_null(usage_licenses_show(context, 42, &error)); /* its bytes are no JWS */
    assert_non_null(strstr(error->message, "UL-00000042 on record cannot be read: "));
}

static void its_bytes_are_asked_for_alone(void **state)
{
    (void)state;
    g_autoptr(Context) context = fresh();
    add_records(context, moved);
    const struct {
        int64_t serial;
        const char *jws;
        const char *state;
    } cases[] = {{42, "x.y.z", "superseded"},
                 {43, "x.y.z", "active"},
                 {44, "x.y.z", NULL},
                 {45, NULL, NULL}};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *jws = NULL;
        g_autofree char *standing = NULL;
        assert_true(
            usage_license_query_bytes(context->database, cases[i].serial, &jws, &standing, NULL));
        assert_int_equal(g_strcmp0(jws, cases[i].jws), 0);
        assert_int_equal(g_strcmp0(standing, cases[i].state), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shown_with_its_state_and_what_replaced_it),
        cmocka_unit_test(shown_with_who_decided_it_and_why),
        cmocka_unit_test(an_emergency_grant_has_no_activation),
        cmocka_unit_test(what_is_not_on_record_says_so),
        cmocka_unit_test(its_bytes_are_asked_for_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
