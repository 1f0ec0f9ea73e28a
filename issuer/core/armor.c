#include "core/armor.h"

#include "base/error.h"
#include "core/crockford.h"
#include "core/jws.h"

#include <string.h>

#define CHECK_BITS  20
#define FIRST_SHORT (ARMOR_FIRST_LINE - ARMOR_CHECK)

typedef struct {
    char letter;
    gsize max_body;
} KindRow;

static const KindRow kinds[] = {
    [ARMOR_USAGE_REQUEST] = {'Q', 4096},
    [ARMOR_USAGE_LICENSE] = {'G', 16384},
    [ARMOR_DEACTIVATION] = {'D', 4096},
};

char armor_kind_letter(ArmorKind kind)
{
    return kinds[kind].letter;
}

gsize armor_kind_max_body(ArmorKind kind)
{
    return kinds[kind].max_body;
}

/* Appends a two-byte length, most significant byte first, and so many bytes. */
static void append_part(GByteArray *body, const char *part, gsize length)
{
    const guint8 size[2] = {(guint8)(length >> 8), (guint8)(length & 0xFF)};
    g_byte_array_append(body, size, sizeof size);
    g_byte_array_append(body, (const guint8 *)part, (guint)length);
}

GBytes *armor_body_from_jws(const char *jws, gsize length, GError **error)
{
    g_auto(Jws) parts = {0};
    if (!jws_read(&parts, jws, length, JWS_MOST_BODY, error)) {
        return NULL;
    }
    GByteArray *body =
        g_byte_array_sized_new((guint)jws_body_size(parts.header_length, parts.payload_length));
    append_part(body, parts.header, parts.header_length);
    append_part(body, parts.payload, parts.payload_length);
    g_byte_array_append(body, parts.signature, JWS_SIGNATURE);
    return g_byte_array_free_to_bytes(body);
}

/* The part whose two-byte length stands at `*at`; moves `*at` behind it. False if it does not fit.
 */
static bool take_part(const uint8_t *body, gsize size, gsize *at, const char **part, gsize *length)
{
    if (size - *at < 2) {
        return false;
    }
    *length = (gsize)body[*at] << 8 | body[*at + 1];
    *at += 2;
    if (*length == 0 || size - *at < *length) {
        return false;
    }
    *part = (const char *)body + *at;
    *at += *length;
    return true;
}

char *armor_body_to_jws(GBytes *body, GError **error)
{
    gsize size = 0;
    const uint8_t *data = g_bytes_get_data(body, &size);
    const char *header = NULL;
    const char *payload = NULL;
    gsize header_length = 0;
    gsize payload_length = 0;
    gsize at = 0;
    if (size > JWS_MOST_BODY || !take_part(data, size, &at, &header, &header_length) ||
        !take_part(data, size, &at, &payload, &payload_length) || size - at != JWS_SIGNATURE) {
        g_set_error_literal(error, ISSUER_ERROR, ISSUER_ERROR_INPUT,
                            "the lengths inside the code do not fit together");
        return NULL;
    }
    g_autofree char *input = jws_signing_input(header, header_length, payload, payload_length);
    return jws_join(input, data + at);
}

uint32_t armor_tag(const uint8_t *body, gsize size)
{
    const Digest digest = digest_sha256(body, size);
    return crockford_leading_bits(&digest, 5 * ARMOR_TAG);
}

uint32_t armor_first_line_check(const char symbols[FIRST_SHORT])
{
    const Digest digest = digest_sha256(symbols, FIRST_SHORT);
    return crockford_leading_bits(&digest, CHECK_BITS);
}

uint32_t armor_block_hash(char letter, const char tag[ARMOR_TAG], const uint8_t *block, gsize size)
{
    char message[1 + ARMOR_TAG + ARMOR_BLOCK_SIZE];
    g_assert(size <= ARMOR_BLOCK_SIZE);
    message[0] = letter;
    memcpy(message + 1, tag, ARMOR_TAG);
    memcpy(message + 1 + ARMOR_TAG, block, size);
    const Digest digest = digest_sha256(message, 1 + ARMOR_TAG + size);
    return crockford_leading_bits(&digest, CHECK_BITS);
}
