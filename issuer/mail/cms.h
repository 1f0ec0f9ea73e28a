/* S/MIME parts (RFC 8551): CMS (RFC 5652), in DER or BER, lengths indefinite and octets in pieces
 * included. Nothing is verified: who signed is not claimed to be known. */
#ifndef ISSUER_MAIL_CMS_H
#define ISSUER_MAIL_CMS_H

#include "mail/unpacked.h"

/* Whether a part begins as signed-data; or as another kind of CMS, such as enveloped-data. */
bool cms_is_signed(const char *data, gsize length);
bool cms_is_other(const char *data, gsize length);

/* Adds what was signed. */
void cms_unpack(const char *data, gsize length, Unpacked *unpacked);

/* Says of another kind why it is not read. */
void cms_refuse(const char *data, gsize length, Unpacked *unpacked);

/* Readies the library; once in each process, before it may no longer open files. */
void cms_init(void);

#endif
