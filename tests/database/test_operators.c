/* Operators: the first admin, tokens, who may add and revoke whom. */
#include "base/error.h"
#include "db/migrate.h"
#include "db/sql.h"
#include "service/operators.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

static Context *fresh(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) applied = g_ptr_array_new_with_free_func(g_free);
    Context *context = context_open(NULL, CONTEXT_DATABASE | CONTEXT_ANY_SCHEMA, "test", &error);
    if (!context ||
        !sql_script(context->database, "drop schema if exists issuer cascade", &error) ||
        !migrate_run(context->database, g_getenv("ISSUER_ROLE_PREFIX"), applied, &error)) {
        fail_msg("%s", error->message);
    }
    return context;
}

static Secret *add(Context *context, const Secret *by, const char *name, const char *role)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Secret) token = operators_make_token(&error);
    const OperatorOrder order = {by, name, role, token, OPERATORS_TOKEN_DAYS};
    if (!token || !operators_add(context, &order, &error)) {
        fail_msg("%s", error->message);
    }
    return g_steal_pointer(&token);
}

static void expect_not_added(Context *context, const Secret *by, const char *name, const char *role,
                             int code)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Secret) token = operators_make_token(NULL);
    const OperatorOrder order = {by, name, role, token, 1};
    assert_false(operators_add(context, &order, &error));
    assert_int_equal(error->code, code);
}

static OperatorRecord *sign_in(Context *context, const Secret *token, const char *command)
{
    g_autoptr(GError) error = NULL;
    OperatorRecord *person = operators_sign_in(context, token, command, &error);
    if (!person) {
        fail_msg("%s", error->message);
    }
    return person;
}

static void expect_not_in_force(Context *context, const Secret *token)
{
    g_autoptr(GError) error = NULL;
    assert_null(operators_sign_in(context, token, "operator add", &error));
    assert_int_equal(error->code, ISSUER_ERROR_DENIED);
}

static void expect_may_not(Context *context, const Secret *token, const char *command,
                           const char *says)
{
    g_autoptr(GError) error = NULL;
    assert_null(operators_sign_in(context, token, command, &error));
    assert_int_equal(error->code, ISSUER_ERROR_DENIED);
    assert_non_null(strstr(error->message, says));
}

static void first_admin_and_others(void **state)
{
    (void)state;
    g_autoptr(Context) context = fresh();
    expect_not_added(context, NULL, "sam", "support", ISSUER_ERROR_DENIED);
    g_autoptr(Secret) token = add(context, NULL, "ana", "admin");
    expect_not_added(context, NULL, "eve", "admin", ISSUER_ERROR_DENIED);
    g_autoptr(OperatorRecord) ana = sign_in(context, token, "operator add");
    assert_string_equal(ana->name, "ana");
    assert_string_equal(ana->role, "admin");
    g_autoptr(Secret) other = add(context, token, "sam", "support");
    g_autoptr(OperatorRecord) sam = sign_in(context, other, "request issue");
    assert_string_equal(sam->role, "support");
    expect_may_not(context, other, "operator add", "takes the role admin");
    expect_may_not(context, token, "license fly", "takes the role of nobody");
    expect_not_added(context, token, "sam", "support", ISSUER_ERROR_CONFLICT);
    expect_not_added(context, token, "ivo", "chief", ISSUER_ERROR_USAGE);
    expect_not_added(context, token, "i v o", "support", ISSUER_ERROR_USAGE);
    expect_not_added(context, token, "", "support", ISSUER_ERROR_USAGE);
}

static void tokens_are_kept_as_digests(void **state)
{
    (void)state;
    g_autoptr(Context) context = fresh();
    g_autoptr(Secret) token = add(context, NULL, "ana", "admin");
    assert_true(secret_size(token) >= 43);
    g_autoptr(GError) error = NULL;
    g_autoptr(SqlResult) result =
        sql_run(context->database, NULL, "select digest from operator_token", NULL, &error);
    Digest kept = sql_result_digest(result, 0, 0);
    Digest expected = digest_sha256(secret_peek(token), secret_size(token));
    assert_true(digest_equal(&kept, &expected));

    g_autofree char *typed = g_strdup_printf(" %s\n", secret_peek(token));
    g_autoptr(Secret) with_blanks = secret_new_copy(typed, strlen(typed));
    g_autoptr(OperatorRecord) ana = sign_in(context, with_blanks, "operator add");
    assert_string_equal(ana->name, "ana");
    g_autoptr(Secret) wrong = secret_new_copy("issuer-wrong", 12);
    expect_not_in_force(context, wrong);
}

