/* Whether all is in order: settings, database, keys, mail, records. */
#ifndef ISSUER_SERVICE_CHECK_H
#define ISSUER_SERVICE_CHECK_H

#include <glib.h>
#include <stdbool.h>

#define CHECK_KEY_DAYS   90 /* a certificate that ends sooner is warned of */
#define CHECK_CLOCK_MOST 60 /* seconds that the database's clock may be off ours */

typedef enum {
    CHECK_OK,
    CHECK_WARNING,   /* it works, and a person should know */
    CHECK_WRONG,     /* it does not work, or not as it should */
    CHECK_NOT_ASKED, /* what it takes to ask is wrong itself */
} CheckState;

/* One thing. */
typedef struct {
    const char *thing; /* static: "signing key" */
    CheckState state;
    char *finding; /* what was found */
    char *advice;  /* what to do; NULL: nothing, or the finding says it */
} CheckLine;

/* "ok", "warning", "wrong", "not asked". Static. */
const char *check_state_text(CheckState state);

/* Looks everything through with the settings that `config_path` names (see settings_load()) and
 * changes nothing. Of CheckLine *, in a fixed order, whatever is wrong; a thing may have several
 * lines. `error` is set, to ISSUER_ERROR_UNAVAILABLE, only where the database is out of reach. The
 * caller owns the lines. */
GPtrArray *check_run(const char *config_path, GError **error);

/* Whether any line is wrong. */
bool check_found_wrong(const GPtrArray *lines);

void check_line_free(CheckLine *line);

#endif
