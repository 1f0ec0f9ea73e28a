/* Decides again what was refused or held, where the license's records have changed since: an order
 * or upgrade, a contact, a license that is no longer suspended, a use given back. */
#ifndef ISSUER_SERVICE_REDECIDE_H
#define ISSUER_SERVICE_REDECIDE_H

#include "service/batch.h"

typedef struct {
    guint64 outcomes[OUTCOME_ACCEPTED + 1]; /* by Outcome: of those that turned out otherwise */
    guint64 failed;                         /* that could not be decided; they wait on */
    char failure[256];                      /* why, of the last of them */
} RedecideTotals;

/* Looks at the requests of `licenses` (row numbers, of int64_t); without (NULL) at all those whose
 * license's records have changed since they were decided. Each gets a new decision; the one
 * that turns out otherwise also its reply, and a place in `totals`. Run again it changes nothing.
 * `context` has a database and a signer. One that cannot be decided keeps no other waiting. Errors
 * of batch_run() that concern all. */
bool redecide_run(Context *context, Serials *serials, const GArray *licenses,
                  RedecideTotals *totals, GError **error);

/* The same for a command that has changed the license records with a right of its own: opens the
 * database and the signing key for it. */
bool redecide_after_change(const char *config_path, RedecideTotals *totals, GError **error);

/* One line for people, "decided again: …"; NULL if nothing turned out otherwise. New string. */
char *redecide_text(const RedecideTotals *totals);

#endif
