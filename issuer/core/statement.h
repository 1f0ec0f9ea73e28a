/* What an instance signs with its own key: a usage request or a deactivation. Both are the same
 * kind of JWS (RFC 7515, EdDSA after RFC 8037) with the public key in the header. */
#ifndef ISSUER_CORE_STATEMENT_H
#define ISSUER_CORE_STATEMENT_H

#include "core/digest.h"
#include "core/instance.h"

/* `typ` of their headers. */
#define STATEMENT_REQUEST_TYPE      "chariot-usage-request+jws"
#define STATEMENT_DEACTIVATION_TYPE "chariot-deactivation+jws"

#define STATEMENT_MAX_BODY 4096 /* bytes of an armored body of kind Q or D */

typedef enum {
    STATEMENT_USAGE_REQUEST,
    STATEMENT_DEACTIVATION,
} StatementKind;

typedef enum {
    PURPOSE_ACTIVATE,
    PURPOSE_UPDATE,
} RequestPurpose;

typedef struct {
    StatementKind kind;
    char *jws;           /* compact, as it was signed; never serialised again */
    Digest digest;       /* SHA-256 of the signing input: R for a usage request */
    Digest thumbprint;   /* RFC 7638, of the instance's key: T */
    Digest instance_key; /* the instance's Ed25519 public key */
    Digest license_key;  /* the public half of the license key that it names */
    uint8_t proof[64];   /* the license key pair's signature over the thumbprint */
    uint64_t seq;
    int64_t iat; /* seconds, by the instance's clock, which nobody vouches for; of 1970 to 9999 */
    Instance instance;
    /* of a usage request */
    RequestPurpose purpose;
    char *installed; /* serial, or NULL */
    char *product;
    char *version;
    /* of a deactivation */
    char *serial; /* of the usage license that was erased */
} Statement;

/* Reads a compact JWS of either kind: structure, header byte for byte, claims. Checks no
 * signature. `length` bytes at `jws`. NULL with ISSUER_ERROR_INPUT, the message naming what is
 * wrong ("version 2 is unknown", "the header has a member crit"). The caller owns the result. */
Statement *statement_read(const char *jws, gsize length, GError **error);

/* Whether the instance's key made the signature (RFC 8032 §5.1.7, low-order keys and
 * non-canonical values refused). */
bool statement_signature_holds(const Statement *statement);

/* Whether the license key pair named in it made its proof for this instance's key. */
bool statement_proof_holds(const Statement *statement);

/* The request's short form, "7K2QW-9M3XA": the first 10 Crockford symbols of `digest`. New
 * string. */
char *statement_short_form(const Digest *digest);

/* Reads what a person typed for a short form, hyphens and case aside, into 11 bytes and a zero;
 * false if it is none. */
bool statement_short_form_read(const char *text, char short_form[12]);

#define STATEMENT_SPAN 7 /* bytes of a digest that hold its short form */

/* The digests whose short form a person typed as `text`: those from `from` on and below `below`,
 * compared by their first bytes; false if it is none. */
bool statement_short_form_span(const char *text, uint8_t from[STATEMENT_SPAN],
                               uint8_t below[STATEMENT_SPAN]);

void statement_free(Statement *statement);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Statement, statement_free)

#endif
