/* Runs the rules over lines of facts from standard input and prints one line for each: the decision
 * and the ledger after it. property.py speaks to it; README.md beside it has the lines. */
#include "base/text.h"
#include "core/rules.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The members of one line, "name=value". */
static GHashTable *read_members(char **words)
{
    GHashTable *members = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    for (; *words != NULL; words++) {
        const char *equals = strchr(*words, '=');
        if (equals == NULL) {
            fprintf(stderr, "driver: \"%s\" is no name=value\n", *words);
            exit(2);
        }
        g_hash_table_insert(members, g_strndup(*words, (gsize)(equals - *words)),
                            g_strdup(equals + 1));
    }
    return members;
}

/* A line that names what is not known here, or lacks what is, is a mistake of the test itself. */
static char *text_of(GHashTable *members, const char *name)
{
    char *value = g_hash_table_lookup(members, name);
    if (value == NULL) {
        fprintf(stderr, "driver: the line has no %s\n", name);
        exit(2);
    }
    return value;
}

static int64_t number_of(GHashTable *members, const char *name)
{
    int64_t number = 0;
    if (!text_read_number(text_of(members, name), 0, INT64_MAX, &number)) {
        fprintf(stderr, "driver: %s is no number\n", name);
        exit(2);
    }
    return number;
}

static bool flag_of(GHashTable *members, const char *name)
{
    return number_of(members, name) != 0;
}

static Digest digest_of(const char *kind, GHashTable *members, const char *name)
{
    g_autofree char *text = g_strdup_printf("%s %s", kind, text_of(members, name));
    return digest_sha256(text, strlen(text));
}

static Fingerprint fingerprint_of(GHashTable *members)
{
    Fingerprint fingerprint = {0};
    for (int part = 0; part < FINGERPRINT_PARTS; part++) {
        const char *name = fingerprint_part_name((FingerprintPart)part);
        const char *value = text_of(members, name);
        if (*value == '\0')
            continue;
        /* Under each license key the same part has another value. */
        g_autofree char *keyed = g_strdup_printf("%s %s %s", text_of(members, "license"),
                                                 text_of(members, "key"), value);
        const Digest digest = digest_sha256(keyed, strlen(keyed));
        fingerprint.present[part] = true;
        memcpy(fingerprint.value[part], digest.bytes, FINGERPRINT_PART_SIZE);
    }
    return fingerprint;
}

static Statement statement_of(GHashTable *members)
{
    char *host = text_of(members, "host");
    g_autofree char *key =
        g_strdup_printf("key %s %s", text_of(members, "license"), text_of(members, "key"));
    return (Statement){
        .digest = digest_of("request", members, "request"),
        .thumbprint = digest_of("instance", members, "instance"),
        .license_key = digest_sha256(key, strlen(key)),
        .seq = (uint64_t)number_of(members, "seq"),
        .instance = {.host = *host != '\0' ? host : NULL, .fingerprint = fingerprint_of(members)},
        .purpose = flag_of(members, "update") ? PURPOSE_UPDATE : PURPOSE_ACTIVATE,
        .product = text_of(members, "product"),
    };
}

static LicenseFacts license_of(GHashTable *members)
{
    return (LicenseFacts){
        .id = number_of(members, "license"),
        .customer_id = number_of(members, "customer"),
        .product = text_of(members, "license-product"),
        .state = (LicenseState)number_of(members, "state"),
        .key_retired = flag_of(members, "retired"),
        .expires_at = number_of(members, "expires"),
        .entitlement_version = (uint32_t)number_of(members, "version"),
        .activations = (uint32_t)number_of(members, "allowed"),
        .servers = (uint32_t)number_of(members, "servers"),
    };
}

