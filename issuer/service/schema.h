/* The database's schema: bringing it up to date, and whether it is. */
#ifndef ISSUER_SERVICE_SCHEMA_H
#define ISSUER_SERVICE_SCHEMA_H

#include "service/context.h"

/* Applies what is missing, as the database's owner, under the settings' role-prefix; the names of
 * the files that were applied are added to `applied` (of char *, freed by it). The context is
 * opened with CONTEXT_ANY_SCHEMA. Errors of migrate_run(). */
bool schema_migrate(Context *context, GPtrArray *applied, GError **error);

/* Whether the schema is exactly this program's; ISSUER_ERROR_FAILED says what to do otherwise. */
bool schema_check(Context *context, GError **error);

#endif
