/* Who wrote a mail, by its address headers. */
#ifndef ISSUER_MAIL_SENDER_H
#define ISSUER_MAIL_SENDER_H

#include "mail/headers.h"

/* The addresses in all address list fields (RFC 5322 §3.4) called `name` (lower case), each once,
 * as address_form_plain() has them; new strings. Display names are never taken for addresses,
 * but a mailbox with two addresses in angle brackets gives both, and a value in which no address
 * stands as it is written is read with its encoded words undone. The caller owns the array. */
GPtrArray *sender_of_fields(const Headers *headers, const char *name);

/* Whether `address` is one of NULL-terminated `addresses` (which may be NULL). */
bool sender_is_among(const char *address, const char *const *addresses);

#endif
