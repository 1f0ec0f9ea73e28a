#include "mail/old_mailbox.h"

#include "base/text.h"
#include "mail/mail_reader.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define PIECE_SIZE (64UL * 1024)         /* bytes read at once */
#define MOST       (MAIL_MAX_SIZE + 1UL) /* bytes kept of a mail: one that is too long shows so */
#define LINE_LOOK  8                     /* bytes of a line that tell whether it stands between */

static const char mmdf_line[] = "\1\1\1\1";
static const char babyl_start[] = "BABYL OPTIONS:";
static const char babyl_middle[] = "*** EOOH ***";

typedef struct Splitter Splitter;

struct Splitter {
    const DeskOut *out;
    bool (*stands_between)(const char *line, gsize length);
    bool (*give)(Splitter *splitter);
    GByteArray *chunk; /* since the last line that stands between */
    gsize line_start;  /* of the line at hand in it */
    char line[LINE_LOOK];
    gsize line_size; /* bytes of it so far */
    bool begun;      /* the first such line has come */
    uint64_t mails;
};

bool old_mailbox_is_mmdf(const char *data, gsize length)
{
    return length > 5 && memcmp(data, mmdf_line, 4) == 0 && (data[4] == '\n' || data[4] == '\r');
}

bool old_mailbox_is_babyl(const char *data, gsize length)
{
    return length >= sizeof babyl_start - 1 &&
           memcmp(data, babyl_start, sizeof babyl_start - 1) == 0;
}

// ---- lines ----

static void append(Splitter *splitter, const char *data, gsize length)
{
    if (splitter->line_size < LINE_LOOK) {
        memcpy(splitter->line + splitter->line_size, data,
               MIN(LINE_LOOK - splitter->line_size, length));
    }
    splitter->line_size += length;
    const gsize room = MOST - MIN(MOST, splitter->chunk->len);
    g_byte_array_append(splitter->chunk, (const guint8 *)data, (guint)MIN(room, length));
}

static bool is_blank(const GByteArray *chunk)
{
    for (guint i = 0; i < chunk->len; i++) {
        if (!g_ascii_isspace(chunk->data[i])) {
            return false;
        }
    }
    return true;
}

/* The line at hand has ended. False if nothing more is wanted. */
static bool end_line(Splitter *splitter)
{
    bool wanted = true;
    if (splitter->stands_between(splitter->line, MIN(splitter->line_size, LINE_LOOK))) {
        g_byte_array_set_size(splitter->chunk, (guint)splitter->line_start);
        if (splitter->begun && !is_blank(splitter->chunk)) {
            splitter->mails++;
            wanted = splitter->give(splitter);
        }
        splitter->begun = true;
        g_byte_array_set_size(splitter->chunk, 0);
    }
    splitter->line_start = splitter->chunk->len;
    splitter->line_size = 0;
    return wanted;
}

static bool take_piece(Splitter *splitter, const char *data, gsize length)
{
    const char *end = data + length;
    bool wanted = true;
    while (wanted && data < end) {
        const char *feed = memchr(data, '\n', (gsize)(end - data));
        append(splitter, data, (gsize)((feed == NULL ? end : feed + 1) - data));
        wanted = feed == NULL || end_line(splitter);
        data = feed == NULL ? end : feed + 1;
    }
    return wanted;
}

static void tell(const Splitter *splitter, const char *what)
{
    g_autofree char *why = g_strdup_printf(
        "%s behind its %llu mails; look for what is missing in another copy of the mailbox", what,
        (unsigned long long)splitter->mails);
    (void)splitter->out->trouble(splitter->out->data, why);
}

