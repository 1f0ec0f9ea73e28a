/* The public halves of an import's license keys, derived by a thread of their own while the
 * database looks up the rows: to derive them is most of the work that an import does outside the
 * database. */
#ifndef ISSUER_SERVICE_IMPORT_KEYS_H
#define ISSUER_SERVICE_IMPORT_KEYS_H

#include "db/purchase_import.h"

#include <glib.h>

typedef struct ImportKeys ImportKeys;

/* Starts the thread. The caller owns what it gets. */
ImportKeys *import_keys_new(void);

/* Has the license key in that line of the file derived. It is owned by `keys` from now on, and
 * wiped as soon as it was used. */
void import_keys_take(ImportKeys *keys, unsigned line, Secret *key);

/* Waits until all that were taken are derived; no more can be taken then. Pages (GArray * of
 * ImportKey) in the order in which they were taken; owned by `keys`. */
const GPtrArray *import_keys_wait(ImportKeys *keys);

/* Drops what was not derived yet; NULL is fine. */
void import_keys_free(ImportKeys *keys);

#endif
