/* The ledger's bookkeeping, and what applying a decision writes into it. */
#include "core/rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static Digest digest_of(const char *name)
{
    return digest_sha256(name, strlen(name));
}

static Activation *add(Ledger *ledger, int64_t id, const char *instance, uint32_t use_no)
{
    g_autofree char *request = g_strdup_printf("request %d", (int)id);
    Activation *activation = g_new0(Activation, 1);
    activation->id = id;
    activation->license_id = 1;
    activation->thumbprint = digest_of(instance);
    activation->request = digest_of(request);
    activation->seq = (uint64_t)id;
    activation->counted = true;
    activation->use_no = use_no;
    activation->slot = use_no;
    activation->issued_at = 1000;
    activation->stored = true;
    ledger_add(ledger, activation);
    return activation;
}

static void test_finds_in_the_order_of_ids(void **state)
{
    (void)state;
    g_autoptr(Ledger) ledger = ledger_new();
    add(ledger, 5, "A", 1);
    add(ledger, 9, "B", 2);
    add(ledger, 7, "A", 3);
    const Digest instance = digest_of("A");
    const GPtrArray *own = ledger_of_instance(ledger, &instance);
    assert_int_equal(own->len, 2);
    assert_int_equal(((const Activation *)g_ptr_array_index(own, 1))->id, 7);
    const GPtrArray *all = ledger_all(ledger);
    assert_int_equal(((const Activation *)g_ptr_array_index(all, 1))->id, 7);
    assert_int_equal(((const Activation *)g_ptr_array_index(all, 2))->id, 9);
    const Digest request = digest_of("request 9");
    assert_int_equal(ledger_find_request(ledger, &request)->id, 9);
    assert_ptr_equal(ledger_find(ledger, 9), ledger_find_request(ledger, &request));
    assert_null(ledger_find(ledger, 8));
    assert_int_equal(ledger_of_license(ledger, 2)->len, 0);
    const Digest stranger = digest_of("C");
    assert_int_equal(ledger_of_instance(ledger, &stranger)->len, 0);
}

static void test_free_numbers_are_the_lowest(void **state)
{
    (void)state;
    g_autoptr(Ledger) ledger = ledger_new();
    assert_int_equal(ledger_free_use(ledger, 1, 3, 0), 1);
    assert_int_equal(ledger_free_use(ledger, 1, 0, 0), 0);
    add(ledger, 1, "A", 1);
    add(ledger, 2, "B", 3);
    assert_int_equal(ledger_free_use(ledger, 1, UINT32_MAX, 0), 2);
    assert_int_equal(ledger_free_use(ledger, 1, 1, 0), 0);
    assert_int_equal(ledger_free_use(ledger, 1, 1, 1), 1);
    add(ledger, 3, "C", 2);
    assert_int_equal(ledger_free_use(ledger, 1, 3, 0), 0);
    assert_int_equal(ledger_free_slot(ledger, 1, 4, 0), 4);
    ledger_supersede(ledger, 3, false, 2000); /* gives up its place, keeps its use */
    assert_int_equal(ledger_free_slot(ledger, 1, 4, 0), 2);
    assert_int_equal(ledger_free_use(ledger, 1, 4, 0), 4);
    assert_int_equal(ledger_used(ledger, 1), 3);
    assert_int_equal(ledger_active(ledger, 1), 2);
}

static void test_superseded_once(void **state)
{
    (void)state;
    g_autoptr(Ledger) ledger = ledger_new();
    const Activation *a = add(ledger, 1, "A", 1);
    assert_false(a->changed);
    ledger_supersede(ledger, 1, false, 2000);
    assert_int_equal(a->state, ACTIVATION_SUPERSEDED);
    assert_int_equal(a->ended_at, 2000);
    assert_true(a->counted && a->changed);
    ledger_supersede(ledger, 1, true, 3000); /* its use moves on later; it ended before */
    assert_int_equal(a->ended_at, 2000);
    assert_false(a->counted);
}

