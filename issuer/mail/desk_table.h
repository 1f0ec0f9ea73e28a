/* A help desk's export as a table: CSV (RFC 4180) as spreadsheets and programs write it, with
 * commas, semicolons or tabs, in UTF-8, UTF-16 or an older encoding. Its first row names the
 * columns; each further row is a mail. */
#ifndef ISSUER_MAIL_DESK_TABLE_H
#define ISSUER_MAIL_DESK_TABLE_H

#include "mail/desk_out.h"

/* Whether what begins with `length` bytes at `data` is such a table: the names of several columns
 * say what of a mail they hold. `mail` says that it could also be a mail's header. */
bool desk_table_is_one(const char *data, gsize length, bool mail);

/* Reads the table in `fd` from its start to its end, or until nothing more is wanted. */
void desk_table_read(int fd, const DeskOut *out);

#endif
