/* What database.c lends to sql.c: nobody else asks for it. */
#ifndef ISSUER_DB_CONNECTION_H
#define ISSUER_DB_CONNECTION_H

#include "db/database.h"

struct pg_conn;
struct pg_result;

/* The libpq connection; owned by `db`. */
struct pg_conn *database_connection(const Database *db);

/* Whether a statement of this name was prepared in this session, and the note that it now is.
 * `text` must be the same for every use of a name. */
bool database_has_statement(const Database *db, const char *name, const char *text);
void database_note_statement(Database *db, const char *name, const char *text);

/* Sets `error` from what the server said in `result` (NULL: from the connection), in one line.
 * The only place where a SQLSTATE becomes a code:
 *   no connection, 08, 53, 57, 55P03, 25006, 25P03   ISSUER_ERROR_UNAVAILABLE
 *   23505, 40001, 40P01                              ISSUER_ERROR_CONFLICT
 *   42501, IS002                                     ISSUER_ERROR_DENIED
 *   22 (a value that cannot be stored), IS003        ISSUER_ERROR_INPUT
 *   IS001                                            ISSUER_ERROR_NOT_FOUND
 *   IS004                                            ISSUER_ERROR_STALE
 *   the rest                                         ISSUER_ERROR_FAILED
 * The class IS is raised by our own functions, whose message is passed on as it is. */
void database_error(const Database *db, const struct pg_result *result, const char *doing,
                    GError **error);

#endif
