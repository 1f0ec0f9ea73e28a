/* core/emergency.h: which requests get an emergency usage license. */
#include "core/emergency.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define NOW INT64_C(1800000000)

/* A request of a new server for a license without activations: row 21 refuses it. */
typedef struct {
    Ledger *ledger;
    Statement request;
    LicenseFacts license;
    RequestFacts facts;
    EmergencyCounts counts;
} Asked;

static void ask(Asked *asked)
{
    static char product[] = "chariot";
    static char host[] = "plant-1";
    *asked = (Asked){.ledger = ledger_new()};
    asked->request = (Statement){.kind = STATEMENT_USAGE_REQUEST, .seq = 5, .product = product};
    asked->request.instance.host = host;
    asked->request.thumbprint.bytes[0] = 1;
    asked->request.digest.bytes[0] = 2;
    asked->license = (LicenseFacts){.id = 1, .product = product, .servers = 1};
    asked->facts = (RequestFacts){.now = NOW,
                                  .policy = {.reinstalls_a_year = 3, .resends_a_day = 3},
                                  .request = &asked->request,
                                  .license = &asked->license,
                                  .sender_known = true,
                                  .ledger = asked->ledger};
}

static void check(const Asked *asked, Outcome outcome, const char *code)
{
    const Decision decision = emergency_decide(&asked->facts, &asked->counts);
    assert_string_equal(decision.code, code);
    assert_int_equal(decision.outcome, outcome);
    assert_int_equal(decision.use_no, 0);
    assert_int_equal(decision.slot, 0);
}

static void what_is_refused_or_held_is_bridged(void **state)
{
    (void)state;
    Asked asked;
    ask(&asked);
    check(&asked, OUTCOME_ISSUED, "emergency");
    asked.facts.sender_known = false;
    check(&asked, OUTCOME_ISSUED, "emergency");
    asked.license.expires_at = NOW - 1;
    check(&asked, OUTCOME_ISSUED, "emergency");
    asked.license.state = LICENSE_SUSPENDED;
    check(&asked, OUTCOME_ISSUED, "emergency");
    asked.facts.seq_taken = true;
    check(&asked, OUTCOME_ISSUED, "emergency");
    ledger_free(asked.ledger);
}

static void nobody_passes_what_is_final_not_even_behind_a_hold(void **state)
{
    (void)state;
    for (int hidden = 0; hidden < 2; hidden++) {
        Asked asked;
        ask(&asked);
        asked.facts.sender_known = hidden == 0;
        asked.license.state = LICENSE_ENDED;
        check(&asked, OUTCOME_REFUSED, "license-ended");
        asked.license.product = "trireme";
        check(&asked, OUTCOME_REFUSED, "wrong-product");
        asked.facts.newest_seq = 6;
        check(&asked, OUTCOME_REFUSED, "superseded-request");
        asked.facts.license = NULL;
        check(&asked, OUTCOME_REFUSED, "unknown-license");
        ledger_free(asked.ledger);
    }
}

static void what_is_issued_by_itself_needs_none(void **state)
{
    (void)state;
    Asked asked;
    ask(&asked);
    asked.license.activations = 1;
    check(&asked, OUTCOME_REFUSED, "not-held");
    assert_non_null(emergency_refusal("not-held"));
    assert_null(emergency_refusal("license-ended"));
    ledger_free(asked.ledger);
}

static void there_are_few_a_year(void **state)
{
    (void)state;
    Asked asked;
    ask(&asked);
    asked.counts.of_license = 1;
    check(&asked, OUTCOME_REFUSED, "emergency-license");
    asked.license.servers = 39;
    check(&asked, OUTCOME_REFUSED, "emergency-license");
    asked.license.servers = 40;
    check(&asked, OUTCOME_ISSUED, "emergency");
    asked.counts.of_instance = 1;
    check(&asked, OUTCOME_REFUSED, "emergency-instance");
    asked.counts.of_request = true;
    check(&asked, OUTCOME_REFUSED, "emergency-again");
    ledger_free(asked.ledger);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_refused_or_held_is_bridged),
        cmocka_unit_test(nobody_passes_what_is_final_not_even_behind_a_hold),
        cmocka_unit_test(what_is_issued_by_itself_needs_none),
        cmocka_unit_test(there_are_few_a_year),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
