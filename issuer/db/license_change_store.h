/* Changes of a license that was sold, each by one function of the database: upgraded, corrected,
 * ended, suspended, resumed. And the ledger of its yearly features. */
#ifndef ISSUER_DB_LICENSE_CHANGE_STORE_H
#define ISSUER_DB_LICENSE_CHANGE_STORE_H

#include "core/digest.h"
#include "core/license_wish.h"
#include "db/database.h"
#include "db/listing.h"

typedef enum {
    LICENSE_UPGRADE,
    LICENSE_CORRECT,
    LICENSE_END,
    LICENSE_SUSPEND,
    LICENSE_RESUME,
} LicenseChangeKind;

/* What is to be changed. Texts, lists and days that are not given are NULL and DATES_NONE: what
 * they are about stays. */
typedef struct {
    LicenseChangeKind kind;
    Digest token; /* of the operator */
    const char *license_id;
    const char *order; /* its reference */
    const char *order_kind;
    int32_t ordered_on;
    bool same_order;           /* it is known to be behind an earlier version */
    const GPtrArray *features; /* of FeatureWish *: added; corrected: as they should be */
    const GPtrArray *removed;  /* of FeatureWish * */
    const ExpiryWish *expires;
    int64_t activations; /* 0: as they are; so servers */
    int64_t servers;
    const GArray *end_uses;  /* of int64_t: serials of those that end for want of room */
    const char *ended_how;   /* LICENSE_END: "refunded", "cancelled", "replaced" */
    const char *replaced_by; /* the License ID */
    bool reinstated;         /* LICENSE_CORRECT: it had not ended after all */
    const char *reason;
    int64_t now;
} LicenseChange;

typedef struct {
    Listing *changes; /* "what", "before", "after" */
    Listing *waiting; /* requests that are decided again: "request", "host", "outcome", "code",
                         "since" */
} LicenseChanged;

/* Makes the change in a transaction of its own; without `keep` it is taken back again, and only
 * what it would have been is told. ISSUER_ERROR_DENIED, _NOT_FOUND, _INPUT; _CONFLICT if another
 * change came in between. The caller owns the result. */
LicenseChanged *license_change_store_run(Database *db, const LicenseChange *change, bool keep,
                                         GError **error);
void license_changed_free(LicenseChanged *changed);

/* The ledger of the yearly features of one license, step by step. ISSUER_ERROR_NOT_FOUND. The
 * caller owns it. */
Listing *license_change_store_terms(Database *db, const char *license_id, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(LicenseChanged, license_changed_free)

#endif
