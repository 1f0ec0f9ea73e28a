/* Lost-server cases: shown, and opened and decided by the doors of schema/repeat/restorations.sql.
 */
#ifndef ISSUER_DB_RESTORATION_STORE_H
#define ISSUER_DB_RESTORATION_STORE_H

#include "core/digest.h"
#include "db/case_query.h"
#include "db/database.h"
#include "db/listing.h"

/* The cases that are open, the oldest first; `all`: those that were decided too, newest first. At
 * most `most` rows. */
Listing *restoration_store_list(Database *db, bool all, unsigned most, GError **error);

/* What is shown of one case, besides its head and the mail that told of it. */
typedef enum {
    RESTORATION_SERVERS, /* of the license, whose uses count: the one most likely meant first */
    RESTORATION_SIGNS,   /* what came from the server that is meant, or its host, newest first */
    RESTORATION_WAITING, /* requests of the license that were refused or held */
    RESTORATION_EARLIER, /* the license's other cases */
    RESTORATION_PARTS,
} RestorationPart;

typedef struct {
    int64_t number;
    Listing *head; /* one row */
    Listing *mail; /* one row, or none where it was opened by hand */
    char *words;   /* what the mail says; NULL: none, or not for this login */
    Listing *parts[RESTORATION_PARTS];
    Listing *uses;    /* of the license, with their evidence */
    GPtrArray *mails; /* of CaseMail: those that joined the case since */
} RestorationDetail;

/* One case at `now` (seconds), at most `most` rows a part. ISSUER_ERROR_NOT_FOUND. The caller owns
 * it. */
RestorationDetail *restoration_store_show(Database *db, int64_t number, int64_t now, unsigned most,
                                          GError **error);

void restoration_detail_free(RestorationDetail *detail);

/* A case that a person opens. */
typedef struct {
    Digest token;
    int64_t message_id;     /* the mail that tells of it; 0: none, it is opened by hand */
    const char *license_id; /* as typed */
    int64_t serial;         /* of the usage license of the server that was lost; 0: not said */
    const char *reason;
    const char *ticket; /* or NULL */
    int64_t now;        /* seconds */
} RestorationOpening;

/* Gives the case's number; 0 with ISSUER_ERROR_DENIED, _NOT_FOUND, _INPUT or _STALE. */
int64_t restoration_store_open(Database *db, const RestorationOpening *opening, GError **error);

/* An approval on its way. */
typedef struct {
    Digest token;
    Digest second; /* all zero: nobody */
    int64_t number;
    const char *arguments; /* JSON: reason, ticket, serial, replacement (a request's row) */
    int64_t lease_end;     /* seconds: the caller carries it out until then; 0: others shall */
    int64_t now;
} RestorationApproval;

/* Files it and gives the instruction's number; 0 with the errors above. Outside a transaction. */
int64_t restoration_store_file(Database *db, const RestorationApproval *approval, GError **error);

/* What became of an approval that was carried out. */
typedef struct {
    int64_t number;
    int64_t license_row;
    char *license_id;
    int64_t serial; /* of the usage license whose use was given back */
    char *evidence;
    uint32_t used; /* of the license's uses, after it */
    uint32_t allowed;
} RestorationDone;

/* Carries a filed approval out, in a transaction of its own. ISSUER_ERROR_STALE if it has ended or
 * the case was decided meanwhile. The caller owns the result. */
RestorationDone *restoration_store_carry_out(Database *db, int64_t instruction, int64_t now,
                                             GError **error);

void restoration_done_free(RestorationDone *done);

/* Denies a case; gives the License ID (new string), or NULL with the errors above. */
char *restoration_store_deny(Database *db, const Digest *token, int64_t number, const char *reason,
                             int64_t now, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(RestorationDetail, restoration_detail_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RestorationDone, restoration_done_free)

#endif
