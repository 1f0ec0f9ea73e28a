/* What comes out of a mail's packed parts, such as a zip file or a signed mail: parts that are
 * still to be read, which may be packed again. All of a mail's packings stand under one set of
 * caps, so that a small mail costs no more than a large one. */
#ifndef ISSUER_MAIL_UNPACKED_H
#define ISSUER_MAIL_UNPACKED_H

#include "mail/budget.h"

#include <glib.h>
#include <stdbool.h>

#define UNPACKED_MAX_DEPTH 12                   /* packings within each other */
#define UNPACKED_MAX_PARTS 1000                 /* of one mail */
#define UNPACKED_MAX_SIZE  (64UL * 1024 * 1024) /* bytes of one mail, in all */
#define UNPACKED_MAX_RATIO 200                  /* times a packing's own length; … */
#define UNPACKED_ANY_RATIO (1UL * 1024 * 1024)  /* … so many bytes are never too many */

/* How a part is to be read. Its content has the last word in any case. */
typedef enum {
    UNPACKED_FILE,   /* a file that is attached: searched, not shown */
    UNPACKED_TEXT,   /* text that a person reads as the mail's own */
    UNPACKED_ENTITY, /* header fields, an empty line, a body: a mail, or a part as mails have them
                      */
} UnpackedAs;

typedef struct {
    UnpackedAs as;
    char *name;    /* for people to read, valid UTF-8; or NULL */
    char *type;    /* "text/html", lower case; "" if nobody has said it */
    char *charset; /* or NULL */
    GByteArray *data;
    unsigned depth; /* how many packings it came out of; 0 for an encoded mail */
} UnpackedPart;

typedef struct Unpacked Unpacked;

/* Nothing unpacked yet, of one mail. The caller owns it. */
Unpacked *unpacked_new(void);

/* A packing of `size` bytes is opened that itself came out of `depth` others. False if it is one
 * too many within each other: then nothing can be added, and unpacked_trouble() says so. */
bool unpacked_begin(Unpacked *unpacked, gsize size, unsigned depth);

/* How many bytes may still come out of the packing that was opened last; the same as a budget of
 * its own, with how many files. */
gsize unpacked_room(const Unpacked *unpacked);
Budget unpacked_budget(const Unpacked *unpacked);

/* Adds a part of the packing that was opened last. `name` (any bytes) and `type` ("text/html;
 * charset=utf-8") may be NULL; `data` is taken over. False if a cap was hit: the part is dropped,
 * and the unpacker is to stop. */
bool unpacked_add(Unpacked *unpacked, UnpackedAs as, const char *name, const char *type,
                  GByteArray *data);

/* Adds a mail that was found as an encoded part, at the depth of the part that it is. */
bool unpacked_add_mail(Unpacked *unpacked, GByteArray *data, unsigned depth);

/* What keeps the packing that was opened last from being read, or read to its end: a clause such as
 * "it is encrypted", which is copied. The first one counts. Parts may still be added. */
void unpacked_fail(Unpacked *unpacked, const char *why);

/* What was said so, or which cap was hit, of the packing that was opened last; NULL: nothing. Owned
 * by `unpacked`. */
const char *unpacked_trouble(const Unpacked *unpacked);

/* Somewhere in the mail there is what only its recipient, or whoever has a password, can read. */
void unpacked_meet_encrypted(Unpacked *unpacked);
bool unpacked_has_encrypted(const Unpacked *unpacked);

/* Whether what was decoded is text in which a code may begin, or is still encoded: to be asked
 * where a guess at an encoding may have been wrong. */
bool unpacked_may_hold_code(const char *data, gsize length);

/* Takes the next part, in the order in which they were added; NULL: there are no more. The caller
 * owns it. */
UnpackedPart *unpacked_take(Unpacked *unpacked);

void unpacked_part_free(UnpackedPart *part);
void unpacked_free(Unpacked *unpacked);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(UnpackedPart, unpacked_part_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Unpacked, unpacked_free)

#endif
