#include "service/sales.h"

#include "base/clock.h"
#include "base/error.h"
#include "core/crockford.h"
#include "core/finder.h"
#include "core/license_key.h"
#include "core/license_wish.h"
#include "service/operators.h"
#include "service/typed_day.h"

#include <string.h>

#define ID_RANDOM 5 /* bytes of a License ID that is made: eight symbols in two groups */

Secret *sales_make_key(GError **error)
{
    g_autoptr(Secret) random = secret_new_random(LICENSE_KEY_RANDOM, error);
    return random != NULL ? license_key_make(random) : NULL;
}

/* It says nothing of what was sold before or after it. */
static char *make_license_id(GError **error)
{
    char symbols[ID_RANDOM * 8 / 5];
    g_autoptr(Secret) random = secret_new_random(ID_RANDOM, error);
    if (random == NULL) {
        return NULL;
    }
    crockford_encode((const uint8_t *)secret_peek(random), ID_RANDOM, symbols);
    return g_strdup_printf("LIC-%.4s-%.4s", symbols, symbols + 4);
}

static void free_wish(gpointer wish)
{
    feature_wish_free(wish);
}

/* Of FeatureWish; the caller's. */
static GPtrArray *read_features(const char *const *features, GError **error)
{
    g_autoptr(GPtrArray) wishes = g_ptr_array_new_with_free_func(free_wish);
    for (; features != NULL && *features != NULL; features++) {
        FeatureWish *wish = license_wish_feature(*features, error);
        if (wish == NULL) {
            return NULL;
        }
        g_ptr_array_add(wishes, wish);
    }
    return g_steal_pointer(&wishes);
}

/* As a row of purchases has it, which knows no numbers. */
static char *features_field(const GPtrArray *wishes)
{
    GString *field = g_string_new(NULL);
    for (guint i = 0; i < wishes->len; i++) {
        const FeatureWish *wish = g_ptr_array_index(wishes, i);
        g_autofree char *day = wish->until != DATES_NONE ? dates_text(wish->until) : NULL;
        g_string_append_printf(field, "%s%s%s;", wish->code, day != NULL ? "=" : "",
                               day != NULL ? day : "");
    }
    return g_string_free(field, FALSE);
}

static void set_numbers(const Purchase *purchase, const GPtrArray *wishes)
{
    for (guint i = 0; i < wishes->len; i++) {
        const FeatureWish *wish = g_ptr_array_index(wishes, i);
        for (guint j = 0; j < purchase->features->len; j++) {
            PurchaseFeature *feature = g_ptr_array_index(purchase->features, j);
            if (strcmp(feature->code, wish->code) == 0 && wish->number != LICENSE_WISH_NONE) {
                feature->number = wish->number;
            }
        }
    }
}

static char *contacts_field(const char *const *contacts)
{
    GString *field = g_string_new(NULL);
    for (; contacts != NULL && *contacts != NULL; contacts++) {
        g_string_append_printf(field, "%s;", *contacts);
    }
    return g_string_free(field, FALSE);
}

static char *number_field(int64_t number)
{
    return g_strdup_printf("%" G_GINT64_FORMAT, (gint64)number);
}

/* What was typed is judged as a row of a file is. */
static Purchase *read_purchase(const SaleOrder *order, const GPtrArray *wishes, GError **error)
{
    g_autofree char *made_id = order->license_id == NULL ? make_license_id(error) : NULL;
    if (order->license_id == NULL && made_id == NULL) {
        return NULL;
    }
    g_autofree char *contacts = contacts_field(order->contacts);
    g_autofree char *features = features_field(wishes);
    g_autofree char *activations = number_field(order->activations);
    g_autofree char *servers = number_field(order->servers);
    const char *const fields[PURCHASE_COLUMNS] = {
        [PURCHASE_LICENSE_ID] = made_id != NULL ? made_id : order->license_id,
        [PURCHASE_LICENSE_KEY] = secret_peek(order->key),
        [PURCHASE_CUSTOMER] = order->customer,
        [PURCHASE_CONTACTS] = contacts,
        [PURCHASE_PRODUCT] = order->product,
        [PURCHASE_FEATURES] = features,
        [PURCHASE_ACTIVATIONS] = activations,
        [PURCHASE_EXPIRES] = order->expires,
        [PURCHASE_ORDER_REF] = order->order,
        [PURCHASE_CUSTOMER_REF] = order->customer_ref,
        [PURCHASE_ORDER_DATE] = order->order_day,
        [PURCHASE_ORDER_KIND] = order->order_kind,
        [PURCHASE_SERVERS] = servers,
    };
    Purchase *purchase = purchase_read(fields, error);
    if (purchase != NULL) {
        set_numbers(purchase, wishes);
    }
    return purchase;
}

static bool has_address(const Purchase *purchase, GError **error)
{
    for (guint i = 0; i < purchase->contacts->len; i++) {
        if (*(const char *)g_ptr_array_index(purchase->contacts, i) != '@') {
            return true;
        }
    }
    g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT,
                "contacts: the key cannot be mailed to a whole domain: name an address too");
    return false;
}

SaleRecord *sales_add(Context *context, const SaleOrder *order, GError **error)
{
    if (order->customer_ref != NULL && !order->new_customer) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_USAGE,
                    "--customer-ref is the reference of a new customer: it takes --new-customer");
        return NULL;
    }
    g_autoptr(GPtrArray) wishes = read_features(order->features, error);
    g_autoptr(Purchase) purchase = wishes != NULL ? read_purchase(order, wishes, error) : NULL;
    Database *database = context->database;
    if (purchase == NULL || (order->mailed && !has_address(purchase, error)) ||
        !database_begin(database, error)) {
        return NULL;
    }
    const Digest token = operators_token_digest(order->token);
    SaleRecord *record =
        sale_store_add(database, purchase, order->new_customer, &token, clock_now(), error);
    if (record == NULL || order->dry_run) {
        database_rollback(database);
        return record;
    }
    if (!database_commit(database, error)) {
        sale_record_free(record);
        return NULL;
    }
    return record;
}

char *sales_rekey(Context *context, const Secret *token, const char *license_id, const Secret *key,
                  const char *reason, GError **error)
{
    g_autoptr(Secret) normal = license_key_read(secret_peek(key), error);
    if (normal == NULL) {
        return NULL;
    }
    g_autofree char *kept = finder_mask_license_keys(reason);
    const RekeyOrder order = {
        .token = operators_token_digest(token),
        .license_id = license_id,
        .key = normal,
        .reason = kept,
        .now = clock_now(),
    };
    return sale_store_rekey(context->database, &order, error);
}

char *sales_handed_over(Context *context, const SaleHandover *handover, GError **error)
{
    g_autofree char *typed = g_strdup_printf("to %s by %s", handover->to, handover->channel);
    g_autofree char *what = finder_mask_license_keys(typed);
    DeliveredOrder order = {
        .token = operators_token_digest(handover->token),
        .license_id = handover->license_id,
        .what = what,
        .now = clock_now(),
    };
    return typed_day_read(handover->day, &order.day, error)
               ? sale_store_delivered(context->database, &order, error)
               : NULL;
}
