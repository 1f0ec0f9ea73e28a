/* A signing key with its certificate, ready to sign usage licenses. Safe to use from several
 * threads at once. */
#ifndef ISSUER_SIGN_SIGNER_H
#define ISSUER_SIGN_SIGNER_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct Signer Signer;

/* Opens the signing key in `folder`: checks owner and mode of the key's file, that the certificate
 * belongs to it, is issued by one of the folder's roots and valid at `now`. A development key is
 * refused unless `allow_development`. ISSUER_ERROR_NOT_FOUND, _DENIED or _INPUT. */
Signer *signer_open(const char *folder, bool allow_development, int64_t now, GError **error);

/* The key's id: its RFC 7638 thumbprint in base64url; its certificate in DER; validity in
 * seconds. Owned by the signer. */
const char *signer_kid(const Signer *signer);
GBytes *signer_certificate(const Signer *signer);
int64_t signer_not_before(const Signer *signer);
int64_t signer_not_after(const Signer *signer);
bool signer_is_development(const Signer *signer);

/* Whether the certificate is valid at `now` (seconds): a process may outlive its key, and a clock
 * may be set. ISSUER_ERROR_DENIED if it is not. */
bool signer_check_time(const Signer *signer, int64_t now, GError **error);

/* Signs a JWS signing input and verifies the result with the certificate's public key before it
 * gives it out. New string: the compact JWS. ISSUER_ERROR_FAILED. */
char *signer_sign(const Signer *signer, const char *signing_input, GError **error);

void signer_free(Signer *signer);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Signer, signer_free)

#endif
