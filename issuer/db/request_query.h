/* Questions about usage requests, for people. */
#ifndef ISSUER_DB_REQUEST_QUERY_H
#define ISSUER_DB_REQUEST_QUERY_H

#include "core/digest.h"
#include "db/case_query.h"
#include "db/decision_query.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* A request and the decision that stands for it. Times in seconds (0: none); texts may be NULL
 * where nothing is on record. */
typedef struct {
    int64_t id;
    Digest digest;
    int64_t case_number; /* of its open hold; 0: it does not wait for a person */
    char *host;
    char *purpose;    /* "activate" or "update" */
    char *license_id; /* LIC-…; NULL: of no license that is on record */
    char *customer;
    char *from;           /* the sender of the mail that carried it when it was decided last */
    char *vouched;        /* for it: "yes", "no"; NULL: no server that is trusted has said anything
                           */
    char *authentication; /* by what: "mx.example.com: dmarc=pass" */
    char *outcome;
    char *code;
    char *note;
    char *would;    /* held for its sender: what would follow */
    int64_t serial; /* of the usage license issued or sent again; 0: none */
    int64_t received_at;
    int64_t decided_at;
    int64_t answers; /* mails that joined its open case, and at which nobody has looked */
} RequestSummary;

typedef struct {
    int64_t id;
    char *recipient; /* NULL: listed for a person */
    char *state;
    char *why;
    int64_t sent_at;
    int64_t not_before; /* seconds; of one that waits: no attempt before; 0: at once */
} RequestReply;

typedef struct {
    RequestSummary *summary;
    uint64_t seq;
    int64_t iat; /* by the server's clock */
    char *installed;
    char *product;
    char *version;  /* of Chariot */
    char *mail_why; /* what was noted of its mail's sender; NULL: nothing */
    char *subject;
    char *body;           /* the mail's text for a person; NULL: emptied, or none */
    GPtrArray *decisions; /* of DecisionRecord, in the order in which they were made */
    GPtrArray *replies;   /* of RequestReply, in their order */
    GPtrArray *mails;     /* of CaseMail (db/case_query.h): those that joined its cases */
    GPtrArray *questions; /* of CaseQuestion: what its sender was asked */
} RequestDetail;

/* The requests that wait for a person, longest first; with `all` every request, newest first. At
 * most `most`. Array of RequestSummary *. */
GPtrArray *request_query_list(Database *db, bool all, unsigned most, GError **error);

/* The request that `given` means: its short form ("7K2QW-9M3XA", read generously) or its case's
 * number ("1001", "case 1001"). 0 with ISSUER_ERROR_NOT_FOUND, ISSUER_ERROR_USAGE if it is
 * neither, or ISSUER_ERROR_INPUT if it can mean several. */
int64_t request_query_find(Database *db, const char *given, GError **error);

/* Who is mailed about a decision: `recipient` (new string) is NULL where nobody is, or may be. */
bool request_query_told(Database *db, int64_t decision_id, char **recipient, GError **error);

/* All that is on record about request `id` (from request_query_find()). */
RequestDetail *request_query_show(Database *db, int64_t id, GError **error);

void request_detail_free(RequestDetail *detail);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(RequestDetail, request_detail_free)

#endif
