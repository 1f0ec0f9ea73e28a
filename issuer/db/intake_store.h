/* What one batch reads and writes. Every function is one statement for the whole batch. What locks
 * comes in the same order in every batch (messages, instances, licenses, each by its key), so that
 * two daemons never wait for each other in a ring. All run inside the caller's transaction. Errors
 * are those of db/database.h. */
#ifndef ISSUER_DB_INTAKE_STORE_H
#define ISSUER_DB_INTAKE_STORE_H

#include "core/emergency.h"
#include "core/ledger.h"
#include "core/rules.h"
#include "core/usage_license.h"
#include "db/database.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* Whether this login may take mail in at all; asked first, so that one which may do part of it does
 * nothing. ISSUER_ERROR_DENIED. */
bool intake_may(Database *database, GError **error);

/* ---- messages ---- */

typedef struct {
    Digest identity;
    const char *class_name;
    const char *why;
    const char *source;
    uint64_t offset; /* bytes */
    uint64_t size;   /* bytes */
    Digest raw_digest;
    GBytes *raw;     /* or NULL */
    int64_t sent_at; /* seconds; 0: no readable date */
    const char *message_id;
    const char *in_reply_to;
    const char *from;
    const char *reply_to;
    const char *vouched;     /* "t", "f"; NULL: no server that is trusted has looked */
    const char *sender_says; /* by what; NULL as that */
    const char *subject;
    const char *body;
    bool quarantined;
    unsigned marks;       /* how it stood there, for whoever reads it again */
    int64_t id;           /* out */
    bool fresh;           /* out: it was not on record before */
    bool left_quarantine; /* out: it was there until now, under this id */
    GArray *known; /* out: of Digest, the tokens that its record has decided; NULL if fresh */
} MessageRow;

/* Inserts the messages (of MessageRow *) in the order of their identities and fills what is marked
 * out. What was in quarantine leaves it where the same mail, or the same bytes, can be read now. */
bool intake_store_messages(Database *database, GPtrArray *messages, int64_t now, GError **error);

/* ---- locks ---- */

/* Makes the instances known and locks them in the order of their thumbprints. `thumbprints`: of
 * Digest, sorted, each once. `passed_at`: of int64_t, filled in the same order. */
bool intake_lock_instances(Database *database, const GArray *thumbprints, GArray *passed_at,
                           GError **error);

typedef struct {
    Digest public_key;
    int64_t license_id;
    bool retired;
} ProofRecord;

/* The licenses that have these public keys (of Digest): ProofRecord, only for those that are on
 * record. New array. */
GArray *intake_find_proofs(Database *database, const GArray *public_keys, GError **error);

/* Locks, in the order of their ids, the licenses given (of int64_t, sorted) and those under which
 * the instances are active or have a use that counts, and returns all their ids, sorted. New array.
 */
GArray *intake_lock_licenses(Database *database, const GArray *licenses, const GArray *thumbprints,
                             GError **error);

/* ---- what is on record, read after the locks ---- */

typedef struct {
    int64_t id;
    char *license_id; /* LIC-… */
    int64_t customer_id;
    char *customer;
    uint32_t customer_version; /* of its name */
    char *product;
    LicenseState state;
    uint32_t version; /* of the newest entitlement */
    uint32_t activations;
    uint32_t servers;
    int32_t expires_on;  /* day, see core/dates.h; DATES_NONE: perpetual */
    GPtrArray *features; /* of Feature; `until` an instant */
    bool case_open;      /* a server of it is reported as lost, and that is not decided */
    int64_t contacts;    /* how often they were changed: more whenever one is added or ended */
} LicenseRecord;

/* The licenses (of int64_t) with their newest entitlement: array of LicenseRecord *. */
GPtrArray *intake_load_licenses(Database *database, const GArray *licenses, GError **error);

/* A license on record that a text may name. */
typedef struct {
    char *reading; /* core/license_reading.h: that fits it */
    int64_t id;
} NamedLicense;

/* The licenses that fit one of these readings (of char *): of NamedLicense. New array. */
GArray *intake_find_named(Database *database, const GPtrArray *readings, GError **error);

/* A mail that reports a lost server. */
typedef struct {
    int64_t message_id;
    int64_t license_id;
    int64_t case_number; /* out */
} LossRow;

/* Opens a case for each of them (of LossRow), in their order, and has the contacts told. */
bool intake_open_cases(Database *database, GArray *losses, int64_t now, GError **error);

typedef struct {
    int64_t license_id; /* 0: of any license */
    const char *address;
    bool known; /* out */
} ContactCheck;

