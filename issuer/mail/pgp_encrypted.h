/* Texts that PGP has encrypted (RFC 4880 §6.2), as a row of the table of packed parts: nobody here
 * can read them, and a person is told so. */
#ifndef ISSUER_MAIL_PGP_ENCRYPTED_H
#define ISSUER_MAIL_PGP_ENCRYPTED_H

#include "mail/unpacked.h"

bool pgp_encrypted_is_in(const char *text, gsize length);
void pgp_encrypted_refuse(const char *text, gsize length, Unpacked *unpacked);

#endif
