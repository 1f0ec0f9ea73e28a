/* Makes signing as slow as a token's: loaded before a program (LD_PRELOAD), each signature takes
 * SLOW_SIGNING_US microseconds more, in which no core is busy. For the bench alone; the program
 * knows nothing of it. */
#include <dlfcn.h>
#include <poll.h>
#include <stddef.h>
#include <stdlib.h>

typedef struct evp_md_ctx_st Context;
typedef int Sign(Context *context, unsigned char *signature, size_t *length,
                 const unsigned char *data, size_t size);

/* As OpenSSL declares it. */
Sign EVP_DigestSign;

int EVP_DigestSign(Context *context, unsigned char *signature, size_t *length,
                   const unsigned char *data, size_t size)
{
    static Sign *signs;
    if (signs == NULL) {
        /* A function by a pointer to data, as POSIX has it for dlsym(). */
        *(void **)&signs = dlsym(RTLD_NEXT, "EVP_DigestSign");
    }
    const char *pause = getenv("SLOW_SIGNING_US");
    /* poll() is what a process that is confined to signing may wait by. */
    (void)poll(NULL, 0, pause != NULL ? (int)strtol(pause, NULL, 10) / 1000 : 0);
    return signs(context, signature, length, data, size);
}
