#include "cli/listing_printer.h"

#include "cli/usage_license_printer.h"
#include "core/dates.h"

static ColumnType column_type(ListingType type)
{
    static const ColumnType types[] = {
        [LISTING_TEXT] = COLUMN_TEXT,    [LISTING_NUMBER] = COLUMN_NUMBER,
        [LISTING_FLAG] = COLUMN_FLAG,    [LISTING_TIME] = COLUMN_TIME,
        [LISTING_DAY] = COLUMN_TEXT,     [LISTING_SERIAL] = COLUMN_TEXT,
        [LISTING_REQUEST] = COLUMN_TEXT,
    };
    return types[type];
}

static void print_cell(Printer *printer, ListingType type, const ListingCell *cell)
{
    if (cell->none) {
        printer_none(printer);
        return;
    }
    switch (type) {
    case LISTING_NUMBER:
        printer_number(printer, cell->number);
        break;
    case LISTING_FLAG:
        printer_flag(printer, cell->number != 0);
        break;
    case LISTING_TIME:
        printer_time(printer, cell->number);
        break;
    case LISTING_SERIAL:
        usage_license_printer_serial(printer, cell->number);
        break;
    case LISTING_DAY: {
        g_autofree char *day = dates_text((int32_t)cell->number);
        printer_text(printer, day);
        break;
    }
    case LISTING_TEXT:
    case LISTING_REQUEST:
        printer_text(printer, cell->text);
        break;
    }
}

static void begin(Printer *printer, ListingFace face, const char *part,
                  const PrinterColumn *columns, gsize count)
{
    if (face == LISTING_PRINTED_PART) {
        printer_begin_part(printer, part, columns, count);
    } else if (face == LISTING_PRINTED_RECORD) {
        printer_begin_record(printer, columns, count);
    } else {
        printer_begin(printer, columns, count);
    }
}

GArray *listing_printer_columns(const ListingColumn *columns, gsize count)
{
    GArray *printed = g_array_sized_new(FALSE, FALSE, sizeof(PrinterColumn), (guint)count);
    for (gsize i = 0; i < count; i++) {
        const PrinterColumn column = {.name = columns[i].name,
                                      .type = column_type(columns[i].type)};
        g_array_append_val(printed, column);
    }
    return printed;
}

void listing_printer_row(Printer *printer, const Listing *listing, gsize row)
{
    for (gsize column = 0; column < listing->column_count; column++) {
        print_cell(printer, listing->columns[column].type, listing_cell(listing, row, column));
    }
}

void listing_printer_print(Printer *printer, const Listing *listing, ListingFace face,
                           const char *part, const char *more)
{
    const gsize count = listing->column_count;
    g_autoptr(GArray) columns = listing_printer_columns(listing->columns, count);
    begin(printer, face, part, &g_array_index(columns, PrinterColumn, 0), count);
    for (gsize row = 0; row < listing->rows; row++) {
        listing_printer_row(printer, listing, row);
    }
    /* The printer keeps no column from here on. */
    printer_end(printer);
    if (face == LISTING_PRINTED_LIST && listing->rows == 0) {
        printer_say(printer, LISTING_PRINTER_NONE);
    }
    if (listing->more && more != NULL) {
        printer_hint(printer, more);
    }
}
