/* The attachments of a reply: one armored usage license a file, named after host and serial. */
#ifndef ISSUER_CORE_REPLY_ATTACHMENT_H
#define ISSUER_CORE_REPLY_ATTACHMENT_H

#include "core/reply.h"

/* Adds the usage license of `line` (its `jws` must be set) to `attachments`, under a name that none
 * there has yet. The result is owned by the array. */
const ReplyAttachment *reply_attachment_add(GPtrArray *attachments, const ReplyLine *line);

/* Frees the ReplyAttachment at `data`; for the array. */
void reply_attachment_free(gpointer data);

#endif
