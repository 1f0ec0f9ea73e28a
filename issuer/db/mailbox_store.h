/* Which mails were fetched from which mailboxes, and how far each was read. Errors are those of
 * db/database.h. */
#ifndef ISSUER_DB_MAILBOX_STORE_H
#define ISSUER_DB_MAILBOX_STORE_H

#include "core/digest.h"
#include "db/database.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* How far the mails numbered under one UIDVALIDITY were taken in. */
typedef struct {
    uint32_t validity;
    uint32_t last; /* the highest UID */
} MailboxPosition;

/* A mail that was taken in. */
typedef struct {
    int64_t mailbox_id;
    uint32_t validity;
    uint32_t uid;
    int64_t message_id;
    bool quarantined; /* of those that are not settled */
} MailboxMail;

/* The mailbox with this digest, which is put on record unless it is, or `finds_only`; 0 with or
 * without an error: there is none. */
int64_t mailbox_store_find(Database *database, const Digest *digest, const char *place,
                           bool finds_only, GError **error);

/* Whether this connection may read the mailbox with this digest: the first that asks, until it
 * ends. */
bool mailbox_store_claim(Database *database, const Digest *digest, bool *ours, GError **error);

/* How far it was read: of MailboxPosition, the highest UIDVALIDITY first. New array. */
GArray *mailbox_store_positions(Database *database, int64_t mailbox_id, GError **error);

/* Its mails that were taken in and not yet settled there: of MailboxMail, by their UIDs. New array.
 */
GArray *mailbox_store_unsettled(Database *database, int64_t mailbox_id, GError **error);

/* These mails (of MailboxMail, in the order of mailbox and UID) were taken in. Within the caller's
 * transaction, which is that of their messages. */
bool mailbox_store_take(Database *database, const GArray *mails, GError **error);

/* The mails with these UIDs (of uint32_t) were settled, in a transaction of its own. */
bool mailbox_store_settle(Database *database, const MailboxMail *of, const GArray *uids,
                          int64_t now, GError **error);

#endif
