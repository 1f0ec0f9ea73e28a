#include "core/finder_result.h"

#include "core/compact_scan.h"
#include "core/damage.h"
#include "core/lost_choice.h"

#include <string.h>

typedef struct {
    uint64_t place;
    FoundToken *token;
} Placed;

typedef struct {
    const CodeSearch *search;
    const GPtrArray *compact;
    const GPtrArray *lost;
    GPtrArray *known; /* of ArmoredCode: the compact tokens that are whole, armored */
    GArray *tokens;   /* of Placed */
} Listing;

static void add_token(Listing *listing, uint64_t place, ArmorKind kind, const char *jws,
                      const char *problem)
{
    const Placed placed = {place, found_token_new(kind, jws, problem)};
    g_array_append_val(listing->tokens, placed);
}

static bool is_listed(const Listing *listing, const char *jws)
{
    for (guint i = 0; i < listing->tokens->len; i++) {
        const FoundToken *token = g_array_index(listing->tokens, Placed, i).token;
        if (token->jws != NULL && strcmp(token->jws, jws) == 0) {
            return true;
        }
    }
    return false;
}

static void list_intact(Listing *listing)
{
    uint64_t place = 0;
    for (guint i = 0; i < code_search_count(listing->search); i++) {
        const ArmoredCode *code = code_search_get(listing->search, i, &place);
        const char *jws = armored_code_jws(code);
        if (jws != NULL) {
            add_token(listing, place, armored_code_kind(code), jws, NULL);
        }
    }
    for (guint i = 0; i < listing->compact->len; i++) {
        const CompactFind *find = g_ptr_array_index(listing->compact, i);
        if (find->problem == NULL && !is_listed(listing, find->text)) {
            ArmoredCode *known = armored_code_new_whole(find->kind, find->text);
            add_token(listing, find->place, find->kind, find->text, NULL);
            if (known != NULL) {
                g_ptr_array_add(listing->known, known);
            }
        }
    }
}

static bool is_known_code(const Listing *listing, const ArmoredCode *code)
{
    for (guint i = 0; i < listing->known->len; i++) {
        if (armored_code_is_same(g_ptr_array_index(listing->known, i), code)) {
            return true;
        }
    }
    return false;
}

static void list_damaged_codes(Listing *listing)
{
    uint64_t place = 0;
    for (guint i = 0; i < code_search_count(listing->search); i++) {
        ArmoredCode *code = code_search_get(listing->search, i, &place);
        if (armored_code_jws(code) == NULL && !is_known_code(listing, code)) {
            g_autofree char *problem = damage_describe(code);
            add_token(listing, place, armored_code_kind(code), NULL, problem);
        }
    }
}

/* Whether most of a compact token that is cut or wrong is the beginning of the other. */
static bool is_compact_copy(const char *damaged, const char *other)
{
    const gsize length = strlen(damaged);
    gsize same = 0;
    while (same < length && damaged[same] == other[same]) {
        same++;
    }
    return same >= length - length / 4;
}

static bool is_compact_listed(const Listing *listing, guint index)
{
    const CompactFind *find = g_ptr_array_index(listing->compact, index);
    for (guint i = 0; i < listing->tokens->len; i++) {
        const FoundToken *token = g_array_index(listing->tokens, Placed, i).token;
        if (token->jws != NULL && is_compact_copy(find->text, token->jws)) {
            return true;
        }
    }
    for (guint i = 0; i < index; i++) {
        const CompactFind *other = g_ptr_array_index(listing->compact, i);
        if (is_compact_copy(find->text, other->text) || is_compact_copy(other->text, find->text)) {
            return true;
        }
    }
    return false;
}

static void list_damaged_compact(Listing *listing)
{
    for (guint i = 0; i < listing->compact->len; i++) {
        const CompactFind *find = g_ptr_array_index(listing->compact, i);
        if (find->problem != NULL && !is_compact_listed(listing, i)) {
            add_token(listing, find->place, find->kind, NULL, find->problem);
        }
    }
}

static void list_lost(Listing *listing)
{
    g_autoptr(GPtrArray) chosen = lost_choice_make(listing->lost, listing->search, listing->known);
    for (guint i = 0; i < chosen->len; i++) {
        const LostStart *lost = g_ptr_array_index(chosen, i);
        add_token(listing, lost->place, lost->kind, NULL, "the first line is wrong");
    }
}

static gint compare_places(gconstpointer a, gconstpointer b)
{
    const uint64_t first = ((const Placed *)a)->place;
    const uint64_t second = ((const Placed *)b)->place;
    return (first > second) - (first < second);
}

/* The kind of the token that stands for those left out; usage licenses are not decided, so it is of
 * that kind only if nothing else was left out. */
static ArmorKind kind_of_rest(const Listing *listing)
{
    ArmorKind kind = ARMOR_USAGE_LICENSE;
    if (code_search_overflowed(listing->search, &kind) && kind != ARMOR_USAGE_LICENSE) {
        return kind;
    }
    for (guint i = FOUND_TOKENS_MOST; i < listing->tokens->len; i++) {
        kind = g_array_index(listing->tokens, Placed, i).token->kind;
        if (kind != ARMOR_USAGE_LICENSE) {
            break;
        }
    }
    return kind;
}

/* What stands for those above the limit; NULL if there are none. */
static FoundToken *rest_new(const Listing *listing)
{
    if (listing->tokens->len <= FOUND_TOKENS_MOST &&
        !code_search_overflowed(listing->search, NULL)) {
        return NULL;
    }
    FoundToken *rest = g_new0(FoundToken, 1);
    rest->kind = kind_of_rest(listing);
    rest->problem = g_strdup_printf("more than %d codes in one mail", FOUND_TOKENS_MOST);
    return rest;
}

static GPtrArray *in_order(Listing *listing)
{
    GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify)found_token_free);
    g_array_sort(listing->tokens, compare_places);
    FoundToken *rest = rest_new(listing);
    for (guint i = 0; i < listing->tokens->len; i++) {
        FoundToken *token = g_array_index(listing->tokens, Placed, i).token;
        if (i < FOUND_TOKENS_MOST) {
            g_ptr_array_add(list, token);
        } else {
            found_token_free(token);
        }
    }
    if (rest != NULL) {
        g_ptr_array_add(list, rest);
    }
    return list;
}

GPtrArray *finder_result_list(const CodeSearch *search, const GPtrArray *compact,
                              const GPtrArray *lost)
{
    g_autoptr(GPtrArray) known = g_ptr_array_new_with_free_func((GDestroyNotify)armored_code_free);
    g_autoptr(GArray) tokens = g_array_new(FALSE, FALSE, sizeof(Placed));
    Listing listing = {search, compact, lost, known, tokens};
    list_intact(&listing);
    list_damaged_codes(&listing);
    list_damaged_compact(&listing);
    list_lost(&listing);
    return in_order(&listing);
}
