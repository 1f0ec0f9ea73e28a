#include "service/license_changes.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "core/dates.h"
#include "core/finder.h"
#include "service/operators.h"
#include "service/typed_day.h"
#include "service/usage_licenses.h"

#include <string.h>

#define REFERENCE_MOST 255 /* code points, as in an import */
#define TRIES          3   /* another change of the same license may come in between */

/* The words of an order, read; what a change points to. */
typedef struct {
    GPtrArray *features; /* of FeatureWish * */
    GPtrArray *removed;
    GArray *end_uses; /* of int64_t */
    ExpiryWish expires;
    int32_t ordered_on;
    char *license_id;
    char *paid_by;
    char *reason;
} Words;

/* What is taken back are years or all of it; a day would say neither. */
static GPtrArray *read_removed(const char *const *texts, GError **error)
{
    g_autoptr(GPtrArray) removed = license_wish_features(texts, error);
    for (guint i = 0; removed != NULL && i < removed->len; i++) {
        const FeatureWish *wish = g_ptr_array_index(removed, i);
        if (wish->until != DATES_NONE) {
            g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_USAGE,
                        "%s: give the years that are taken back, or nothing, not a day",
                        wish->code);
            return NULL;
        }
    }
    return g_steal_pointer(&removed);
}

static bool read_serials(const char *const *texts, GArray *out, GError **error)
{
    for (; texts != NULL && *texts != NULL; texts++) {
        int64_t serial = 0;
        if (!usage_licenses_serial(*texts, &serial, error)) {
            return false;
        }
        g_array_append_val(out, serial);
    }
    return true;
}

/* A license key is a secret, and is easily pasted where a reference belongs. */
static bool read_reference(const char *text, char **out, GError **error)
{
    if (text == NULL) {
        return true;
    }
    g_autofree char *bare = g_strstrip(g_strdup(text));
    g_autofree char *masked = finder_mask_license_keys(bare);
    if (strcmp(bare, masked) != 0 || !text_is_safe(bare, REFERENCE_MOST)) {
        g_set_error(
            error, ISSUER_ERROR, ISSUER_ERROR_USAGE,
            "the order's reference is one line of at most %d characters, and no license key",
            REFERENCE_MOST);
        return false;
    }
    *out = g_steal_pointer(&bare);
    return true;
}

/* Only what was bought is counted in years: a correction says how it should be. */
static bool read_expiry(const LicenseChangeOrder *order, ExpiryWish *wish, GError **error)
{
    if (order->kind != LICENSE_CORRECT) {
        return license_wish_expiry(order->expires, wish, error);
    }
    wish->years = LICENSE_WISH_NONE;
    return license_wish_last_day(order->expires, &wish->until, error);
}

static bool read_words(const LicenseChangeOrder *order, Words *words, GError **error)
{
    words->end_uses = g_array_new(FALSE, FALSE, sizeof(int64_t));
    words->license_id = g_strstrip(g_strdup(order->license_id));
    words->reason = order->reason != NULL ? finder_mask_license_keys(order->reason) : NULL;
    return read_reference(order->order, &words->paid_by, error) &&
           (words->features = license_wish_features(order->features, error)) != NULL &&
           (words->removed = read_removed(order->removed, error)) != NULL &&
           read_serials(order->end_uses, words->end_uses, error) &&
           typed_day_read(order->ordered_on, &words->ordered_on, error) &&
           (order->expires == NULL || read_expiry(order, &words->expires, error));
}

static void words_clear(Words *words)
{
    g_clear_pointer(&words->features, g_ptr_array_unref);
    g_clear_pointer(&words->removed, g_ptr_array_unref);
    g_array_unref(words->end_uses);
    g_free(words->license_id);
    g_free(words->paid_by);
    g_free(words->reason);
}

/* Whoever was not first sees the other's version at the next try. */
static LicenseChanged *run(const Context *context, const LicenseChange *change, bool keep,
                           GError **error)
{
    for (unsigned left = TRIES;; left--) {
        g_autoptr(GError) failure = NULL;
        LicenseChanged *changed =
            license_change_store_run(context->database, change, keep, &failure);
        if (changed != NULL) {
            return changed;
        }
        if (left == 1 || !g_error_matches(failure, ISSUER_ERROR, ISSUER_ERROR_CONFLICT)) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return NULL;
        }
    }
}

LicenseChanged *license_changes_make(Context *context, const LicenseChangeOrder *order,
                                     GError **error)
{
    Words words = {0};
    LicenseChanged *changed = NULL;
    if (read_words(order, &words, error)) {
        const LicenseChange change = {
            .kind = order->kind,
            .token = operators_token_digest(order->token),
            .license_id = words.license_id,
            .order = words.paid_by,
            .order_kind = order->order_kind,
            .ordered_on = words.ordered_on,
            .same_order = order->same_order,
            .features = words.features,
            .removed = words.removed,
            .expires = order->expires != NULL ? &words.expires : NULL,
            .activations = order->activations,
            .servers = order->servers,
            .end_uses = words.end_uses,
            .ended_how = order->ended_how,
            .replaced_by = order->replaced_by,
            .reinstated = order->reinstated,
            .reason = words.reason,
            .now = clock_now(),
        };
        changed = run(context, &change, !order->dry_run, error);
    }
    words_clear(&words);
    return changed;
}

Listing *license_changes_terms(Context *context, const char *license_id, GError **error)
{
    g_autofree char *bare = g_strstrip(g_strdup(license_id));
    return license_change_store_terms(context->database, bare, error);
}
