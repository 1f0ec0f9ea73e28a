/* License keys and the key pair that comes from one (FORMATS.md, License key). */
#ifndef ISSUER_CORE_LICENSE_KEY_H
#define ISSUER_CORE_LICENSE_KEY_H

#include "base/secret.h"
#include "core/digest.h"

#include <stdbool.h>
#include <stdint.h>

#define LICENSE_KEY_RANDOM 15 /* bytes that a key is made from */

/* A new key of ours as people read it ("84G7Z-WYRD6-Z1RV0-WHE6M-11105"), from LICENSE_KEY_RANDOM
 * random bytes. */
Secret *license_key_make(const Secret *random);

/* The normal form of a key as a person gives it: separators dropped, upper case, look-alikes
 * mapped; the check symbol is verified for a key of 25 symbols. NULL with ISSUER_ERROR_INPUT; the
 * message never contains the key. */
Secret *license_key_read(const char *text, GError **error);

/* Whether a key sold before this service looks numbered or holds under 80 bits. */
bool license_key_is_weak(const Secret *normal);

/* The last four symbols, kept as a hint. New string. */
char *license_key_hint(const Secret *normal);

/* The public half of the license key pair. */
Digest license_key_public(const Secret *normal);

#endif
