#include "mail/calendar_file.h"

#include "base/bytes.h"
#include "mail/transfer.h"

#include <string.h>

static const char mark[] = "ENCODING=BASE64";

bool calendar_file_is_in(const char *text, gsize length)
{
    return bytes_find(text, length, mark, sizeof mark - 1) != NULL;
}

/* Where the property ends that goes on at `at`: a line that begins with a blank belongs to it. */
static const char *property_end(const char *at, const char *end)
{
    while ((at = memchr(at, '\n', (gsize)(end - at))) != NULL && at + 1 < end &&
           (at[1] == ' ' || at[1] == '\t')) {
        at++;
    }
    return at == NULL ? end : at;
}

void calendar_file_unpack(const char *text, gsize length, Unpacked *unpacked)
{
    const char *end = text + length;
    const char *at = text;
    bool room = true;
    while (room && (at = memmem(at, (gsize)(end - at), mark, sizeof mark - 1)) != NULL) {
        const char *stop = property_end(at, end);
        const char *value = memchr(at, ':', (gsize)(stop - at));
        if (value != NULL) {
            GByteArray *file = g_byte_array_new();
            TransferDecoder decoder = {.encoding = TRANSFER_BASE64};
            transfer_decode(&decoder, value + 1, (gsize)(stop - value - 1), file);
            room = unpacked_add(unpacked, UNPACKED_FILE, NULL, NULL, file);
        }
        at = stop;
    }
}
