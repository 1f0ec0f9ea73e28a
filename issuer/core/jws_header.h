/* The headers of our JWS. There is one allowed form of each (sorted compact JSON with exactly the
 * members listed in FORMATS.md), compared byte for byte, so nothing in a header is ever a choice:
 * no `crit`, no other `alg`, no key by URL. */
#ifndef ISSUER_CORE_JWS_HEADER_H
#define ISSUER_CORE_JWS_HEADER_H

#include "core/digest.h"
#include "core/jws.h"

#define JWS_HEADER_MOST_CERTIFICATE 4096 /* characters of x5c's one string */

/* Whether the header is that of a statement of type `typ`, and the key in its `jwk`. */
bool jws_header_read_key(const Jws *jws, const char *typ, Digest *key);

/* The header { alg, kid, typ, x5c }, or { alg, typ, x5c } if `kid` is NULL. New string. */
GString *jws_header_write_certificate(const char *kid, const char *typ, GBytes *certificate);

/* Reads what jws_header_write_certificate() writes, with a kid if `kid` is not NULL. False with
 * ISSUER_ERROR_INPUT. Then the caller owns `*kid` and `*certificate`. */
bool jws_header_read_certificate(const Jws *jws, const char *typ, char **kid, GBytes **certificate,
                                 GError **error);

/* Sets ISSUER_ERROR_INPUT with what is wrong with a header that was not taken: its JSON, its
 * algorithm, a member that is not one of `members`, a type that is not one of `types` (both
 * NULL-terminated), or else its form. */
void jws_header_explain(const Jws *jws, const char *const *members, const char *const *types,
                        GError **error);

#endif
