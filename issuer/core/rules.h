/* What is decided for a usage request or a deactivation: one ordered table, the first row that fits
 * decides. Pure: records in, decision out; no I/O and no clock. */
#ifndef ISSUER_CORE_RULES_H
#define ISSUER_CORE_RULES_H

#include "core/ledger.h"
#include "core/statement.h"

typedef enum {
    OUTCOME_ISSUED,
    OUTCOME_RESENT,
    OUTCOME_REFUSED,
    OUTCOME_HELD,
    OUTCOME_ACCEPTED, /* a deactivation */
} Outcome;

/* "issued", "resent", "refused", "held" or "accepted", and back; a name that is none of these is a
 * bug (aborts). Static. */
const char *rules_outcome_name(Outcome outcome);
Outcome rules_outcome_read(const char *name);

typedef enum {
    LICENSE_CURRENT,
    LICENSE_SUSPENDED,
    LICENSE_ENDED,
} LicenseState;

/* A license as the rules see it. */
typedef struct {
    int64_t id;
    int64_t customer_id;
    const char *product;
    LicenseState state;
    bool key_retired;   /* the key that the request names was replaced by another */
    int64_t expires_at; /* seconds, the first instant past it; 0: perpetual */
    uint32_t entitlement_version;
    uint32_t activations; /* allowed */
    uint32_t servers;     /* at once */
} LicenseFacts;

/* What is on record about the usage license that a request names as installed. */
typedef enum {
    INSTALLED_NONE,    /* the request names none */
    INSTALLED_UNKNOWN, /* not on record */
    INSTALLED_ON_RECORD,
    INSTALLED_GIVEN_BACK, /* deactivated, lost or ended by a correction */
} InstalledState;

/* What a person said about a held request; all zero: nobody has said anything. `continues` and
 * `new_use` are looked at where rows 13, 15, 16 or 17 ask which server it is, and nowhere else;
 * given both, `continues` counts. What names no activation that the row asks about passes nothing.
 * Nothing said: on 13, 15 and 17 the use that the row found goes on, on 16 it stays held. */
typedef struct {
    bool issues;       /* "issue": every hold is passed, never a refusal or the counts */
    int64_t continues; /* it is the same server as this activation; 0: not said */
    bool new_use;      /* it is another server */
    int64_t replaces;  /* row 20: the active activation whose server place it takes; 0: not said,
                          then row 20 stays held */
} PersonSays;

/* The settings that change decisions. */
typedef struct {
    bool second_server_hold;    /* row 19 holds as row 20 does */
    uint32_t reinstalls_a_year; /* rows 15 and 17, a host; 3 */
    uint32_t resends_a_day;     /* row 10; 3 */
    bool require_authenticated; /* row 3 holds contacts too whom nobody vouches for */
} Policy;

typedef struct {
    int64_t now; /* seconds */
    Policy policy;
    const char *damage;       /* row 1: what is wrong with it and where; NULL: intact and signed */
    const Statement *request; /* NULL if damaged */
    const LicenseFacts
        *license;           /* NULL: no license has the key that it names, or the proof fails */
    bool sender_known;      /* the sender is a contact of the license */
    bool sender_vouched;    /* a receiving server that is trusted, or a person, vouches for it */
    const Ledger *ledger;   /* all activations of this license and of this instance that are
                               active, counted or lost; those of this license that continued a
                               use by host within the last 365 days, whatever became of them;
                               and the one that answers this request. More does no harm. */
    int64_t passed_at;      /* when a person last let this instance pass row 4; 0: never */
    uint64_t newest_seq;    /* of the instance's authentic requests and deactivations on record,
                               this one aside; 0: none */
    bool seq_taken;         /* another content with this seq was on record first */
    bool key_revoked;       /* of the usage license that answered it: no server installs that now */
    uint32_t resends_today; /* how often this request was answered again within a day */
    InstalledState installed;
    bool installed_is_own;         /* the installed usage license was made for this instance */
    int64_t installed_license_id;  /* license of the installed usage license, if on record */
    uint32_t installed_version;    /* entitlement version of the installed usage license */
    int64_t installed_customer_id; /* its customer; 0: one that is called otherwise by now */
    bool tells_of_loss;            /* the mail tells of a lost server */
    bool case_open;                /* a lost-server case of the license is open */
    bool contested; /* decided again, and more new servers wait than the license has uses left */
    PersonSays person;
} RequestFacts;

