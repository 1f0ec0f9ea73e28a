#include "mail/own_codes.h"

#include "core/finder.h"

#include <stdbool.h>
#include <string.h>

static GPtrArray *codes_in(const char *text, gsize length)
{
    g_autoptr(Finder) finder = finder_new();
    finder_add_text(finder, text, length);
    return finder_finish(finder);
}

/* Damaged ones have no name by which they could be told apart. */
static bool stands_in(const GPtrArray *codes, const FoundToken *token)
{
    for (guint i = 0; i < codes->len; i++) {
        const FoundToken *other = g_ptr_array_index(codes, i);
        if (g_strcmp0(token->jws, other->jws) == 0) {
            return true;
        }
    }
    return false;
}

void own_codes_keep(GPtrArray *tokens, const GString *shown, const char *unquoted)
{
    if (tokens->len == 0) {
        return;
    }
    g_autoptr(GPtrArray) all = codes_in(shown->str, shown->len);
    g_autoptr(GPtrArray) own = codes_in(unquoted, strlen(unquoted));
    for (guint i = tokens->len; i > 0; i--) {
        const FoundToken *token = g_ptr_array_index(tokens, i - 1);
        if (stands_in(all, token) && !stands_in(own, token)) {
            g_ptr_array_remove_index(tokens, i - 1);
        }
    }
}
