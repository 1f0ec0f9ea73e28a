#include "mail/mbox.h"

#include "base/bytes.h"
#include "base/error.h"
#include "mail/headers.h"
#include "mail/read_failure.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define CAPACITY  (MBOX_WINDOW + 64UL * 1024)
#define HEAD_SIZE (64UL * 1024) /* bytes in which Content-Length is looked for */
#define KEPT_TAIL 4             /* bytes before the search point, to see the line ends there */
#define HOLE_SIZE 64            /* NUL bytes in a row, more than any text encoding writes */

struct Mbox {
    int fd;
    char *buffer;
    gsize length;
    uint64_t base; /* offset in the file of buffer[0] */
    bool ended;    /* the buffer reaches to the end of the file, or to where it cannot be read */
    int failure;   /* errno of the read that failed there; 0: none */
    uint64_t at;   /* offset of the separator of the next message */
    bool lengths_hold;
    bool in_mail; /* at the start of a file that begins as a mail */
    bool cr;      /* the separator of the message at hand ends with a carriage return alone */
};

Mbox *mbox_new(int fd, bool begins_as_mail)
{
    Mbox *mbox = g_new0(Mbox, 1);
    mbox->fd = fd;
    mbox->buffer = g_malloc(CAPACITY);
    mbox->lengths_hold = true;
    mbox->in_mail = begins_as_mail;
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

/* Slides the window so that it begins at offset `keep` and fills it up. What cannot be read ends
 * the file: the mails before it are whole. */
static void slide(Mbox *mbox, uint64_t keep)
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
        mbox->failure = got < 0 ? errno : 0;
        mbox->ended = got <= 0;
        mbox->length += (gsize)MAX(got, 0);
    }
}

/* Slides on while a message is being searched: from its start as long as it fits, else from the
 * search point. */
static void slide_within(Mbox *mbox, uint64_t start, uint64_t search)
{
    bool fits = start >= mbox->base && mbox->base + mbox->length - start < MBOX_WINDOW;
    slide(mbox, fits ? start : MAX(search - KEPT_TAIL, mbox->base));
}

/* What ends a message: another one, or what a crash of the file system leaves of blocks that it had
 * not written yet. What follows such a hole may be the rest of somebody else's mail. */
typedef enum {
    MARK_NONE,
    MARK_SEPARATOR,
    MARK_HOLE,
} Mark;

/* Whether the line at index `at` of the buffer stands apart from what comes before it. Only at the
 * start of a line does whoever writes an mbox quote "From ", so nothing else is a separator; and
 * behind a carriage return alone does only who wrote the separator before that way too. */
static bool is_apart(const Mbox *mbox, gsize at)
{
    const char *line = mbox->buffer + at;
    return (at >= 2 && memcmp(line - 2, "\n\n", 2) == 0) ||
           (at >= 3 && memcmp(line - 3, "\n\r\n", 3) == 0) ||
           (at >= 2 && mbox->cr && memcmp(line - 2, "\r\r", 2) == 0);
}

static bool is_separator_at(const Mbox *mbox, gsize at)
{
    const char *line = mbox->buffer + at;
    const bool apart = is_apart(mbox, at);
    const bool begins = line[-1] == '\n' || (mbox->cr && line[-1] == '\r');
    return begins && (apart || !mbox->in_mail) &&
           mbox_separator_size(line, mbox->length - at, apart) > 0;
}

/* The first run of NUL bytes that is a hole, or may become one because it reaches to `end`, else
 * `end`: indexes into the buffer. */
static gsize find_zeros(const Mbox *mbox, gsize from, gsize end)
{
    const char *data = mbox->buffer;
    const char *hit = NULL;
    while ((hit = memchr(data + from, '\0', end - from)) != NULL) {
        gsize start = (gsize)(hit - data);
        from = start;
        while (from < end && from < start + HOLE_SIZE && data[from] == '\0') {
            from++;
        }
        if (from == start + HOLE_SIZE || from == end) {
            return start;
        }
    }
    return end;
}

/* Looks for the first mark from index *at on and leaves there where it stands; where there is none,
 * where to go on when more has been read. */
static Mark find_mark(const Mbox *mbox, bool holes, gsize *at)
{
    gsize from = *at;
    for (;;) {
        const char *hit = bytes_find(mbox->buffer + from, mbox->length - from, "From ", 5);
        gsize stop = hit == NULL ? mbox->length : (gsize)(hit - mbox->buffer);
        *at = holes ? find_zeros(mbox, from, stop) : stop;
        if (stop - *at >= HOLE_SIZE) {
            return MARK_HOLE;
        }
        if (hit == NULL) {
            *at = MIN(*at, stop - MIN(stop - from, 4)); /* the needle may lie across the border */
            return MARK_NONE;
        }
        *at = stop;
        if (!mbox->ended && mbox->length - stop < MBOX_LOOK) {
            return MARK_NONE;
        }
        if (is_separator_at(mbox, stop)) {
            return MARK_SEPARATOR;
        }
        from = stop + 1;
    }
}

