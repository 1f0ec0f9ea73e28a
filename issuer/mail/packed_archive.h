/* Archives and compressed files that are attached to a mail, as a row of the table of packed parts:
 * their files by mail/archive.h, under the caps of mail/unpacked.h. */
#ifndef ISSUER_MAIL_PACKED_ARCHIVE_H
#define ISSUER_MAIL_PACKED_ARCHIVE_H

#include "mail/unpacked.h"

/* Adds the files of an archive. One that cannot be read does not keep those behind it from being
 * read; the first such trouble is told. */
void packed_archive_unpack(const char *data, gsize length, Unpacked *unpacked);

#endif
