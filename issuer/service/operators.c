#include "service/operators.h"

#include "base/clock.h"
#include "base/error.h"
#include "core/base64url.h"

#include <string.h>

#define TOKEN_START  "issuer-" /* so that one can be told when it turns up where it should not */
#define TOKEN_RANDOM 32        /* bytes */
#define NAME_MOST    64

/* The digest of a token as a person hands it over, blanks around it aside. */
Digest operators_token_digest(const Secret *token)
{
    const char *text = secret_peek(token);
    gsize start = strspn(text, " \t\r\n");
    gsize length = strcspn(text + start, " \t\r\n");
    return digest_sha256(text + start, length);
}

OperatorRecord *operators_sign_in(Context *context, const Secret *token, const char *command,
                                  GError **error)
{
    const Digest digest = operators_token_digest(token);
    return operator_store_require(context->database, &digest, command, clock_now(), error);
}

/* 256 random bits in base64url after a fixed start. */
Secret *operators_make_token(GError **error)
{
    g_autoptr(Secret) random = secret_new_random(TOKEN_RANDOM, error);
    if (random == NULL) {
        return NULL;
    }
    char *text = base64url_text(secret_peek(random), TOKEN_RANDOM);
    const gsize length = strlen(text);
    Secret *token = secret_new(strlen(TOKEN_START) + length);
    memcpy(secret_data(token), TOKEN_START, strlen(TOKEN_START));
    memcpy(secret_data(token) + strlen(TOKEN_START), text, length);
    secret_wipe(text, length);
    g_free(text);
    return token;
}

/* Names are typed at a command line and printed in tables: short, and nothing to quote. */
static bool name_is_plain(const char *name)
{
    const gsize length = strlen(name);
    return length >= 1 && length <= NAME_MOST && g_ascii_isalnum(name[0]) &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._@-") ==
               length;
}

bool operators_add(Context *context, const OperatorOrder *order, GError **error)
{
    if (!name_is_plain(order->name)) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_USAGE,
                    "'%s' is no operator's name: 1 to 64 of A-Z a-z 0-9 . _ @ -", order->name);
        return false;
    }
    const Digest by = order->by != NULL ? operators_token_digest(order->by) : (Digest){0};
    const OperatorNew new_operator = {
        .by = order->by != NULL ? &by : NULL,
        .name = order->name,
        .role = order->role,
        .token = operators_token_digest(order->token),
        .days = order->days,
        .now = clock_now(),
    };
    return operator_store_add(context->database, &new_operator, error);
}

bool operators_renew(Context *context, const OperatorOrder *order, GError **error)
{
    const Digest by = operators_token_digest(order->by);
    const OperatorNew renewed = {
        .by = &by,
        .name = order->name,
        .token = operators_token_digest(order->token),
        .days = order->days,
        .now = clock_now(),
    };
    return operator_store_renew(context->database, &renewed, error);
}

GPtrArray *operators_list(Context *context, GError **error)
{
    return operator_store_list(context->database, clock_now(), error);
}

GPtrArray *operators_revoke(Context *context, const Secret *by, const char *name, GError **error)
{
    const Digest token = operators_token_digest(by);
    return operator_store_revoke(context->database, &token, name, clock_now(), error)
               ? operator_store_deeds(context->database, name, error)
               : NULL;
}

GPtrArray *operators_rights(Context *context, const char *role, GError **error)
{
    return operator_store_rights(context->database, role, error);
}
