/* Looking through the mails that were taken in. */
#ifndef ISSUER_SERVICE_MESSAGES_H
#define ISSUER_SERVICE_MESSAGES_H

#include "db/decision_query.h"
#include "db/message_query.h"
#include "service/context.h"

/* Is called for each mail, in order. */
typedef void (*MessagesReport)(const MessageSummary *message, gpointer data);

/* All mails of this choice by their numbers, so earlier batches first; page by page, so memory does
 * not grow with them. */
bool messages_list(Context *context, MessageChoice choice, MessagesReport report, gpointer data,
                   GError **error);

/* The number of a mail as a person types it; ISSUER_ERROR_USAGE if it is none. */
bool messages_number(const char *text, int64_t *id, GError **error);

/* One mail with what was decided for it and its replies; errors of message_query_show(). The caller
 * owns it. */
MessageDetail *messages_show(Context *context, int64_t id, GError **error);

/* The same, but only a mail that is or was in quarantine; ISSUER_ERROR_NOT_FOUND for others. */
MessageDetail *messages_show_quarantined(Context *context, int64_t id, GError **error);

#endif
