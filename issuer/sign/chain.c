#include "sign/chain.h"

#include "base/error.h"
#include "core/dates.h"

#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC(EXTENDED_KEY_USAGE, EXTENDED_KEY_USAGE_free)

static bool refuse(GError **error, const char *name, const char *why)
{
    g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT, "%s: %s", name, why);
    return false;
}

/* Whether `root` issued `certificate`: names, key identifiers and key usage fit, and the signature
 * holds. */
static bool is_issued_by(const Certificate *certificate, const Certificate *root)
{
    X509 *issuer = certificate_handle(root);
    X509 *subject = certificate_handle(certificate);
    bool issued = X509_check_issued(issuer, subject) == X509_V_OK &&
                  X509_verify(subject, X509_get0_pubkey(issuer)) == 1;
    if (!issued) {
        ERR_clear_error();
    }
    return issued;
}

static bool check_root(const Certificate *certificate, const char *name, GError **error)
{
    X509 *x509 = certificate_handle(certificate);
    if (X509_check_ca(x509) != 1 || (X509_get_key_usage(x509) & KU_KEY_CERT_SIGN) == 0) {
        return refuse(error, name, "it is no root: it may not sign certificates");
    }
    if (X509_get_pathlen(x509) != 0) {
        return refuse(error, name, "it is no root of ours: its path length is not 0");
    }
    if (!is_issued_by(certificate, certificate)) {
        return refuse(error, name, "it is no root: it is not signed by its own key");
    }
    return true;
}

GPtrArray *chain_read_roots(const char *path, GError **error)
{
    g_autoptr(GPtrArray) roots = certificate_read_file(path, error);
    for (guint i = 0; roots != NULL && i < roots->len; i++) {
        if (!check_root(g_ptr_array_index(roots, i), path, error)) {
            return NULL;
        }
    }
    return g_steal_pointer(&roots);
}

static bool has_our_usage(X509 *x509)
{
    g_autoptr(EXTENDED_KEY_USAGE) usages = X509_get_ext_d2i(x509, NID_ext_key_usage, NULL, NULL);
    ASN1_OBJECT *ours = OBJ_txt2obj(CERTIFICATE_OID_SIGNS_LICENSES, 1);
    bool found = false;
    for (int i = 0; usages != NULL && i < sk_ASN1_OBJECT_num(usages); i++) {
        found = found || OBJ_cmp(sk_ASN1_OBJECT_value(usages, i), ours) == 0;
    }
    ASN1_OBJECT_free(ours);
    return found;
}

static const Certificate *find_issuer(const Certificate *certificate, const GPtrArray *roots)
{
    for (guint i = 0; i < roots->len; i++) {
        const Certificate *root = g_ptr_array_index(roots, i);
        if (is_issued_by(certificate, root)) {
            return root;
        }
    }
    return NULL;
}

/* What forbids the certificate to be a signing key's, or NULL. */
static const char *signing_fault(const Certificate *certificate)
{
    X509 *x509 = certificate_handle(certificate);
    /* X509_check_ca() alone says no CA of a CA whose key usage forbids it to sign certificates. */
    if ((X509_get_extension_flags(x509) & EXFLAG_CA) != 0 || X509_check_ca(x509) != 0) {
        return "it is a CA's, no signing key's";
    }
    if ((X509_get_extension_flags(x509) & EXFLAG_KUSAGE) == 0 ||
        (X509_get_key_usage(x509) & KU_DIGITAL_SIGNATURE) == 0) {
        return "its key usage does not allow signatures";
    }
    if (!has_our_usage(x509)) {
        return "its extended key usage does not name usage licenses";
    }
    if (certificate_not_after(certificate) - certificate_not_before(certificate) >
        CHAIN_SIGNING_MOST) {
        return "it is valid for more than two years";
    }
    return NULL;
}

const Certificate *chain_check_signing(const Certificate *certificate, const GPtrArray *roots,
                                       const char *name, GError **error)
{
    const char *fault = signing_fault(certificate);
    if (fault != NULL) {
        refuse(error, name, fault);
        return NULL;
    }
    const Certificate *root = find_issuer(certificate, roots);
    if (root == NULL) {
        refuse(error, name, "it was issued by none of the trusted roots");
        return NULL;
    }
    return check_root(root, "the root of the signing key", error) ? root : NULL;
}

bool chain_check_time(const Certificate *certificate, int64_t when, const char *name,
                      GError **error)
{
    if (when >= certificate_not_before(certificate) && when <= certificate_not_after(certificate)) {
        return true;
    }
    g_autofree char *from = dates_instant_text(certificate_not_before(certificate));
    g_autofree char *until = dates_instant_text(certificate_not_after(certificate));
    g_autofree char *asked = dates_instant_text(when);
    g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT, "%s: it is valid from %s to %s, not at %s",
                name, from, until, asked);
    return false;
}
