#include "core/found_token.h"

FoundToken *found_token_new(ArmorKind kind, const char *jws, const char *problem)
{
    FoundToken *token = g_new(FoundToken, 1);
    token->kind = kind;
    token->jws = g_strdup(jws);
    token->problem = g_strdup(problem);
    return token;
}

void found_token_free(FoundToken *token)
{
    if (token != NULL) {
        g_free(token->jws);
        g_free(token->problem);
        g_free(token);
    }
}
