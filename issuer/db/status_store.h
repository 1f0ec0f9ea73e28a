/* What waits and what has been, in numbers: for `issuer status`. */
#ifndef ISSUER_DB_STATUS_STORE_H
#define ISSUER_DB_STATUS_STORE_H

#include "db/database.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* Things of one kind that wait. */
typedef struct {
    char *what;     /* "hold", "reply", "message", "quarantine", "alert", "instruction",
                       "notice" */
    char *code;     /* of a hold its decision's, of an alert its kind, of a message its class, else
                       the state; NULL: there is none to tell */
    int64_t count;  /* may be 0 */
    int64_t oldest; /* since when the oldest waits, seconds; 0: none does */
} StatusWaiting;

typedef struct {
    char *what; /* "licenses", "uses taken", "servers active", "usage licenses" */
    int64_t count;
    bool exact; /* else by the database's statistics, since counting would take too long */
} StatusCount;

typedef struct {
    int64_t last_message; /* when the last one was taken in, seconds; 0: none was */
    int64_t last_decision;
    char *last_code;   /* of that decision */
    GPtrArray *counts; /* of StatusCount */
} StatusTotals;

StatusWaiting *status_waiting_new(const char *what, const char *code, int64_t count,
                                  int64_t oldest);

/* All that wait: of StatusWaiting *, kinds of which nothing waits left out, the most first within a
 * kind. The caller owns it. */
GPtrArray *status_store_waiting(Database *database, GError **error);

/* Fills `totals`; status_totals_clear() empties it. */
bool status_store_totals(Database *database, StatusTotals *totals, GError **error);

void status_waiting_free(StatusWaiting *row);
void status_totals_clear(StatusTotals *totals);

#endif
