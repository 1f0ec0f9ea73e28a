/* The Message-ID of our replies: made from the reply's record, so that a second copy is the same
 * mail, and an answer or a bounce names the reply. A tag stands in it that nobody can tell who has
 * not seen the mail. Pure. */
#ifndef ISSUER_CORE_REPLY_ID_H
#define ISSUER_CORE_REPLY_ID_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define REPLY_ID_TAG 16 /* symbols, of 0-9a-f */

typedef struct {
    int64_t reply; /* its number */
    char tag[REPLY_ID_TAG + 1];
} ReplyId;

/* "reply-NUMBER.TAG@DOMAIN", without angle brackets. New string. */
char *reply_id_text(int64_t reply, const char *tag, const char *domain);

/* Reads what begins at `text` as such an id, up to its "@"; false if it is none. What follows does
 * not count: our domain may have been another then. */
bool reply_id_read(const char *text, ReplyId *id);

/* Whether a Message-ID (without angle brackets, or NULL) may be of a mail of ours: it is such an
 * id, or its domain is that of one of `own`, our own addresses (NULL-terminated). */
bool reply_id_may_be_ours(const char *message_id, const char *const *own);

/* The next place in `text` (`length` bytes) at which such an id stands, from `from` on; NULL: none
 * does. */
const char *reply_id_find(const char *text, gsize length, const char *from);

#endif
