/* The fields of a usage license on their way to the signer, which renders it from them: who asks
 * may have been taken over, so what comes is read as hostile. */
#ifndef ISSUER_SIGN_SIGN_FIELDS_H
#define ISSUER_SIGN_SIGN_FIELDS_H

#include "core/usage_license.h"

#include <glib.h>

/* iss, serial, emergency, license_id, customer, product, iat, exp, features (code, kind, until,
 * limit), entitlement, number and count of the activation, superseded serials, request, host, parts
 * of the fingerprint in their order (empty: absent), key of the instance. */
#define SIGN_FIELDS "(sxbsssxxa(syxx)uuuaxaysaayay)"

/* The fields of a usage license; a floating value. */
GVariant *sign_fields_write(const UsageLicense *license);

/* The way back, of a value of that type in normal form. NULL with ISSUER_ERROR_FAILED for what is
 * no usage license that a customer's server could read or that this house would issue: a text of
 * more than 255 characters or with control characters, a number out of its range, an emergency
 * grant of more than its days, a use beyond those allowed. The caller owns it. */
UsageLicense *sign_fields_read(GVariant *fields, GError **error);

#endif
