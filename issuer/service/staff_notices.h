/* Tells staff of what is new: new holds, alerts, mails in quarantine and the like, by mail to the
 * address, or by the command, of the settings. */
#ifndef ISSUER_SERVICE_STAFF_NOTICES_H
#define ISSUER_SERVICE_STAFF_NOTICES_H

#include "service/context.h"

/* Whether the settings name somebody who is told. */
bool staff_notices_wanted(const Settings *settings);

#define NOTICE_DAYS_MOST 3650 /* that a hold has waited */

/* Whether the settings about notices go together; opens nothing. ISSUER_ERROR_INPUT. */
bool staff_notices_judge(const Settings *settings, GError **error);

/* To whom, in words. New string. */
char *staff_notices_to(const Settings *settings);

/* The longest time in seconds that staff_notices_tell() takes. */
unsigned staff_notices_longest(const Settings *settings);

/* Puts on record what is new; `count`: how many things. `context` has the database. */
bool staff_notices_find(Context *context, int64_t *count, GError **error);

typedef struct {
    unsigned told; /* things of which staff was told */
    char *problem; /* one line, without license keys: why not; NULL: nothing is wrong */
} StaffTold;

/* Tells of what is new, at most once a minute, or again of what could not be told. That it could
 * not is no error: it stands on record and in `told`, whose caller clears it. */
bool staff_notices_tell(Context *context, StaffTold *told, GError **error);

void staff_told_clear(StaffTold *told);

#endif
