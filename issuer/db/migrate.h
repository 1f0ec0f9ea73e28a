/* Brings the database's schema to this program's: the migrations embedded from schema/, each once
 * and in its own transaction; repeat/ and roles.sql again whenever they changed. */
#ifndef ISSUER_DB_MIGRATE_H
#define ISSUER_DB_MIGRATE_H

#include "db/database.h"

#include <glib.h>
#include <stdbool.h>

/* Applies what is missing, as the database's owner; two at once wait for each other. `role_prefix`
 * begins the names of the cluster's roles ("issuer" makes issuer_daemon, …). The names of the files
 * that were applied are added to `applied` (of char *, freed by it).
 * ISSUER_ERROR_FAILED if a migration that was applied before has been edited since, or the database
 * is ahead of this program; ISSUER_ERROR_INPUT for a prefix that is no plain name; else
 * database_error()'s. What was applied before the error stays. */
bool migrate_run(Database *db, const char *role_prefix, GPtrArray *applied, GError **error);

/* Whether the schema is exactly this program's. ISSUER_ERROR_FAILED says what to do otherwise. */
bool migrate_check(Database *db, const char *role_prefix, GError **error);

#endif
