#include "sign/verifier.h"

#include "base/error.h"
#include "core/jws.h"
#include "sign/chain.h"
#include "sign/denied_list.h"

#include <string.h>

#define SIGNING "the signing key's certificate"

struct Verifier {
    GPtrArray *roots;   /* of Certificate */
    DeniedKeys *denied; /* or NULL */
};

Verifier *verifier_open(const char *anchors, const char *denied, GError **error)
{
    g_autoptr(GPtrArray) roots = chain_read_roots(anchors, error);
    if (roots == NULL) {
        return NULL;
    }
    g_autoptr(DeniedKeys) list = denied != NULL ? denied_list_read(denied, roots, error) : NULL;
    if (denied != NULL && list == NULL) {
        return NULL;
    }
    Verifier *verifier = g_new(Verifier, 1);
    verifier->roots = g_steal_pointer(&roots);
    verifier->denied = g_steal_pointer(&list);
    return verifier;
}

static bool refuse(GError **error, const char *why)
{
    g_set_error_literal(error, ISSUER_ERROR, ISSUER_ERROR_INPUT, why);
    return false;
}

static bool check_key(const Verifier *verifier, const UsageLicense *license,
                      const Certificate *certificate, GError **error)
{
    if (chain_check_signing(certificate, verifier->roots, SIGNING, error) == NULL ||
        !chain_check_time(certificate, license->iat, SIGNING, error)) {
        return false;
    }
    if (strcmp(license->kid, certificate_kid(certificate)) != 0) {
        return refuse(error, "kid in the header is not the key of the certificate in x5c");
    }
    if (verifier->denied != NULL &&
        denied_keys_contains(verifier->denied, certificate_thumbprint(certificate))) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT,
                    "the signing key %s is revoked: it stands on the denied list", license->kid);
        return false;
    }
    return true;
}

static bool check_signature(const Certificate *certificate, const char *jws, gsize length,
                            GError **error)
{
    g_auto(Jws) parts = {0};
    if (!jws_read(&parts, jws, length, JWS_MOST_BODY, error)) {
        return false;
    }
    return certificate_verify(certificate, jws, parts.signing_length, parts.signature) ||
           refuse(error, "the signature does not hold: the license was changed or forged");
}

UsageLicense *verifier_check(const Verifier *verifier, const char *jws, gsize length,
                             GError **error)
{
    g_autoptr(UsageLicense) license = usage_license_read(jws, length, error);
    if (license == NULL) {
        return NULL;
    }
    g_autoptr(Certificate) certificate = certificate_read(license->certificate, SIGNING, error);
    if (certificate == NULL || !check_key(verifier, license, certificate, error) ||
        !check_signature(certificate, jws, length, error)) {
        return NULL;
    }
    return g_steal_pointer(&license);
}

void verifier_free(Verifier *verifier)
{
    if (verifier != NULL) {
        g_clear_pointer(&verifier->roots, g_ptr_array_unref);
        denied_keys_free(verifier->denied);
        g_free(verifier);
    }
}
