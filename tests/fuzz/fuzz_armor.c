/* Codes in text: whatever is found intact is whole, and no license key is left readable where keys
 * are masked. */
#include "core/finder.h"
#include "core/jws.h"
#include "fuzz.h"

#include <string.h>

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return 0;
}

/* A token is a compact JWS or says what is wrong with it, never both or neither. */
static void check_token(const FoundToken *token)
{
    FUZZ_HOLDS((token->jws == NULL) == (token->problem != NULL));
    if (token->jws != NULL) {
        g_auto(Jws) jws = {0};
        FUZZ_HOLDS(
            jws_read(&jws, token->jws, strlen(token->jws), armor_kind_max_body(token->kind), NULL));
    }
}

static GPtrArray *find(const uint8_t *data, size_t size)
{
    g_autoptr(Finder) finder = finder_new();
    finder_add_text(finder, (const char *)data, size);
    (void)finder_has_intact(finder);
    return finder_finish(finder);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GPtrArray) tokens = find(data, size);
    FUZZ_HOLDS(tokens->len <= FOUND_TOKENS_MOST + 1);
    for (guint i = 0; i < tokens->len; i++) {
        check_token(g_ptr_array_index(tokens, i));
    }
    g_autofree char *text = g_utf8_make_valid((const char *)data, (gssize)size);
    g_autofree char *masked = finder_mask_license_keys(text);
    FUZZ_HOLDS(g_utf8_validate(masked, -1, NULL));
    g_autofree char *again = finder_mask_license_keys(masked);
    FUZZ_HOLDS(strcmp(masked, again) == 0);
    return 0;
}
