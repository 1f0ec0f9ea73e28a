/* A code that was found in a message. */
#ifndef ISSUER_CORE_FOUND_TOKEN_H
#define ISSUER_CORE_FOUND_TOKEN_H

#include "core/armor.h"

typedef struct {
    ArmorKind kind;
    char *jws;     /* compact JWS; NULL when damaged */
    char *problem; /* "line 7 is wrong", "lines 12 to 14 are missing", … ; NULL when intact */
} FoundToken;

#define FOUND_TOKENS_MOST 64 /* of a message that are listed */

/* The strings are copied; either may be NULL. The caller owns the token. */
FoundToken *found_token_new(ArmorKind kind, const char *jws, const char *problem);

void found_token_free(FoundToken *token);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(FoundToken, found_token_free)

#endif
