#include "core/first_line.h"

#include "core/crockford.h"
#include "core/statement.h"
#include "core/usage_license.h"

#include <string.h>

#define START       "CHAR"
#define VERSION     '1'
#define KIND_AT     4 /* the version follows */
#define LENGTH_AT   6
#define TAG_AT      10
#define FIRST_SHORT (ARMOR_FIRST_LINE - ARMOR_CHECK)
#define LEAST_BODY  70 /* two lengths, two parts of a byte each and the signature */

static const char *const types[] = {
    [ARMOR_USAGE_REQUEST] = "\"typ\":\"" STATEMENT_REQUEST_TYPE "\"",
    [ARMOR_USAGE_LICENSE] = "\"typ\":\"" USAGE_LICENSE_TYPE "\"",
    [ARMOR_DEACTIVATION] = "\"typ\":\"" STATEMENT_DEACTIVATION_TYPE "\"",
};

bool first_line_kind_of_header(const char *header, gsize length, ArmorKind *kind)
{
    /* Our headers are compact JSON; whoever reads the token compares them byte for byte. */
    for (gsize i = 0; i < G_N_ELEMENTS(types); i++) {
        if (memmem(header, length, types[i], strlen(types[i])) != NULL) {
            *kind = (ArmorKind)i;
            return true;
        }
    }
    return false;
}

const char *first_line_next(const char *at, const char *end)
{
    while (end - at >= KIND_AT && (at = memchr(at, START[0], (gsize)(end - at))) != NULL) {
        if (end - at >= KIND_AT && memcmp(at, START, KIND_AT) == 0) {
            return at;
        }
        at++;
    }
    return NULL;
}

bool first_line_starts(const char *symbols, ArmorKind *kind)
{
    if (memcmp(symbols, START, KIND_AT) != 0 || symbols[KIND_AT + 1] != VERSION) {
        return false;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(types); i++) {
        if (symbols[KIND_AT] == armor_kind_letter((ArmorKind)i)) {
            *kind = (ArmorKind)i;
            return true;
        }
    }
    return false;
}

gsize first_line_size(const char first_line[ARMOR_FIRST_LINE])
{
    uint32_t size = 0;
    crockford_get(first_line + LENGTH_AT, TAG_AT - LENGTH_AT, &size);
    return size;
}

bool first_line_fits(const char symbols[ARMOR_FIRST_LINE], ArmorKind *kind)
{
    uint32_t check = 0;
    if (!first_line_starts(symbols, kind)) {
        return false;
    }
    /* The length is looked at first: it costs no hash and few chance words pass it. */
    const gsize size = first_line_size(symbols);
    return size >= LEAST_BODY && size <= armor_kind_max_body(*kind) &&
           crockford_get(symbols + FIRST_SHORT, ARMOR_CHECK, &check) &&
           check == armor_first_line_check(symbols);
}

uint32_t first_line_tag(const char first_line[ARMOR_FIRST_LINE])
{
    uint32_t tag = 0;
    crockford_get(first_line + TAG_AT, ARMOR_TAG, &tag);
    return tag;
}

const char *first_line_tag_symbols(const char first_line[ARMOR_FIRST_LINE])
{
    return first_line + TAG_AT;
}

void first_line_write(ArmorKind kind, gsize size, uint32_t tag, char out[ARMOR_FIRST_LINE])
{
    for (gsize i = 0; i < KIND_AT; i++) {
        out[i] = START[i];
    }
    out[KIND_AT] = armor_kind_letter(kind);
    out[KIND_AT + 1] = VERSION;
    crockford_put((uint32_t)size, TAG_AT - LENGTH_AT, out + LENGTH_AT);
    crockford_put(tag, ARMOR_TAG, out + TAG_AT);
    crockford_put(armor_first_line_check(out), ARMOR_CHECK, out + FIRST_SHORT);
}
