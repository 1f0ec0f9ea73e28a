/* Hands queued replies over: composes each from its row and writes it into a folder as a mail. */
#ifndef ISSUER_SERVICE_DELIVERY_RUN_H
#define ISSUER_SERVICE_DELIVERY_RUN_H

#include "service/context.h"

typedef struct {
    const char *config_path; /* or NULL */
    const char *folder;      /* NULL: the setting reply-folder */
    bool dry_run;            /* say what would become of them, write nothing */
} DeliveryOptions;

/* What became of one reply, for as long as the call lasts. */
typedef struct {
    int64_t id;
    const char *state; /* "sent", "withdrawn" or "undelivered" */
    const char *recipient;
    const char *subject;
    const char *file; /* path of the mail; NULL unless sent */
    const char *why;  /* unless sent */
} DeliveryLine;

typedef struct {
    guint64 sent;
    guint64 withdrawn;
    guint64 undelivered;
} DeliveryTotals;

/* Is called for each reply once what became of it is on record. */
typedef void (*DeliveryReport)(const DeliveryLine *line, gpointer data);

/* Delivers until nothing is queued. A reply whose usage licenses were all superseded or ended
 * since is withdrawn; one that cannot be composed is undelivered, and the others go on. Killed at
 * any point and run again, the same mails stand in the folder: the file is named after the reply's
 * record, and its bytes follow from it. Several may run at once and share the work. Errors of
 * context_open() and outbox_write(), and ISSUER_ERROR_INPUT where no sender of ours is set; what
 * was reported until then is on record. */
bool delivery_run(const DeliveryOptions *options, DeliveryReport report, gpointer data,
                  DeliveryTotals *totals, GError **error);

#endif
