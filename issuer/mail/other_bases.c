#include "mail/other_bases.h"

#include <string.h>

#define STEP         256 /* bytes from one look to the next; a code is longer than three */
#define LOOK         64  /* bytes that are looked at */
#define LEAST_SIGNS  4   /* of them, for Ascii85 */
#define MOST_FOREIGN 2   /* of them, for base32 */
#define LEAST_RUN    250 /* characters of neighbouring lines */
#define DIGITS       5   /* of a group of Ascii85 */
#define BASE         85

/* ---- decoding ---- */

typedef int ValueOf(char c);

static int base32_value(char c)
{
    return c >= 'A' && c <= 'Z' ? c - 'A' : c >= '2' && c <= '7' ? c - '2' + 26 : -1;
}

static int ascii85_value(char c)
{
    return c >= '!' && c <= 'u' ? c - '!' : -1;
}

static int rfc1924_value(char c)
{
    static const char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                   "!#$%&()*+-;<=>?@^_`{|}~";
    const char *at = c == '\0' ? NULL : strchr(alphabet, c);
    return at == NULL ? -1 : (int)(at - alphabet);
}

static void append_bytes(GByteArray *out, guint64 group, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        const guint8 byte = (guint8)(group >> (24 - 8 * i));
        g_byte_array_append(out, &byte, 1);
    }
}

static GByteArray *read_base32(const GString *run)
{
    GByteArray *out = g_byte_array_new();
    guint64 bits = 0;
    unsigned count = 0;
    for (gsize i = 0; i < run->len; i++) {
        const int value = base32_value(run->str[i]);
        if (value < 0) {
            continue;
        }
        bits = bits << 5 | (guint64)value;
        count += 5;
        if (count >= 8) {
            const guint8 byte = (guint8)(bits >> (count - 8));
            g_byte_array_append(out, &byte, 1);
            count -= 8;
        }
    }
    return out;
}

/* Five characters are four bytes; PostScript writes four zero bytes as "z". */
static GByteArray *read_base85(const GString *run, ValueOf *value_of)
{
    GByteArray *out = g_byte_array_new();
    guint64 group = 0;
    unsigned count = 0;
    for (gsize i = 0; i < run->len; i++) {
        const int value = value_of(run->str[i]);
        if (value < 0) {
            continue;
        }
        group = group * BASE + (guint64)value;
        if (++count == DIGITS) {
            append_bytes(out, group, 4);
            group = 0;
            count = 0;
        }
    }
    for (unsigned i = count; count > 1 && i < DIGITS; i++) {
        group = group * BASE + BASE - 1;
    }
    append_bytes(out, group, count > 1 ? count - 1 : 0);
    return out;
}

/* ---- lines ---- */

