/* Reads one line of tests/rules/cases.txt into the facts that it stands for. The notation is in
 * tests/rules/README.md. */
#ifndef ISSUER_TESTS_RULES_CASE_READER_H
#define ISSUER_TESTS_RULES_CASE_READER_H

#include "base/text.h"
#include "core/rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW (INT64_C(1700000000))
#define DAY (INT64_C(86400))

/* One case while it is read. The strings that it points to are words of the line. */
typedef struct {
    const char *place; /* "cases.txt:12", for messages */
    LicenseFacts license;
    Statement statement;
    char product[8]; /* of the statement */
    RequestFacts facts;
    DeactivationFacts deactivation;
    bool is_deactivation;
    Ledger *ledger;
} Case;

static void give_up(const Case *c, const char *what, const char *word)
{
    fail_msg("%s: %s: \"%s\"", c->place, what, word);
}

static int64_t number_in(const Case *c, const char *text)
{
    int64_t number = 0;
    if (!text_read_number(*text == '#' ? text + 1 : text, 0, INT64_MAX, &number))
        give_up(c, "this is no number", text);
    return number;
}

/* If `word` is "name=value" (`name` with its sign), its value, else NULL. */
static const char *value_of(const char *word, const char *name)
{
    return g_str_has_prefix(word, name) ? word + strlen(name) : NULL;
}

static Digest digest_of(const char *kind, const char *name)
{
    g_autofree char *text = g_strdup_printf("%s %s", kind, name);
    return digest_sha256(text, strlen(text));
}

/* A host: "1" is short for "b1c1m1h1": board, cpu, mac and host name; what is missing is absent. */
static void read_host(Fingerprint *fingerprint, char **name, const char *text)
{
    static const char LETTERS[] = {
        [FINGERPRINT_BOARD] = 'b', [FINGERPRINT_CPU] = 'c', [FINGERPRINT_MAC] = 'm'};
    g_autofree char *whole = g_ascii_isdigit(*text)
                                 ? g_strdup_printf("b%sc%sm%sh%s", text, text, text, text)
                                 : g_strdup(text);
    for (int part = 0; part < FINGERPRINT_PARTS; part++) {
        const char *letter = strchr(whole, LETTERS[part]);
        if (letter == NULL)
            continue;
        fingerprint->present[part] = true;
        memcpy(fingerprint->value[part], letter, 2);
    }
    const char *host = strchr(whole, 'h');
    *name = host != NULL ? g_strndup(host, 2) : NULL;
}

/* "A@1": which instance, and on which host. */
static Digest read_server(const Case *c, const char *word, Fingerprint *fingerprint, char **name)
{
    g_auto(GStrv) halves = g_strsplit(word, "@", 2);
    if (halves[0] == NULL || halves[1] == NULL)
        give_up(c, "this is no server (A@1)", word);
    read_host(fingerprint, name, halves[1]);
    return digest_of("instance", halves[0]);
}

static void read_license_size(Case *c, const char *word)
{
    g_auto(GStrv) halves = g_strsplit(word, "/", 2);
    if (halves[0] == NULL || halves[1] == NULL)
        give_up(c, "this says nothing of the license", word);
    c->license.activations = (uint32_t)number_in(c, halves[0]);
    c->license.servers = (uint32_t)number_in(c, halves[1]);
}

static void read_license_word(Case *c, const char *word)
{
    const char *value = NULL;
    if (strcmp(word, "none") == 0)
        c->facts.license = NULL;
    else if (strcmp(word, "ended") == 0)
        c->license.state = LICENSE_ENDED;
    else if (strcmp(word, "suspended") == 0)
        c->license.state = LICENSE_SUSPENDED;
    else if (strcmp(word, "retired-key") == 0)
        c->license.key_retired = true;
    else if (strcmp(word, "expired") == 0)
        c->license.expires_at = NOW;
    else if (strcmp(word, "expires-next-second") == 0)
        c->license.expires_at = NOW + 1;
    else if (strcmp(word, "second-server=hold") == 0)
        c->facts.policy.second_server_hold = true;
    else if (strcmp(word, "require-authenticated") == 0)
        c->facts.policy.require_authenticated = true;
    else if ((value = value_of(word, "v=")) != NULL)
        c->license.entitlement_version = (uint32_t)number_in(c, value);
    else if ((value = value_of(word, "customer=")) != NULL)
        c->license.customer_id = number_in(c, value);
    else
        read_license_size(c, word);
}

