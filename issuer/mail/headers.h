/* Reads a mail's header block (RFC 5322 §2.2) from its raw bytes. Never fails: a line that is no
 * header field is passed over. */
#ifndef ISSUER_MAIL_HEADERS_H
#define ISSUER_MAIL_HEADERS_H

#include <glib.h>
#include <stdbool.h>

#define HEADERS_MOST_FIELDS 2000

typedef struct Headers Headers;

/* Reads the block at the start of `length` bytes at `data`: up to the first empty line. A byte
 * order mark, empty lines and an mbox separator before it are passed over. The caller owns the
 * result; it does not refer to `data`. */
Headers *headers_read(const char *data, gsize length);

/* Where the first field starts, behind what may stand before it; 0 if there is no field. Bytes from
 * the start of what was read. */
gsize headers_start(const Headers *headers);

/* Where the body starts: bytes from the start of what was read. */
gsize headers_size(const Headers *headers);

/* How many fields are called `name` (lower case). */
guint headers_count(const Headers *headers, const char *name);

/* The value of the `nth` field (from 0) called `name` (lower case): unfolded, each run of white
 * space one blank, trimmed; bytes otherwise as written. NULL if there is none. Owned by
 * `headers`. */
const char *headers_nth(const Headers *headers, const char *name, guint nth);

/* Where that field stands in the header: fewer for those above it. G_MAXUINT if there is none. */
guint headers_place(const Headers *headers, const char *name, guint nth);

/* headers_nth() with 0. */
const char *headers_first(const Headers *headers, const char *name);

/* Whether one of the fields called `name` (lower case) is longer than what is read of a value, or
 * there are more of them than are read: then nobody can tell what they say. */
bool headers_is_cut(const Headers *headers, const char *name);

/* Whether there are more fields than HEADERS_MOST_FIELDS: those behind them are not read, but for
 * the ones that tell who wrote a mail. */
bool headers_is_full(const Headers *headers);

/* Whether the `length` bytes at `line` begin with "Name:" as a header field does. */
bool headers_is_field(const char *line, gsize length);

void headers_free(Headers *headers);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Headers, headers_free)

#endif