static RequestFacts facts_of(GHashTable *members, const Statement *request,
                             const LicenseFacts *license, const Ledger *ledger)
{
    return (RequestFacts){
        .now = number_of(members, "now"),
        .policy = {.second_server_hold = flag_of(members, "second-server-hold"),
                   .require_authenticated = flag_of(members, "require-authenticated"),
                   .reinstalls_a_year = (uint32_t)number_of(members, "reinstalls"),
                   .resends_a_day = (uint32_t)number_of(members, "resends")},
        .damage = flag_of(members, "damaged") ? "line 2 is wrong" : NULL,
        .request = flag_of(members, "damaged") ? NULL : request,
        .license = license->id != 0 ? license : NULL,
        .sender_known = flag_of(members, "sender"),
        .sender_vouched = flag_of(members, "vouched"),
        .ledger = ledger,
        .passed_at = number_of(members, "passed-at"),
        .newest_seq = (uint64_t)number_of(members, "newest-seq"),
        .seq_taken = flag_of(members, "seq-taken"),
        .resends_today = (uint32_t)number_of(members, "resends-today"),
        .installed = (InstalledState)number_of(members, "installed"),
        .installed_is_own = number_of(members, "installed-own") != 0,
        .installed_license_id = number_of(members, "installed-license"),
        .installed_version = (uint32_t)number_of(members, "installed-version"),
        .installed_customer_id = number_of(members, "installed-customer"),
        .tells_of_loss = flag_of(members, "loss"),
        .case_open = flag_of(members, "case"),
        .contested = flag_of(members, "contested"),
        .key_revoked = flag_of(members, "key-revoked"),
        .person = {.issues = flag_of(members, "issues"),
                   .continues = number_of(members, "continues"),
                   .new_use = flag_of(members, "new-use"),
                   .replaces = number_of(members, "replaces")},
    };
}

static void print_decision(FILE *out, const Decision *decision)
{
    static const char *const OUTCOMES[] = {"issued", "resent", "refused", "held", "accepted"};
    static const char *const ORIGINS[] = {"taken", "instance", "host"};
    fprintf(out, "%s row=%u code=%s note=%s alert=%d would=%s", OUTCOMES[decision->outcome],
            decision->row, decision->code, decision->note != NULL ? decision->note : "-",
            decision->alert, decision->would != NULL ? decision->would : "-");
    fprintf(out, " supersedes=%" PRId64 " replaces=%" PRId64 " continues=%" PRId64, //
            decision->supersedes, decision->replaces, decision->continues);
    fprintf(out, " moves=%" PRId64 " origin=%s use=%u slot=%u passed=", decision->moves_from,
            ORIGINS[decision->origin], decision->use_no, decision->slot);
    for (gsize i = 0; decision->passed[i] != NULL; i++)
        fprintf(out, "%s%s", i > 0 ? "," : "", decision->passed[i]);
}

static char *decision_text(const Decision *decision)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    print_decision(out, decision);
    fclose(out);
    return text;
}

static void print_ledger(const Ledger *ledger)
{
    static const char *const STATES[] = {"active", "superseded", "deactivated", "lost",
                                         "corrected"};
    const GPtrArray *all = ledger_all(ledger);
    printf(" |");
    for (guint i = 0; i < all->len; i++) {
        const Activation *a = g_ptr_array_index(all, i);
        printf(" %" PRId64 ":%" PRId64 ":%s:%d:%u:%u", a->id, a->license_id, STATES[a->state],
               a->counted, a->use_no, a->slot);
    }
    putchar('\n');
}

/* Whether the contract of RequestFacts has this activation in the ledger. */
static bool is_needed(const Activation *activation, const RequestFacts *facts)
{
    const bool recent = facts->now - activation->issued_at < 365 * INT64_C(86400);
    return activation->state == ACTIVATION_ACTIVE || activation->state == ACTIVATION_LOST ||
           activation->counted || (activation->origin == USE_CONTINUED_BY_HOST && recent) ||
           digest_equal(&activation->request, &facts->request->digest);
}

static Ledger *trimmed(const RequestFacts *facts)
{
    Ledger *ledger = ledger_new();
    const GPtrArray *all = ledger_all(facts->ledger);
    for (guint i = 0; i < all->len; i++) {
        const Activation *activation = g_ptr_array_index(all, i);
        if (!is_needed(activation, facts))
            continue;
        Activation *copy = g_memdup2(activation, sizeof *activation);
        copy->host = g_strdup(activation->host);
        ledger_add(ledger, copy);
    }
    return ledger;
}

