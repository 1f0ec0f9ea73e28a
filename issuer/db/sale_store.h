/* What orders does by hand, each by a door of the database (schema/repeat/selling.sql). */
#ifndef ISSUER_DB_SALE_STORE_H
#define ISSUER_DB_SALE_STORE_H

#include "core/digest.h"
#include "core/purchase.h"
#include "db/database.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* What was recorded of a purchase. */
typedef struct {
    char *license_id;
    char *customer; /* "CU-12" */
    char *name;     /* of the customer */
    bool new_customer;
    bool new_order;
} SaleRecord;

typedef struct {
    Digest token;
    bool new_customer; /* one who is not on record; else its number (CU-12), reference or whole name
                          stands for the name */
    bool kind_said;    /* the order is of the purchase's kind; else of that on record, if it is */
    int64_t now;       /* seconds */
} SaleTerms;

/* Records one purchase within the caller's transaction, whose commit makes it last. NULL with
 * ISSUER_ERROR_INPUT where something does not fit the records. The caller owns it. */
SaleRecord *sale_store_add(Database *db, const Purchase *purchase, const SaleTerms *terms,
                           GError **error);

typedef struct {
    Digest token;
    const char *license_id; /* case aside */
    const Secret *key;      /* the new one, in its normal form */
    const char *reason;
    int64_t now; /* seconds */
} RekeyOrder;

/* Gives the license another key; the one before is retired. Its License ID as it is on record (new
 * string); NULL with ISSUER_ERROR_NOT_FOUND or ISSUER_ERROR_INPUT. */
char *sale_store_rekey(Database *db, const RekeyOrder *order, GError **error);

typedef struct {
    Digest token;
    const char *license_id; /* case aside */
    const Secret *mailed;   /* the key that was mailed; NULL: one was handed over */
    const char *named;      /* which, by its last symbols or number; NULL: the one in force */
    const char *what;       /* handed over: to whom and by what channel */
    int32_t day;            /* or DATES_NONE: today */
    int64_t now;            /* seconds */
} DeliveredOrder;

/* Says that a key reached its customer. Its License ID as it is on record (new string); NULL with
 * ISSUER_ERROR_NOT_FOUND, or ISSUER_ERROR_INPUT where it is said already. */
char *sale_store_delivered(Database *db, const DeliveredOrder *order, GError **error);

/* Whom a license's key is mailed to. */
typedef struct {
    char *customer;       /* name */
    GPtrArray *addresses; /* of char *: its contacts now, domains aside */
} SalePost;

/* NULL with ISSUER_ERROR_NOT_FOUND, or on an error. The caller owns it. */
SalePost *sale_store_post(Database *db, const char *license_id, GError **error);

void sale_record_free(SaleRecord *record);
void sale_post_free(SalePost *post);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(SaleRecord, sale_record_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SalePost, sale_post_free)

#endif
