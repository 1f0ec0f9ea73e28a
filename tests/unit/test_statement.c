/* core/statement.h: every vector, and the short form. */
#include "core/statement.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "vectors_fixture.h"

static char *describe(const Statement *statement)
{
    g_autofree char *short_form = statement_short_form(&statement->digest);
    return g_strdup_printf(
        "%s %s %s, %s", statement->kind == STATEMENT_USAGE_REQUEST ? "request" : "deactivation",
        short_form, statement_signature_holds(statement) ? "signed" : "signature wrong",
        statement_proof_holds(statement) ? "proven" : "proof wrong");
}

static void check_statement(const Vector *vector)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Statement) statement = statement_read(vector->text, vector->length, &error);
    g_autofree char *got = statement == NULL ? g_strdup(error->message) : describe(statement);
    vectors_compare(vector, got);
    if (statement != NULL) {
        assert_string_equal(statement->jws, vector->text);
    }
}

static void vectors_come_out_as_expected(void **state)
{
    (void)state;
    assert_true(vectors_each("statements.tsv", check_statement) >= 160);
}

static void check_claims(const Vector *vector)
{
    if (strcmp(vector->name, "an update") != 0 && strcmp(vector->name, "a deactivation") != 0 &&
        strcmp(vector->name, "no fingerprint") != 0) {
        return;
    }
    g_autoptr(Statement) statement = statement_read(vector->text, vector->length, NULL);
    assert_non_null(statement);
    assert_int_equal(statement->seq, 1795600000);
    assert_int_equal(statement->iat, 1795600000);
    const bool bare = strcmp(vector->name, "no fingerprint") == 0;
    assert_string_equal(statement->instance.host, bare ? "box" : "plant-7-mqtt1");
    for (FingerprintPart part = 0; part < FINGERPRINT_PARTS; part++) {
        assert_int_equal(statement->instance.fingerprint.present[part], !bare);
    }
    if (statement->kind == STATEMENT_DEACTIVATION) {
        assert_string_equal(statement->serial, "UL-00000042");
        return;
    }
    assert_string_equal(statement->product, "chariot");
    assert_string_equal(statement->version, "2.5.0");
    assert_int_equal(statement->purpose, bare ? PURPOSE_ACTIVATE : PURPOSE_UPDATE);
    if (bare) {
        assert_null(statement->installed);
    } else {
        assert_string_equal(statement->installed, "UL-00000041");
    }
}

static void claims_are_read(void **state)
{
    (void)state;
    vectors_each("statements.tsv", check_claims);
}

/* The bytes of a request, cut at each place and changed at each place: refused or its signature no
 * longer holds. */
static void check_changes(const Vector *vector)
{
    if (strcmp(vector->name, "a request") != 0) {
        return;
    }
    for (gsize i = 0; i < vector->length; i++) {
        g_autoptr(Statement) cut = statement_read(vector->text, i, NULL);
        assert_null(cut);
        g_autofree char *changed = g_strdup(vector->text);
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        g_autoptr(Statement) other = statement_read(changed, vector->length, NULL);
        assert_true(other == NULL || !statement_signature_holds(other));
    }
}

static void no_change_goes_unnoticed(void **state)
{
    (void)state;
    vectors_each("statements.tsv", check_changes);
}

static void short_forms_are_read_as_people_write_them(void **state)
{
    (void)state;
    char form[12];
    assert_true(statement_short_form_read("7K2QW-9M3XA", form));
    assert_string_equal(form, "7K2QW-9M3XA");
    assert_true(statement_short_form_read(" 7k2qw9m3xa ", form));
    assert_string_equal(form, "7K2QW-9M3XA");
    assert_true(statement_short_form_read("oIl00-00000", form));
    assert_string_equal(form, "01100-00000");
    const char *none[] = {"", "7K2QW-9M3X", "7K2QW-9M3XAA", "7K2QW-9M3XU", "7K2QW_9M3XA"};
    for (gsize i = 0; i < G_N_ELEMENTS(none); i++) {
        assert_false(statement_short_form_read(none[i], form));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_come_out_as_expected),
        cmocka_unit_test(claims_are_read),
        cmocka_unit_test(no_change_goes_unnoticed),
        cmocka_unit_test(short_forms_are_read_as_people_write_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
