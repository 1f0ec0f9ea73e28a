/* Retention: what the records need not keep is emptied when it is over for the days of the setting
 * retention-days: the words, bytes and senders of mails, what mail servers said. Usage licenses,
 * requests, decisions and all else stay. */
#ifndef ISSUER_SERVICE_RETENTION_H
#define ISSUER_SERVICE_RETENTION_H

#include "db/retention_store.h"
#include "service/context.h"

/* Requests are decided again for 30 days, and then their senders are answered. */
#define RETENTION_DAYS_LEAST 31
#define RETENTION_DAYS_MOST  36500

/* Whether the setting retention-days asks for it. */
bool retention_wanted(const Settings *settings);

/* A step of it, in one transaction that does not take long, once a day whoever asks. `done` is what
 * the step before has left there, all zero for the first; as long as it has `more`, another step is
 * due at once. `context` has the database. */
bool retention_step(Context *context, RetentionDone *done, GError **error);

#endif
