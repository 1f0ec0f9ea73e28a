#include "core/key_mail.h"

#include <string.h>

#define PLACE "XXXXX-XXXXX-XXXXX-XXXXX-XXXXX"

char *key_mail_subject(const KeyMailFacts *facts)
{
    return g_strdup_printf("License key for %s", facts->license_id);
}

char *key_mail_text(const KeyMailFacts *facts)
{
    return g_strdup_printf(
        "Hello,\n"
        "\n"
        "this is the license key of your Chariot license %s\n"
        "(%s):\n"
        "\n"
        "    " PLACE "\n"
        "\n"
        "%s"
        "On a server without internet, enter it on Chariot's license page. The page\n"
        "shows a usage request; mail that to %s\n"
        "and the usage license for this server comes back by mail.\n"
        "\n"
        "Keep the key as you keep a password, and do not mail it to anybody, us\n"
        "included: we never ask for it. We keep no copy. If it is lost, or somebody\n"
        "has it who should not, tell us, and we make another one.\n"
        "\n"
        "%s\n",
        facts->license_id, facts->customer,
        facts->replaces
            ? "It takes the place of the key that you had. Servers that run go on running\n"
              "and are served as before; a new server needs the new key.\n"
              "\n"
            : "",
        facts->address, facts->vendor);
}

Secret *key_mail_fill(const void *mail, gsize size, const Secret *key)
{
    const gsize length = strlen(PLACE);
    const char *at = memmem(mail, size, PLACE, length);
    const gsize before = at != NULL ? (gsize)(at - (const char *)mail) : 0;
    if (at == NULL || secret_size(key) != length ||
        memmem(at + length, size - before - length, PLACE, length) != NULL) {
        return NULL;
    }
    Secret *filled = secret_new_copy(mail, size);
    memcpy(secret_data(filled) + before, secret_peek(key), length);
    return filled;
}