#define RULES_MAX_PASSED 12

typedef struct {
    Outcome outcome;
    uint16_t row;     /* of the table, from 1; 0 for deactivations */
    const char *code; /* static, but where a person keeps a hold: then that of the decision that
                         stands, and its owner's */
    const char *note; /* static: "reinstalled", "replaced", "entitlement-grown"; or NULL */
    bool alert;
    const char *would; /* row 3: the code of what would follow; static, else NULL */
    /* what is done if issued */
    int64_t supersedes; /* active activation that this one follows (same instance or host) or
                           whose place it takes; 0: none */
    int64_t replaces;   /* active activation of another server that gives up its place, told to
                           all contacts; 0: none. Usually the same as `supersedes`; another one
                           only where the entitlement's servers were lowered and a person chose:
                           then both are superseded. */
    int64_t continues;  /* activation whose use it continues; 0: takes a use */
    int64_t moves_from; /* active activation of this instance under another license; 0: none */
    UseOrigin origin;
    uint32_t use_no;                          /* from 1 */
    uint32_t slot;                            /* from 1 */
    const char *passed[RULES_MAX_PASSED + 1]; /* codes of the holds that the person's word passed;
                                                 NULL-terminated */
} Decision;

/* What the rules derive from the facts; private to them. */
typedef struct RulesFacts RulesFacts;

/* One row of the table. Number, outcome and code together are unique. `fits` and `passed`
 * are for the walk alone. */
typedef struct {
    uint16_t number; /* as in the documentation; rows may share one */
    bool alert;
    Outcome outcome;
    const char *code;
    bool (*fits)(const RulesFacts *facts);
    bool (*passed)(const RulesFacts *facts); /* of a hold: a person's word lets it pass; NULL:
                                                never */
    const char *fits_when;                   /* in plain words, under 100 columns */
    const char *unless; /* of a hold: what a person does to pass it; NULL: nobody can */
} RuleText;

/* The rows, in order; `count` is set to how many there are. Static. */
const RuleText *rules_table(gsize *count);

/* Decides. Always an outcome; the same facts always give the same decision; nothing is changed. */
Decision rules_decide(const RequestFacts *facts);

/* Applies an issued decision to the ledger: supersedes what it supersedes, moves the use on, and
 * adds the new activation under `id`. Nothing is done for another outcome. Returns the new
 * activation (owned by the ledger) or NULL. */
const Activation *rules_apply(const Decision *decision, const RequestFacts *facts, Ledger *ledger,
                              int64_t id);

/* A request that passed rows 1, 2, 5 and 6 and names a usage license of its license as installed is
 * proof that its instance has left the licenses from which it moved: the uses that it still carries
 * there are given back, as by a deactivation. To be called for every request, whatever its outcome,
 * with the facts it was decided by and before its decision is applied. Returns how many uses were
 * given back. */
uint32_t rules_release_moved(const RequestFacts *facts, Ledger *ledger);

/* What is on record about a deactivation. */
typedef struct {
    int64_t now;
    const Statement *statement; /* NULL: damaged or forged */
    bool signature_holds;
    bool proof_holds;
    bool serial_on_record;
    bool serial_of_this_instance;
    bool seen_before;     /* the same bytes are on record */
    const Ledger *ledger; /* all activations of this instance, under any license */
} DeactivationFacts;

/* "forged-deactivation", "never-issued", "foreign-deactivation", "repeated-deactivation",
 * "deactivated" or "nothing-to-give-back". */
Decision rules_decide_deactivation(const DeactivationFacts *facts);

/* Ends what an accepted deactivation ends; returns how many uses it gave back. */
uint32_t rules_apply_deactivation(const Decision *decision, const DeactivationFacts *facts,
                                  Ledger *ledger);

#endif
