/* Looking through the mails that were taken in. */
#ifndef ISSUER_SERVICE_MESSAGES_H
#define ISSUER_SERVICE_MESSAGES_H

#include "base/secret.h"
#include "db/decision_query.h"
#include "db/message_query.h"
#include "db/message_store.h"
#include "service/context.h"

/* At most `most` mails of this choice, in the order of message_query_list(); of MessageSummary.
 * `more` is set if there are others. The caller owns the array. */
GPtrArray *messages_list(Context *context, MessageChoice choice, unsigned most, bool *more,
                         GError **error);

/* The number of a mail as a person types it; ISSUER_ERROR_USAGE if it is none. */
bool messages_number(const char *text, int64_t *id, GError **error);

/* One mail with what was decided for it and its replies; errors of message_query_show(). The caller
 * owns it. */
MessageDetail *messages_show(Context *context, int64_t id, GError **error);

/* The ready answer of that name ("no-code", "key-instead-of-request", "picture", "floating-server",
 * "upgrade-wish"), and the name of one; false, NULL: there is none. */
bool messages_ready_read(const char *name, ReadyAnswer *ready);
const char *messages_ready_name(ReadyAnswer ready);

/* Answers mail `id`, by the operator who has `token`. As message_store_answer(). */
bool messages_answer(Context *context, const Secret *token, int64_t id, const MessageAnswer *answer,
                     MessageAnswered *answered, GError **error);

/* Joins it to the case that `typed` means ("1001", "case 1001"); ISSUER_ERROR_USAGE if that is no
 * number. As message_store_to_case(). */
char *messages_to_case(Context *context, const Secret *token, int64_t id, const char *typed,
                       GError **error);

/* Nothing need be done about it. As message_store_drop(). */
bool messages_drop(Context *context, const Secret *token, int64_t id, const char *reason,
                   GError **error);

#endif
