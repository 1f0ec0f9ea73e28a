/* Addresses that Outlook keeps within a list, not as a person of their own (MS-OXCDATA 2.2.5.1,
 * 2.3.3). */
#ifndef ISSUER_MAIL_MAPI_ONE_OFF_H
#define ISSUER_MAIL_MAPI_ONE_OFF_H

#include <glib.h>

/* The mail addresses in a list of entries, each once, as strings; entries of a directory have none.
 * The caller owns the array. */
GPtrArray *mapi_one_off_addresses(const GByteArray *list);

#endif
