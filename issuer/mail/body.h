/* Goes through what a mail says: searches its parts for codes and keeps what a person would
 * read. */
#ifndef ISSUER_MAIL_BODY_H
#define ISSUER_MAIL_BODY_H

#include "core/finder.h"

#include <glib.h>
#include <stdbool.h>

typedef struct Body Body;

/* A body that is searched for codes, or only read if `search` is false; with `digest` the decoded
 * text is digested too. The caller owns it. */
Body *body_new(bool search, bool digest);

/* Reads the whole mail at `data`. Once. Without a `search` too it is watched for license keys. */
void body_read(Body *body, const char *data, gsize length);

/* Why the structure could not be followed to its end, or NULL. Static. */
const char *body_trouble(const Body *body);

/* The first text that a person would read, in UTF-8. Owned by the body. */
const GString *body_text(const Body *body);

/* What the attached texts say, as far as it is kept; cut anywhere. Owned by the body. */
const GString *body_beside(const Body *body);

/* The codes; NULL if it was not searched. Owned by the body. */
Finder *body_finder(Body *body);

/* The codes in what the mail hides from its reader, of FoundToken; NULL: there are none. Owned by
 * the body. They are not among those of body_finder() unless they stand elsewhere too. */
const GPtrArray *body_unseen_tokens(Body *body);

/* Whether a license key can be read anywhere in it, be it in a header; of a mail that is too long
 * to be stored, in its texts. */
bool body_shows_license_key(const Body *body);

bool body_has_picture(const Body *body);

/* Whether something in it is encrypted. */
bool body_has_encrypted(const Body *body);

/* A part that was not searched because it is no text: what it is; NULL if there is none. Owned by
 * the body. */
const char *body_unsearched(const Body *body);

/* SHA-256 in hex of the decoded text without white space; NULL if it was not asked for. Owned by
 * the body. */
const char *body_digest(const Body *body);

void body_free(Body *body);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Body, body_free)

#endif
