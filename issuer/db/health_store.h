/* What `issuer check` asks of the records: whether they still say what they must, beyond what the
 * schema's constraints keep. Everything here reads. */
#ifndef ISSUER_DB_HEALTH_STORE_H
#define ISSUER_DB_HEALTH_STORE_H

#include "db/database.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* Something that must not be so. */
typedef struct {
    const char *what; /* static: "activations without a usage license" */
    int64_t count;    /* rows */
    char *example;    /* the lowest of them: a serial, number or License ID; NULL: none */
    bool serious;     /* false: it can come about rightly, and a person should know */
} HealthFinding;

typedef struct {
    int64_t licenses;
    int64_t activations;
    int64_t counted; /* activations whose use counts */
    int64_t usage_licenses;
    int64_t blocks_closed; /* blocks of serial numbers */
    int64_t blocks_open;   /* in use, or left by a process that was killed */
    int64_t voids;         /* numbers on record as never used */
} HealthTotals;

/* The server, database and user in words: "PostgreSQL 15.9, database issuer, user ana". New
 * string. */
char *health_store_server(Database *database, GError **error);

/* The database's clock, in seconds. */
bool health_store_clock(Database *database, int64_t *now, GError **error);

bool health_store_totals(Database *database, HealthTotals *totals, GError **error);

/* What is wrong with the serial numbers: each number of a closed block must be a usage license or
 * void, and nothing else have a number. Of HealthFinding *, only those that were found; the caller
 * owns it. */
GPtrArray *health_store_serials(Database *database, GError **error);

/* The same for activations, usage licenses, decisions and holds: uses recomputed from the rows
 * that take, continue and give them back, rows that must agree and that no reference ties. */
GPtrArray *health_store_records(Database *database, GError **error);

#endif
