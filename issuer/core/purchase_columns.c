/* The names that a file of purchases uses: its columns and the kinds of orders. */
#include "core/purchase.h"

#include "base/error.h"
#include "base/text.h"

#include <string.h>

#define SHOWN 64 /* code points of a foreign name in a message */

static const char *const columns[PURCHASE_COLUMNS] = {
    [PURCHASE_LICENSE_ID] = "license_id",   [PURCHASE_LICENSE_KEY] = "license_key",
    [PURCHASE_CUSTOMER] = "customer",       [PURCHASE_CONTACTS] = "contacts",
    [PURCHASE_PRODUCT] = "product",         [PURCHASE_FEATURES] = "features",
    [PURCHASE_ACTIVATIONS] = "activations", [PURCHASE_EXPIRES] = "expires",
    [PURCHASE_ORDER_REF] = "order_ref",     [PURCHASE_CUSTOMER_REF] = "customer_ref",
    [PURCHASE_ORDER_DATE] = "order_date",   [PURCHASE_ORDER_KIND] = "order_kind",
    [PURCHASE_SERVERS] = "servers",
};

static const char *const order_kinds[] = {
    [ORDER_SALE] = "sale",
    [ORDER_TRIAL] = "trial",
    [ORDER_INTERNAL] = "internal",
    [ORDER_GOODWILL] = "goodwill",
    [ORDER_CORRECTION] = "correction",
    [ORDER_CANCELLATION] = "cancellation",
};

const char *purchase_column_name(PurchaseColumn column)
{
    return columns[column];
}

const char *purchase_order_kind_name(OrderKind kind)
{
    return order_kinds[kind];
}

bool purchase_order_kind_read(const char *text, OrderKind *kind)
{
    for (gsize i = 0; i < G_N_ELEMENTS(order_kinds); i++) {
        if (g_ascii_strcasecmp(text, order_kinds[i]) == 0) {
            *kind = (OrderKind)i;
            return true;
        }
    }
    return false;
}

/* PURCHASE_COLUMNS if there is no such column. */
static PurchaseColumn find_column(const char *name)
{
    g_autofree char *bare = g_strstrip(g_strdup(name));
    PurchaseColumn column = 0;
    while (column < PURCHASE_COLUMNS && g_ascii_strcasecmp(bare, columns[column]) != 0) {
        column++;
    }
    return column;
}

static bool refuse_column(GError **error, const char *name, const char *why)
{
    g_autofree char *shown = text_one_line(name, SHOWN);
    g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT, "the column \"%s\" %s", shown, why);
    return false;
}

bool purchase_read_header(const char *const *names, gsize count, int place[PURCHASE_COLUMNS],
                          GError **error)
{
    for (PurchaseColumn column = 0; column < PURCHASE_COLUMNS; column++) {
        place[column] = -1;
    }
    for (gsize i = 0; i < count; i++) {
        const PurchaseColumn column = find_column(names[i]);
        if (column == PURCHASE_COLUMNS) {
            return refuse_column(error, names[i],
                                 strpbrk(names[i], ";\t") == NULL
                                     ? "is not known"
                                     : "is not known; separate the columns by commas");
        }
        if (place[column] >= 0) {
            return refuse_column(error, columns[column], "stands there twice");
        }
        place[column] = (int)i;
    }
    for (PurchaseColumn column = 0; column < PURCHASE_CUSTOMER_REF; column++) {
        if (place[column] < 0) {
            return refuse_column(error, columns[column], "is missing");
        }
    }
    return true;
}
