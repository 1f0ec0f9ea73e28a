/* The numbers that this process may give to usage licenses. */
#ifndef ISSUER_SERVICE_SERIALS_H
#define ISSUER_SERVICE_SERIALS_H

#include "db/database.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct Serials Serials;

/* None are drawn yet; `database` must outlive it. */
Serials *serials_new(Database *database);

/* How many are drawn and not given out. */
uint32_t serials_at_hand(const Serials *serials);

/* Whether the last batch that was committed took some. */
bool serials_in_use(const Serials *serials);

/* Makes sure that `count` numbers are at hand. Not within a transaction. Where many blocks are open
 * they are closed first. */
bool serials_reserve(Serials *serials, uint32_t count, GError **error);

/* The next number; it counts as used once serials_keep() is called. */
int64_t serials_next(Serials *serials);

/* The batch that took numbers was committed (keep) or not (give back, to be used again). */
void serials_keep(Serials *serials);
void serials_give_back(Serials *serials);

/* The batch was not committed, and yet its numbers are known outside of the records: they are used
 * for nothing, and void once their blocks are closed. */
void serials_waste(Serials *serials);

/* Puts on record as void what was drawn and not used. */
bool serials_close(Serials *serials, GError **error);

void serials_free(Serials *serials);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Serials, serials_free)

#endif
