/* Lost-server cases: looked at, opened by hand or from a mail, approved, denied. */
#ifndef ISSUER_SERVICE_RESTORATIONS_H
#define ISSUER_SERVICE_RESTORATIONS_H

#include "base/secret.h"
#include "db/restoration_store.h"
#include "service/context.h"
#include "service/listings.h"
#include "service/redecide.h"

#define RESTORATIONS_MOST 200 /* rows of a list, and of a part of a case */

/* See restoration_store_list(). `all`: those that were decided too. */
Listing *restorations_list(Context *context, bool all, GError **error);

/* The case that a person typed ("1004", "case 1004"). ISSUER_ERROR_USAGE if it is no number; else
 * as restoration_store_show(). */
RestorationDetail *restorations_show(Context *context, const char *typed, GError **error);

/* A case that a person opens. */
typedef struct {
    const Secret *token;    /* the operator's */
    int64_t message_id;     /* the mail on record that tells of the loss; 0: by hand */
    const char *license_id; /* as typed: blanks, hyphens and look-alikes are read generously */
    int64_t serial;         /* the usage license of the lost server; 0: the most likely one */
    const char *reason;
    const char *ticket; /* or NULL */
} RestorationOrder;

/* Gives the case's number, 0 as restoration_store_open(). With a mail it is attested where that
 * mail's sender is a contact of the license, else forced; by hand forced. The contacts are told. */
int64_t restorations_open(Context *context, const RestorationOrder *order, GError **error);

/* What an admin approves. */
typedef struct {
    const Secret *token;
    const Secret *second;    /* of the second person; NULL: none */
    const char *number;      /* of the case, as typed */
    int64_t serial;          /* whose use is given back; 0: the one that the case names */
    const char *replacement; /* short form of the request that may pass the watch, or NULL */
    const char *reason;
    const char *ticket; /* or NULL */
} RestorationApprovalOrder;

/* Files the approval and carries it out: the use is given back, the contacts are told, and what
 * waited is decided again (`totals`). `context` has a database and the signing key. The errors of
 * restoration_store_file() and _carry_out(). The caller owns the result. */
RestorationDone *restorations_approve(Context *context, const RestorationApprovalOrder *order,
                                      RedecideTotals *totals, GError **error);

/* Where the signing key is not at hand: files it and waits up to `seconds`, as review_file(). */
bool restorations_file(Context *context, const RestorationApprovalOrder *order, unsigned seconds,
                       GError **error);

/* Carries out an approval that was filed so and taken. Errors of restoration_store_carry_out();
 * who has taken it ends it, or gives it back. */
bool restorations_carry_out_taken(Context *context, Serials *serials, int64_t instruction,
                                  GError **error);

/* Denies the case `typed`; gives the License ID (new string), or NULL. The contacts are told. */
char *restorations_deny(Context *context, const Secret *token, const char *typed,
                        const char *reason, GError **error);

#endif