/* Finds where the message that begins at `start` ends: at the next mark, or with the file. Where no
 * message begins, but a torn piece, a hole does not end it. */
static uint64_t find_end(Mbox *mbox, uint64_t start, bool torn)
{
    uint64_t search = start + 1; /* a separator has something before it */
    for (;;) {
        gsize at = (gsize)(MIN(search, mbox->base + mbox->length) - mbox->base);
        Mark mark = find_mark(mbox, !torn, &at);
        if (mark == MARK_NONE && !mbox->ended) {
            search = mbox->base + at;
            slide_within(mbox, start, search);
            continue;
        }
        return mbox->base + (mark == MARK_NONE ? mbox->length : at);
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
    char look[MBOX_LOOK];
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
    return at == length || mbox_separator_size(look + at, length - at, at > 0) > 0;
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
    if (mbox->cr && at >= least + 2 && memcmp(data + at - 2, "\r\r", 2) == 0) {
        return end - 1;
    }
    return end;
}

/* Has the buffer hold the next message's headers, as far as there are any. False at the end. */
static bool look_at_next(Mbox *mbox)
{
    uint64_t end = mbox->base + mbox->length;
    if (!mbox->ended && mbox->at + HEAD_SIZE > end) {
        slide(mbox, mbox->at);
    }
    return mbox->at < mbox->base + mbox->length;
}

/* Moves past the separator line that begins at mbox->at, and what stands before it at the start of
 * the file. False if there is none: what follows is the rest of a mail whose start is lost. */
static bool skip_separator(Mbox *mbox)
{
    const char *data = mbox->buffer + (mbox->at - mbox->base);
    gsize length = (gsize)(mbox->base + mbox->length - mbox->at);
    gsize skip = mbox->at == 0 && length > 3 && memcmp(data, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    while (mbox->at == 0 && skip < length && (data[skip] == '\r' || data[skip] == '\n')) {
        skip++;
    }
    const gsize size = mbox_separator_size(data + skip, length - skip, true);
    mbox->cr = size > 0 && data[skip + size - 1] == '\r';
    mbox->at += size > 0 ? skip + size : 0;
    return size > 0;
}

/* Where the message that begins at mbox->at ends; moves to what follows it. */
static uint64_t pass_message(Mbox *mbox, bool torn)
{
    uint64_t start = mbox->at;
    uint64_t end = 0;
    mbox->lengths_hold = mbox->lengths_hold && !torn;
    if (mbox->lengths_hold && end_by_length(mbox, start, &end, &mbox->at)) {
        if (end > mbox->base + mbox->length) {
            slide(mbox, end - start <= MBOX_WINDOW ? start : end);
        }
        return end;
    }
    end = find_end(mbox, start, torn);
    mbox->in_mail = false;
    mbox->at = end;
    return without_empty_line(mbox, start, end);
}

/* Whether what was found last reaches to where the file cannot be read: then who knows whether it
 * is whole. */
static bool is_broken(const Mbox *mbox, GError **error)
{
    if (mbox->failure == 0 || !mbox_ended(mbox)) {
        return false;
    }
    g_autofree char *what = read_failure_text(mbox_seen(mbox), mbox->failure);
    g_set_error_literal(error, ISSUER_ERROR, ISSUER_ERROR_FAILED, what);
    return true;
}

bool mbox_next(Mbox *mbox, MboxMessage *message, GError **error)
{
    if (!look_at_next(mbox)) {
        (void)is_broken(mbox, error);
        return false;
    }
    bool torn = !skip_separator(mbox);
    uint64_t start = mbox->at;
    uint64_t end = pass_message(mbox, torn);
    if (is_broken(mbox, error)) {
        return false;
    }
    bool held =
        start >= mbox->base && end - start <= MBOX_WINDOW && end <= mbox->base + mbox->length;
    *message = (MboxMessage){.offset = start,
                             .size = end - start,
                             .bytes = held ? mbox->buffer + (start - mbox->base) : NULL,
                             .torn = torn};
    return true;
}

bool mbox_ended(const Mbox *mbox)
{
    return mbox->ended && mbox->at >= mbox->base + mbox->length;
}

uint64_t mbox_seen(const Mbox *mbox)
{
    return mbox->base + mbox->length;
}

gsize mbox_unquote(char *data, gsize length)
{
    gsize read = 0;
    gsize write = 0;
    while (read < length) {
        const char *hit = bytes_find(data + read, length - read, ">From ", 6);
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
