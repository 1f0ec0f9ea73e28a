/* Requests that were refused or held, and that may be decided otherwise since their license's
 * records have changed. */
#ifndef ISSUER_DB_WAITING_STORE_H
#define ISSUER_DB_WAITING_STORE_H

#include "core/rules.h"
#include "db/database.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define WAITING_DAYS 30 /* after its mail, a request is not decided again by itself */

typedef struct {
    int64_t request_id;
    int64_t case_number; /* of its open hold; 0: none */
    int64_t license_id;  /* of its key; 0: not on record */
    int64_t message_id;  /* that carried it when it was decided last */
    char *sender;        /* the mail's own account; NULL: none that could be answered */
    char *jws;
    bool vouched;         /* for the sender, by a server that is trusted or by a person */
    char *sender_vouched; /* "yes", "no"; NULL: no such server has said anything */
    char *sender_says;    /* by what: "mx.example.com: dmarc=pass" */
    bool tells_of_loss;   /* the mail did */
    uint32_t decisions;   /* how many there are for it */
    Outcome outcome;      /* of the latest of them */
    char *code;
} WaitingRequest;

/* Those of `licenses` (row numbers, of int64_t); without (NULL) those whose license's records have
 * changed since their latest decision. No older than WAITING_DAYS before `now` (seconds), license
 * by license in the order in which they first came, the newest of each instance only. Not among
 * them: damaged and superseded ones, and what a person refused. Array of WaitingRequest *, owned by
 * the caller; NULL on an error of db/database.h. */
GPtrArray *waiting_find(Database *database, const GArray *licenses, int64_t now, GError **error);

/* Moves `mark` (0 at first) behind the newest event, and tells whether there is one behind the old
 * mark after which waiting_find() without licenses may find something. Cheap; what a transaction
 * that takes long writes may be passed over, so it only tells that it is worth looking earlier. */
bool waiting_mark(Database *database, int64_t *mark, bool *changed, GError **error);

/* One request, whatever was decided for it; `id` is on record. NULL on an error. */
WaitingRequest *waiting_load(Database *database, int64_t id, GError **error);

void waiting_request_free(WaitingRequest *waiting);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(WaitingRequest, waiting_request_free)

#endif
