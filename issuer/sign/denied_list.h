/* The denied list as a signed text: core/denied_keys.h with a root's signature under it. */
#ifndef ISSUER_SIGN_DENIED_LIST_H
#define ISSUER_SIGN_DENIED_LIST_H

#include "core/denied_keys.h"
#include "sign/certificate.h"
#include "sign/key_pair.h"

/* Reads the compact JWS (white space around it is taken) in the file `path` and checks that one of
 * `roots` (of Certificate) signed it. ISSUER_ERROR_NOT_FOUND, _INPUT. The caller owns the result.
 */
DeniedKeys *denied_list_read(const char *path, const GPtrArray *roots, GError **error);

/* Signs a list made at `iat` (seconds) of the thumbprints in `kids` (of Digest) with the key pair
 * of `root`. New string: the compact JWS. ISSUER_ERROR_FAILED. */
char *denied_list_sign(int64_t iat, GArray *kids, const Certificate *root, const KeyPair *root_pair,
                       GError **error);

#endif
