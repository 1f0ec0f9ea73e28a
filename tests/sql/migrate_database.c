/* Migrates the database in ISSUER_DATABASE, for the SQL tests. */
#include "db/migrate.h"

#include <stdio.h>
#include <stdlib.h>

int main(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) applied = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(Database) db = database_open(g_getenv("ISSUER_DATABASE"), "SQL tests", &error);
    if (!db || !migrate_run(db, g_getenv("ISSUER_ROLE_PREFIX"), applied, &error)) {
        (void)fprintf(stderr, "%s\n", error->message);
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
