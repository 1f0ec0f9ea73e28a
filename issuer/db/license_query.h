/* Questions about licenses, for people. */
#ifndef ISSUER_DB_LICENSE_QUERY_H
#define ISSUER_DB_LICENSE_QUERY_H

#include "core/digest.h"
#include "db/database.h"
#include "db/license_page.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* Days are those of core/dates.h (DATES_NONE: none), times seconds (0: none); texts are never NULL
 * unless that is said. */
typedef struct {
    int64_t id;
    char *license_id; /* LIC-… */
    char *customer;
    char *customer_ref; /* NULL: none */
    char *product;
    char *state; /* "current", "suspended", "ended" */
    int32_t expires_on;
    uint32_t activations; /* allowed */
    uint32_t used;        /* uses that count */
    uint32_t servers;     /* at once */
    uint32_t active;      /* activations that are active */
    char *found_by;       /* what fitted: "host plant-4-mqtt1"; NULL in a LicenseDetail */
} LicenseSummary;

typedef struct {
    char *entry; /* NULL: erased, or hidden */
    bool hidden; /* this login may not read it */
    int32_t effective;
    int32_t ended_on;
    bool doubtful;
} LicenseContact;

typedef struct {
    int64_t number; /* among the license's keys, from 1 */
    char *hint;     /* the key's last symbols */
    bool weak;
    int64_t effective;
    int32_t delivered_on; /* the day on which its customer got it */
    int64_t retired_at;
} LicenseKeyRecord;

typedef struct {
    char *code;
    char *kind; /* "perpetual", "term", "metered" */
    int32_t until_on;
    int64_t quantity; /* -1: none */
} LicenseFeature;

typedef struct {
    uint32_t version;
    uint32_t servers;
    uint32_t activations;
    int32_t expires_on;
    char *order_ref;
    char *order_kind; /* "sale", … */
    int32_t ordered_on;
    int32_t effective;
    int64_t recorded_at;
    GPtrArray *features; /* of LicenseFeature */
} LicenseEntitlement;

typedef struct {
    int64_t id; /* the number of its usage license's serial */
    Digest thumbprint;
    Digest request;
    char *host;
    char *state; /* "active", "superseded", "deactivated", "lost", "corrected" */
    bool counted;
    uint32_t use_no;
    uint32_t slot;
    uint32_t version;  /* of the entitlement */
    char *origin;      /* "taken", "instance", "host" */
    int64_t continues; /* 0: none */
    int64_t replaces;  /* 0: none */
    int64_t active_from;
    int64_t active_until;
    int64_t counted_until;
    char *ended_by; /* NULL */
} LicenseActivation;

typedef struct {
    int64_t serial;
    bool emergency;
    Digest request;
    char *host;
    char *customer; /* as the customer was called then, by the usage license */
    uint32_t version;
    char *kid;
    int64_t iat;
    int64_t exp;
    char *activation_state; /* NULL: emergency */
} LicenseUsageLicense;

typedef struct {
    int64_t id;
    char *kind;
    char *subject;
    int64_t subject_id;
    char *operator_name; /* NULL: nobody */
    int64_t effective;
    int64_t recorded_at;
} LicenseEvent;

/* One license with what is on record about it. */
typedef struct {
    LicenseSummary *summary;
    Listing *pages[LICENSE_PAGE_PARTS]; /* NULL: this login may not read that part */
    unsigned most;   /* rows of a list, of which one more is read where there are more; 0: all */
    GPtrArray *keys; /* of LicenseKeyRecord, newest first */
    GPtrArray *contacts;       /* of LicenseContact, current ones first */
    GPtrArray *entitlements;   /* of LicenseEntitlement, newest first */
    GPtrArray *activations;    /* of LicenseActivation, newest first */
    GPtrArray *usage_licenses; /* of LicenseUsageLicense, newest first */
    GPtrArray *events;         /* of LicenseEvent, newest first */
} LicenseDetail;

/* The license `license_id` ("LIC-…", case aside), of each list at most `most` rows and one that
 * tells of more (0: all). ISSUER_ERROR_NOT_FOUND. The caller owns it. */
LicenseDetail *license_query_show(Database *db, const char *license_id, unsigned most,
                                  GError **error);

/* One license alone, as it is in a list. ISSUER_ERROR_NOT_FOUND. The caller owns it. */
LicenseSummary *license_query_summary(Database *db, const char *license_id, GError **error);

/* Licenses to which `text` leads: License ID or customer's name (parts of them), customer's
 * reference or number, contact (an address also by its domain, a domain by all its addresses; not
 * for a login that may not read them), order, host, short form of a request, serial of a usage
 * license, hint of the key. At most `most` LicenseSummary *, the License ID itself first, then by
 * License ID; none is no error. */
GPtrArray *license_query_find(Database *db, const char *text, unsigned most, GError **error);

/* Licenses that have not ended and whose key nobody has got yet, the oldest first, `found_by`
 * telling which key of which order; at most `most`. */
GPtrArray *license_query_undelivered(Database *db, unsigned most, GError **error);

void license_summary_free(LicenseSummary *summary);
void license_detail_free(LicenseDetail *detail);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(LicenseSummary, license_summary_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LicenseDetail, license_detail_free)

#endif
