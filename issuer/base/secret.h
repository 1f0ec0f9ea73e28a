/* Bytes that must not outlive their use: private keys, passphrases, license keys, tokens. Locked
 * in memory where the limits allow it, and wiped when freed. */
#ifndef ISSUER_BASE_SECRET_H
#define ISSUER_BASE_SECRET_H

#include <glib.h>
#include <stddef.h>

typedef struct Secret Secret;

/* A new secret of `size` bytes, all zero. The caller owns it. */
Secret *secret_new(size_t size);

/* A new secret holding a copy of `data`; the caller still wipes the original. */
Secret *secret_new_copy(const void *data, size_t size);

/* A new secret of `size` random bytes (at most 256) from the system. ISSUER_ERROR_FAILED. */
Secret *secret_new_random(size_t size, GError **error);

/* The bytes; a zero byte always follows them, so that text can be read as a string. */
char *secret_data(Secret *secret);
const char *secret_peek(const Secret *secret);

/* The size in bytes, without the zero byte that follows. */
size_t secret_size(const Secret *secret);

/* Wipes and frees; NULL is fine. */
void secret_free(Secret *secret);

/* Wipes `size` bytes in place; the compiler may not leave it out. */
void secret_wipe(void *data, size_t size);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Secret, secret_free)

#endif
