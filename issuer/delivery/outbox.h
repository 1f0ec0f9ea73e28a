/* Hands a composed reply over by writing it into a folder as NAME.eml. */
#ifndef ISSUER_DELIVERY_OUTBOX_H
#define ISSUER_DELIVERY_OUTBOX_H

#include <glib.h>
#include <stdbool.h>

/* Writes `mail` as `name`.eml into `folder` so that after a crash the file is whole or not there
 * (temporary file, fsync, rename, fsync of the folder). Writing it again replaces it. `name` holds
 * letters, digits, '-' and '.' only, else ISSUER_ERROR_INPUT; ISSUER_ERROR_FAILED for the system's
 * errors, ISSUER_ERROR_NOT_FOUND when the folder is missing. */
bool outbox_write(const char *folder, const char *name, GBytes *mail, GError **error);

/* Whether mails can be written into `folder`, tried with a hidden file that is deleted at once.
 * ISSUER_ERROR_NOT_FOUND when the folder is missing, ISSUER_ERROR_FAILED for other errors. */
bool outbox_check(const char *folder, GError **error);

#endif
