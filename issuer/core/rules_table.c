/* The table of what is decided for a usage request, and what makes each of its rows fit. A row that
 * is reached knows that none before it has fitted, or that a person has let it pass. */
#include "core/rules_facts.h"

/* Rows 1 to 3: the message itself. */

static bool is_damaged(const RulesFacts *facts)
{
    return facts->given->damage != NULL;
}

static bool has_no_license(const RulesFacts *facts)
{
    return facts->license == NULL;
}

static bool sender_is_unknown(const RulesFacts *facts)
{
    return !facts->given->sender_known;
}

static bool sender_is_unproven(const RulesFacts *facts)
{
    return rules_sender_is_unproven(facts->given);
}

/* Rows 4 to 6: the instance and its earlier requests. */

static bool lost_server_returned(const RulesFacts *facts)
{
    return facts->lost_returned;
}

static bool is_superseded(const RulesFacts *facts)
{
    const bool has_ended = facts->answer != NULL && facts->answer->state != ACTIVATION_ACTIVE;
    return has_ended || facts->request->seq < facts->given->newest_seq;
}

static bool seq_is_taken(const RulesFacts *facts)
{
    return facts->given->seq_taken;
}

/* Rows 7 to 9: the license. */

static bool is_for_another_product(const RulesFacts *facts)
{
    return g_strcmp0(facts->request->product, facts->license->product) != 0;
}

static bool license_has_ended(const RulesFacts *facts)
{
    return facts->license->state == LICENSE_ENDED;
}

static bool license_is_suspended(const RulesFacts *facts)
{
    return facts->license->state == LICENSE_SUSPENDED;
}

static bool key_is_retired_and_instance_new(const RulesFacts *facts)
{
    return facts->license->key_retired && !facts->own_known;
}

static bool license_has_expired(const RulesFacts *facts)
{
    return facts->license->expires_at != 0 && facts->given->now >= facts->license->expires_at;
}

/* Rows 10 to 12: what was issued before. */

static bool answer_is_of_no_use(const RulesFacts *facts)
{
    return facts->answer != NULL && facts->given->key_revoked;
}

static bool was_resent_too_often(const RulesFacts *facts)
{
    return facts->answer != NULL &&
           facts->given->resends_today >= facts->given->policy.resends_a_day;
}

static bool was_issued_before(const RulesFacts *facts)
{
    return facts->answer != NULL;
}

static bool installed_is_not_on_record(const RulesFacts *facts)
{
    return facts->given->installed == INSTALLED_UNKNOWN ||
           facts->given->installed == INSTALLED_GIVEN_BACK;
}

/* A version number means something within its license only: a server that moves here from another
 * license of the customer asks for something new. */
static bool update_without_upgrade(const RulesFacts *facts)
{
    const RequestFacts *given = facts->given;
    return facts->request->purpose == PURPOSE_UPDATE && given->installed == INSTALLED_ON_RECORD &&
           given->installed_license_id == facts->license->id &&
           given->installed_version == facts->license->entitlement_version &&
           given->installed_customer_id == facts->license->customer_id;
}

/* Rows 13 to 17: a use that goes on. */

static bool own_host_changed(const RulesFacts *facts)
{
    return facts->on_another_host;
}

static bool can_issue(const RulesFacts *facts)
{
    return facts->use_no != 0 && facts->slot != 0 && facts->place != PLACE_NAMED;
}

static bool own_use_goes_on(const RulesFacts *facts)
{
    return facts->source == USE_OF_OWN_ACTIVE && can_issue(facts);
}

static bool reinstalled_too_often(const RulesFacts *facts)
{
    return facts->found == USE_OF_REINSTALLED && facts->too_often;
}

static bool was_reinstalled(const RulesFacts *facts)
{
    return facts->source == USE_OF_REINSTALLED && can_issue(facts);
}

static bool host_is_unclear(const RulesFacts *facts)
{
    return facts->found == USE_UNCLEAR;
}

static bool host_was_named(const RulesFacts *facts)
{
    return facts->source == USE_OF_NAMED && can_issue(facts);
}

static bool hosts_use_too_often(const RulesFacts *facts)
{
    return facts->found == USE_OF_HOSTS_EARLIER && facts->too_often;
}

