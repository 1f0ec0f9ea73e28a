/* What PGP has encrypted, as rows of the table of packed parts: texts in armor (RFC 4880 §6.2) and
 * files. Nobody here can read them, and a person is told so. */
#ifndef ISSUER_MAIL_PGP_ENCRYPTED_H
#define ISSUER_MAIL_PGP_ENCRYPTED_H

#include "mail/unpacked.h"

/* Whether a file begins as PGP begins one that it has encrypted: with the session key for somebody
 * (RFC 4880 §5.1) or of a password (§5.3; version 5 of GnuPG). */
bool pgp_encrypted_begins(const char *data, gsize length);

bool pgp_encrypted_is_in(const char *text, gsize length);
void pgp_encrypted_refuse(const char *data, gsize length, Unpacked *unpacked);

#endif