static void test_a_use_is_given_back_once(void **state)
{
    (void)state;
    g_autoptr(Ledger) ledger = ledger_new();
    const Activation *a = add(ledger, 1, "A", 1);
    assert_true(ledger_lose(ledger, 1, 2000));
    assert_int_equal(a->state, ACTIVATION_LOST);
    assert_int_equal(a->lost_at, 2000);
    assert_false(ledger_lose(ledger, 1, 2500));
    assert_int_equal(a->lost_at, 2000);
    assert_false(ledger_deactivate(ledger, 1, 3000)); /* proof now; nothing given back twice */
    assert_int_equal(a->state, ACTIVATION_DEACTIVATED);
    assert_int_equal(a->ended_at, 2000);
    assert_false(ledger_lose(ledger, 1, 4000));
    assert_int_equal(a->state, ACTIVATION_DEACTIVATED);
    add(ledger, 2, "A", 2);
    assert_true(ledger_deactivate(ledger, 2, 3000));
    assert_int_equal(ledger_used(ledger, 1), 0);
}

static const Activation *apply(const Decision *decision, Ledger *ledger)
{
    static const LicenseFacts license = {.id = 1, .entitlement_version = 4, .product = "chariot"};
    Statement request = {.digest = digest_of("new"),
                         .thumbprint = digest_of("C"),
                         .license_key = digest_of("key"),
                         .seq = 77,
                         .instance = {.host = NULL}};
    const RequestFacts facts = {
        .now = 5000, .license = &license, .request = &request, .ledger = ledger};
    return rules_apply(decision, &facts, ledger, 12);
}

static void test_applying_an_issue(void **state)
{
    (void)state;
    g_autoptr(Ledger) ledger = ledger_new();
    const Activation *a = add(ledger, 1, "A", 1);
    const Activation *b = add(ledger, 2, "B", 2);
    const Decision decision = {.outcome = OUTCOME_ISSUED,
                               .supersedes = 1,
                               .replaces = 2,
                               .continues = 1,
                               .origin = USE_CONTINUED_BY_HOST,
                               .use_no = 1,
                               .slot = 2};
    const Activation *new = apply(&decision, ledger);
    assert_ptr_equal(new, ledger_find(ledger, 12));
    assert_int_equal(new->state, ACTIVATION_ACTIVE);
    assert_true(new->counted &&new->changed && !new->stored);
    assert_int_equal(new->entitlement_version, 4);
    assert_int_equal(new->use_no, 1);
    assert_int_equal(new->slot, 2);
    assert_int_equal(new->seq, 77);
    assert_int_equal(new->issued_at, 5000);
    assert_int_equal(new->ended_at, 0);
    assert_int_equal(new->origin, USE_CONTINUED_BY_HOST);
    assert_int_equal(new->continues, 1);
    assert_int_equal(new->replaces, 2);
    const Digest key = digest_of("key");
    assert_true(digest_equal(&new->license_key, &key));
    assert_true(!a->counted && a->state == ACTIVATION_SUPERSEDED && a->ended_at == 5000);
    assert_true(b->counted && b->state == ACTIVATION_SUPERSEDED && b->ended_at == 5000);
    assert_int_equal(ledger_used(ledger, 1), 2);
}

static void test_applying_anything_else(void **state)
{
    (void)state;
    g_autoptr(Ledger) ledger = ledger_new();
    const Activation *a = add(ledger, 1, "A", 1);
    const Outcome outcomes[] = {OUTCOME_RESENT, OUTCOME_REFUSED, OUTCOME_HELD, OUTCOME_ACCEPTED};
    for (gsize i = 0; i < G_N_ELEMENTS(outcomes); i++) {
        const Decision decision = {.outcome = outcomes[i], .supersedes = 1, .continues = 1};
        assert_null(apply(&decision, ledger));
    }
    assert_true(a->counted && a->state == ACTIVATION_ACTIVE && !a->changed);
    assert_int_equal(ledger_all(ledger)->len, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_finds_in_the_order_of_ids),
        cmocka_unit_test(test_free_numbers_are_the_lowest),
        cmocka_unit_test(test_superseded_once),
        cmocka_unit_test(test_a_use_is_given_back_once),
        cmocka_unit_test(test_applying_an_issue),
        cmocka_unit_test(test_applying_anything_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
