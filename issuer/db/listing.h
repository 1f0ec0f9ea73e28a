/* A list for people as it comes from the database: typed columns and rows of cells. For lists that
 * are only shown; what is worked with has structs of its own. */
#ifndef ISSUER_DB_LISTING_H
#define ISSUER_DB_LISTING_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef enum {
    LISTING_TEXT,
    LISTING_NUMBER,
    LISTING_FLAG,
    LISTING_TIME,    /* seconds since 1970 */
    LISTING_DAY,     /* days since 1970-01-01 (core/dates.h) */
    LISTING_SERIAL,  /* the number of a usage license */
    LISTING_REQUEST, /* the digest of a request or deactivation, told by its short form */
} ListingType;

typedef struct {
    const char *name; /* lower case with '_' */
    ListingType type;
} ListingColumn;

/* A cell: `none`, or the member that its column's type asks for. */
typedef struct {
    bool none;
    int64_t number; /* of all types but the following */
    char *text;     /* LISTING_TEXT, and the short form of LISTING_REQUEST */
} ListingCell;

typedef struct {
    const ListingColumn *columns; /* static */
    gsize column_count;
    GArray *cells; /* of ListingCell, row by row */
    gsize rows;
    bool more; /* there are more rows than were asked for */
} Listing;

/* The cell of a row and a column, both from 0; owned by the list. */
const ListingCell *listing_cell(const Listing *listing, gsize row, gsize column);

/* Takes its rows away, for the next ones of a list that comes in pieces. */
void listing_clear(Listing *listing);

void listing_free(Listing *listing);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Listing, listing_free)

#endif
