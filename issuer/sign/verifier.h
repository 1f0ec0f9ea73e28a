/* Judges a usage license as a Chariot server or an auditor would: by the pinned roots and the
 * denied list alone. */
#ifndef ISSUER_SIGN_VERIFIER_H
#define ISSUER_SIGN_VERIFIER_H

#include "core/usage_license.h"

#include <glib.h>
#include <stdbool.h>

typedef struct Verifier Verifier;

/* A verifier that believes the roots in the file `anchors` (PEM); `denied` is a file with a denied
 * list, or NULL. ISSUER_ERROR_NOT_FOUND, _INPUT. The caller owns it. */
Verifier *verifier_open(const char *anchors, const char *denied, GError **error);

/* The usage license in a compact JWS, if all of this is so: the header has the one form, the
 * certificate in it is a signing key's and chains to a root, it was valid at `iat`, `kid` is its
 * key's thumbprint and not denied, and the signature holds. NULL with ISSUER_ERROR_INPUT saying
 * the first that is not. Whether it has expired, or which server it is for, is not judged. The
 * caller owns the result. */
UsageLicense *verifier_check(const Verifier *verifier, const char *jws, gsize length,
                             GError **error);

void verifier_free(Verifier *verifier);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Verifier, verifier_free)

#endif
