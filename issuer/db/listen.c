/* Notices of other sessions (LISTEN and NOTIFY). They may be lost with a connection, and several
 * may come as one: whoever waits for them looks now and then in any case. */
#include "db/connection.h"
#include "db/sql.h"

#include "base/error.h"

#include <libpq-fe.h>
#include <string.h>

bool database_listen(Database *db, const char *channel, GError **error)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz_";
    g_assert(*channel != '\0' && channel[strspn(channel, letters)] == '\0');
    g_autofree char *text = g_strconcat("listen ", channel, NULL);
    return sql_script(db, text, error);
}

int database_socket(const Database *db)
{
    return PQsocket(database_connection(db));
}

bool database_notified(Database *db, bool *notified, GError **error)
{
    PGconn *connection = database_connection(db);
    *notified = false;
    if (PQconsumeInput(connection) != 1 || PQstatus(connection) != CONNECTION_OK) {
        database_error(db, NULL, "waiting for notices", error);
        return false;
    }
    for (PGnotify *notice = PQnotifies(connection); notice != NULL;
         notice = PQnotifies(connection)) {
        *notified = true;
        PQfreemem(notice);
    }
    return true;
}
