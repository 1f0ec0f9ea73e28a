/* The emergency usage license: what bridges seven days for a server that cannot wait until a person
 * has looked at its request, or a lost server's case is reviewed. Pure, as the rules are. */
#ifndef ISSUER_CORE_EMERGENCY_H
#define ISSUER_CORE_EMERGENCY_H

#include "core/rules.h"

#define EMERGENCY_CODE    "emergency"
#define EMERGENCY_SECONDS (7 * INT64_C(86400)) /* that it is valid */
#define EMERGENCY_ALERT   (2 * INT64_C(86400)) /* seconds before its end, when an alert rises */

/* Emergency grants within the rolling year before now, other requests'. */
typedef struct {
    uint32_t of_instance; /* under any license */
    uint32_t of_license;
    bool of_request; /* this very one had one, whenever */
} EmergencyCounts;

/* Whether one may be issued for a request, whatever it was held or refused for, but for what nobody
 * can pass: the code is "emergency" and nothing but a serial is taken, or it is refused with the
 * code that speaks against it: that of a row of the table, "not-held" (it is issued as it is), or
 * "emergency-again", "emergency-instance", "emergency-license" past the limits. */
Decision emergency_decide(const RequestFacts *facts, const EmergencyCounts *counts);

/* What such a code says against it, for a person; NULL: it is a row's. Static. */
const char *emergency_refusal(const char *code);

#endif