static bool earlier_use_goes_on(const RulesFacts *facts)
{
    return (facts->source == USE_OF_OWN_EARLIER || facts->source == USE_OF_HOSTS_EARLIER) &&
           can_issue(facts);
}

/* Rows 18 to 21: counts. */

static bool several_wait(const RulesFacts *facts)
{
    return facts->given->contested && facts->source == USE_NEW && facts->use_no != 0;
}

static bool new_server_and_free_place(const RulesFacts *facts)
{
    return facts->source == USE_NEW && can_issue(facts) && facts->replaces == NULL;
}

static bool new_server_and_only_place(const RulesFacts *facts)
{
    return facts->source == USE_NEW && can_issue(facts);
}

static bool all_places_taken(const RulesFacts *facts)
{
    return facts->use_no != 0;
}

static bool place_was_named(const RulesFacts *facts)
{
    return facts->use_no != 0 && facts->place == PLACE_NAMED;
}

static bool none_left_but_loss(const RulesFacts *facts)
{
    return facts->given->tells_of_loss || facts->given->case_open;
}

static bool none_left(const RulesFacts *facts)
{
    (void)facts; /* the table ends here, so that there is always an outcome */
    return true;
}

/* What lets a held row pass. */

static bool person_issues(const RulesFacts *facts)
{
    return facts->given->person.issues;
}

static bool says_nothing_of_continuing(const RulesFacts *facts)
{
    return facts->given->person.continues == 0;
}

static bool person_knows_own_server(const RulesFacts *facts)
{
    return person_issues(facts) && (says_nothing_of_continuing(facts) || facts->own_named != NULL);
}

static bool person_knows_reinstalled(const RulesFacts *facts)
{
    const Activation *named = facts->host_named;
    return person_issues(facts) && (says_nothing_of_continuing(facts) ||
                                    (named != NULL && named->state == ACTIVATION_ACTIVE));
}

static bool person_chose_server(const RulesFacts *facts)
{
    return person_issues(facts) && facts->source != USE_UNCLEAR;
}

static bool person_knows_hosts_use(const RulesFacts *facts)
{
    const Activation *named = facts->host_named;
    return person_issues(facts) && (says_nothing_of_continuing(facts) ||
                                    (named != NULL && named->state == ACTIVATION_SUPERSEDED));
}

#define ISSUE_IT     "issue it"
#define THE_SERVER   "--continue UL-… (the server that it is) or --new-use (another one)"
#define WHICH_SERVER "issue it, if need be with " THE_SERVER

