/* The header fields of a mail that Outlook kept. */
#ifndef ISSUER_MAIL_MAPI_FIELDS_H
#define ISSUER_MAIL_MAPI_FIELDS_H

#include "mail/mapi.h"

/* Appends them, but for those that say how a mail is built (MIME-Version, Content-…). A sender that
 * is known by a directory's name alone (type EX) has no address. */
void mapi_fields_write(const MapiItem *item, GByteArray *out);

/* The kind of report that the mail is (RFC 6522: "delivery-status", "disposition-notification"), or
 * NULL. Static. */
const char *mapi_fields_report(const MapiItem *item);

#endif
