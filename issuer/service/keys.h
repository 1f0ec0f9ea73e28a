/* The keys that sign usage licenses, as people look after them. */
#ifndef ISSUER_SERVICE_KEYS_H
#define ISSUER_SERVICE_KEYS_H

#include "base/secret.h"
#include "service/context.h"

typedef struct {
    char *id;          /* thumbprint, base64url */
    const char *role;  /* "root" or "signing" */
    const char *state; /* "root", "spare", "signs", …; "on-record" for one that is not in the
                          folder; static */
    bool development;
    int64_t not_before; /* seconds */
    int64_t not_after;  /* seconds */
    int64_t revoked_at; /* by the records, seconds; 0: not revoked there */
    int64_t licenses;   /* signed with it, by the records; -1: a root, or no database was asked */
} KeyRecord;

typedef struct {
    char *id;
    int64_t not_before; /* seconds: it signs from then on */
    int64_t not_after;  /* seconds */
    char *before;       /* the key that signed until now; NULL: none could */
    int64_t before_not_after;
} KeyRotation;

/* What is asked for when a key is revoked. */
typedef struct {
    const char *id;
    const char *reason;
    unsigned root;            /* that signs the denied list */
    const Secret *passphrase; /* of the roots; NULL for development keys */
    const Digest *token;      /* of who revokes; NULL: nobody is named */
} KeyRevocation;

typedef struct {
    int64_t listed_at; /* the denied list's own time, seconds */
    int64_t listed;    /* keys that it names */
    int64_t licenses;  /* signed with the key, by the records; -1: not asked for */
    char *signs;       /* the key that signs from now on; NULL: none can */
} KeyRevoked;

/* Makes two roots and a signing key in the settings' key folder; `passphrase` NULL: development
 * keys. Errors of ceremony_init(). */
bool keys_init(Context *context, const Secret *passphrase, GError **error);

/* All keys of the folder, as KeyRecord; with a database, after them the keys that are on record
 * alone and, with `count`, how many licenses each has signed. */
GPtrArray *keys_list(Context *context, bool count, GError **error);

/* Whether the roots' private keys are under a passphrase: all but development keys are. */
bool keys_want_passphrase(const Context *context);

/* Makes a signing key certified by root number `root`; it signs from its not_before on. No database
 * is asked: the certificate goes on record when it first signs. Errors of ceremony_rotate(). The
 * caller owns the result. */
KeyRotation *keys_rotate(Context *context, unsigned root, const Secret *passphrase, GError **error);

/* Whether revoking this key takes a root's private key: not if it stands on the denied list already
 * and only the records lack it, as after the list was signed on another machine. `wanted` is set.
 * ISSUER_ERROR_INPUT for what is no signing key's id or is revoked in all places,
 * ISSUER_ERROR_NOT_FOUND for a key that neither folder nor records know. */
bool keys_revoke_wants_root(Context *context, const char *id, bool *wanted, GError **error);

/* Puts a signing key on the root-signed denied list of the folder and, with a database, its
 * revocation on record with an event: both or none, but for a crash between the two; then the same
 * again completes it. Errors of keys_revoke_wants_root() and ceremony_revoke(). The caller owns the
 * result. */
KeyRevoked *keys_revoke(Context *context, const KeyRevocation *revocation, GError **error);

void key_rotation_free(KeyRotation *rotation);
void key_revoked_free(KeyRevoked *revoked);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(KeyRotation, key_rotation_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KeyRevoked, key_revoked_free)

#endif
