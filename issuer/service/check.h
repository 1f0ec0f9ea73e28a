/* Whether all is in order: settings, database, keys, mail, records. */
#ifndef ISSUER_SERVICE_CHECK_H
#define ISSUER_SERVICE_CHECK_H

#include "service/check_line.h"

#include <glib.h>
#include <stdbool.h>

#define CHECK_CLOCK_MOST 60 /* seconds that the database's clock may be off ours */

/* Looks everything through with the settings that `config_path` names (see settings_load()) and
 * changes nothing but the place up to which the journal was compared. Of CheckLine *, in a fixed
 * order, whatever is wrong; a thing may have several lines. `error` is set, to
 * ISSUER_ERROR_UNAVAILABLE, only where the database is out of reach. The caller owns the lines. */
GPtrArray *check_run(const char *config_path, GError **error);

/* Whether any line is wrong. */
bool check_found_wrong(const GPtrArray *lines);

#endif
