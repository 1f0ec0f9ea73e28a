#include "service/customers.h"

#include "base/clock.h"
#include "core/finder.h"
#include "service/operators.h"
#include "service/typed_text.h"

Listing *customers_list(Context *context, const char *text, GError **error)
{
    g_autofree char *bare = text != NULL ? g_strstrip(g_strdup(text)) : NULL;
    return customer_store_list(context->database, bare, CUSTOMERS_MOST, error);
}

CustomerDetail *customers_show(Context *context, const char *wanted, GError **error)
{
    g_autofree char *bare = g_strstrip(g_strdup(wanted));
    return customer_store_show(context->database, bare, CUSTOMERS_MOST, error);
}

typedef int64_t (*ChangeFunction)(Database *db, const CustomerChange *change, GError **error);

static int64_t change(const Context *context, const CustomerOrder *order, ChangeFunction function,
                      GError **error)
{
    g_autofree char *wanted = g_strstrip(g_strdup(order->wanted));
    g_autofree char *other = finder_mask_license_keys(order->other);
    g_autofree char *reason = finder_mask_license_keys(order->reason);
    const CustomerChange row = {
        .token = operators_token_digest(order->token),
        .wanted = wanted,
        .other = g_strstrip(other),
        .reason = reason,
        .now = clock_now(),
    };
    return function(context->database, &row, error);
}

int64_t customers_rename(Context *context, const CustomerOrder *order, GError **error)
{
    return typed_text_has_no_key(order->other, "the name", error)
               ? change(context, order, customer_store_rename, error)
               : 0;
}

int64_t customers_merge(Context *context, const CustomerOrder *order, GError **error)
{
    return change(context, order, customer_store_merge, error);
}
