/* The issuer's X.509 certificates (RFC 5280, keys after RFC 8410): reading. Making
 * them is sign/certify.h, judging them sign/chain.h. */
#ifndef ISSUER_SIGN_CERTIFICATE_H
#define ISSUER_SIGN_CERTIFICATE_H

#include "core/digest.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* Our own object identifiers (keys/README.md says where the arc comes from). The extended key usage
 * of a signing key, and the extension that marks a certificate made for development. */
#define CERTIFICATE_OID_SIGNS_LICENSES "1.3.6.1.4.1.32473.7.1"
#define CERTIFICATE_OID_DEVELOPMENT    "1.3.6.1.4.1.32473.7.2"

/* OpenSSL's X509, named here so that its header stays out of ours. */
struct x509_st;

typedef struct Certificate Certificate;

/* Reads one certificate in DER, nothing after it; it must be X.509 version 3 with an Ed25519 key.
 * `name` is what messages call it. ISSUER_ERROR_INPUT. The caller owns the result. */
Certificate *certificate_read(GBytes *der, const char *name, GError **error);

/* The same of a certificate as OpenSSL holds it, for the other files of this room. */
Certificate *certificate_of(struct x509_st *x509, const char *name, GError **error);

/* Reads all certificates of the file `path`, in PEM (at least one), as Certificate. The caller owns
 * the array. ISSUER_ERROR_NOT_FOUND, _INPUT. */
GPtrArray *certificate_read_file(const char *path, GError **error);

/* The same certificate again. The caller owns it. */
Certificate *certificate_copy(const Certificate *certificate);

/* In DER; owned by the certificate. In PEM: new string. */
GBytes *certificate_der(const Certificate *certificate);
char *certificate_pem(const Certificate *certificate);

/* The public key; its RFC 7638 thumbprint; and the same in base64url, which is the key's id. Owned
 * by the certificate. */
const Digest *certificate_public(const Certificate *certificate);
const Digest *certificate_thumbprint(const Certificate *certificate);
const char *certificate_kid(const Certificate *certificate);

/* The validity, both ends included, in seconds. */
int64_t certificate_not_before(const Certificate *certificate);
int64_t certificate_not_after(const Certificate *certificate);

/* Whether it carries the extension that marks it as made for development. */
bool certificate_is_development(const Certificate *certificate);

/* Whether its key made the Ed25519 `signature` (64 bytes) over `data`. Safe from several threads
 * at once. */
bool certificate_verify(const Certificate *certificate, const void *data, gsize size,
                        const uint8_t *signature);

/* The certificate as OpenSSL holds it, for the other files of this room; owned by it. */
struct x509_st *certificate_handle(const Certificate *certificate);

void certificate_free(Certificate *certificate);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Certificate, certificate_free)

#endif
