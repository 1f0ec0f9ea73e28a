/* Questions about cases, for people: the mails that belong to one, and what was asked. */
#ifndef ISSUER_DB_CASE_QUERY_H
#define ISSUER_DB_CASE_QUERY_H

#include "db/database.h"

#include <glib.h>
#include <stdint.h>

/* A mail that belongs to a case. Texts are NULL, times (seconds) 0 where there are none. */
typedef struct {
    int64_t message_id;
    int64_t case_number;
    int64_t taken_in;
    char *from;
    char *how;       /* it joined: "in-reply-to", "references", "case-number", "person" */
    int64_t seen_at; /* a person has looked at it, or its case is over */
    char *subject;
    char *body; /* unquoted text for a person */
} CaseMail;

/* What a person asked about a held request. */
typedef struct {
    int64_t decision_id;
    int64_t asked_at;
    char *operator_name;
    char *words;
} CaseQuestion;

/* The mails of all cases that a request ever had, or (request_id 0) of one case, oldest first: of
 * CaseMail, maybe none. The caller owns the array. */
GPtrArray *case_query_mails(Database *db, int64_t request_id, int64_t case_number, GError **error);

/* What was asked about a request, oldest first: of CaseQuestion. The caller owns the array. */
GPtrArray *case_query_questions(Database *db, int64_t request_id, GError **error);

#endif
