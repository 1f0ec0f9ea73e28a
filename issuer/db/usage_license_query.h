/* Questions about usage licenses, for people. */
#ifndef ISSUER_DB_USAGE_LICENSE_QUERY_H
#define ISSUER_DB_USAGE_LICENSE_QUERY_H

#include "db/database.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* What an auditor asks of the records: the bytes of the usage license number `serial` into `jws`,
 * and the state of its activation ("active", "superseded", …; NULL for an emergency grant) into
 * `state`, both new strings. True with `jws` NULL if no such usage license is on record. */
bool usage_license_query_bytes(Database *db, int64_t serial, char **jws, char **state,
                               GError **error);

#endif
