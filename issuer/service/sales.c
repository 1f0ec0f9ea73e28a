#include "service/sales.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
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

/* As a row of purchases has them; it knows no numbers. */
static char *feature_field(const GPtrArray *wishes)
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
        for (guint k = 0; k < purchase->features->len; k++) {
            PurchaseFeature *feature = g_ptr_array_index(purchase->features, k);
            if (strcmp(feature->code, wish->code) == 0) {
                feature->number = wish->number;
            }
        }
    }
}

/* A field of several entries, as a row of purchases has it. */
static char *list_field(const char *const *entries)
{
    return entries != NULL ? text_join(entries, ";") : g_strdup("");
}

static char *number_field(int64_t number)
{
    return g_strdup_printf("%" G_GINT64_FORMAT, (gint64)number);
}

/* Empty: none. */
static char *day_field(int32_t day)
{
    return day != DATES_NONE ? dates_text(day) : g_strdup("");
}

/* Words of options, read; what a row of purchases is made of. */
typedef struct {
    GPtrArray *features; /* of FeatureWish * */
    int32_t ordered_on;
    int32_t expires;
} Words;

/* What was typed is judged as a row of a file is. */
static Purchase *read_row(const SaleOrder *order, const char *license_id, const Words *words,
                          GError **error)
{
    g_autofree char *contacts = list_field(order->contacts);
    g_autofree char *features = feature_field(words->features);
    g_autofree char *activations = number_field(order->activations);
    g_autofree char *servers = number_field(order->servers);
    g_autofree char *expires = day_field(words->expires);
    g_autofree char *ordered_on = day_field(words->ordered_on);
    const char *const fields[PURCHASE_COLUMNS] = {
        [PURCHASE_LICENSE_ID] = license_id,    [PURCHASE_LICENSE_KEY] = secret_peek(order->key),
        [PURCHASE_CUSTOMER] = order->customer, [PURCHASE_CONTACTS] = contacts,
        [PURCHASE_PRODUCT] = order->product,   [PURCHASE_FEATURES] = features,
        [PURCHASE_ACTIVATIONS] = activations,  [PURCHASE_EXPIRES] = expires,
        [PURCHASE_ORDER_REF] = order->order,   [PURCHASE_CUSTOMER_REF] = order->customer_ref,
        [PURCHASE_ORDER_DATE] = ordered_on,    [PURCHASE_ORDER_KIND] = order->order_kind,
        [PURCHASE_SERVERS] = servers,
    };
    Purchase *purchase = purchase_read(fields, error);
    if (purchase != NULL) {
        set_numbers(purchase, words->features);
    }
    return purchase;
}

static Purchase *read_purchase(const SaleOrder *order, GError **error)
{
    g_autoptr(GPtrArray) features = license_wish_features(order->features, error);
    Words words = {features, DATES_NONE, DATES_NONE};
    if (features == NULL || !typed_day_read(order->ordered_on, &words.ordered_on, error) ||
        (order->expires != NULL && !license_wish_last_day(order->expires, &words.expires, error))) {
        return NULL;
    }
    g_autofree char *id =
        order->license_id != NULL ? g_strdup(order->license_id) : make_license_id(error);
    return id != NULL ? read_row(order, id, &words, error) : NULL;
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
    g_autoptr(Purchase) purchase = read_purchase(order, error);
    Database *database = context->database;
    if (purchase == NULL || (order->mailed && !has_address(purchase, error)) ||
        !database_begin(database, error)) {
        return NULL;
    }
    const SaleTerms terms = {
        .token = operators_token_digest(order->token),
        .new_customer = order->new_customer,
        .kind_said = order->order_kind != NULL,
        .now = clock_now(),
    };
    SaleRecord *record = sale_store_add(database, purchase, &terms, error);
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
        .named = handover->key,
        .what = what,
        .now = clock_now(),
    };
    return typed_day_read(handover->day, &order.day, error)
               ? sale_store_delivered(context->database, &order, error)
               : NULL;
}
