/* Questions about decisions, for people. */
#ifndef ISSUER_DB_DECISION_QUERY_H
#define ISSUER_DB_DECISION_QUERY_H

#include "core/digest.h"
#include "db/database.h"

#include <glib.h>
#include <stdint.h>

/* One decision. Numbers and times (seconds) are 0 and texts NULL where there are none. */
typedef struct {
    int64_t id;
    int64_t message_id;
    char *kind;    /* of the code: "usage-request", "deactivation" */
    Digest token;  /* its digest; all zero: too damaged to have one */
    char *outcome; /* "issued", "resent", "refused", "held", "accepted" */
    uint32_t rule; /* row of the table */
    char *code;
    char *note;
    char *would;         /* held for its sender: the code of what would follow */
    char *problem;       /* damaged: what is wrong and where */
    int64_t serial;      /* of the usage license issued or sent again */
    int64_t case_number; /* of the hold that it opened */
    char *operator_name;
    char *reason;
    char *ticket;
    int64_t effective;
} DecisionRecord;

/* All decisions for the codes of a message, and all for a usage request, in the order in which they
 * were made: of DecisionRecord, maybe none. The caller owns the array. */
GPtrArray *decision_query_of_message(Database *db, int64_t message_id, GError **error);
GPtrArray *decision_query_of_request(Database *db, int64_t request_id, GError **error);

#endif
