/* Fills the {places} of a reply's sentences from one code of the mail. What a server or a mail said
 * of itself is foreign: it comes out on one line, cut, without control or bidirectional
 * characters. */
#ifndef ISSUER_CORE_REPLY_FILL_H
#define ISSUER_CORE_REPLY_FILL_H

#include "core/reply.h"

/* `sentences` with its places filled; what a place stands for is not searched for places again.
 * New string. */
char *reply_fill(const char *sentences, const ReplyLine *line);

/* The host's name for people, or "unnamed server". New string. */
char *reply_fill_host(const ReplyLine *line);

/* A date of expiry (seconds, 0: perpetual): with its named day where it is the end of one. New
 * string. */
char *reply_fill_until(int64_t instant);

#endif
