/* How large the directory of a compound file is (MS-CFB), told before libgsf reads it: that goes
 * into itself for every entry, and takes time with the square of their number. */
#ifndef ISSUER_MAIL_COMPOUND_DIRECTORY_H
#define ISSUER_MAIL_COMPOUND_DIRECTORY_H

#include <glib.h>
#include <stdbool.h>

/* Whether the file of `length` bytes at `data` is built so that its directory can be found, and
 * that has at most `most` entries; `trouble` then is NULL, else a clause (static). */
bool compound_directory_is_fit(const char *data, gsize length, gsize most, const char **trouble);

#endif
