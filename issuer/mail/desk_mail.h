/* A row of a help desk's export as the mail that it was made of, as far as the export has it. */
#ifndef ISSUER_MAIL_DESK_MAIL_H
#define ISSUER_MAIL_DESK_MAIL_H

#include "mail/desk_fields.h"

#include <glib.h>
#include <stdbool.h>

/* A file that came with a mail. */
typedef struct {
    char *name; /* or NULL */
    GBytes *content;
} DeskFile;

/* A mail as bytes: the raw mail if the row has one, else one that says what the row says (RFC
 * 5322, RFC 2045). The same row gives the same bytes. `files`: of DeskFile, or NULL. The caller
 * owns it. */
GByteArray *desk_mail_make(const DeskRow *row, const GPtrArray *files);

/* The bytes that `text` is in base64 or base64url (RFC 4648, padded or
 * not, line breaks allowed); NULL if it is none. The
 * caller owns them. */
GBytes *desk_mail_decode(const char *text);

/* Frees a DeskFile. */
void desk_mail_free_file(gpointer file);

#endif
