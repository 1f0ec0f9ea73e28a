/* Customers: found, shown, called otherwise, recorded twice. */
#ifndef ISSUER_SERVICE_CUSTOMERS_H
#define ISSUER_SERVICE_CUSTOMERS_H

#include "base/secret.h"
#include "db/customer_store.h"
#include "service/context.h"
#include "service/listings.h"

#define CUSTOMERS_MOST 200 /* rows of a list */

/* See customer_store_list() and customer_store_show(). */
Listing *customers_list(Context *context, const char *text, GError **error);
CustomerDetail *customers_show(Context *context, const char *wanted, GError **error);

typedef struct {
    const Secret *token; /* the operator's */
    const char *wanted;  /* the customer: number, reference or whole name */
    const char *other;   /* the new name; or the customer that it is merged into, named as above */
    const char *reason;
} CustomerOrder;

/* Give the number of the customer that it is from now on; 0 as customer_store_rename(). A license
 * key in the reason is masked. */
int64_t customers_rename(Context *context, const CustomerOrder *order, GError **error);
int64_t customers_merge(Context *context, const CustomerOrder *order, GError **error);

#endif