/* The same facts decide the same, also when the ledger holds no more than it must. */
static void expect_same(const RequestFacts *facts, const char *expected)
{
    RequestFacts less = *facts;
    g_autoptr(Ledger) ledger = facts->request != NULL ? trimmed(facts) : ledger_new();
    less.ledger = ledger;
    const Decision again = rules_decide(facts);
    const Decision lesser = rules_decide(&less);
    char *texts[] = {decision_text(&again), decision_text(&lesser)};
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        if (strcmp(texts[i], expected) != 0)
            printf("%s, but with %s: ", texts[i], i == 0 ? "the same facts" : "the whole ledger");
        free(texts[i]);
    }
}

static void decide(GHashTable *members, Ledger *ledger)
{
    Statement request = statement_of(members);
    const LicenseFacts license = license_of(members);
    const RequestFacts facts = facts_of(members, &request, &license, ledger);
    const Decision decision = rules_decide(&facts);
    char *text = decision_text(&decision);
    expect_same(&facts, text);
    const uint32_t released = rules_release_moved(&facts, ledger);
    rules_apply(&decision, &facts, ledger, number_of(members, "id"));
    printf("%s released=%u", text, released);
    free(text);
}

static void deactivate(GHashTable *members, Ledger *ledger)
{
    Statement statement = {
        .kind = STATEMENT_DEACTIVATION,
        .thumbprint = digest_of("instance", members, "instance"),
        .seq = (uint64_t)number_of(members, "seq"),
    };
    const DeactivationFacts facts = {
        .now = number_of(members, "now"),
        .statement = &statement,
        .signature_holds = flag_of(members, "genuine"),
        .proof_holds = true,
        .serial_on_record = flag_of(members, "on-record"),
        .serial_of_this_instance = flag_of(members, "own"),
        .seen_before = flag_of(members, "seen"),
        .ledger = ledger,
    };
    const Decision decision = rules_decide_deactivation(&facts);
    const uint32_t given = rules_apply_deactivation(&decision, &facts, ledger);
    print_decision(stdout, &decision);
    printf(" released=%u", given);
}

static void correct(Ledger *ledger, int64_t id)
{
    Activation *activation = ledger_find(ledger, id);
    if (activation->state != ACTIVATION_ACTIVE && activation->state != ACTIVATION_SUPERSEDED)
        return;
    activation->state = ACTIVATION_CORRECTED;
    activation->counted = false;
}

static void obey(const char *line, Ledger **ledger)
{
    g_auto(GStrv) words = g_strsplit(line, " ", -1);
    g_autoptr(GHashTable) members = read_members(words + 1);
    if (strcmp(words[0], "new") == 0) {
        ledger_free(*ledger);
        *ledger = ledger_new();
        printf("new");
    } else if (strcmp(words[0], "decide") == 0) {
        decide(members, *ledger);
    } else if (strcmp(words[0], "deactivate") == 0) {
        deactivate(members, *ledger);
    } else if (strcmp(words[0], "lose") == 0) {
        ledger_lose(*ledger, number_of(members, "id"), number_of(members, "now"));
        printf("lost");
    } else if (strcmp(words[0], "correct") == 0) {
        correct(*ledger, number_of(members, "id"));
        printf("corrected");
    } else {
        fprintf(stderr, "driver: \"%s\" is no command\n", words[0]);
        exit(2);
    }
    print_ledger(*ledger);
}

int main(void)
{
    g_autoptr(Ledger) ledger = ledger_new();
    char *line = NULL;
    size_t size = 0;
    ssize_t length;
    while ((length = getline(&line, &size, stdin)) > 0) {
        if (line[length - 1] == '\n')
            line[length - 1] = '\0';
        obey(line, &ledger);
    }
    free(line);
    return 0;
}
