#include "mail/mbox.h"

#include "base/error.h"
#include "mail/headers.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define CAPACITY   (MBOX_WINDOW + 64UL * 1024)
#define LOOK_AHEAD 2048          /* bytes of a separator line and the start of the next line */
#define HEAD_SIZE  (64UL * 1024) /* bytes in which Content-Length is looked for */
#define KEPT_TAIL  4             /* bytes before the search point, to see the line ends there */

struct Mbox {
    int fd;
    char *buffer;
    gsize length;
    uint64_t base; /* offset in the file of buffer[0] */
    bool ended;    /* the buffer reaches to the end of the file */
    uint64_t at;   /* offset of the separator of the next message */
    bool lengths_hold;
};

Mbox *mbox_new(int fd)
{
    Mbox *mbox = g_new0(Mbox, 1);
    mbox->fd = fd;
    mbox->buffer = g_malloc(CAPACITY);
    mbox->lengths_hold = true;
    return mbox;
}

void mbox_free(Mbox *mbox)
{
    if (mbox == NULL) {
        return;
    }
    g_free(mbox->buffer);
    g_free(mbox);
}

/* Slides the window so that it begins at offset `keep` and fills it up. */
static bool slide(Mbox *mbox, uint64_t keep, GError **error)
{
    if (keep >= mbox->base && keep <= mbox->base + mbox->length) {
        gsize drop = (gsize)(keep - mbox->base);
        memmove(mbox->buffer, mbox->buffer + drop, mbox->length - drop);
        mbox->length -= drop;
    } else {
        mbox->length = 0;
        mbox->ended = false;
    }
    mbox->base = keep;
    while (!mbox->ended && mbox->length < CAPACITY) {
        ssize_t got = pread(mbox->fd, mbox->buffer + mbox->length, CAPACITY - mbox->length,
                            (off_t)(mbox->base + mbox->length));
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_FAILED,
                        "cannot be read at byte %" G_GUINT64_FORMAT ": %s",
                        mbox->base + mbox->length, g_strerror(errno));
            return false;
        }
        mbox->ended = got == 0;
        mbox->length += (gsize)got;
    }
    return true;
}

/* Slides on while a message is being searched: from its start as long as it fits, else from the
 * search point. */
static bool slide_within(Mbox *mbox, uint64_t start, uint64_t search, GError **error)
{
    bool fits = start >= mbox->base && mbox->base + mbox->length - start < MBOX_WINDOW;
    return slide(mbox, fits ? start : MAX(search - KEPT_TAIL, mbox->base), error);
}

/* Finds where the message that begins at `start` ends: at the next separator, or with the file. */
static bool find_end(Mbox *mbox, uint64_t start, uint64_t *end, GError **error)
{
    uint64_t search = start;
    for (;;) {
        gsize from = (gsize)(search - mbox->base);
        const char *hit = memmem(mbox->buffer + from, mbox->length - from, "\nFrom ", 6);
        gsize at = hit == NULL ? mbox->length : (gsize)(hit + 1 - mbox->buffer);
        if (hit != NULL && (mbox->ended || mbox->length - at >= LOOK_AHEAD)) {
            if (mbox_is_separator(hit + 1, mbox->length - at)) {
                *end = mbox->base + at;
                return true;
            }
            search = mbox->base + at;
            continue;
        }
        if (mbox->ended) {
            *end = mbox->base + mbox->length;
            return true;
        }
        if (hit != NULL) {
            search = mbox->base + at - 1;
        } else if (mbox->length - from > 5) {
            search = mbox->base + mbox->length - 5; /* the needle may lie across the border */
        }
        if (!slide_within(mbox, start, search, error)) {
            return false;
        }
    }
}

/* The bytes of one line end at `data`: 0, 1 or 2. */
static gsize line_end(const char *data, gsize length)
{
    if (length >= 1 && data[0] == '\n') {
        return 1;
    }
    return length >= 2 && data[0] == '\r' && data[1] == '\n' ? 2 : 0;
}

/* Whether a message may end at offset `end`: the file ends there, or a separator stands there, an
 * empty line before it or not. */
static bool may_end_at(const Mbox *mbox, uint64_t end, uint64_t *next)
{
    char look[LOOK_AHEAD];
    char last = 0;
    ssize_t got = pread(mbox->fd, look, sizeof look, (off_t)end);
    if (got < 0 || end == 0 || pread(mbox->fd, &last, 1, (off_t)(end - 1)) != 1) {
        return false; /* also past the end of the file */
    }
    gsize length = (gsize)got;
    gsize at = line_end(look, length);
    if (at < length && at > 0 && memcmp(look + at, "From ", MIN(5, length - at)) != 0) {
        at += line_end(look + at, length - at);
    }
    *next = end + at;
    return at == length || mbox_is_separator(look + at, length - at);
}

