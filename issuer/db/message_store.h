/* What people do with mails that wait for them, each by one function of the database. */
#ifndef ISSUER_DB_MESSAGE_STORE_H
#define ISSUER_DB_MESSAGE_STORE_H

#include "core/digest.h"
#include "core/reply.h"
#include "db/database.h"

#include <stdbool.h>
#include <stdint.h>

/* Who does it, to which mail. */
typedef struct {
    Digest token; /* SHA-256 of the operator's token */
    int64_t message_id;
    int64_t now; /* seconds */
} MessageDeed;

/* An answer: a ready one, or a person's own words. */
typedef struct {
    ReadyAnswer ready;
    const char *words; /* NULL: the ready one's */
} MessageAnswer;

typedef struct {
    int64_t reply_id;
    char *recipient; /* new string */
} MessageAnswered;

/* Queues an answer to the mail's sender and fills `answered`. ISSUER_ERROR_DENIED (the operator;
 * the sender is nobody who is answered), _NOT_FOUND, _INPUT, _STALE (handled already). */
bool message_store_answer(Database *db, const MessageDeed *deed, const MessageAnswer *answer,
                          MessageAnswered *answered, GError **error);

/* Joins the mail to a case. The case's License ID, a new string; NULL with ISSUER_ERROR_DENIED,
 * _NOT_FOUND (mail or case) or _STALE (it is there already). */
char *message_store_to_case(Database *db, const MessageDeed *deed, int64_t case_number,
                            GError **error);

/* Nothing need be done about it. ISSUER_ERROR_DENIED, _NOT_FOUND, _STALE. */
bool message_store_drop(Database *db, const MessageDeed *deed, const char *reason, GError **error);

#endif