static void a_token_is_renewed(void **state)
{
    (void)state;
    g_autoptr(Context) context = fresh();
    g_autoptr(GError) error = NULL;
    g_autoptr(Secret) token = add(context, NULL, "ana", "admin");
    g_autoptr(Secret) before = add(context, token, "sam", "support");
    g_autoptr(Secret) after = operators_make_token(&error);
    OperatorOrder order = {.by = before, .name = "sam", .token = after, .days = 1};
    assert_false(operators_renew(context, &order, &error));
    assert_int_equal(error->code, ISSUER_ERROR_DENIED);
    g_autoptr(OperatorRecord) as_before = sign_in(context, before, "request issue");
    order.by = token;
    assert_true(operators_renew(context, &order, NULL));
    expect_not_in_force(context, before);
    g_autoptr(OperatorRecord) as_after = sign_in(context, after, "request issue");
    assert_string_equal(as_after->name, "sam");
    g_clear_error(&error);
    order.name = "nobody";
    assert_false(operators_renew(context, &order, &error));
    assert_int_equal(error->code, ISSUER_ERROR_NOT_FOUND);
}

/* Where every admin's token has run out, only the owner can help. */
static void a_first_admin_again(void **state)
{
    (void)state;
    g_autoptr(Context) context = fresh();
    g_autoptr(Secret) token = add(context, NULL, "ana", "admin");
    expect_not_added(context, NULL, "bo", "admin", ISSUER_ERROR_DENIED);
    g_setenv("ISSUER_NOW", "4000000000", TRUE);
    g_autoptr(Secret) other = add(context, NULL, "bo", "admin");
    expect_not_added(context, NULL, "cy", "admin", ISSUER_ERROR_DENIED);
    g_unsetenv("ISSUER_NOW");
}

static void tokens_end(void **state)
{
    (void)state;
    g_autoptr(Context) context = fresh();
    g_autoptr(Secret) token = add(context, NULL, "ana", "admin");
    g_setenv("ISSUER_NOW", "4000000000", TRUE);
    expect_not_in_force(context, token);
    g_unsetenv("ISSUER_NOW");
    g_autoptr(OperatorRecord) ana = sign_in(context, token, "operator add");
    g_autoptr(Secret) other = add(context, token, "sam", "support");

    g_autoptr(GError) error = NULL;
    assert_null(operators_revoke(context, token, "ana", &error));
    assert_int_equal(error->code, ISSUER_ERROR_DENIED);
    g_autoptr(OperatorRecord) still = sign_in(context, token, "operator add");
    assert_non_null(still);

    g_autoptr(GPtrArray) deeds = operators_revoke(context, token, "sam", NULL);
    assert_int_equal(deeds->len, 0);
    expect_not_in_force(context, other);
    g_clear_error(&error);
    assert_null(operators_revoke(context, token, "sam", &error));
    assert_int_equal(error->code, ISSUER_ERROR_NOT_FOUND);

    g_autoptr(GPtrArray) list = operators_list(context, NULL);
    assert_int_equal(list->len, 2);
    const OperatorRecord *first = g_ptr_array_index(list, 0);
    const OperatorRecord *second = g_ptr_array_index(list, 1);
    assert_string_equal(first->name, "ana");
    assert_true(first->token_expires > first->effective);
    assert_string_equal(second->name, "sam");
    assert_true(second->revoked_at > 0);
    assert_int_equal(second->token_expires, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_admin_and_others),
        cmocka_unit_test(tokens_are_kept_as_digests),
        cmocka_unit_test(a_token_is_renewed),
        cmocka_unit_test(a_first_admin_again),
        cmocka_unit_test(tokens_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
