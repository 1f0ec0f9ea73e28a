/* The CSV that purchases are imported from: every row is a purchase or an error that names its
 * column and holds no license key. */
#include "base/secret.h"
#include "core/csv.h"
#include "core/license_key_scan.h"
#include "core/purchase.h"
#include "fuzz.h"

#include <string.h>

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return 0;
}

static void read_row(const CsvRow *row, const int place[PURCHASE_COLUMNS])
{
    const char *fields[PURCHASE_COLUMNS] = {NULL};
    for (int column = 0; column < PURCHASE_COLUMNS; column++) {
        if (place[column] >= 0 && (gsize)place[column] < row->count) {
            fields[column] = row->fields[place[column]];
        } else if (column < PURCHASE_CUSTOMER_REF) {
            return; // a short row, which the import refuses before
        }
    }
    g_autoptr(GError) error = NULL;
    g_autoptr(Purchase) purchase = purchase_read(fields, &error);
    FUZZ_HOLDS((purchase == NULL) == (error != NULL));
    FUZZ_HOLDS(error == NULL || !license_key_scan_has(error->message, strlen(error->message)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(CsvReader) csv = csv_reader_new((const char *)data, size);
    g_autoptr(GError) error = NULL;
    int place[PURCHASE_COLUMNS];
    CsvRow row;
    bool named = csv_reader_next(csv, &row, &error) && row.fault == NULL &&
                 purchase_read_header(row.fields, row.count, place, NULL);
    unsigned line = 0;
    while (error == NULL && csv_reader_next(csv, &row, &error)) {
        FUZZ_HOLDS(row.line > line && row.count <= CSV_MOST_FIELDS);
        line = row.line;
        if (named && row.fault == NULL) {
            read_row(&row, place);
        }
    }
    return 0;
}
