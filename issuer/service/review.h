/* What a person decides about a usage request: previewed, told to the program as an instruction,
 * and carried out by the batch that everything else goes through. Nobody can pass rows 1, 2 and 5
 * of the table, or the counts. */
#ifndef ISSUER_SERVICE_REVIEW_H
#define ISSUER_SERVICE_REVIEW_H

#include "base/secret.h"
#include "core/usage_license.h"
#include "db/instruction_store.h"
#include "service/context.h"
#include "service/serials.h"

typedef enum {
    REVIEW_ISSUE,     /* every hold is passed */
    REVIEW_REFUSE,    /* it stands until the request comes in a new mail */
    REVIEW_KEEP,      /* looked at, and it waits on */
    REVIEW_ASK,       /* its sender, or a contact of the license, is asked `words`; it waits on */
    REVIEW_RESEND,    /* the usage license that was issued for it goes out again */
    REVIEW_EMERGENCY, /* an emergency usage license bridges seven days, and it waits on */
} ReviewKind;

typedef struct {
    ReviewKind kind;
    const char *request; /* short form or case number, as a person typed it */
    const char *reason;
    const char *ticket;  /* or NULL */
    const char *words;   /* REVIEW_ASK: the question */
    const char *preview; /* digest of the preview that was approved; NULL: none was */
    PersonSays person;   /* which server it is; `issues` is set from `kind` */
    const Secret *token; /* the operator's */
} ReviewOrder;

/* What a usage license grants; all zero: there is none. */
typedef struct {
    uint32_t version;    /* of the entitlement */
    int64_t valid_until; /* seconds; 0: perpetual */
    char *features;      /* "mqtt-server; support until 2027-11-25" */
} ReviewGrant;

/* What would happen, or has happened, to one request. Texts may be NULL where they make no sense
 * for the outcome; times are seconds (0: none). */
typedef struct {
    char *request; /* short form */
    char *host;
    char *license_id;
    char *customer;
    const char *outcome; /* "issued", …; static */
    char *code;
    char *note;
    int rule;          /* row of the table; 0: a person's own decision */
    GPtrArray *passed; /* of char *: codes of the holds that the person's word passed */
    int64_t serial;    /* of the usage license; 0: none, or not made yet */
    uint32_t use_no;   /* of an issued one, as the next */
    int64_t continues; /* serial whose use goes on; 0: it takes a use */
    uint32_t activations;
    uint32_t server_place;
    GArray *supersedes;   /* of int64_t: serials */
    ReviewGrant grants;   /* what the usage license says */
    ReviewGrant before;   /* what the one says that it follows on this server */
    char *vouched;        /* for its sender: "yes", "no"; NULL: no trusted server has said anything
                           */
    char *authentication; /* by what: "mx.example.com: dmarc=pass" */
    char *to;             /* who is mailed about it; NULL: nobody, or not decided yet */
    char *preview;        /* digest of all this, short: changes when anything of it changes */
} ReviewResult;

/* What would happen if it were issued (or what `order` says); nothing is changed. `context` has a
 * database. Errors of request_query_find(), and ISSUER_ERROR_DENIED if a person has refused it. The
 * caller owns it.
 */
ReviewResult *review_preview(Context *context, const ReviewOrder *order, GError **error);

/* Whether this database login cannot decide, not even to see what would follow, so that previews
 * are asked of the daemon. Errors of db/database.h. */
bool review_is_elsewhere(Context *context, bool *elsewhere, GError **error);

/* Such a preview: asked for in the name of the operator who has the order's token, and waited for
 * up to `seconds`. Errors of review_preview(), of which _DENIED has the daemon's words;
 * ISSUER_ERROR_UNAVAILABLE if nobody answers. The caller owns it. */
ReviewResult *review_ask_preview(Context *context, const ReviewOrder *order, unsigned seconds,
                                 GError **error);

/* Files the order as an instruction of the token's operator and carries it out, all or nothing.
 * `context` has a database and the signing key. ISSUER_ERROR_DENIED: the operator may not, or the
 * rules let nobody; _STALE: it is not as it was previewed, or somebody else was first. The caller
 * owns the result. */
ReviewResult *review_carry_out(Context *context, const ReviewOrder *order, GError **error);

/* Where the signing key is not at hand: files the order and waits up to `seconds` for whoever has
 * it. True if it was carried out; ISSUER_ERROR_UNAVAILABLE if it stays filed, _DENIED with the
 * answer if it was refused. `context` has a database. */
bool review_file(Context *context, const ReviewOrder *order, unsigned seconds, GError **error);

/* Carries out an order that was filed so and taken; `context` has a database and the signing key.
 * Errors as review_carry_out(), _STALE too if the case that it was about has ended; who has taken
 * it ends it, or gives it back. */
bool review_carry_out_taken(Context *context, Serials *serials, const InstructionTaken *taken,
                            GError **error);

/* Answers a preview that was filed so and taken. Errors of review_preview(); who has taken it ends
 * it then, or gives it back. */
bool review_answer_taken(Context *context, const InstructionTaken *taken, GError **error);

void review_result_free(ReviewResult *result);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ReviewResult, review_result_free)

#endif
