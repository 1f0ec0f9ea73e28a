#include "base/secret.h"

#include "base/error.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>

struct Secret {
    size_t size;
    char *data;
};

Secret *secret_new(size_t size)
{
    Secret *secret = g_new0(Secret, 1);
    secret->size = size;
    secret->data = g_malloc0(size + 1);
    /* Without the privilege to lock memory the secret may reach the swap device; it still works. */
    (void)mlock(secret->data, size + 1);
    return secret;
}

Secret *secret_new_copy(const void *data, size_t size)
{
    Secret *secret = secret_new(size);
    if (size > 0) {
        memcpy(secret->data, data, size);
    }
    return secret;
}

Secret *secret_new_random(size_t size, GError **error)
{
    Secret *secret = secret_new(size);
    if (getrandom(secret->data, size, 0) != (ssize_t)size) {
        secret_free(secret);
        g_set_error_literal(error, ISSUER_ERROR, ISSUER_ERROR_FAILED,
                            "the system gave no random numbers");
        return NULL;
    }
    return secret;
}

char *secret_data(Secret *secret)
{
    return secret->data;
}

const char *secret_peek(const Secret *secret)
{
    return secret->data;
}

size_t secret_size(const Secret *secret)
{
    return secret->size;
}

void secret_free(Secret *secret)
{
    if (secret == NULL) {
        return;
    }
    explicit_bzero(secret->data, secret->size + 1);
    (void)munlock(secret->data, secret->size + 1);
    g_free(secret->data);
    g_free(secret);
}

void secret_wipe(void *data, size_t size)
{
    explicit_bzero(data, size);
}
