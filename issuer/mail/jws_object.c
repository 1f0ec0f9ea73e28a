#include "mail/jws_object.h"

#include "core/found_token.h"

#include <string.h>

#define MOST  (FOUND_TOKENS_MOST + 1) /* objects; more than a list holds */
#define REACH ((gsize)64 * 1024) /* bytes from a name to its object's braces: the longest JWS */

typedef struct {
    const char *text;
    gsize length;
} Text;

static bool is_token_char(char c)
{
    return g_ascii_isalnum(c) || c == '-' || c == '_';
}

/* Where the next member "protected" has its value, from `at` on; NULL: there is none. */
static const char *next_header(const char *at, const char *end)
{
    static const char name[] = "\"protected";
    while ((at = memmem(at, (gsize)(end - at), name, sizeof name - 1)) != NULL) {
        at += sizeof name - 1;
        if (at < end && (*at == '"' || *at == '\\')) {
            return at;
        }
    }
    return NULL;
}

bool jws_object_is_in(const char *text, gsize length)
{
    return next_header(text, text + length) != NULL;
}

/* Where what stands in the innermost braces around `at` begins. */
static gsize open_brace(const Text *text, gsize at)
{
    const gsize least = at - MIN(at, REACH);
    unsigned inner = 0; /* braces that close before `at` */
    for (gsize i = at; i > least; i--) {
        const char c = text->text[i - 1];
        if (c == '}') {
            inner++;
        } else if (c == '{' && inner > 0) {
            inner--;
        } else if (c == '{') {
            return i;
        }
    }
    return least;
}

/* Where the braces close whose content goes on at `at`. */
static gsize close_brace(const Text *text, gsize at)
{
    const gsize most = MIN(text->length, at + REACH);
    unsigned inner = 0;
    for (gsize i = at; i < most; i++) {
        const char c = text->text[i];
        inner += c == '{';
        if (c == '}' && inner == 0) {
            return i;
        }
        inner -= c == '}';
    }
    return most;
}

/* Appends the string behind the colon at or after `at`; blanks, line breaks and the marks of
 * quoting that a wrapped one has are left out. */
static void append_value(const Text *text, gsize at, GString *out)
{
    while (at < text->length && strchr("\\\" \t\r\n:>|", text->text[at]) != NULL) {
        at++;
    }
    for (; at < text->length; at++) {
        const char c = text->text[at];
        if (is_token_char(c)) {
            g_string_append_c(out, c);
        } else if (c == '\0' || strchr(" \t\r\n>|", c) == NULL) {
            break;
        }
    }
}

/* Appends the member `name` of the object between `from` and `to`, if it has one. */
static bool append_member(const Text *text, gsize from, gsize to, const char *name, GString *out)
{
    const gsize size = strlen(name);
    const char *at = memmem(text->text + from, to - from, name, size);
    if (at == NULL) {
        return false;
    }
    append_value(text, (gsize)(at - text->text) + size, out);
    return true;
}

/* Appends the compact form of the object whose member "protected" has its value at `at`. The
 * payload of a general one stands in the object around its own. */
static void append_compact(const Text *text, gsize at, GString *out)
{
    const gsize from = open_brace(text, at);
    const gsize to = close_brace(text, at);
    append_value(text, at, out);
    g_string_append_c(out, '.');
    if (!append_member(text, from, to, "\"payload", out) && from > 0) {
        const gsize around = open_brace(text, from - 1);
        append_member(text, around, close_brace(text, around), "\"payload", out);
    }
    g_string_append_c(out, '.');
    append_member(text, from, to, "\"signature", out);
    g_string_append_c(out, '\n');
}

void jws_object_unpack(const char *text, gsize length, Unpacked *unpacked)
{
    const Text all = {text, length};
    g_autoptr(GString) compact = g_string_new(NULL);
    const char *end = text + length;
    const char *at = text;
    for (unsigned count = 0; count < MOST && (at = next_header(at, end)) != NULL; count++) {
        append_compact(&all, (gsize)(at - text), compact);
    }
    GByteArray *bytes = g_byte_array_new();
    g_byte_array_append(bytes, (const guint8 *)compact->str, (guint)compact->len);
    (void)unpacked_add(unpacked, UNPACKED_FILE, NULL, NULL, bytes);
}
