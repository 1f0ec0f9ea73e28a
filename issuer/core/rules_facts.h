/* What the rules derive from the facts before the table is walked: whose use would go on, which
 * place would be taken, what a person's word passes. Private to core/rules*.c. */
#ifndef ISSUER_CORE_RULES_FACTS_H
#define ISSUER_CORE_RULES_FACTS_H

#include "core/rules.h"

#define RULES_YEAR (365 * INT64_C(86400)) /* the rolling year, in seconds */

/* Where the use comes from that the request would get. */
typedef enum {
    USE_NEW,              /* a new server: rows 18 to 21 */
    USE_OF_OWN_ACTIVE,    /* row 14 */
    USE_OF_REINSTALLED,   /* row 15 */
    USE_UNCLEAR,          /* row 16, while nobody says which */
    USE_OF_NAMED,         /* row 16, of the one that a person named */
    USE_OF_OWN_EARLIER,   /* row 17 */
    USE_OF_HOSTS_EARLIER, /* row 17 */
} UseSource;

/* How the server place comes. */
typedef enum {
    PLACE_NONE,     /* all are taken: row 20 */
    PLACE_KEPT,     /* that of the activation that is followed, or a free one within the limit */
    PLACE_FREE,     /* row 18 */
    PLACE_THE_ONLY, /* row 19 */
    PLACE_NAMED,    /* row 20, of the one that a person named */
} PlaceSource;

/* All pointers are into the facts and their ledger. */
struct RulesFacts {
    const RequestFacts *given;
    const LicenseFacts *license;
    const Statement *request;
    const Activation *answer; /* answers this very request */

    /* its own activations under this license */
    bool own_known; /* there is one that is active, counted or lost */
    const Activation *own_active;
    const Activation *own_earlier; /* newest superseded one whose use counts */
    const Activation *own_named;   /* counted, and a person says that it is this server */
    const Activation *moves_from;  /* active under another license */

    /* those of other instances on the same host */
    const Activation *host_active; /* the newest active one */
    guint host_actives;
    const Activation *host_earlier; /* newest superseded one whose use counts */
    const Activation *host_named;   /* active, or superseded and counted, and a person says that it
                                       is this server */
    guint reinstalls;               /* within the rolling year */
    bool lost_returned;   /* row 4: it or its host was declared lost since it last passed */
    bool on_another_host; /* row 13 */

    /* what would be issued */
    UseSource found;           /* what the records alone say; rows 15 to 17 ask by it */
    UseSource source;          /* the same after a person's word */
    bool too_often;            /* past the limit of reinstalls; counts in rows 15 and 17 */
    const Activation *carries; /* whose use goes on; NULL: takes one */
    const Activation *follows; /* active one of the same server, whose place goes on; or NULL */
    uint32_t use_no;           /* 0: none left */
    PlaceSource place;
    uint32_t slot;              /* 0: no place */
    const Activation *replaces; /* whose place is taken; or NULL */
};

/* The sender is known, but nobody vouches for it, and that is asked for (row 3). */
bool rules_sender_is_unproven(const RequestFacts *given);

/* Derives all of it. `given` has a request and a license. */
RulesFacts rules_facts_derive(const RequestFacts *given);

/* rules_host.c: a statement's host, compared with the hosts of a license's activations. */
typedef struct {
    const Statement *statement;
    bool telling[FINGERPRINT_PARTS]; /* not shown by two active instances */
} RulesHost;

RulesHost rules_host_of(const Ledger *ledger, int64_t license_id, const Statement *statement);
bool rules_host_same(const RulesHost *host, const Activation *activation);
bool rules_host_other(const RulesHost *host, const Activation *activation);

#endif