static void split(Splitter *splitter, int fd)
{
    char piece[PIECE_SIZE];
    splitter->chunk = g_byte_array_new();
    bool wanted = true;
    uint64_t offset = 0;
    ssize_t got = 0;
    while (wanted && (got = pread(fd, piece, sizeof piece, (off_t)offset)) != 0) {
        if (got < 0 && errno != EINTR) {
            tell(splitter, "cannot be read");
            break;
        }
        wanted = take_piece(splitter, piece, got > 0 ? (gsize)got : 0);
        offset += got > 0 ? (uint64_t)got : 0;
    }
    if (got == 0 && wanted && splitter->line_size > 0) {
        wanted = end_line(splitter);
    }
    if (got == 0 && wanted && splitter->begun && !is_blank(splitter->chunk)) {
        tell(splitter, "is cut off within the mail");
    }
    g_byte_array_unref(splitter->chunk);
}

static bool give(const Splitter *splitter, const GByteArray *bytes, bool in_mbox, bool deleted)
{
    const DeskMail mail = {.bytes = bytes, .in_mbox = in_mbox, .deleted = deleted};
    return splitter->out->mail(splitter->out->data, &mail);
}

// ---- MMDF ----

static bool is_mmdf_line(const char *line, gsize length)
{
    return length >= 4 && memcmp(line, mmdf_line, 4) == 0 &&
           (length == 4 || line[4] == '\n' || line[4] == '\r');
}

static bool give_of_mmdf(Splitter *splitter)
{
    return give(splitter, splitter->chunk, true, false);
}

void old_mailbox_read_mmdf(int fd, const DeskOut *out)
{
    Splitter splitter = {.out = out, .stands_between = is_mmdf_line, .give = give_of_mmdf};
    split(&splitter, fd);
}

// ---- Babyl ----

static bool is_babyl_line(const char *line, gsize length)
{
    return length >= 1 && line[0] == '\x1f';
}

/* Behind the line at `at`. */
static const char *next_line(const char *at, const char *end)
{
    const char *feed = memchr(at, '\n', (gsize)(end - at));
    return feed == NULL ? end : feed + 1;
}

static const char *find_line(const char *at, const char *end, const char *start)
{
    while (at < end &&
           !((gsize)(end - at) >= strlen(start) && memcmp(at, start, strlen(start)) == 0)) {
        at = next_line(at, end);
    }
    return at;
}

static const char *find_empty_line(const char *at, const char *end)
{
    while (at < end && *at != '\n' && *at != '\r') {
        at = next_line(at, end);
    }
    return at;
}

/* "1, answered, deleted,, filed,": the labels up to the doubled comma are the program's own. */
static bool says_deleted(const char *line, const char *end)
{
    g_autofree char *labels = g_strndup(line, (gsize)(end - line));
    char *own = strstr(labels, ",,");
    if (own != NULL) {
        own[1] = '\0';
    }
    return strstr(labels, " deleted,") != NULL;
}

/* The whole header stands before the middle, if it was kept; behind it what was shown of it, and
 * the text. */
static bool give_of_babyl(Splitter *splitter)
{
    const char *start = (const char *)splitter->chunk->data;
    const char *end = start + splitter->chunk->len;
    const char *head = next_line(start, end);
    const char *middle = find_line(head, end, babyl_middle);
    const char *shown = next_line(middle, end);
    if (g_ascii_strncasecmp(head, "summary-line:", MIN(13, (gsize)(middle - head))) == 0 &&
        middle - head >= 13) {
        head = next_line(head, middle);
    }
    g_autoptr(GByteArray) mail = g_byte_array_new();
    const gsize size = (gsize)(find_empty_line(head, middle) - head);
    g_byte_array_append(mail, (const guint8 *)head, (guint)size);
    const char *rest = size == 0 || middle == end ? shown : find_empty_line(shown, end);
    rest = middle == end ? head + size : rest;
    g_byte_array_append(mail, (const guint8 *)rest, (guint)(end - rest));
    return give(splitter, mail, false, says_deleted(start, next_line(start, end)));
}

void old_mailbox_read_babyl(int fd, const DeskOut *out)
{
    Splitter splitter = {.out = out, .stands_between = is_babyl_line, .give = give_of_babyl};
    split(&splitter, fd);
}
