/* What `issuer check` says of one thing. */
#ifndef ISSUER_SERVICE_CHECK_LINE_H
#define ISSUER_SERVICE_CHECK_LINE_H

#include "base/config.h"

#include <glib.h>

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

/* Adds a line. `thing` is static; `advice` may be NULL; `finding` is taken over. */
void check_add(GPtrArray *lines, const char *thing, CheckState state, char *finding,
               const char *advice);

/* Adds a line for each group [KIND NAME] of which a setting is wrong. `thing` and `kind` are
 * static.
 */
void check_add_wrong_groups(GPtrArray *lines, const char *thing, const Config *config,
                            const char *kind);

/* Adds what an error says as a line that is wrong, and frees it. */
void check_add_error(GPtrArray *lines, const char *thing, GError *error);

void check_line_free(CheckLine *line);

#endif
