/* What a certificate of the issuer must be to be believed: the two-step chain from a signing key to
 * an offline root (RFC 5280 §6, with our own narrower rules). */
#ifndef ISSUER_SIGN_CHAIN_H
#define ISSUER_SIGN_CHAIN_H

#include "sign/certificate.h"

/* How long a signing key's certificate may be valid, in seconds: two years, a leap day included. */
#define CHAIN_SIGNING_MOST (731LL * 86400)

/* The roots in the file `path` (PEM, at least one), each as we make them: self-signed, CA with path
 * length 0, may sign certificates. Of Certificate; the caller owns the array.
 * ISSUER_ERROR_NOT_FOUND, or _INPUT saying what is wrong. */
GPtrArray *chain_read_roots(const char *path, GError **error);

/* Whether it is a signing key's: no CA, digitalSignature, our extended key usage, at most two
 * years, and issued by one of `roots` (of Certificate). ISSUER_ERROR_INPUT says what is wrong;
 * `name` is what messages call it. Returns that root, owned by `roots`. */
const Certificate *chain_check_signing(const Certificate *certificate, const GPtrArray *roots,
                                       const char *name, GError **error);

/* Whether it is valid at `when` (seconds); otherwise ISSUER_ERROR_INPUT naming both dates. */
bool chain_check_time(const Certificate *certificate, int64_t when, const char *name,
                      GError **error);

#endif
