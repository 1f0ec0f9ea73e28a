/* Mail addresses, as they may be put into an envelope, and contact entries, which say who may ask
 * for a license. */
#ifndef ISSUER_CORE_ADDRESS_H
#define ISSUER_CORE_ADDRESS_H

#include <glib.h>
#include <stdbool.h>

#define ADDRESS_MAX 254 /* characters (RFC 5321 §4.5.3.1.3, less the angle brackets) */

/* A bare address ("ops@example.com", no display name) with its domain in lower case. Taken is the
 * dot-atom form of RFC 5321 §4.1.2 in ASCII, the domain with at least one dot: so no control
 * character, blank, angle bracket, quote, comma or address literal can reach an SMTP command. NULL
 * with ISSUER_ERROR_INPUT. New string. */
char *address_read(const char *text, GError **error);

/* An address, or "@domain", with a domain of other letters than ASCII's in the form that mail
 * servers use ("bücher.example" is "xn--bcher-kva.example", RFC 5890 §2.3.2.1); all else is a copy,
 * and so is what cannot be put so without doubt. New string. */
char *address_in_ascii(const char *text);

/* Whether atoms, of which local parts consist, may hold it (atext, RFC 5322 §3.2.3). */
bool address_is_atext(char c);

/* Whether address_read() takes it. */
bool address_is_valid(const char *text);

/* What addresses are compared and looked up by: all of it in lower case, for no mail provider
 * tells "Ops" from "ops". New string. */
char *address_key(const char *address);

/* A contact entry in its normal form: an address, or "@example.com", which stands for the addresses
 * of exactly that domain. All in lower case, the domain as address_in_ascii() has it. A public mail
 * provider's domain is refused, since anybody can have an address there. NULL with
 * ISSUER_ERROR_INPUT. New string. */
char *address_read_contact(const char *text, GError **error);

#endif
