/* Finds usage licenses in what a person has saved: the armored code or a compact JWS alone, or a
 * whole mail or mailbox around it. */
#ifndef ISSUER_SERVICE_LICENSE_FILE_H
#define ISSUER_SERVICE_LICENSE_FILE_H

#include "mail/mail_reader.h"

/* The usage licenses in the file at `path` ("-": standard input), of FoundToken, each once; at
 * least one, intact or damaged. May fork the parsers of mail_reader_new(), so it comes before
 * anything that a parser must not see. ISSUER_ERROR_NOT_FOUND: no such file; ISSUER_ERROR_INPUT:
 * it is empty, too large, or holds no usage license. The caller owns the array. */
GPtrArray *license_file_read(const char *path, const MailSettings *settings, GError **error);

#endif
