/* Orders for people, and the catalogue of what can be sold. */
#ifndef ISSUER_SERVICE_ORDERS_H
#define ISSUER_SERVICE_ORDERS_H

#include "base/secret.h"
#include "db/order_store.h"
#include "service/context.h"
#include "service/listings.h"

#define ORDERS_MOST 200 /* rows of a list */

/* See order_store_list(); the days as they were typed, or NULL. ISSUER_ERROR_USAGE for what is no
 * day. */
Listing *orders_list(Context *context, const char *customer, const char *kind,
                     const char *const days[2], GError **error);

/* See order_store_show() and order_store_features(). */
OrderDetail *orders_show(Context *context, const char *reference, GError **error);
Listing *orders_features(Context *context, GError **error);

/* What is to be sold from now on; by the operator of the token. */
typedef struct {
    const Secret *token;
    const char *code;
    const char *product;
    const char *name;
    const char *kind; /* "perpetual", "term", "metered" */
} FeatureOrder;

/* Puts it into the catalogue; see order_store_add_feature(). */
bool orders_add_feature(Context *context, const FeatureOrder *order, GError **error);

#endif
