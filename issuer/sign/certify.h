/* Makes the issuer's certificates: an offline root's, and a signing key's under a root. */
#ifndef ISSUER_SIGN_CERTIFY_H
#define ISSUER_SIGN_CERTIFY_H

#include "sign/certificate.h"
#include "sign/key_pair.h"

/* A self-signed root (CA, path length 0, signs certificates and lists), valid for 30 years from
 * `now` (seconds). `number` is its number in the ceremony; `development` marks it for ever as no
 * root of customers. ISSUER_ERROR_FAILED. The caller owns the result. */
Certificate *certify_root(const KeyPair *pair, unsigned number, bool development, int64_t now,
                          GError **error);

/* A signing key's certificate issued by `root`, whose key is `root_pair`: digitalSignature, our
 * extended key usage, valid for two years from `now` (730 days) or to the root's end; marked for
 * development if the root is. ISSUER_ERROR_FAILED. The caller owns the result. */
Certificate *certify_signing(const KeyPair *pair, const Certificate *root, const KeyPair *root_pair,
                             int64_t now, GError **error);

#endif
