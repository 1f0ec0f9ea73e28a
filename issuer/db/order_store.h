/* Orders, and the catalogue of what can be sold: shown, and a feature added. */
#ifndef ISSUER_DB_ORDER_STORE_H
#define ISSUER_DB_ORDER_STORE_H

#include "core/digest.h"
#include "db/database.h"
#include "db/listing.h"

/* Which orders are listed; NULL and DATES_NONE: all. */
typedef struct {
    const char *customer; /* number (CU-12), reference or whole name */
    const char *kind;     /* "sale", … */
    int32_t from, until;  /* days, both included */
} OrderFilter;

/* Orders, the newest first, at most `most`. ISSUER_ERROR_NOT_FOUND, or ISSUER_ERROR_INPUT where it
 * may be several, for the customer. The caller owns it. */
Listing *order_store_list(Database *db, const OrderFilter *filter, unsigned most, GError **error);

/* One order with what it has sold and changed. */
typedef struct {
    Listing *summary; /* one row */
    Listing *licenses;
    Listing *entitlements; /* the versions that it paid for */
    Listing *terms;        /* the entries of yearly features' ledgers that are its */
    Listing *states;       /* the licenses' states that it has changed */
} OrderDetail;

/* The order of that reference, case aside; at most `most` rows a list. ISSUER_ERROR_NOT_FOUND. The
 * caller owns it. */
OrderDetail *order_store_show(Database *db, const char *reference, unsigned most, GError **error);

/* The features that can be sold, by their codes. The caller owns it. */
Listing *order_store_features(Database *db, GError **error);

typedef struct {
    Digest token; /* of the operator */
    const char *code;
    const char *product;
    const char *name;
    const char *kind; /* "perpetual", "term", "metered" */
    int64_t now;      /* seconds */
} NewFeature;

/* Puts a feature into the catalogue. ISSUER_ERROR_DENIED, ISSUER_ERROR_INPUT. */
bool order_store_add_feature(Database *db, const NewFeature *feature, GError **error);

void order_detail_free(OrderDetail *detail);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(OrderDetail, order_detail_free)

#endif