static void read_activation_state(const Case *c, Activation *a, const char *word)
{
    static const char *const STATES[] = {"active", "superseded", "deactivated", "lost",
                                         "corrected"};
    a->state = ACTIVATION_SUPERSEDED;
    a->counted = strcmp(word, "superseded") == 0;
    if (a->counted || strcmp(word, "moved-on") == 0)
        return;
    for (gsize i = 0; i < G_N_ELEMENTS(STATES); i++) {
        if (strcmp(word, STATES[i]) == 0) {
            a->state = (ActivationState)i;
            a->lost_at = a->state == ACTIVATION_LOST ? NOW - DAY : 0;
            return;
        }
    }
    give_up(c, "this says nothing of an activation", word);
}

static void read_activation_word(const Case *c, Activation *a, const char *word)
{
    const char *value = NULL;
    if ((value = value_of(word, "use=")) != NULL)
        a->use_no = (uint32_t)number_in(c, value);
    else if ((value = value_of(word, "slot=")) != NULL)
        a->slot = (uint32_t)number_in(c, value);
    else if ((value = value_of(word, "license=")) != NULL)
        a->license_id = number_in(c, value);
    else if ((value = value_of(word, "v=")) != NULL)
        a->entitlement_version = (uint32_t)number_in(c, value);
    else if ((value = value_of(word, "seq=")) != NULL)
        a->seq = (uint64_t)number_in(c, value);
    else if ((value = value_of(word, "days=")) != NULL)
        a->issued_at = NOW - number_in(c, value) * DAY;
    else if (strcmp(word, "old-key") == 0)
        a->license_key = digest_of("license key", "old");
    else if (strcmp(word, "by-host") == 0)
        a->origin = USE_CONTINUED_BY_HOST;
    else
        read_activation_state(c, a, word);
}

/* "#1=A@1,superseded,use=1": by default active, with the use of its number on place 1, issued in
 * the order of the numbers. */
static void read_history_word(Case *c, const char *word)
{
    g_auto(GStrv) parts = g_strsplit(word, ",", -1);
    g_auto(GStrv) halves = g_strsplit(parts[0], "=", 2);
    if (halves[0] == NULL || halves[1] == NULL || *halves[0] != '#')
        give_up(c, "this is no activation (#1=A@1)", word);
    Activation *a = g_new0(Activation, 1);
    a->id = number_in(c, halves[0]);
    a->license_id = 1;
    a->entitlement_version = 1;
    a->thumbprint = read_server(c, halves[1], &a->fingerprint, &a->host);
    a->request = digest_of("request", halves[0]);
    a->license_key = digest_of("license key", "present");
    a->seq = (uint64_t)a->id;
    a->counted = true;
    a->use_no = (uint32_t)a->id;
    a->slot = 1;
    a->issued_at = NOW - (30 - a->id) * DAY;
    for (char **part = parts + 1; *part != NULL; part++)
        read_activation_word(c, a, *part);
    ledger_add(c->ledger, a);
}

static void read_installed(Case *c, const char *value)
{
    const Activation *a = *value == '#' ? ledger_find(c->ledger, number_in(c, value)) : NULL;
    c->facts.installed = a == NULL                           ? INSTALLED_UNKNOWN
                         : a->state <= ACTIVATION_SUPERSEDED ? INSTALLED_ON_RECORD
                                                             : INSTALLED_GIVEN_BACK;
    c->facts.installed_is_own = a != NULL && digest_equal(&a->thumbprint, &c->statement.thumbprint);
    c->facts.installed_license_id = a != NULL ? a->license_id : 0;
    c->facts.installed_version = a != NULL ? a->entitlement_version : 0;
    c->facts.installed_customer_id = a != NULL ? 1 : 0;
}

static bool read_deactivation_word(Case *c, const char *word)
{
    if (strcmp(word, "deactivation") == 0)
        c->is_deactivation = true;
    else if (strcmp(word, "forged") == 0)
        c->deactivation.signature_holds = false;
    else if (strcmp(word, "unproven") == 0)
        c->deactivation.proof_holds = false;
    else if (strcmp(word, "never-issued") == 0)
        c->deactivation.serial_on_record = false;
    else if (strcmp(word, "foreign") == 0)
        c->deactivation.serial_of_this_instance = false;
    else if (strcmp(word, "repeated") == 0)
        c->deactivation.seen_before = true;
    else
        return false;
    return true;
}

