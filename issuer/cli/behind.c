#include "cli/behind.h"

bool behind_print_list(Context *context, Printer *printer, const Listing *list, const char *more,
                       GError **error)
{
    g_autofree char *line = NULL;
    if (list == NULL || !context_behind(context, "this list", &line, error)) {
        return false;
    }
    if (line != NULL) {
        printer_hint(printer, line);
    }
    listing_printer_print(printer, list, LISTING_PRINTED_LIST, NULL, more);
    return true;
}
