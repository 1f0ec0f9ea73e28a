/* The names of an Outlook mail's properties from number 0x8000 on (MS-OXMSG 2.2.3). */
#ifndef ISSUER_MAIL_OUTLOOK_NAMES_H
#define ISSUER_MAIL_OUTLOOK_NAMES_H

#include <glib.h>

#define OUTLOOK_NAMES_FIRST 0x8000U /* number of a property that has a name */

/* Those that are header fields of the mail: number to name, both as they may stand in a mail. From
 * the three streams that tell of sets, entries and texts; what is damaged has no name. The caller
 * owns the table. */
GHashTable *outlook_names_read(const GByteArray *sets, const GByteArray *entries,
                               const GByteArray *texts);

#endif