/* Fills `known` of each ContactCheck: whether the address is a current contact. */
bool intake_check_contacts(Database *database, GArray *checks, GError **error);

/* Adds to the ledger the activations of the licenses that are active, counted, lost or reinstalls
 * of the year before `now`, and all activations of the instances. */
bool intake_load_activations(Database *database, const GArray *licenses, const GArray *thumbprints,
                             int64_t now, Ledger *ledger, GError **error);

typedef struct {
    Digest thumbprint;
    Digest digest;
    uint64_t seq;
    bool deactivation;
    int64_t id;             /* of the usage request or deactivation */
    uint32_t resends_today; /* of a usage request, as the next */
    uint32_t decisions;     /* how many there are for it */
    int64_t open_hold;      /* case number, 0: none */
    int64_t license_id;     /* 0: not known when it was recorded */
    bool key_revoked;       /* of the usage license that answered it */
    int64_t emergency;      /* serial of its emergency grant that no regular one superseded; 0 */
} HistoryRecord;

/* All authentic requests and deactivations of the instances, oldest first: HistoryRecord. `younger`
 * is set to whether one was recorded by a transaction that began after this one. */
GArray *intake_load_history(Database *database, const GArray *thumbprints, int64_t now,
                            bool *younger, GError **error);

typedef struct {
    int64_t serial;
    Digest thumbprint;
    int64_t license_id;
    int64_t customer_id;
    char *customer; /* what it calls its customer; NULL: as the customer has always been called */
    uint32_t version;
    bool given_back; /* deactivated, lost or ended by a correction */
} InstalledRecord;

/* The usage licenses with these serials (of int64_t) that are on record: InstalledRecord. */
GArray *intake_load_installed(Database *database, const GArray *serials, GError **error);

typedef struct {
    int64_t license_id;
    int64_t request_id;
    Digest thumbprint;
    uint64_t seq;
} ChoosingRecord;

/* The requests that are held until a person has chosen among them (`choose-request`), of these
 * licenses (of int64_t): ChoosingRecord. */
GArray *intake_load_choosing(Database *database, const GArray *licenses, GError **error);

typedef struct {
    Digest thumbprint;
    int64_t license_id;
    int64_t request_id;
    int64_t now; /* seconds */
} EmergencyAsk;

/* How many emergency grants there were. */
bool intake_count_emergencies(Database *database, const EmergencyAsk *ask, EmergencyCounts *counts,
                              GError **error);

/* ---- numbers ---- */

typedef enum {
    INTAKE_REQUEST_IDS,
    INTAKE_DECISION_IDS,
    INTAKE_REPLY_IDS,
    INTAKE_ID_KINDS,
} IntakeIdKind;

#define INTAKE_ID_BLOCK 512 /* ids that one draw gives */

/* Draws a block of ids for rows; returns the first, 0 on error. */
int64_t intake_draw_ids(Database *database, IntakeIdKind kind, GError **error);

/* ---- writing ---- */

typedef struct {
    int64_t id;
    const Statement *statement;
    int64_t license_id; /* 0: not known yet */
    int64_t message_id;
} RequestRow;

typedef struct {
    int64_t id; /* out */
    const Statement *statement;
    int64_t serial;
    int64_t message_id;
    uint32_t given_back;
} DeactivationRow;

typedef struct {
    int64_t id;
    int64_t message_id;
    int64_t request_id;      /* 0: none on record */
    int64_t deactivation_id; /* 0 */
    const char *token_kind;
    Digest token_digest; /* zero: too damaged */
    const Decision *decision;
    const char *problem;
    int64_t serial;      /* 0: none */
    const char *facts;   /* JSON */
    int64_t license_id;  /* for the event; 0: none */
    int64_t operator_id; /* 0: nobody */
    const char *reason;
    const char *ticket;
} DecisionRow;

typedef struct {
    const Activation *activation;
    int64_t request_id;
    uint32_t servers;
    uint32_t allowed;
} ActivationRow;

typedef struct {
    int64_t serial;
    bool emergency;
    int64_t request_id;
    int64_t decision_id;
    int64_t license_id;
    uint32_t version;
    int64_t customer_id;
    int64_t iat;
    int64_t exp;              /* 0: perpetual */
    const GArray *supersedes; /* of int64_t */
    const char *jws;
} UsageLicenseRow;

/* A hold that a batch opens, ends, or both. */
typedef struct {
    int64_t request_id;
    int64_t opened_by; /* decision; 0: it was open before */
    int64_t closed_by; /* decision; 0: it stays open */
    const char *how;   /* it ends: the decision's code or "newer-request"; NULL: it stays open */
} HoldRow;

