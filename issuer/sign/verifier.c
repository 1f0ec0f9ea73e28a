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

static bool read_file(const char *path, char **text, gsize *size, GError **error)
{
    GError *problem = NULL;
    if (g_file_get_contents(path, text, size, &problem)) {
        return true;
    }
    g_set_error_literal(error, ISSUER_ERROR, ISSUER_ERROR_NOT_FOUND, problem->message);
    g_error_free(problem);
    return false;
}

static bool read_roots(Verifier *verifier, const char *path, GError **error)
{
    g_autofree char *pem = NULL;
    gsize size = 0;
    if (!read_file(path, &pem, &size, error)) {
        return false;
    }
    verifier->roots = certificate_read_pem(pem, size, path, error);
    for (guint i = 0; verifier->roots != NULL && i < verifier->roots->len; i++) {
        if (!chain_check_root(g_ptr_array_index(verifier->roots, i), path, error)) {
            return false;
        }
    }
    return verifier->roots != NULL;
}

static bool read_denied(Verifier *verifier, const char *path, GError **error)
{
    g_autofree char *text = NULL;
    gsize size = 0;
    if (!read_file(path, &text, &size, error)) {
        return false;
    }
    verifier->denied = denied_list_open(text, verifier->roots, path, error);
    return verifier->denied != NULL;
}

Verifier *verifier_open(const char *anchors, const char *denied, GError **error)
{
    Verifier *verifier = g_new0(Verifier, 1);
    if (!read_roots(verifier, anchors, error) ||
        (denied != NULL && !read_denied(verifier, denied, error))) {
        verifier_free(verifier);
        return NULL;
    }
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
