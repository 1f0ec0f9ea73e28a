/* One connection to the database that holds the records, and its transactions. */
#ifndef ISSUER_DB_DATABASE_H
#define ISSUER_DB_DATABASE_H

#include <glib.h>
#include <stdbool.h>

typedef struct Database Database;

/* What is wrong with a connection string, in words that follow its name (new string); NULL: libpq
 * can read it. No server is asked. What libpq says may quote a piece of the text, so it is told
 * only where no password stands in that. */
char *database_judge(const char *conninfo);

/* Connects. `conninfo` is a libpq connection string or URI ("host=/run/postgresql dbname=issuer"),
 * `purpose` what shows up in pg_stat_activity ("issuer ingest"). The session speaks UTF-8 and UTC,
 * resolves names in schema issuer, and gives up waiting after a time (connect 10 s, lock 10 s,
 * statement 60 s, idle within a transaction 60 s). ISSUER_ERROR_UNAVAILABLE when the server is out
 * of reach. The caller owns the result. Not to be used by two threads at once.
 *
 * What the connection string (or PG…) leaves open: a server that vanished without a farewell is
 * given up after 20 s (tcp_user_timeout) to 25 s (keepalives); of several hosts the one is taken
 * that can be written (target_session_attrs=read-write). These stand above what a service file
 * says.
 */
Database *database_open(const char *conninfo, const char *purpose, GError **error);

/* The same for a session in which nothing can be written, not even by mistake. `standby`: of
 * several hosts a standby is taken, if one is there. */
Database *database_open_to_read(const char *conninfo, const char *purpose, bool standby,
                                GError **error);

/* Lets a single statement of this session take up to `seconds` (0: for ever). For imports, reports
 * and migrations. */
bool database_set_time_limit(Database *db, unsigned seconds, GError **error);

/* For a session that only looks rows up by key, again and again, while the tables grow: plans are
 * made once and kept, those of foreign keys too, and one that was made for an empty table would
 * read the whole of a large one for each row. */
bool database_prefer_indexes(Database *db, GError **error);

/* For a session that runs the same few statements again and again for a row or a few: their plans
 * are made once and kept whatever the values are, since making one would take longer than running
 * it. To be had together with database_prefer_indexes(). */
bool database_keep_plans(Database *db, GError **error);

/* For a session that reads whole tables once: memory for sorts, and no statement compiled, which
 * costs more than it saves. `in_order`: tables are joined as their indexes have them in order,
 * which fills no memory first; else by hashing, by several processes. */
bool database_for_reports(Database *db, bool in_order, GError **error);

/* Has all statements of the session planned anew at their next use, for tables as they are by then.
 */
bool database_replan(Database *db, GError **error);

/* Opens a transaction (READ COMMITTED); exactly one of commit or rollback follows. */
bool database_begin(Database *db, GError **error);

/* Makes it durable. On false nothing of it is, with one exception: after ISSUER_ERROR_UNAVAILABLE
 * nobody knows, so what does the work again must first read what is on record. */
bool database_commit(Database *db, GError **error);

/* Takes everything back since begin; cannot fail (a lost connection has taken it back already). */
void database_rollback(Database *db);

/* Has the session hear of NOTIFY on `channel` (lower case letters and underscores), until it ends.
 */
bool database_listen(Database *db, const char *channel, GError **error);

/* The connection's socket, to be polled for reading; not always the same. What came while a
 * statement ran shows nothing there: ask database_notified() before waiting. */
int database_socket(const Database *db);

/* Whether notices have come since it was last asked; waits for none. ISSUER_ERROR_UNAVAILABLE when
 * the connection is lost. */
bool database_notified(Database *db, bool *notified, GError **error);

void database_free(Database *db);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Database, database_free)

#endif
