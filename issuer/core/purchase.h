/* One row of the purchases that `issuer license import` reads (FORMATS.md, Purchases): what orders
 * wrote down, checked field by field. Whether the product and features exist, and what was imported
 * before, is for the caller to ask the records. */
#ifndef ISSUER_CORE_PURCHASE_H
#define ISSUER_CORE_PURCHASE_H

#include "base/secret.h"
#include "core/dates.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef enum {
    PURCHASE_LICENSE_ID,
    PURCHASE_LICENSE_KEY,
    PURCHASE_CUSTOMER,
    PURCHASE_CONTACTS,
    PURCHASE_PRODUCT,
    PURCHASE_FEATURES,
    PURCHASE_ACTIVATIONS,
    PURCHASE_EXPIRES,
    PURCHASE_ORDER_REF,
    /* the columns that may be missing */
    PURCHASE_CUSTOMER_REF,
    PURCHASE_ORDER_DATE,
    PURCHASE_ORDER_KIND,
    PURCHASE_SERVERS,
    PURCHASE_COLUMNS, /* how many there are */
} PurchaseColumn;

typedef enum {
    ORDER_SALE,
    ORDER_TRIAL,
    ORDER_INTERNAL,
    ORDER_GOODWILL,
    ORDER_CORRECTION,
    ORDER_CANCELLATION,
} OrderKind;

/* A feature as it was bought; what kind it is (perpetual, by term, metered) the catalogue knows. */
typedef struct {
    char *code;
    int32_t until;  /* the day through which it runs, or DATES_NONE */
    int64_t number; /* as `license add` was told: years, from which `until` is still to be counted,
                       or a limit; 0: none */
} PurchaseFeature;

typedef struct {
    char *license_id;    /* "LIC-…", upper case */
    Secret *license_key; /* normal form; NULL: the license is known already */
    char *customer;
    char *customer_ref;  /* NULL: none */
    GPtrArray *contacts; /* of char *, as address_read_contact() gives them; each once, sorted */
    char *product;
    GPtrArray *features; /* of PurchaseFeature *, sorted by code */
    uint32_t activations;
    uint32_t servers;
    int32_t expires; /* the day through which it is valid, or DATES_NONE: perpetual */
    char *order_ref;
    int32_t order_day; /* or DATES_NONE: the day of the import */
    OrderKind order_kind;
} Purchase;

#define PURCHASE_MOST_COUNT 1000000 /* activations, servers */

/* The column's name in the header row ("license_id"). Static. */
const char *purchase_column_name(PurchaseColumn column);

/* Maps the `count` names of a header row (blanks around them and case aside) to columns:
 * place[column] is the field's index, or -1 where the column is missing. ISSUER_ERROR_INPUT names
 * a column that is unknown, named twice, or missing and required. */
bool purchase_read_header(const char *const *names, gsize count, int place[PURCHASE_COLUMNS],
                          GError **error);

/* Reads one row: fields[column] is the field's text, NULL where the column is missing. NULL with
 * ISSUER_ERROR_INPUT, the message beginning with the column's name and never containing a license
 * key. The caller owns it. */
Purchase *purchase_read(const char *const fields[PURCHASE_COLUMNS], GError **error);

/* The kind's name ("sale"), and back; false for an unknown one. */
const char *purchase_order_kind_name(OrderKind kind);
bool purchase_order_kind_read(const char *text, OrderKind *kind);

void purchase_free(Purchase *purchase);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Purchase, purchase_free)

#endif
