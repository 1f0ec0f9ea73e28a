/* Reads one mail again that could not be read before: from its bytes, where they were kept, else
 * from the file in which it stood. */
#ifndef ISSUER_MAIL_AGAIN_H
#define ISSUER_MAIL_AGAIN_H

#include "mail/mail_reader.h"

typedef struct {
    const char *source; /* "FILE#N" */
    const char *at;     /* where FILE, or the folder that it is in, is by now; NULL: there */
    const char *called; /* how `source` calls that */
    uint64_t offset;    /* bytes into FILE */
    uint64_t size;      /* bytes */
    GBytes *raw;        /* or NULL: FILE is looked through for it */
    Digest raw_digest;  /* zero: not known, for it was never read */
    unsigned marks;     /* as they were found then; asked with `raw` alone */
} AgainPlace;

typedef struct Again Again;

/* Forks a parser's parent, so to be called as mail_reader_new() is. `settings` must outlive the
 * result, which the caller owns. ISSUER_ERROR_FAILED. */
Again *again_new(const MailSettings *settings, GError **error);

/* The mail as it can be read now, unreadable still or not. ISSUER_ERROR_INPUT if its bytes are not
 * to be had: what to do stands in the message. ISSUER_ERROR_FAILED if no parser can be started. The
 * caller owns it. */
ParsedMail *again_read(Again *again, const AgainPlace *place, GError **error);

void again_free(Again *again);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Again, again_free)

#endif
