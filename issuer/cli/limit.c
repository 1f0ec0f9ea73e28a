#include "cli/limit.h"

#define LIMIT_ROWS 200

unsigned limit_rows(const Options *options)
{
    return (unsigned)options_number(options, "limit", LIMIT_ROWS);
}

void limit_say_more(Printer *printer)
{
    printer_hint(printer, "There are more: say --limit.");
}
