/* Which codes of a mail its sender has put there, and which stand in what he quotes. */
#ifndef ISSUER_MAIL_OWN_CODES_H
#define ISSUER_MAIL_OWN_CODES_H

#include <glib.h>

/* Takes those out of `tokens` (of FoundToken) that stand in `shown`, the text of the mail, but not
 * in `unquoted`, what was written anew of it. What stands in neither came with another part, and is
 * kept. */
void own_codes_keep(GPtrArray *tokens, const GString *shown, const char *unquoted);

#endif
