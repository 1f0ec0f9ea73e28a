/* How lists are filled; for the files of db/ alone. */
#ifndef ISSUER_DB_LISTING_ROWS_H
#define ISSUER_DB_LISTING_ROWS_H

#include "db/listing.h"
#include "db/sql.h"

/* A query and the columns that it gives, in their order. All static. */
typedef struct {
    const char *text;
    const ListingColumn *columns;
    gsize column_count;
} ListingQuery;

#define LISTING_QUERY(text, columns)                                                               \
    {                                                                                              \
        text, columns, G_N_ELEMENTS(columns)                                                       \
    }

/* Runs the query; of what comes back at most `most` rows are kept (0: all), so a query that is to
 * tell whether there are more gives one row more. NULL with the errors of sql_run(). The caller
 * owns the list. */
Listing *listing_rows_load(Database *db, const ListingQuery *query, const SqlParams *params,
                           unsigned most, GError **error);

/* A list of a page, and where it goes. */
typedef struct {
    Listing **list;
    const ListingQuery *query;
} ListingPart;

/* Fills these lists one by one, each as listing_rows_load() does. False with its errors; what was
 * filled until then stays the caller's. */
bool listing_rows_load_parts(Database *db, const ListingPart *parts, gsize count,
                             const SqlParams *params, unsigned most, GError **error);

/* An empty list, and the row of a result put at its end. The columns belong to the caller and
 * outlive it. The caller owns the list. */
Listing *listing_rows_new(const ListingColumn *columns, gsize count);
void listing_rows_add(Listing *listing, const SqlResult *result, int row);

/* What LIKE finds `text` anywhere by: lower case, its own % and _ meaning themselves. New string.
 */
char *listing_rows_pattern(const char *text);

#endif
