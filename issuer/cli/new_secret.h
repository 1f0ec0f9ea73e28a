/* A secret that the program has made and that nobody can be shown again: a person keeps it in a new
 * private file, or copies it from the screen. */
#ifndef ISSUER_CLI_NEW_SECRET_H
#define ISSUER_CLI_NEW_SECRET_H

#include "base/secret.h"

#include <glib.h>
#include <stdbool.h>

/* Writes it as `path`, a new file of mode 600; NULL: nothing is to be written. Done before anything
 * is put on record, since what cannot be written down would be lost. Errors of file_create(). */
bool new_secret_keep(const char *path, const Secret *secret, GError **error);

/* Takes the file away again after `failure`: nothing is on record. But where the database's answer
 * was lost it may be on record, and then the file has the only copy. */
void new_secret_forget(const char *path, const GError *failure);

#endif