/* One row reads as one row. */
/* clang-format off */
static const RuleText ROWS[] = {
    {1, false, OUTCOME_REFUSED, "damaged", is_damaged, NULL,
     "its signature is wrong, its text is damaged, or its version is unknown", NULL},
    {2, false, OUTCOME_REFUSED, "unknown-license", has_no_license, NULL,
     "there is no license for it, or its proof does not fit the license", NULL},
    {3, false, OUTCOME_HELD, "unknown-sender", sender_is_unknown, person_issues,
     "the sender is no contact of the license (shown with what would follow)", ISSUE_IT},
    {3, false, OUTCOME_HELD, "unproven-sender", sender_is_unproven, person_issues,
     "require-authenticated = yes, and no trusted server vouches for the contact it is from",
     ISSUE_IT},
    {4, true, OUTCOME_HELD, "lost-server-returned", lost_server_returned, person_issues,
     "the server or its host was declared lost, and nobody has let it pass since",
     "issue it: it takes a new use"},
    {5, false, OUTCOME_REFUSED, "superseded-request", is_superseded, NULL,
     "what it was answered with has ended since, or the server has made a newer code", NULL},
    {6, true, OUTCOME_HELD, "copied-server", seq_is_taken, person_issues,
     "another request of this server with the same number was here first (a copied server)",
     ISSUE_IT},
    {7, false, OUTCOME_REFUSED, "wrong-product", is_for_another_product, NULL,
     "it is for another product than the license", NULL},
    {8, false, OUTCOME_REFUSED, "license-ended", license_has_ended, NULL,
     "the license has ended: refunded, cancelled or replaced", NULL},
    {8, false, OUTCOME_HELD, "license-suspended", license_is_suspended, person_issues,
     "the license is suspended", ISSUE_IT},
    {8, false, OUTCOME_HELD, "retired-key", key_is_retired_and_instance_new, person_issues,
     "the license has another key by now, and the server is new to it", ISSUE_IT},
    {9, false, OUTCOME_REFUSED, "license-expired", license_has_expired, NULL,
     "the license is past its expiry", NULL},
    {10, false, OUTCOME_REFUSED, "key-revoked", answer_is_of_no_use, NULL,
     "it was answered before, with a usage license whose signing key was revoked since", NULL},
    {10, false, OUTCOME_HELD, "resent-too-often", was_resent_too_often, person_issues,
     "it was answered before, and sent again more often a day than allowed",
     "issue it: the same bytes once more"},
    {10, false, OUTCOME_RESENT, "resent", was_issued_before, NULL,
     "it was answered before, and that activation is active: the same bytes again", NULL},
    {11, true, OUTCOME_HELD, "license-not-on-record", installed_is_not_on_record, person_issues,
     "the usage license that it names as installed is not on record, or was given back", ISSUE_IT},
    {12, false, OUTCOME_HELD, "no-upgrade-on-record", update_without_upgrade, person_issues,
     "it asks for an update, and nothing has changed since what it has installed", ISSUE_IT},
    {13, false, OUTCOME_HELD, "host-changed", own_host_changed, person_knows_own_server,
     "the server has a use here, but runs on another host now", WHICH_SERVER},
    {14, false, OUTCOME_ISSUED, "issued", own_use_goes_on, NULL,
     "the server is active here: the new one supersedes it and continues its use", NULL},
    {15, false, OUTCOME_HELD, "reinstalled-often", reinstalled_too_often, person_knows_reinstalled,
     "one other server is active on its host, reinstalled there too often within a year",
     WHICH_SERVER},
    {15, false, OUTCOME_ISSUED, "issued", was_reinstalled, NULL,
     "one other server is active on its host: a reinstall, which continues that use", NULL},
    {16, false, OUTCOME_HELD, "host-unclear", host_is_unclear, person_chose_server,
     "several servers are active on its host", "issue it with " THE_SERVER},
    {16, false, OUTCOME_ISSUED, "issued", host_was_named, NULL,
     "several servers are active on its host, and a person said which of them it is", NULL},
    {17, false, OUTCOME_HELD, "reinstalled-often", hosts_use_too_often, person_knows_hosts_use,
     "its host has a use from before, continued there too often within a year", WHICH_SERVER},
    {17, false, OUTCOME_ISSUED, "issued", earlier_use_goes_on, NULL,
     "the server, else its host, has a use from before: it goes on, the place as in 18 to 20",
     NULL},
    {18, false, OUTCOME_HELD, "choose-request", several_wait, person_issues,
     "decided again, and more new servers wait for a use than the license has left", ISSUE_IT},
    {18, false, OUTCOME_ISSUED, "issued", new_server_and_free_place, NULL,
     "a new server; activations are left and a server place is free: it takes a use", NULL},
    {19, false, OUTCOME_ISSUED, "issued", new_server_and_only_place, NULL,
     "a new server; activations are left, and the only place is taken: it replaces that server",
     NULL},
    {20, false, OUTCOME_HELD, "choose-server", all_places_taken, place_was_named,
     "activations are left, but all server places are taken",
     "issue it with --replace UL-… (the server whose place it takes)"},
    {20, false, OUTCOME_ISSUED, "issued", place_was_named, NULL,
     "all server places are taken, and a person said which server it replaces", NULL},
    {21, false, OUTCOME_HELD, "no-activations-left", none_left_but_loss, NULL,
     "no activation is left, and the mail tells of a lost server or a case is open", NULL},
    {21, false, OUTCOME_REFUSED, "no-activations-left", none_left, NULL,
     "no activation is left", NULL},
};
/* clang-format on */

const RuleText *rules_table(gsize *count)
{
    *count = G_N_ELEMENTS(ROWS);
    return ROWS;
}
