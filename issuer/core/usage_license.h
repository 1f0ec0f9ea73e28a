/* The usage license: what support mails back (FORMATS.md, Usage license). */
#ifndef ISSUER_CORE_USAGE_LICENSE_H
#define ISSUER_CORE_USAGE_LICENSE_H

#include "core/digest.h"
#include "core/instance.h"

#include <glib.h>
#include <stdbool.h>

#define USAGE_LICENSE_TYPE "chariot-usage-license+jws" /* `typ` of its header */

typedef enum {
    FEATURE_PERPETUAL,
    FEATURE_TERM,
    FEATURE_METERED,
} FeatureKind;

typedef struct {
    char *code;
    FeatureKind kind;
    int64_t until; /* seconds, the first instant past it; 0: absent */
    int64_t limit; /* of a metered feature; -1: absent */
} Feature;

typedef struct {
    char *iss;
    int64_t serial;   /* the number in "UL-00000042" */
    bool emergency;   /* grant "emergency", else "regular" */
    char *license_id; /* "LIC-…" */
    char *customer;
    char *product;
    int64_t iat;         /* seconds */
    int64_t exp;         /* seconds; 0: perpetual */
    GPtrArray *features; /* of Feature */
    uint32_t entitlement;
    uint32_t activation_number; /* 0 for an emergency grant: no member */
    uint32_t activation_allowed;
    GArray *supersedes; /* of int64_t serial numbers */
    Digest request;     /* R */
    Instance instance;
    Digest instance_key; /* cnf */
    char *kid;           /* only when read: from the header */
    GBytes *certificate; /* only when read: DER from x5c */
} UsageLicense;

/* The JWS signing input ("header.payload") for the given fields. `kid` is the signing key's
 * thumbprint in base64url, `certificate` its certificate in DER. New string; never NULL. */
char *usage_license_signing_input(const UsageLicense *license, const char *kid,
                                  GBytes *certificate);

/* Reads a compact JWS: structure, header, claims; checks no signature. NULL with
 * ISSUER_ERROR_INPUT. */
UsageLicense *usage_license_read(const char *jws, gsize length, GError **error);

/* The serial as text, "UL-00000042", and back (false if it is none). */
char *usage_license_serial_text(int64_t serial);
bool usage_license_serial_read(const char *text, int64_t *serial);

/* Reads what a person typed for a serial: "UL-00000042", "ul 42" and "42" are the same; false if it
 * is none. */
bool usage_license_serial_typed(const char *text, int64_t *serial);

Feature *feature_new(const char *code, FeatureKind kind, int64_t until, int64_t limit);
void feature_free(Feature *feature);
void usage_license_free(UsageLicense *license);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Feature, feature_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(UsageLicense, usage_license_free)

#endif
