/* Customers: which there are, one with its records, and what the orders department changes. */
#ifndef ISSUER_DB_CUSTOMER_STORE_H
#define ISSUER_DB_CUSTOMER_STORE_H

#include "core/digest.h"
#include "db/database.h"
#include "db/listing.h"

/* The customers whose name or reference fits `text` (NULL: all), those aside that were merged into
 * another; at most `most`. */
Listing *customer_store_list(Database *db, const char *text, unsigned most, GError **error);

/* One customer with its records. */
typedef struct {
    Listing *summary; /* one row */
    Listing *names;   /* its versions, newest first */
    Listing *merged;  /* customers that count as this one */
    Listing *licenses;
    Listing *orders;
} CustomerDetail;

/* The customer that `wanted` names (number, reference or whole name); at most `most` rows a list.
 * ISSUER_ERROR_NOT_FOUND, ISSUER_ERROR_INPUT if it may be several. The caller owns it. */
CustomerDetail *customer_store_show(Database *db, const char *wanted, unsigned most,
                                    GError **error);

/* What is to be changed, by the operator with this token. */
typedef struct {
    Digest token;
    const char *wanted; /* number, reference or whole name */
    const char *other;  /* the new name, or whom it is merged into */
    const char *reason;
    int64_t now;
} CustomerChange;

/* Both give the number of the customer that it is from now on; 0 with ISSUER_ERROR_DENIED,
 * _NOT_FOUND or _INPUT. */
int64_t customer_store_rename(Database *db, const CustomerChange *change, GError **error);
int64_t customer_store_merge(Database *db, const CustomerChange *change, GError **error);

void customer_detail_free(CustomerDetail *detail);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CustomerDetail, customer_detail_free)

#endif
