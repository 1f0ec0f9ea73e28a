/* The connection to the signer in another process, as signer.h offers it. */
#ifndef ISSUER_SIGN_SIGN_LINK_H
#define ISSUER_SIGN_SIGN_LINK_H

#include "sign/certificate.h"
#include "sign/signer.h"

typedef struct SignLink SignLink;

/* What the signer says of its key. */
typedef struct {
    Certificate *certificate;
    bool development;
} SignKey;

/* A connection to `address` that is not open yet. The caller owns it. */
SignLink *sign_link_new(const char *address);

/* Connects unless the connection stands; then `key` is filled, whose certificate the caller owns,
 * else left empty. ISSUER_ERROR_UNAVAILABLE. */
bool sign_link_reach(SignLink *link, SignKey *key, GError **error);

/* As signer_tell_revoked(), of that key. The connection is closed after it. */
bool sign_link_tell_revoked(SignLink *link, const Certificate *key, GError **error);

/* As signer_ask() and signer_answer(); `key` is the one that is to sign. */
bool sign_link_ask(SignLink *link, const SignOrder *order, const Certificate *key, GError **error);
bool sign_link_answer(SignLink *link, GPtrArray *jws, GError **error);

void sign_link_free(SignLink *link);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(SignLink, sign_link_free)

#endif
