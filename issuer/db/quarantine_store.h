/* The quarantine: mails that could not be read or processed, and what people do about them. */
#ifndef ISSUER_DB_QUARANTINE_STORE_H
#define ISSUER_DB_QUARANTINE_STORE_H

#include "db/message_store.h"

#include <glib.h>

/* Texts are NULL, times (seconds) 0 where there are none. */
typedef struct {
    int64_t id;    /* the message's */
    int64_t since; /* when it was taken in */
    char *reason;
    char *source;    /* FILE#N */
    uint64_t offset; /* bytes into FILE */
    uint64_t size;   /* bytes */
    bool has_raw;    /* its bytes are on record */
    char *from;
    char *subject;
    int64_t closed_at;
    char *closed_how;
} QuarantineRow;

/* Up to `most` that are there now, by their numbers, so earlier batches first; with `all` those too
 * that have left it, the other way round. Of QuarantineRow; the caller owns the array. */
GPtrArray *quarantine_store_list(Database *db, bool all, unsigned most, GError **error);

/* The numbers (of int64_t) of all that are there now, earlier ones first. New array. */
GArray *quarantine_store_open(Database *db, GError **error);

/* How often people had one read again, and what came of it. */
typedef struct {
    int64_t at; /* seconds */
    char *operator_name;
    char *state; /* of the instruction */
    char *why;   /* why it is not read, or what it was taken for */
} QuarantineRetry;

/* Of QuarantineRetry, oldest first. The caller owns the array. */
GPtrArray *quarantine_store_retries(Database *db, int64_t id, GError **error);

/* What it takes to read a mail again. */
typedef struct {
    char *source;
    uint64_t offset;
    uint64_t size;
    GBytes *raw;       /* or NULL */
    Digest raw_digest; /* zero: not known */
    unsigned marks;    /* how it stood there */
} QuarantineMail;

/* The mail number `id`. ISSUER_ERROR_NOT_FOUND if it never was in quarantine. The caller owns it.
 */
QuarantineMail *quarantine_store_load(Database *db, int64_t id, GError **error);
void quarantine_mail_free(QuarantineMail *mail);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(QuarantineMail, quarantine_mail_free)

/* A person had a look, and there is nothing. ISSUER_ERROR_DENIED, _NOT_FOUND, _STALE (it left the
 * quarantine before). */
bool quarantine_store_drop(Database *db, const MessageDeed *deed, const char *reason,
                           GError **error);

/* Files the instruction to read it again, which the caller carries out until `lease_end` (seconds):
 * its number. 0 with the errors of quarantine_store_drop(). */
int64_t quarantine_store_retry(Database *db, const MessageDeed *deed, int64_t lease_end,
                               GError **error);

/* It was read again as message `read_as`, at `now` (seconds): it leaves the quarantine, unless it
 * has already. Within the caller's transaction. */
bool quarantine_store_leave(Database *db, int64_t id, int64_t read_as, int64_t now, GError **error);

#endif
