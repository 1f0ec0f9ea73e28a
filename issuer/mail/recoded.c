#include "mail/recoded.h"

#include "mail/line_ends.h"
#include "mail/sniff.h"
#include "mail/wide_text.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#define PIECE_SIZE (64UL * 1024) /* bytes read at once */

bool recoded_is_one(const char *data, gsize length)
{
    if (length == 0 || !sniff_is_text(data, length)) {
        return false;
    }
    return line_ends_are_cr(data, length) || wide_text_for(data, length).unit > 0;
}

/* The next piece in UTF-8, the mark at its start left out. -1 if it cannot be read, 0 at the end.
 */
static int read_piece(int fd, uint64_t *offset, WideText *wide, GByteArray *text)
{
    char piece[PIECE_SIZE];
    ssize_t got = -1;
    do {
        got = pread(fd, piece, sizeof piece, (off_t)*offset);
    } while (got < 0 && errno == EINTR);
    if (got <= 0) {
        return (int)got;
    }
    if (*offset == 0) {
        *wide = wide_text_for(piece, (gsize)MIN(got, (ssize_t)SNIFF_SIZE));
    }
    const guint before = text->len;
    wide_text_decode(wide, piece, (gsize)got, text);
    if (*offset == 0 && text->len >= before + 3 &&
        memcmp(text->data + before, "\xEF\xBB\xBF", 3) == 0) {
        g_byte_array_remove_range(text, before, 3);
    }
    *offset += (uint64_t)got;
    return 1;
}

bool recoded_read(int fd, RecodedOut out, gpointer data)
{
    g_autoptr(GByteArray) text = g_byte_array_new();
    WideText wide = {0};
    uint64_t offset = 0;
    int more = read_piece(fd, &offset, &wide, text);
    const bool cr = line_ends_are_cr((const char *)text->data, MIN(text->len, SNIFF_SIZE));
    bool wanted = true;
    while (wanted && (more > 0 || text->len > 0)) {
        // What the last byte is shows with the one behind it.
        const bool held = more > 0 && text->len > 0 && text->data[text->len - 1] == '\r';
        const gsize given = text->len - (held ? 1 : 0);
        if (cr) {
            line_ends_make_lf((char *)text->data, given, held ? '\r' : '\0');
        }
        wanted = given == 0 || out(data, (const char *)text->data, given);
        g_byte_array_remove_range(text, 0, (guint)given);
        more = more > 0 ? read_piece(fd, &offset, &wide, text) : more;
    }
    return more >= 0;
}
