#include "service/orders.h"

#include "base/clock.h"
#include "base/error.h"
#include "service/operators.h"
#include "service/typed_day.h"
#include "service/typed_text.h"

Listing *orders_list(Context *context, const char *customer, const char *kind,
                     const char *const days[2], GError **error)
{
    OrderFilter filter = {.customer = customer, .kind = kind};
    if (!typed_day_read(days[0], &filter.from, error) ||
        !typed_day_read(days[1], &filter.until, error)) {
        return NULL;
    }
    if (filter.from != DATES_NONE && filter.until != DATES_NONE && filter.from > filter.until) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_USAGE,
                    "--from is after --until: no order can be between");
        return NULL;
    }
    return order_store_list(context->database, &filter, ORDERS_MOST, error);
}

OrderDetail *orders_show(Context *context, const char *reference, GError **error)
{
    g_autofree char *bare = g_strstrip(g_strdup(reference));
    return order_store_show(context->database, bare, ORDERS_MOST, error);
}

Listing *orders_features(Context *context, GError **error)
{
    return order_store_features(context->database, error);
}

bool orders_add_feature(Context *context, const FeatureOrder *order, GError **error)
{
    if (!typed_text_has_no_key(order->code, "the code", error) ||
        !typed_text_has_no_key(order->name, "the name", error)) {
        return false;
    }
    const NewFeature feature = {
        .token = operators_token_digest(order->token),
        .code = order->code,
        .product = order->product,
        .name = order->name,
        .kind = order->kind,
        .now = clock_now(),
    };
    return order_store_add_feature(context->database, &feature, error);
}
