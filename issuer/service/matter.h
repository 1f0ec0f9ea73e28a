/* One code of a mail on its way to a decision: what the mail carried, and what became of it. */
#ifndef ISSUER_SERVICE_MATTER_H
#define ISSUER_SERVICE_MATTER_H

#include "core/finder.h"
#include "core/rules.h"
#include "core/statement.h"

#include <glib.h>
#include <stdbool.h>

#define MATTER_REFUSED_BY_PERSON "refused-by-person" /* the code of such a decision */

typedef struct {
    ArmorKind kind;
    char *problem;        /* why it cannot be used: damaged, unreadable or forged; NULL: intact */
    Statement *statement; /* NULL if it could not be read; never for a usage license */
    bool signature_holds;
    bool proof_holds;

    PersonSays person;    /* what a person said, for one that was held */
    bool refuses;         /* the person refuses it, whatever the rules say */
    bool emergency;       /* the person bridges the time until it is decided */
    bool keeps;           /* the person has looked at it, and it stays held */
    const char *question; /* the person asks its sender this, and it stays held; NULL */
    int64_t operator_id;
    const char *reason;
    const char *ticket;

    bool again;          /* decided again, since records changed */
    Outcome standing;    /* again: what was decided last */
    char *standing_code; /* again: its code */
    uint32_t decisions;  /* again: how many there were for it */

    /* filled by the batch */
    bool contested; /* more new servers wait than the license has uses left */
    bool known;     /* its message is on record and has decided it */
    bool waited;    /* it was held until this decision */
    bool decided;   /* by this batch */
    bool stays;     /* again: it turned out as it stood; on record, and told to nobody */
    Decision decision;
    char *facts; /* JSON, as they were seen */
    int64_t decision_id;
    int64_t request_id; /* on record; 0: not recorded */
    int64_t deactivation_id;
    int64_t license_id;  /* row; 0: none could be told */
    int64_t serial;      /* of the usage license issued or sent again; 0: none */
    bool heard;          /* its sender has been told of this hold before */
    uint32_t given_back; /* uses that a deactivation gave back */
} Matter;

/* What was found in a mail, read and verified: structure, signature and proof. The caller owns
 * it. */
Matter *matter_new(const FoundToken *token);

/* A usage request that is on record already. The caller owns it. */
Matter *matter_new_stored(const char *jws, int64_t request_id, GError **error);

/* Has it decided again, unless somebody else has decided it meanwhile: there are other than
 * `decisions` decisions for it. What stands is `outcome` with `code` (copied). */
void matter_decide_again(Matter *matter, Outcome outcome, const char *code, uint32_t decisions);

/* "usage-request", "deactivation" or "usage-license". */
const char *matter_kind_name(const Matter *matter);

/* Its short form ("7K2QW-9M3XA"), or NULL for what cannot be read. New string. */
char *matter_short_form(const Matter *matter);

/* Whether it is decided at all: requests and deactivations are, usage licenses are only listed. */
bool matter_is_decidable(const Matter *matter);

void matter_free(Matter *matter);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Matter, matter_free)

#endif
