/* A help desk's export in JSON (RFC 8259): an array of tickets or mails, an object with such
 * arrays, or one object a line. An object with a text is a mail; what stands above it, in the
 * ticket, is said of it too. Read as a stream, one ticket at a time. */
#ifndef ISSUER_MAIL_DESK_RECORDS_H
#define ISSUER_MAIL_DESK_RECORDS_H

#include "mail/desk_out.h"

/* Whether what begins with `length` bytes at `data` looks like JSON of objects. */
bool desk_records_is_one(const char *data, gsize length);

/* Reads the records in `fd` from its start to its end, or until nothing more is wanted. */
void desk_records_read(int fd, const DeskOut *out);

#endif
