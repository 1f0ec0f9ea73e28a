/* Serial numbers of usage licenses. They are drawn in blocks, each in a short transaction of its
 * own, so that a batch which fails wastes none and two daemons never share one; what a block's
 * holder did not use goes on record as void. */
#ifndef ISSUER_DB_SERIAL_STORE_H
#define ISSUER_DB_SERIAL_STORE_H

#include "db/database.h"

#include <stdbool.h>
#include <stdint.h>

/* Draws a block of `count` numbers outside any transaction; `first` is set. The block belongs to
 * this connection until serial_close(). */
bool serial_draw(Database *database, uint32_t count, int64_t *first, GError **error);

/* Ends all blocks of this connection, and those whose holder is gone: numbers that no usage license
 * has are recorded as void. */
bool serial_close(Database *database, GError **error);

#endif
