/* What orders does by hand: records a purchase, replaces a license key, says that a key was handed
 * over. A key is made here, shown once and kept nowhere. */
#ifndef ISSUER_SERVICE_SALES_H
#define ISSUER_SERVICE_SALES_H

#include "base/secret.h"
#include "db/sale_store.h"
#include "service/context.h"

/* A new license key as people read it. It is made first, so that it can be brought to safety first.
 * The caller owns it. */
Secret *sales_make_key(GError **error);

/* One purchase as a person typed it; NULL: not said. */
typedef struct {
    const Secret *token;    /* of an operator, as handed over */
    const Secret *key;      /* see sales_make_key() */
    const char *license_id; /* NULL: one is made */
    const char *customer;   /* number (CU-12), reference or whole name; of a new one the name */
    bool new_customer;
    const char *customer_ref; /* of a new customer */
    const char *const *contacts;
    const char *const *features; /* as license_wish_features() reads them */
    const char *product;
    int64_t activations;
    int64_t servers;
    const char *expires; /* a day, or "never"; NULL: perpetual */
    const char *order;
    const char *ordered_on; /* NULL: today, or the day of the order on record */
    const char *order_kind; /* NULL: sale, or the kind of the order on record */
    bool mailed;            /* the key will be mailed: a contact must be an address */
    bool dry_run;           /* do it all, and take it back */
} SaleOrder;

/* Records it. ISSUER_ERROR_USAGE, or ISSUER_ERROR_INPUT, which names what is wrong by its column in
 * a file of purchases;
 * ISSUER_ERROR_NOT_FOUND where the customer is not on record, ISSUER_ERROR_DENIED. The caller owns
 * the record. */
SaleRecord *sales_add(Context *context, const SaleOrder *order, GError **error);

/* Gives the license `key` (see sales_make_key()) in place of the one it has. Its License ID as it
 * is on record, new string; ISSUER_ERROR_NOT_FOUND, ISSUER_ERROR_INPUT, ISSUER_ERROR_DENIED. */
char *sales_rekey(Context *context, const Secret *token, const char *license_id, const Secret *key,
                  const char *reason, GError **error);

/* That a key of the license was handed over. */
typedef struct {
    const Secret *token;
    const char *license_id;
    const char *key;     /* its last four symbols or its number; NULL: the one in force */
    const char *to;      /* whom */
    const char *channel; /* how: "registered letter" */
    const char *day;     /* NULL: today */
} SaleHandover;

/* Puts it on record. Its License ID as it is on record, new string; errors as sales_rekey(). */
char *sales_handed_over(Context *context, const SaleHandover *handover, GError **error);

#endif
