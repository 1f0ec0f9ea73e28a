/* Hands queued replies over: composes each from its row, and gives it to the mail server of the
 * settings or writes it into a folder as a mail. */
#ifndef ISSUER_SERVICE_DELIVERY_RUN_H
#define ISSUER_SERVICE_DELIVERY_RUN_H

#include "service/context.h"

typedef struct {
    Settings *settings;      /* shared; NULL: those that config_path names */
    const char *config_path; /* or NULL */
    const char *folder;      /* replies go in here, whatever the settings say; NULL: as they say */
    bool dry_run;            /* say what would become of them, do nothing */
    bool (*stops)(gpointer data); /* asked before each reply, or each round of them: whether what is
                                     due stays queued; NULL: it does not */
    gpointer data;                /* for `stops` */
} DeliveryOptions;

/* What became of one reply, for as long as the call lasts. */
typedef struct {
    int64_t id;
    const char *state; /* "sent", "withdrawn", "undelivered"; "queued": it waits */
    const char *recipient;
    const char *subject;
    const char *file; /* path of the mail; NULL unless written into a folder */
    int64_t until;    /* seconds; of one that waits: when it is due again */
    const char *why;  /* unless sent; NULL or one line, in which a mail server's words may stand */
} DeliveryLine;

typedef struct {
    guint64 sent;
    guint64 withdrawn;
    guint64 undelivered;
    guint64 waiting;  /* are still to go out */
    int64_t next_due; /* seconds; the next of those is due then; 0: it is due now, or none waits */
} DeliveryTotals;

/* Is called for each reply once what became of it is on record. */
typedef void (*DeliveryReport)(const DeliveryLine *line, gpointer data);

typedef struct Delivery Delivery;

/* Opens what it takes: the database, and our way to the mail server if replies go by it, which is
 * not asked yet. Never the signing key. Errors of context_open() and mailer_open(), and
 * ISSUER_ERROR_INPUT where no sender of ours is set. The caller owns the result. */
Delivery *delivery_run_open(const DeliveryOptions *options, GError **error);

/* Delivers what is due now, and tells in `totals` what is left and when to come again. A reply
 * whose usage licenses were all superseded or ended since is withdrawn; one that cannot be
 * composed, or that the server refuses for good, is undelivered; one that it does not take now
 * waits; and the others go on. Killed at any point and run again, none is lost: in a folder the
 * same mails stand, for a file is named after the reply's record and its bytes follow from it; by a
 * server one may arrive twice, with the same Message-ID. Several may run at once and share the
 * work. May be called again and again. ISSUER_ERROR_UNAVAILABLE where the database or the mail
 * server is out of reach, or the server takes no mail from us at all, which counts against no
 * reply; errors of outbox_write(). What was reported until then is on record. */
bool delivery_run(Delivery *delivery, DeliveryReport report, gpointer data, DeliveryTotals *totals,
                  GError **error);

/* The database by which it works, between two runs: for LISTEN. Owned by `delivery`. */
Database *delivery_run_database(const Delivery *delivery);

/* To be called while nothing is due: takes leave of a mail server that has not been needed for a
 * while. Milliseconds until it is to be called again; -1: there is none to take leave of. */
int64_t delivery_run_rest(Delivery *delivery);

/* How long one reply may take at most because a mail server is waited for, in seconds; 0: there is
 * none. */
unsigned delivery_run_longest(const Delivery *delivery);

void delivery_run_free(Delivery *delivery);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Delivery, delivery_run_free)

#endif
