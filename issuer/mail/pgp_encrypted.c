#include "mail/pgp_encrypted.h"

#include "base/bytes.h"

#include <string.h>

#define BEGIN "-----BEGIN PGP MESSAGE-----"

#define SESSION_KEY  1 /* tags of packets */
#define PASSWORD_KEY 3
#define KEY_ID       8 /* bytes */

/* The packet at the start: its tag, and where its body begins; 0: none that could be at one. */
static unsigned read_tag(const guint8 *data, gsize length, gsize *body)
{
    if (length < 16 || (data[0] & 0x80) == 0) {
        return 0;
    }
    if ((data[0] & 0x40) != 0) {
        *body = data[1] < 192 ? 2 : data[1] < 224 ? 3 : 0; /* §4.2.2; a key is never longer */
        return *body == 0 ? 0 : data[0] & 0x3FU;
    }
    static const gsize old[] = {2, 3, 5, 0}; /* §4.2.1 */
    *body = old[data[0] & 3U];
    return *body == 0 ? 0 : (data[0] >> 2) & 0xFU;
}

/* Algorithms for keys (§9.1, RFC 6637, RFC 9580). */
static bool is_key_algorithm(guint8 algorithm)
{
    return (algorithm >= 1 && algorithm <= 3) || (algorithm >= 16 && algorithm <= 26);
}

bool pgp_encrypted_begins(const char *data, gsize length)
{
    const guint8 *bytes = (const guint8 *)data;
    gsize body = 0;
    switch (read_tag(bytes, length, &body)) {
    case SESSION_KEY:
        return bytes[body] == 3 && is_key_algorithm(bytes[body + 1 + KEY_ID]);
    case PASSWORD_KEY: /* a version, a cipher, how the password is stretched or a mode */
        return (bytes[body] == 4 || bytes[body] == 5) && bytes[body + 1] >= 1 &&
               bytes[body + 1] <= 13 && bytes[body + 2] <= 4;
    default:
        return false;
    }
}

bool pgp_encrypted_is_in(const char *text, gsize length)
{
    return bytes_find(text, length, BEGIN, strlen(BEGIN)) != NULL;
}

void pgp_encrypted_refuse(const char *data, gsize length, Unpacked *unpacked)
{
    (void)data;
    (void)length;
    unpacked_fail(unpacked, "it is encrypted: ask for the same mail without encryption");
    unpacked_meet_encrypted(unpacked);
}
