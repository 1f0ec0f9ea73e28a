#include "core/license_wish.h"

#include "base/error.h"
#include "base/text.h"
#include "core/dates.h"

#include <string.h>

#define NUMBER_MOST 1000000000000 /* of a metered feature's limit */
#define YEARS_MOST  100

static bool read_value(const char *text, FeatureWish *wish)
{
    return dates_read(text, &wish->until) || text_read_number(text, 1, NUMBER_MOST, &wish->number);
}

static void feature_wish_free(FeatureWish *wish)
{
    if (wish == NULL) {
        return;
    }
    g_free(wish->code);
    g_free(wish);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FeatureWish, feature_wish_free)

static FeatureWish *read_feature(const char *text, GError **error)
{
    g_autoptr(FeatureWish) wish = g_new0(FeatureWish, 1);
    wish->number = LICENSE_WISH_NONE;
    wish->until = DATES_NONE;
    const char *sign = strchr(text, '=');
    wish->code = g_strstrip(sign != NULL ? g_strndup(text, (gsize)(sign - text)) : g_strdup(text));
    g_autofree char *value = sign != NULL ? g_strstrip(g_strdup(sign + 1)) : NULL;
    if (wish->code[0] == '\0' || (value != NULL && !read_value(value, wish))) {
        /* The analyzer does not know that g_autoptr frees what is left behind. */
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
        g_set_error(
            error, ISSUER_ERROR, ISSUER_ERROR_USAGE,
            "\"%s\" is no feature: give CODE, CODE=NUMBER or CODE=DAY, such as support=2 or "
            "support=2028-03-31",
            text);
        return NULL;
    }
    return g_steal_pointer(&wish);
}

static void free_wish(gpointer wish)
{
    feature_wish_free(wish);
}

GPtrArray *license_wish_features(const char *const *texts, GError **error)
{
    g_autoptr(GPtrArray) wishes = g_ptr_array_new_with_free_func(free_wish);
    for (; texts != NULL && *texts != NULL; texts++) {
        FeatureWish *wish = read_feature(*texts, error);
        if (wish == NULL) {
            return NULL;
        }
        g_ptr_array_add(wishes, wish);
    }
    return g_steal_pointer(&wishes);
}

static bool read_last_day(const char *text, int32_t *until)
{
    const bool is_never = g_ascii_strcasecmp(text, "never") == 0;
    if (is_never) {
        *until = DATES_NONE;
    }
    return is_never || dates_read(text, until);
}

bool license_wish_last_day(const char *text, int32_t *until, GError **error)
{
    if (!read_last_day(text, until)) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_USAGE,
                    "\"%s\" is no expiry: give a day as 2028-03-31, or never", text);
        return false;
    }
    return true;
}

bool license_wish_expiry(const char *text, ExpiryWish *wish, GError **error)
{
    ExpiryWish read = {.years = LICENSE_WISH_NONE, .until = DATES_NONE};
    if (!read_last_day(text, &read.until) && !text_read_number(text, 1, YEARS_MOST, &read.years)) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_USAGE,
                    "\"%s\" is no expiry: give years (1 to %d), a day as 2028-03-31, or never",
                    text, YEARS_MOST);
        return false;
    }
    *wish = read;
    return true;
}
