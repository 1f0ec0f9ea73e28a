#include "mail/clear_signed.h"

#include "base/bytes.h"

#include <stdbool.h>
#include <string.h>

#define BEGIN "-----BEGIN PGP SIGNED MESSAGE-----"
#define END   "-----BEGIN PGP SIGNATURE-----"

/* Past what a mail program puts before a line that it quotes. */
static gsize quote_length(const char *line, gsize length)
{
    gsize at = 0;
    while (at < length && strchr("> |\t", line[at]) != NULL && line[at] != '\0') {
        at++;
    }
    return at;
}

static bool begins_with(const char *line, gsize length, const char *word)
{
    return length >= strlen(word) && memcmp(line, word, strlen(word)) == 0;
}

GString *clear_signed_read(const char *text, gsize length)
{
    if (bytes_find(text, length, BEGIN, strlen(BEGIN)) == NULL) {
        return NULL;
    }
    g_autoptr(GString) out = g_string_sized_new(length);
    bool within = false;
    for (gsize at = 0; at < length;) {
        const char *end = memchr(text + at, '\n', length - at);
        const gsize size = end == NULL ? length - at : (gsize)(end + 1 - (text + at));
        const gsize mark = quote_length(text + at, size);
        const char *line = text + at + mark;
        const gsize left = size - mark;
        within = (within && !begins_with(line, left, END)) || begins_with(line, left, BEGIN);
        const gsize escape = within && begins_with(line, left, "- ") ? 2 : 0;
        g_string_append_len(out, text + at, (gssize)mark);
        g_string_append_len(out, line + escape, (gssize)(left - escape));
        at += size;
    }
    return out->len == length ? NULL : g_steal_pointer(&out);
}
