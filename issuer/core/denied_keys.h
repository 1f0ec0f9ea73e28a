/* The list of signing keys that are no longer to be trusted (FORMATS.md, Usage license). It is
 * signed by an offline root; of several lists the newest `iat` wins. */
#ifndef ISSUER_CORE_DENIED_KEYS_H
#define ISSUER_CORE_DENIED_KEYS_H

#include "core/digest.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct {
    int64_t iat;         /* seconds */
    GArray *kids;        /* of Digest: thumbprints of signing keys, sorted, each once */
    GBytes *certificate; /* the root's, DER, as the header carries it; whether it is a pinned root
                            the reader must say */
} DeniedKeys;

/* The JWS signing input ("header.payload") of a list made at `iat` (seconds) with the thumbprints
 * in `kids` (of Digest), for the root whose certificate is given in DER. New string. */
char *denied_keys_signing_input(int64_t iat, GArray *kids, GBytes *certificate);

/* Reads a compact JWS: structure, header, claims; checks no signature. NULL with
 * ISSUER_ERROR_INPUT. The caller owns it. */
DeniedKeys *denied_keys_read(const char *jws, gsize length, GError **error);

/* Whether the list names this key. */
bool denied_keys_contains(const DeniedKeys *denied, const Digest *kid);

void denied_keys_free(DeniedKeys *denied);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(DeniedKeys, denied_keys_free)

#endif
