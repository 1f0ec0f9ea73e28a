/* A batch's messages that go into quarantine, and those that leave it because they can be read. */
#ifndef ISSUER_DB_INTAKE_QUARANTINE_H
#define ISSUER_DB_INTAKE_QUARANTINE_H

#include "db/intake_store.h"

/* Puts those of the messages (of MessageRow *) there that are fresh and could not be read. */
bool intake_quarantine_write(Database *database, const GPtrArray *messages, GError **error);

/* Ends the quarantine, at `now` (seconds), of what can be read: of a message on record that comes
 * again, which is then of the class that it has now (`left_quarantine` is set); and of one that was
 * not read at all, whose bytes now make another message. */
bool intake_quarantine_leave(Database *database, GPtrArray *messages, int64_t now, GError **error);

#endif
