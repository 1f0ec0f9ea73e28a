#include "service/operators.h"

#include "base/clock.h"
#include "base/error.h"
#include "core/base64url.h"

#include <string.h>
#include <sys/random.h>

#define TOKEN_START  "issuer-" /* so that one can be told when it turns up where it should not */
#define TOKEN_RANDOM 32        /* bytes */
#define NAME_MOST    64
#define DAY          86400 /* seconds */

static const char role_admin[] = "admin";

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
    g_autoptr(Secret) random = secret_new(TOKEN_RANDOM);
    if (getrandom(secret_data(random), TOKEN_RANDOM, 0) != TOKEN_RANDOM) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_FAILED,
                    "the system gave no random numbers for a token");
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

static bool may_add(Context *context, const OperatorRecord *by, const char *role, GError **error)
{
    if (by != NULL) {
        return true;
    }
    const int admin_count = operator_store_has_admin(context->database, clock_now(), error);
    if (admin_count == 0 && strcmp(role, role_admin) == 0) {
        return true;
    }
    if (admin_count >= 0) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_DENIED,
                    admin_count > 0 ? "there is an admin already: operators are added by an admin"
                                    : "the first operator must be an admin");
    }
    return false;
}

static bool add(Context *context, const OperatorRecord *by, const OperatorNew *new_operator,
                GError **error)
{
    return may_add(context, by, new_operator->role, error) &&
           operator_store_add(context->database, new_operator, error) != 0 &&
           database_commit(context->database, error);
}

bool operators_add(Context *context, const OperatorOrder *order, GError **error)
{
    if (!name_is_plain(order->name)) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_USAGE,
                    "'%s' is no operator's name: 1 to 64 of A-Z a-z 0-9 . _ @ -", order->name);
        return false;
    }
    const OperatorNew new_operator = {
        .name = order->name,
        .role = order->role,
        .token = operators_token_digest(order->token),
        .now = clock_now(),
        .expires_at = clock_now() + (int64_t)order->days * DAY,
        .by = order->by == NULL ? 0 : order->by->id,
    };
    if (!database_begin(context->database, error)) {
        return false;
    }
    if (!add(context, order->by, &new_operator, error)) {
        database_rollback(context->database);
        return false;
    }
    return true;
}

GPtrArray *operators_list(Context *context, GError **error)
{
    return operator_store_list(context->database, clock_now(), error);
}

/* Somebody must be left who can add operators. */
static bool admin_is_left(Context *context, GError **error)
{
    const int admin_count = operator_store_has_admin(context->database, clock_now(), error);
    if (admin_count == 0) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_DENIED,
                    "the last admin cannot be revoked: add another one first");
    }
    return admin_count > 0;
}

bool operators_revoke(Context *context, const OperatorRecord *by, const char *name, GError **error)
{
    Database *database = context->database;
    if (!database_begin(database, error)) {
        return false;
    }
    const bool done = operator_store_revoke(database, name, by->id, clock_now(), error) &&
                      admin_is_left(context, error) && database_commit(database, error);
    if (!done) {
        database_rollback(database);
    }
    return done;
}
