#include "core/dates.h"
#include "core/statement.h"
#include "db/listing_rows.h"

#include <string.h>

static void clear_cell(gpointer data)
{
    ListingCell *cell = data;
    g_free(cell->text);
}

static ListingCell read_cell(const SqlResult *result, int row, int column, ListingType type)
{
    ListingCell cell = {.none = sql_result_is_null(result, row, column)};
    if (cell.none) {
        return cell;
    }
    switch (type) {
    case LISTING_TEXT:
        cell.text = g_strdup(sql_result_text(result, row, column));
        break;
    case LISTING_NUMBER:
    case LISTING_SERIAL:
        cell.number = sql_result_int(result, row, column);
        break;
    case LISTING_FLAG:
        cell.number = sql_result_bool(result, row, column);
        break;
    case LISTING_TIME:
        cell.number = sql_result_time(result, row, column);
        break;
    case LISTING_DAY:
        cell.number = sql_result_day(result, row, column);
        break;
    case LISTING_REQUEST: {
        const Digest digest = sql_result_digest(result, row, column);
        cell.text = statement_short_form(&digest);
        break;
    }
    }
    return cell;
}

Listing *listing_rows_new(const ListingColumn *columns, gsize count)
{
    Listing *listing = g_new0(Listing, 1);
    listing->columns = columns;
    listing->column_count = count;
    listing->cells = g_array_new(FALSE, TRUE, sizeof(ListingCell));
    g_array_set_clear_func(listing->cells, clear_cell);
    return listing;
}

void listing_rows_add(Listing *listing, const SqlResult *result, int row)
{
    for (gsize column = 0; column < listing->column_count; column++) {
        const ListingCell cell = read_cell(result, row, (int)column, listing->columns[column].type);
        g_array_append_val(listing->cells, cell);
    }
    listing->rows++;
}

void listing_clear(Listing *listing)
{
    g_array_set_size(listing->cells, 0);
    listing->rows = 0;
}

Listing *listing_rows_load(Database *db, const ListingQuery *query, const SqlParams *params,
                           unsigned most, GError **error)
{
    g_autoptr(SqlResult) result = sql_run(db, NULL, query->text, params, error);
    if (!result) {
        return NULL;
    }
    const gsize found = (gsize)sql_result_rows(result);
    Listing *listing = listing_rows_new(query->columns, query->column_count);
    listing->more = most > 0 && found > most;
    const gsize kept = listing->more ? most : found;
    for (gsize row = 0; row < kept; row++) {
        listing_rows_add(listing, result, (int)row);
    }
    return listing;
}

static bool load_parts(Database *db, const ListingPart *parts, gsize count, const SqlParams *params,
                       unsigned most, GError **error)
{
    for (gsize i = 0; i < count; i++) {
        *parts[i].list = listing_rows_load(db, parts[i].query, params, most, error);
        if (*parts[i].list == NULL) {
            return false;
        }
    }
    return true;
}

bool listing_rows_load_page(Database *db, const ListingPage *page, const char *wanted,
                            unsigned most, GError **error)
{
    g_autoptr(SqlParams) name = sql_params_new();
    sql_params_add_text(name, wanted);
    g_autoptr(SqlResult) found = sql_run(db, NULL, page->find, name, error);
    if (!found) {
        return false;
    }
    const int64_t number = sql_result_int(found, 0, 0);
    g_autoptr(SqlParams) of_one = sql_params_new();
    g_autoptr(SqlParams) of_many = sql_params_new();
    sql_params_add_int(of_one, SQL_INT8, number);
    sql_params_add_int(of_many, SQL_INT8, number);
    sql_params_add_int(of_many, SQL_INT4, (int64_t)most + 1);
    return load_parts(db, &page->summary, 1, of_one, 0, error) &&
           load_parts(db, page->parts, page->part_count, of_many, most, error);
}

const ListingCell *listing_cell(const Listing *listing, gsize row, gsize column)
{
    return &g_array_index(listing->cells, ListingCell, row * listing->column_count + column);
}

void listing_free(Listing *listing)
{
    if (!listing) {
        return;
    }
    g_array_unref(listing->cells);
    g_free(listing);
}

char *listing_rows_pattern(const char *text)
{
    GString *pattern = g_string_new("%");
    for (const char *c = text; *c; c++) {
        if (strchr("\\%_", *c)) {
            g_string_append_c(pattern, '\\');
        }
        g_string_append_c(pattern, *c);
    }
    g_string_append_c(pattern, '%');
    return g_string_free(pattern, FALSE);
}
