#include "mail/sniff.h"

#include "mail/charset.h"
#include "mail/headers.h"
#include "mail/mbox.h"

#include <string.h>

typedef struct {
    const char *magic;
    gsize length;
    const char *name;
} Magic;

static const Magic magics[] = {
    {"\x1f\x8b", 2, "a gzip file"},
    {"PK\x03\x04", 4, "a zip file"},
    {"PK\x05\x06", 4, "an empty zip file"},
    {"BZh", 3, "a bzip2 file"},
    {"\xfd"
     "7zXZ",
     5, "an xz file"},
    {"\x28\xb5\x2f\xfd", 4, "a zstd file"},
    {"7z\xbc\xaf", 4, "a 7z file"},
    {"Rar!", 4, "a rar file"},
    {"\xd0\xcf\x11\xe0", 4, "an Outlook or Office file (OLE)"},
    {"!BDN", 4, "an Outlook data file (PST)"},
    {"\x78\x9f\x3e\x22", 4, "an Outlook attachment container (winmail.dat)"},
    {"%PDF", 4, "a PDF file"},
    {"\x89PNG", 4, "a PNG picture"},
    {"\xff\xd8\xff", 3, "a JPEG picture"},
    {"GIF8", 4, "a GIF picture"},
    {"SQLite format 3", 15, "an SQLite database"},
    {"\x7f"
     "ELF",
     4, "a program"},
};

/* CMS (RFC 5652): a SEQUENCE that begins with an object identifier of PKCS #7. */
static bool is_cms(const char *data, gsize length)
{
    static const char identifier[] = "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07";
    return length > 20 && data[0] == '0' &&
           memmem(data, 16, identifier, sizeof identifier - 1) != NULL;
}

const char *sniff_magic(const char *data, gsize length)
{
    if (is_cms(data, length)) {
        return "a signed or encrypted part (S/MIME)";
    }
    for (gsize i = 0; i < G_N_ELEMENTS(magics); i++) {
        if (length >= magics[i].length && memcmp(data, magics[i].magic, magics[i].length) == 0) {
            return magics[i].name;
        }
    }
    return NULL;
}

/* Escape, shift out and shift in: text in the sets of ISO 2022 is full of them. */
static bool switches_set(guchar c)
{
    return c == 27 || c == 14 || c == 15;
}

bool sniff_is_text(const char *data, gsize length)
{
    length = MIN(length, SNIFF_SIZE);
    if (sniff_magic(data, length) != NULL) {
        return false;
    }
    gsize controls = 0;
    for (gsize i = 0; i < length; i++) {
        guchar c = (guchar)data[i];
        controls += c < 32 && c != '\t' && c != '\n' && c != '\r' && c != '\f' && !switches_set(c);
    }
    return controls <= length / 32 || charset_wide(data, length) != NULL;
}

const char *sniff_name(const char *data, gsize length)
{
    const char *name = sniff_magic(data, length);
    if (name != NULL) {
        return name;
    }
    return sniff_is_text(data, length) ? NULL : "a binary file";
}

/* The line after a byte order mark and empty lines. */
static gsize first_line(const char *data, gsize length)
{
    gsize at = length >= 3 && memcmp(data, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    while (at < length && (data[at] == '\n' || data[at] == '\r')) {
        at++;
    }
    return at;
}

static gsize line_size(const char *data, gsize length)
{
    const char *end = memchr(data, '\n', length);
    return end == NULL ? length : (gsize)(end - data);
}

static bool has_controls(const char *data, gsize length)
{
    for (gsize i = 0; i < length; i++) {
        if ((guchar)data[i] < ' ' && data[i] != '\t' && data[i] != '\r') {
            return true;
        }
    }
    return false;
}

/* Whether the lines up to the first empty one, or to the end of what is there, are fields and what
 * continues them, at least two of them, and without a zero byte. */
static bool is_header_block(const char *data, gsize length)
{
    unsigned fields = 0;
    for (gsize at = 0; at < length && data[at] != '\n' && data[at] != '\r';) {
        gsize size = line_size(data + at, length - at);
        bool cut = at + size == length;
        bool folded = data[at] == ' ' || data[at] == '\t';
        if (memchr(data + at, '\0', size) != NULL ||
            !(cut || folded || headers_is_field(data + at, size))) {
            return false;
        }
        fields += !cut && !folded;
        at += size + 1;
    }
    return fields >= 2;
}

/* Whether the first line is a header field. Its value may hold stray control bytes, as old programs
 * write them: then all of the header must show that this is no binary file that begins like one. */
static bool begins_with_field(const char *data, gsize length)
{
    gsize size = line_size(data, length);
    return headers_is_field(data, size) &&
           (!has_controls(data, size) || is_header_block(data, length));
}

/* What mail programs leave before the first field: "From ana@example.com", ">From …". */
static gsize torn_separator(const char *data, gsize length)
{
    gsize quote = length > 0 && data[0] == '>' ? 1 : 0;
    if (length - quote < 5 || memcmp(data + quote, "From ", 5) != 0) {
        return 0;
    }
    const char *end = memchr(data, '\n', length);
    return end == NULL ? 0 : (gsize)(end + 1 - data);
}

/* A calendar's entries and contacts look like header fields (RFC 5545 §3.4, RFC 6350 §6.1.1). */
static bool is_calendar_or_card(const char *data, gsize length)
{
    static const char start[] = "BEGIN:VC";
    return length >= sizeof start - 1 && g_ascii_strncasecmp(data, start, sizeof start - 1) == 0;
}

SniffKind sniff_file(const char *data, gsize length)
{
    gsize at = first_line(data, length);
    if (is_calendar_or_card(data + at, length - at)) {
        return SNIFF_TEXT;
    }
    if (at == length) {
        return SNIFF_EMPTY;
    }
    if (mbox_separator_size(data + at, length - at, true) > 0) {
        return SNIFF_MBOX;
    }
    at += torn_separator(data + at, length - at);
    if (sniff_magic(data, length) == NULL && begins_with_field(data + at, length - at)) {
        return SNIFF_MESSAGE; /* whatever bytes its body has */
    }
    return sniff_name(data, length) != NULL ? SNIFF_BINARY : SNIFF_TEXT;
}