static bool read_request_flag(Case *c, const char *word)
{
    if (strcmp(word, "damaged") == 0)
        c->facts.damage = "line 7 is wrong";
    else if (strcmp(word, "stranger") == 0)
        c->facts.sender_known = false;
    else if (strcmp(word, "unvouched") == 0)
        c->facts.sender_vouched = false;
    else if (strcmp(word, "copied") == 0)
        c->facts.seq_taken = true;
    else if (strcmp(word, "update") == 0)
        c->statement.purpose = PURPOSE_UPDATE;
    else if (strcmp(word, "other-product") == 0)
        g_strlcpy(c->product, "trireme", sizeof c->product);
    else if (strcmp(word, "contested") == 0)
        c->facts.contested = true;
    else if (strcmp(word, "key-revoked") == 0)
        c->facts.key_revoked = true;
    else if (strcmp(word, "loss") == 0)
        c->facts.tells_of_loss = true;
    else if (strcmp(word, "case") == 0)
        c->facts.case_open = true;
    else
        return false;
    return true;
}

static void read_request_word(Case *c, const char *word)
{
    const char *value = NULL;
    if (read_request_flag(c, word) || read_deactivation_word(c, word))
        return;
    if ((value = value_of(word, "seq=")) != NULL)
        c->statement.seq = (uint64_t)number_in(c, value);
    else if ((value = value_of(word, "newest=")) != NULL)
        c->facts.newest_seq = (uint64_t)number_in(c, value);
    else if ((value = value_of(word, "answered=")) != NULL)
        c->statement.digest = digest_of("request", value);
    else if ((value = value_of(word, "resends=")) != NULL)
        c->facts.resends_today = (uint32_t)number_in(c, value);
    else if ((value = value_of(word, "installed=")) != NULL)
        read_installed(c, value);
    else if ((value = value_of(word, "passed-days=")) != NULL)
        c->facts.passed_at = NOW - number_in(c, value) * DAY;
    else
        c->statement.thumbprint =
            read_server(c, word, &c->statement.instance.fingerprint, &c->statement.instance.host);
}

static void read_person_word(Case *c, const char *word)
{
    const char *value = NULL;
    if (strcmp(word, "issue") == 0)
        c->facts.person.issues = true;
    else if (strcmp(word, "new-use") == 0)
        c->facts.person.new_use = true;
    else if ((value = value_of(word, "continue=")) != NULL)
        c->facts.person.continues = number_in(c, value);
    else if ((value = value_of(word, "replace=")) != NULL)
        c->facts.person.replaces = number_in(c, value);
    else
        give_up(c, "no person says this", word);
}

static void read_column(Case *c, const char *column, void (*read_word)(Case *, const char *))
{
    g_auto(GStrv) words = g_strsplit_set(column, " \t", -1);
    for (char **word = words; *word != NULL; word++) {
        if (**word != '\0' && strcmp(*word, "-") != 0)
            read_word(c, *word);
    }
}

static void start_case(Case *c, const char *place)
{
    *c = (Case){.place = place, .ledger = ledger_new()};
    c->license =
        (LicenseFacts){.id = 1, .customer_id = 1, .product = "chariot", .entitlement_version = 1};
    c->statement.digest = digest_of("request", "new");
    c->statement.license_key = digest_of("license key", "present");
    c->statement.seq = 50;
    g_strlcpy(c->product, "chariot", sizeof c->product);
    c->statement.product = c->product;
    c->facts = (RequestFacts){
        .now = NOW,
        .policy = {.reinstalls_a_year = 3, .resends_a_day = 3},
        .request = &c->statement,
        .license = &c->license,
        .sender_known = true,
        .sender_vouched = true,
        .ledger = c->ledger,
    };
    c->deactivation = (DeactivationFacts){
        .now = NOW,
        .statement = &c->statement,
        .signature_holds = true,
        .proof_holds = true,
        .serial_on_record = true,
        .serial_of_this_instance = true,
        .ledger = c->ledger,
    };
}

/* Reads the columns of a line, the first of which is what is expected, into a case that was
 * started. */
static void read_case(Case *c, char **columns)
{
    const guint count = g_strv_length(columns);
    if (count < 4 || count > 5)
        give_up(c, "a case has four or five columns", columns[0]);
    /* The history first: the request may name what stands in it. */
    read_column(c, columns[3], read_history_word);
    read_column(c, columns[1], read_license_word);
    read_column(c, columns[2], read_request_word);
    if (count == 5)
        read_column(c, columns[4], read_person_word);
}

static void end_case(Case *c)
{
    g_free(c->statement.instance.host);
    ledger_free(c->ledger);
}

#endif