typedef struct {
    int64_t decision_id;
    const char *kind;
    const char *detail;
    int64_t license_id; /* 0: that of the decision's request */
    int64_t rises_at;   /* seconds; 0: now */
    int64_t contact_id; /* whose entry it is about: none is raised while one is open; 0: nobody's */
} AlertRow;

typedef struct {
    int64_t id;
    int64_t message_id;
    const char *recipient; /* NULL: nobody by the mail's own account */
    int64_t contact_of;    /* then a contact of this license; 0, or none: listed for a person */
    const char *why;       /* it is listed */
    int ready;             /* ReadyAnswer */
    GArray *decisions;     /* of int64_t, in the order of the reply's lines */
} ReplyRow;

/* The license of a request that was recorded before the license was. */
typedef struct {
    int64_t request_id;
    int64_t license_id;
} RequestLicenseRow;

/* What all contacts of a license are told, whoever's mail has caused it. */
typedef struct {
    int64_t message_id;
    int64_t decision_id;
    int64_t license_id;
    const char *about;   /* "replaced", "moved" or "given-back"; static */
    const char *answers; /* an address that hears of it by its answer already, or NULL */
} NoticeRow;

/* What every row of a batch has in common. */
typedef struct {
    int64_t now; /* seconds */
    Digest policy;
    const char *program; /* version */
    const char *kid;     /* of the signing key; NULL if nothing is signed */
} BatchStamp;

bool intake_write_requests(Database *database, const GArray *rows, const BatchStamp *stamp,
                           GError **error);
bool intake_write_deactivations(Database *database, GArray *rows, const BatchStamp *stamp,
                                GError **error);
bool intake_write_decisions(Database *database, const GArray *rows, const BatchStamp *stamp,
                            GError **error);
bool intake_fill_licenses(Database *database, const GArray *rows, GError **error);
/* A person let these instances (of Digest) pass: from `at` (seconds) on they are not watched for
 * what was lost before. */
bool intake_pass_instances(Database *database, const GArray *thumbprints, int64_t at,
                           GError **error);
/* Updates the rows of activations (of const Activation *) that ended. */
bool intake_end_activations(Database *database, const GPtrArray *activations,
                            const BatchStamp *stamp, GError **error);
bool intake_write_activations(Database *database, const GArray *rows, const BatchStamp *stamp,
                              GError **error);
bool intake_write_usage_licenses(Database *database, const GArray *rows, const BatchStamp *stamp,
                                 GError **error);
/* Ends holds that were open before, then adds new ones, in the order of `rows`. */
bool intake_write_holds(Database *database, const GArray *rows, const BatchStamp *stamp,
                        GError **error);
/* The regular usage license has followed these emergency grants (of int64_t): that they end
 * concerns nobody any more. */
bool intake_end_emergencies(Database *database, const GArray *serials, const BatchStamp *stamp,
                            GError **error);
bool intake_write_alerts(Database *database, const GArray *rows, const BatchStamp *stamp,
                         GError **error);
/* Queued replies whose usage licenses this batch superseded or ended are withdrawn. */
bool intake_withdraw_replies(Database *database, const GArray *serials, const BatchStamp *stamp,
                             GError **error);
bool intake_write_replies(Database *database, const GArray *rows, const BatchStamp *stamp,
                          GError **error);

/* Queues the notices: one mail a contact address (not a whole domain, nor one that bounced) and
 * message, with a line for each row. */
bool intake_write_notices(Database *database, const GArray *rows, const BatchStamp *stamp,
                          GError **error);

/* Who may be answered, and how many answers went to the contact entry of that address. */
typedef struct {
    const char *address; /* NULL: the contact of the license who is written to */
    int64_t license_id;
    char *entry;        /* out: an address or "@domain"; NULL: there is nobody */
    int64_t contact_id; /* out: one that has this entry */
    unsigned in_hour;   /* out, at most as many as are asked for */
    unsigned in_day;
    unsigned repeats; /* out: of the hour's those that brought nothing new */
} AnswerCount;

/* Locks the entries and counts for each (of AnswerCount), at most `most`. From here to the end of
 * the transaction nobody else answers them. */
bool intake_count_by_entry(Database *database, GArray *asked, unsigned most, int64_t now,
                           GError **error);

/* How many answers went within a day to this address for which no license could be told. */
bool intake_count_answers(Database *database, const char *address, int64_t now, unsigned *count,
                          GError **error);

#endif
