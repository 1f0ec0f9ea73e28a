/* What becomes of a license that was sold: upgraded, corrected, ended, suspended, resumed. Whatever
 * changes here, installed usage licenses stay as they are until their own expiry. */
#ifndef ISSUER_SERVICE_LICENSE_CHANGES_H
#define ISSUER_SERVICE_LICENSE_CHANGES_H

#include "base/secret.h"
#include "db/license_change_store.h"
#include "service/context.h"
#include "service/listings.h"

/* The change as a person typed it; what was not given is NULL, 0 or false. Lists are
 * NULL-terminated. */
typedef struct {
    LicenseChangeKind kind;
    const Secret *token; /* the operator's */
    const char *license_id;
    const char *order;
    const char *order_kind;
    const char *ordered_on; /* a day */
    bool same_order;
    const char *const *features; /* CODE, CODE=NUMBER, CODE=DAY */
    const char *const *removed;  /* CODE, CODE=YEARS */
    const char *expires;         /* years, a day, "never" */
    int64_t activations;
    int64_t servers;
    const char *const *end_uses; /* serials */
    const char *ended_how;
    const char *replaced_by;
    bool reinstated;
    const char *reason;
    bool dry_run; /* only what it would change */
} LicenseChangeOrder;

/* Changes the license, or with `dry_run` tells what would change. ISSUER_ERROR_USAGE for words that
 * cannot be read; else as license_change_store_run(). A license key in the reason is masked. What
 * waits for the license is not decided here. The caller owns the result. */
LicenseChanged *license_changes_make(Context *context, const LicenseChangeOrder *order,
                                     GError **error);

/* See license_change_store_terms(). */
Listing *license_changes_terms(Context *context, const char *license_id, GError **error);

#endif
