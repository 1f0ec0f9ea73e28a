/* Mails that belong to cases, and replies that came back: what a batch asks and writes of them. All
 * run inside the caller's transaction. Errors are those of db/database.h. */
#ifndef ISSUER_DB_CASE_STORE_H
#define ISSUER_DB_CASE_STORE_H

#include "core/reply_id.h"
#include "db/intake_store.h"

/* What a mail names: a reply of ours by its Message-ID, or a case by its number. */
typedef struct {
    guint mail;         /* the caller's number for it */
    const char *sender; /* its own account, as address_key() gives it; NULL: none */
    ReplyId reply;      /* reply.reply 0: it names a case */
    int64_t case_number;
    const char *how; /* "in-reply-to", "references" or "case-number"; static */
} CaseNamed;

/* A case on record that a mail names. */
typedef struct {
    guint mail;
    int64_t case_number;
    int64_t license_id;
    int how;        /* 0: in-reply-to, 1: references, 2: case-number */
    bool open_loss; /* it is a lost-server case, no hold, and not decided yet */
    bool may_speak; /* its sender is a contact of the license, or was sent the reply: it joins */
} CaseJoin;

/* The cases that mails name (of CaseNamed), each once for a mail, in the order of the mails: array
 * of CaseJoin. A reply names the newest cases of the requests that it told of. New array. */
GArray *case_store_find(Database *database, const GArray *named, GError **error);

/* The newest case on record; 0: there is none. */
bool case_store_newest(Database *database, int64_t *case_number, GError **error);

typedef struct {
    int64_t message_id;
    const CaseJoin *join;
} CaseMailRow;

/* Joins mails (of CaseMailRow) to their cases, with an event each. */
bool case_store_join(Database *database, const GArray *rows, const BatchStamp *stamp,
                     GError **error);

/* That a mail says a reply of ours came back. */
typedef struct {
    int64_t message_id;
    ReplyId reply;
} ReturnedRow;

/* Marks the replies that came back (of ReturnedRow) as undelivered and the addresses that they went
 * to as doubtful contacts, with an event each; also those of which it is not on record yet that
 * they were sent, and these are not sent again. Of one that was withdrawn or given up meanwhile the
 * address alone is marked. What names no reply is passed over. */
bool case_store_returned(Database *database, const GArray *rows, const BatchStamp *stamp,
                         GError **error);

/* Mails came from these addresses (of char *, as address_key() gives them): as contacts they are
 * doubtful no longer. */
bool case_store_reached(Database *database, const GPtrArray *addresses, const BatchStamp *stamp,
                        GError **error);

/* A person has decided about held requests: the mails that joined their cases have been looked at.
 */
typedef struct {
    int64_t request_id;
    int64_t operator_id;
    const char *how; /* "refused by sam" … in words */
} CaseHandledRow;

bool case_store_handled(Database *database, const CaseHandledRow *row, const BatchStamp *stamp,
                        GError **error);

/* Holds of these requests (of int64_t) have ended: nobody need look at the mails for them. */
bool case_store_over(Database *database, const GArray *requests, const BatchStamp *stamp,
                     GError **error);

/* Keeps the words of a question, of a decision that asks, with an event. */
bool case_store_question(Database *database, int64_t decision_id, const char *words,
                         const BatchStamp *stamp, GError **error);

#endif
