/* Lines that end with a carriage return alone, as old Macs and some exports write them. */
#ifndef ISSUER_MAIL_LINE_ENDS_H
#define ISSUER_MAIL_LINE_ENDS_H

#include <glib.h>
#include <stdbool.h>

/* Whether all lines at `data`, the beginning of a file, end so: two at least. `data` may be NULL if
 * `length` is 0. */
bool line_ends_are_cr(const char *data, gsize length);

/* Whether all lines of the header that begins at `data` end so, whatever its body's do. */
bool line_ends_of_header_are_cr(const char *data, gsize length);

/* Makes a line feed of each carriage return that none follows, in place. `after` is the byte that
 * follows the data, 0 if none does. */
void line_ends_make_lf(char *data, gsize length, char after);

#endif
