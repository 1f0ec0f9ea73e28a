/* A signing key with its certificate, ready to sign usage licenses: opened in this process, or in
 * another one, the signer, which is asked over a socket and alone has the key. The commands have it
 * the first way, the daemon's processes the second. */
#ifndef ISSUER_SIGN_SIGNER_H
#define ISSUER_SIGN_SIGNER_H

#include "core/usage_license.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct Signer Signer;

/* Opens the signing key in `folder`: checks owner and mode of the key's file, that the certificate
 * belongs to it, is issued by one of the folder's roots and valid at `now`. A development key is
 * refused unless `allow_development`. ISSUER_ERROR_NOT_FOUND, _DENIED or _INPUT. */
Signer *signer_open(const char *folder, bool allow_development, int64_t now, GError **error);

/* Finds the signer that listens on the socket `address` (a path), and learns which key it has.
 * ISSUER_ERROR_UNAVAILABLE if it does not answer within some seconds. */
Signer *signer_connect(const char *address, GError **error);

/* Whether the key is in another process. */
bool signer_is_elsewhere(const Signer *signer);

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

/* ---- a key in this process; safe to use from several threads at once ---- */

/* Renders a usage license, signs it, and verifies the result with the certificate's public key
 * before it gives it out. New string: the compact JWS. ISSUER_ERROR_FAILED. */
char *signer_issue(const Signer *signer, const UsageLicense *license, GError **error);

/* Signs something that is no usage license, for nobody: what libraries make ready at the first
 * signature they cannot once the process is confined. ISSUER_ERROR_FAILED. */
bool signer_warm(const Signer *signer, GError **error);

/* ---- a key in another process; not to be used by two threads at once ---- */

/* What a batch asks to be signed. */
typedef struct {
    const GPtrArray *licenses; /* of UsageLicense */
    int64_t database;          /* seconds, as the database's clock says it */
    int64_t began_us;          /* clock_monotonic_us() when the batch began; its time is signed */
} SignOrder;

/* Finds the signer anew where it has ended or was ended since. It may have another key by then:
 * `changed` tells. ISSUER_ERROR_UNAVAILABLE if it does not answer. */
bool signer_reach(Signer *signer, bool *changed, GError **error);

/* Tells it that its key has been revoked: it signs nothing more with it. ISSUER_ERROR_UNAVAILABLE
 * if it does not answer. */
bool signer_tell_revoked(Signer *signer, GError **error);

/* Asks for as much as need not be waited for; `order` lasts until it is answered. To be followed by
 * signer_answer(). ISSUER_ERROR_UNAVAILABLE; _FAILED for a usage license that cannot be signed. */
bool signer_ask(Signer *signer, const SignOrder *order, GError **error);

/* Asks for the rest and waits until all is signed and verified: appends the compact JWS of each to
 * `jws` (of char *, owned by it), in their order. ISSUER_ERROR_UNAVAILABLE: the signer refuses to
 * sign now, and says why, or has ended; _FAILED: one of them can never be signed. */
bool signer_answer(Signer *signer, GPtrArray *jws, GError **error);

void signer_free(Signer *signer);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Signer, signer_free)

#endif
