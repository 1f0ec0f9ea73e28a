/* What is in these mails: reads exports without any database. */
#ifndef ISSUER_SERVICE_INSPECT_H
#define ISSUER_SERVICE_INSPECT_H

#include "service/intake_item.h"

/* Is called for each mail, in order. */
typedef void (*InspectReport)(const IntakeItem *item, gpointer data);

/* Reads all mails of `paths` (NULL-terminated). `unreadable` is set to how many could not be read;
 * each of those was reported with the reason. */
bool inspect_run(const Settings *settings, const char *const *paths, InspectReport report,
                 gpointer data, guint64 *unreadable, GError **error);

#endif