/* Whether the line, which has no blanks, can be of this encoding. */
static bool is_of(const char *line, gsize length, ValueOf *value_of, const char *others)
{
    for (gsize i = 0; i < length; i++) {
        if (value_of(line[i]) < 0 && (line[i] == '\0' || strchr(others, line[i]) == NULL)) {
            return false;
        }
    }
    return true;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* What a line can be; flags. */
enum { BASE32 = 1, ASCII85 = 2, RFC1924 = 4, ANY = 7 };

static unsigned kinds_of(const char *line, gsize length)
{
    return (is_of(line, length, base32_value, "=") ? BASE32 : 0U) |
           (is_of(line, length, ascii85_value, "z~") ? ASCII85 : 0U) |
           (is_of(line, length, rfc1924_value, "") ? RFC1924 : 0U);
}

/* Neighbouring lines without blanks in them, which can all be of the same kinds. */
typedef struct {
    GString *text;
    unsigned kinds;
} Run;

/* Adds the bytes, which it takes over, if they are worth reading; false: a cap was hit. */
static bool add_bytes(Unpacked *unpacked, GByteArray *bytes)
{
    if (unpacked_may_hold_code((const char *)bytes->data, bytes->len)) {
        return unpacked_add(unpacked, UNPACKED_FILE, NULL, NULL, bytes);
    }
    g_byte_array_unref(bytes);
    return true;
}

/* PostScript's marks around Ascii85; the first of them can be read as characters of it. */
static void drop_marks(GString *text)
{
    const char *open = g_strstr_len(text->str, DIGITS, "<~");
    if (open != NULL) {
        g_string_erase(text, 0, open - text->str + 2);
    }
    const char *close = strstr(text->str, "~>");
    if (close != NULL) {
        g_string_truncate(text, (gsize)(close - text->str));
    }
}

/* Adds what the run holds, and begins another; false: a cap was hit. */
static bool finish_run(Run *run, Unpacked *unpacked)
{
    const unsigned kinds = run->text->len >= LEAST_RUN ? run->kinds : 0;
    bool more = (kinds & BASE32) == 0 || add_bytes(unpacked, read_base32(run->text));
    if (more && (kinds & RFC1924) != 0) {
        more = add_bytes(unpacked, read_base85(run->text, rfc1924_value));
    }
    if (more && (kinds & ASCII85) != 0) {
        drop_marks(run->text);
        more = add_bytes(unpacked, read_base85(run->text, ascii85_value));
    }
    g_string_truncate(run->text, 0);
    run->kinds = ANY;
    return more;
}

/* A line that is of another kind ends the run: a footer may stand right behind it. */
static bool add_line(Run *run, const char *line, gsize length, Unpacked *unpacked)
{
    const unsigned kinds = kinds_of(line, length);
    const bool more = (kinds & run->kinds) != 0 || finish_run(run, unpacked);
    run->kinds &= kinds;
    g_string_append_len(run->text, line, (gssize)length);
    return more;
}

/* The line without blanks and marks of quoting at its ends: its length, `*line` where it begins. */
static gsize trim(const char **line, gsize length)
{
    const char *at = *line;
    while (length > 0 && is_blank(at[length - 1])) {
        length--;
    }
    while (length > 1 && (is_blank(*at) || ((*at == '>' || *at == '|') && is_blank(at[1])))) {
        at++;
        length--;
    }
    *line = at;
    return length;
}

static bool has_blank(const char *line, gsize length)
{
    return memchr(line, ' ', length) != NULL || memchr(line, '\t', length) != NULL;
}

void other_bases_unpack(const char *text, gsize length, Unpacked *unpacked)
{
    Run run = {g_string_new(NULL), ANY};
    bool more = true;
    for (gsize at = 0; at < length && more;) {
        const char *line = text + at;
        const char *end = memchr(line, '\n', length - at);
        const gsize whole = end == NULL ? length - at : (gsize)(end - line);
        const gsize size = trim(&line, whole);
        if (size == 0 || has_blank(line, size)) {
            more = finish_run(&run, unpacked);
        } else {
            more = add_line(&run, line, size, unpacked);
        }
        at += whole + 1;
    }
    if (more) {
        (void)finish_run(&run, unpacked);
    }
    g_string_free(run.text, TRUE);
}

/* Whether the bytes have no blank between them but behind a mark of quoting, as base32 has none,
 * and Ascii85. */
static bool is_unbroken(const char *text)
{
    char before = '\n';
    for (gsize i = 0; i < LOOK; i++) {
        const char c = text[i];
        const bool mark = c == ' ' && (before == '>' || before == '|' || before == '\n');
        if ((c < '!' || c > '~') && c != '\n' && c != '\r' && !mark) {
            return false;
        }
        before = c;
    }
    return true;
}

/* Whether they are of base32's few letters, or have signs among them that neither base64 nor a URL
 * has. */
static bool is_of_these(const char *text)
{
    unsigned foreign = 0; /* no symbol of base32 */
    unsigned signs = 0;
    for (gsize i = 0; i < LOOK; i++) {
        const bool usual = g_ascii_isalnum(text[i]) || strchr("\n\r> |+/=-_.&?%:", text[i]) != NULL;
        signs += !usual;
        foreign += !usual || (g_ascii_isalnum(text[i]) && base32_value(text[i]) < 0);
    }
    return foreign <= MOST_FOREIGN || (signs >= LEAST_SIGNS && signs <= LOOK / 2);
}

bool other_bases_are_in(const char *text, gsize length)
{
    for (gsize at = 0; at + LOOK <= length; at += STEP) {
        if (is_unbroken(text + at) && is_of_these(text + at)) {
            return true;
        }
    }
    return false;
}

/* ---- letters moved by half the alphabet ---- */

bool other_bases_rot13_is_in(const char *text, gsize length)
{
    /* The titles, first lines (a length begins with a zero), and our headers, {"alg":"EdDSA". */
    static const char *const starts[] = {"PUNEVBG HFNTR", "PUNEVBG QRNPGVINGVBA", "PUNED10",
                                         "PUNEQ10", "rlWuoTpvBvWSMREGDF"};
    for (gsize i = 0; i < G_N_ELEMENTS(starts); i++) {
        if (memmem(text, length, starts[i], strlen(starts[i])) != NULL) {
            return true;
        }
    }
    return false;
}

void other_bases_unpack_rot13(const char *text, gsize length, Unpacked *unpacked)
{
    GByteArray *plain = g_byte_array_sized_new((guint)length);
    g_byte_array_append(plain, (const guint8 *)text, (guint)length);
    for (guint i = 0; i < plain->len; i++) {
        const guint8 letter = plain->data[i] | 0x20;
        if (letter >= 'a' && letter <= 'z') {
            plain->data[i] = (guint8)(letter < 'n' ? plain->data[i] + 13 : plain->data[i] - 13);
        }
    }
    (void)unpacked_add(unpacked, UNPACKED_FILE, NULL, NULL, plain);
}
