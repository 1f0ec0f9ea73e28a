/* Texts as people type them, that stay on record. */
#ifndef ISSUER_SERVICE_TYPED_TEXT_H
#define ISSUER_SERVICE_TYPED_TEXT_H

#include <glib.h>
#include <stdbool.h>

/* Whether no license key, a secret that is easily pasted in a wrong place, stands in `text` (NULL:
 * none). `what` it is ("the name"). ISSUER_ERROR_USAGE. */
bool typed_text_has_no_key(const char *text, const char *what, GError **error);

#endif
