#include "core/jwk.h"

#include "core/base64url.h"

#include <string.h>

#define BEFORE_X "{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\""
#define AFTER_X  "\"}"
#define X_AT     (sizeof BEFORE_X - 1)
#define X_LENGTH 43 /* 32 bytes in base64url */

G_STATIC_ASSERT(X_AT + X_LENGTH + sizeof AFTER_X - 1 == JWK_LENGTH);

void jwk_write(const Digest *key, char out[JWK_LENGTH])
{
    memcpy(out, BEFORE_X, X_AT);
    base64url_write(key->bytes, DIGEST_SIZE, out + X_AT);
    memcpy(out + X_AT + X_LENGTH, AFTER_X, sizeof AFTER_X - 1);
}

bool jwk_read(const char text[JWK_LENGTH], Digest *key)
{
    return memcmp(text, BEFORE_X, X_AT) == 0 &&
           memcmp(text + X_AT + X_LENGTH, AFTER_X, sizeof AFTER_X - 1) == 0 &&
           base64url_read_exact(text + X_AT, X_LENGTH, key->bytes, DIGEST_SIZE);
}

Digest jwk_thumbprint(const Digest *key)
{
    char text[JWK_LENGTH];
    jwk_write(key, text);
    return digest_sha256(text, sizeof text);
}
