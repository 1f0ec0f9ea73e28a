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

/* A page about one thing that a person has named. */
typedef struct {
    const char *find;         /* gives its number by what was typed: "select order_named($1)" */
    ListingPart summary;      /* its query takes the number */
    const ListingPart *parts; /* theirs take the number, and how many rows at the most */
    gsize part_count;
} ListingPage;

/* Fills its lists, of each part `most` rows at the most. False with the errors of sql_run(), where
 * nothing has that name what `find` says; what was filled until then stays the caller's. */
bool listing_rows_load_page(Database *db, const ListingPage *page, const char *wanted,
                            unsigned most, GError **error);

/* An empty list, and the row of a result put at its end. The columns belong to the caller and
 * outlive it. The caller owns the list. */
Listing *listing_rows_new(const ListingColumn *columns, gsize count);
void listing_rows_add(Listing *listing, const SqlResult *result, int row);

/* What LIKE finds `text` anywhere by, its own % and _ meaning themselves. New string. */
char *listing_rows_pattern(const char *text);

#endif
