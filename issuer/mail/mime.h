/* The parts of a mail (RFC 2045, 2046): where in its bytes the leaves of its MIME tree stand. */
#ifndef ISSUER_MAIL_MIME_H
#define ISSUER_MAIL_MIME_H

#include <glib.h>
#include <stdbool.h>

#define MIME_MAX_DEPTH 32
#define MIME_MAX_PARTS 1000

typedef struct {
    const char *data; /* as it was sent, transfer encoding and all; within the mail's bytes */
    gsize length;
    char *type;     /* "text/plain", lower case */
    char *charset;  /* as the mail calls it, or NULL */
    char *encoding; /* Content-Transfer-Encoding as written, or NULL */
    char *name;     /* file name for people to read; never decides anything; or NULL */
    bool attached;  /* marked as an attachment, or has a name */
} MimePart;

/* Readies the library; once in each process. */
void mime_init(void);

/* The leaves of the mail at `data`, in its order, as MimePart: those of enclosed mails too. NULL if
 * it is nested deeper or has more parts than the limits above: `why` then says so (static). Where
 * parts are given and `why` is not NULL, it is a clause that says what was not read of their
 * headers. The caller owns the array. */
GPtrArray *mime_parts(const char *data, gsize length, const char **why);

/* What looks like parts to the eye: stretches that begin with a line "--something" and header
 * fields, whatever the headers above say. For mails whose structure is damaged. */
GPtrArray *mime_loose_parts(const char *data, gsize length);

void mime_part_free(MimePart *part);

/* Whether a Content-Type value names this type ("multipart", "report"), whatever its case. */
bool mime_is_type(const char *content_type, const char *type, const char *subtype);

/* A parameter of a Content-Type value, without its quotes; NULL if it lacks it. New string. */
char *mime_parameter(const char *content_type, const char *name);

/* The text of a header value, RFC 2047 words decoded. New string, valid UTF-8. */
char *mime_decode_words(const char *value);

/* The instant of a Date value in seconds; false if it cannot be read. */
bool mime_read_date(const char *value, gint64 *seconds);

#endif
