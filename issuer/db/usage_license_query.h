/* Questions about usage licenses, for people. */
#ifndef ISSUER_DB_USAGE_LICENSE_QUERY_H
#define ISSUER_DB_USAGE_LICENSE_QUERY_H

#include "db/database.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* One usage license as the records have it; what it grants is in its own bytes. Numbers and times
 * (seconds) are 0 and texts NULL where there are none. */
typedef struct {
    int64_t serial;
    char *jws; /* compact, as it was signed */
    int64_t issued_at;

    char *state; /* of its activation: "active", "superseded", "deactivated", "lost", "corrected";
                    NULL: an emergency grant, which has none */
    bool counted;
    uint32_t slot;       /* the server place that it takes or took */
    char *origin;        /* "taken", "instance", "host" */
    int64_t continues;   /* serial of the activation whose use it goes on with */
    char *ended_by;      /* "superseded", "proof", … */
    int64_t active_from; /* as the next ones */
    int64_t active_until;
    int64_t counted_until;
    GArray *superseded_by; /* of int64_t: serials of those that name it, ascending */

    int64_t request_id;
    char *purpose;       /* "activate", "update" */
    int64_t received_at; /* the request */
    int64_t message_id;  /* that brought it */

    int64_t decision_id; /* that issued it */
    uint32_t rule;
    char *code;
    char *note;
    char *operator_name; /* who issued it; NULL: the rules alone */
    char *program;       /* version */

    int64_t key_not_after;
    int64_t key_revoked_at;
    bool key_development;

    GPtrArray *decisions; /* of DecisionRecord: all for its request, oldest first */
} UsageLicenseDetail;

/* All that is on record about the usage license number `serial`. ISSUER_ERROR_NOT_FOUND says
 * whether the number is void. The caller owns it. */
UsageLicenseDetail *usage_license_query_show(Database *db, int64_t serial, GError **error);

/* What an auditor asks of the records: the bytes of the usage license number `serial` into `jws`,
 * and the state of its activation ("active", "superseded", …; NULL for an emergency grant) into
 * `state`, both new strings. True with `jws` NULL if no such usage license is on record. */
bool usage_license_query_bytes(Database *db, int64_t serial, char **jws, char **state,
                               GError **error);

void usage_license_detail_free(UsageLicenseDetail *detail);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(UsageLicenseDetail, usage_license_detail_free)

#endif
