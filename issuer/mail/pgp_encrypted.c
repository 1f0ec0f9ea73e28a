#include "mail/pgp_encrypted.h"

#include <string.h>

#define BEGIN "-----BEGIN PGP MESSAGE-----"

bool pgp_encrypted_is_in(const char *text, gsize length)
{
    return memmem(text, length, BEGIN, strlen(BEGIN)) != NULL;
}

void pgp_encrypted_refuse(const char *text, gsize length, Unpacked *unpacked)
{
    (void)text;
    (void)length;
    unpacked_fail(unpacked, "it is encrypted: ask for the same mail without encryption");
}
