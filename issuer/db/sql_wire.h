/* How parameters look to libpq; between sql_params.c and sql.c. */
#ifndef ISSUER_DB_SQL_WIRE_H
#define ISSUER_DB_SQL_WIRE_H

#include "db/sql.h"

#define SQL_EPOCH_S   INT64_C(946684800) /* 2000-01-01, PostgreSQL's day 0, in seconds since 1970 */
#define SQL_EPOCH_DAY 10957              /* the same in days */
#define SQL_WIRE_MOST 48                 /* parameters of a statement */

typedef struct {
    int count;
    unsigned types[SQL_WIRE_MOST];
    const char *values[SQL_WIRE_MOST]; /* owned by the parameters */
    int lengths[SQL_WIRE_MOST];
    int formats[SQL_WIRE_MOST];
} SqlWire;

/* Fills `wire` from `params` (NULL: none); valid until they change. */
void sql_params_wire(const SqlParams *params, SqlWire *wire);

#endif