/* What Content-Length says of the message's end, if the file's mails have all been right about it
 * so far: else a length that some sender wrote could swallow the mails that follow. */
static bool end_by_length(Mbox *mbox, uint64_t start, uint64_t *end, uint64_t *next)
{
    gsize from = (gsize)(start - mbox->base);
    g_autoptr(Headers) headers =
        headers_read(mbox->buffer + from, MIN(mbox->length - from, HEAD_SIZE));
    const char *text = headers_first(headers, "content-length");
    guint64 length = 0;
    mbox->lengths_hold = text != NULL && headers_count(headers, "content-length") == 1 &&
                         g_ascii_string_to_unsigned(text, 10, 0, G_MAXINT64 / 2, &length, NULL) &&
                         may_end_at(mbox, start + headers_size(headers) + length, next);
    *end = start + headers_size(headers) + length;
    return mbox->lengths_hold;
}

/* Leaves out the empty line that the format puts after each message. */
static uint64_t without_empty_line(const Mbox *mbox, uint64_t start, uint64_t end)
{
    gsize at = (gsize)(end - mbox->base);
    gsize least = start > mbox->base ? (gsize)(start - mbox->base) : 0;
    const char *data = mbox->buffer;
    if (at >= least + 2 && memcmp(data + at - 2, "\n\n", 2) == 0) {
        return end - 1;
    }
    if (at >= least + 3 && memcmp(data + at - 3, "\n\r\n", 3) == 0) {
        return end - 2;
    }
    return end;
}

/* Moves past the separator line that begins at mbox->at, and what stands before it at the start of
 * the file. Returns whether a message follows. */
static bool skip_separator(Mbox *mbox, GError **error)
{
    if (mbox->at >= mbox->base + mbox->length || mbox->length < HEAD_SIZE ||
        mbox->base + mbox->length - mbox->at < HEAD_SIZE) {
        if (!mbox->ended && !slide(mbox, mbox->at, error)) {
            return false;
        }
    }
    const char *data = mbox->buffer + (mbox->at - mbox->base);
    gsize length = (gsize)(mbox->base + mbox->length - mbox->at);
    gsize skip = mbox->at == 0 && length > 3 && memcmp(data, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    while (mbox->at == 0 && skip < length && (data[skip] == '\r' || data[skip] == '\n')) {
        skip++;
    }
    const char *end = memchr(data + skip, '\n', length - skip);
    if (end == NULL) {
        return false;
    }
    mbox->at += (uint64_t)(end + 1 - data);
    return mbox->at < mbox->base + mbox->length;
}

bool mbox_next(Mbox *mbox, MboxMessage *message, GError **error)
{
    if (!skip_separator(mbox, error)) {
        return false;
    }
    uint64_t start = mbox->at;
    uint64_t end = 0;
    uint64_t next = 0;
    if (mbox->lengths_hold && end_by_length(mbox, start, &end, &next)) {
        if (end > mbox->base + mbox->length &&
            !slide(mbox, end - start <= MBOX_WINDOW ? start : end, error)) {
            return false;
        }
    } else {
        if (!find_end(mbox, start, &end, error)) {
            return false;
        }
        next = end;
        end = without_empty_line(mbox, start, end);
    }
    bool held =
        start >= mbox->base && end - start <= MBOX_WINDOW && end <= mbox->base + mbox->length;
    message->offset = start;
    message->size = end - start;
    message->bytes = held ? mbox->buffer + (start - mbox->base) : NULL;
    mbox->at = next;
    return true;
}

gsize mbox_unquote(char *data, gsize length)
{
    gsize read = 0;
    gsize write = 0;
    while (read < length) {
        char *hit = memmem(data + read, length - read, ">From ", 6);
        gsize at = hit == NULL ? length : (gsize)(hit - data);
        gsize line = at;
        while (line > read && data[line - 1] == '>') {
            line--;
        }
        bool quoted = hit != NULL && (line == 0 || data[line - 1] == '\n');
        gsize keep = hit == NULL ? length : at + (quoted ? 0 : 1);
        memmove(data + write, data + read, keep - read);
        write += keep - read;
        read = quoted ? keep + 1 : keep;
        if (quoted) {
            memmove(data + write, data + read, 5);
            write += 5;
            read += 5;
        }
    }
    return write;
}
