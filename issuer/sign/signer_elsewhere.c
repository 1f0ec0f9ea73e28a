/* A signer whose key is in another process. */
#include "sign/signer_internal.h"

#include <string.h>

bool signer_reach(Signer *signer, bool *changed, GError **error)
{
    SignKey key;
    *changed = false;
    if (!sign_link_reach(signer->link, &key, error)) {
        return false;
    }
    if (key.certificate == NULL) {
        return true;
    }
    *changed = signer->certificate == NULL ||
               strcmp(certificate_kid(key.certificate), certificate_kid(signer->certificate)) != 0;
    certificate_free(signer->certificate);
    signer->certificate = key.certificate;
    signer->development = key.development;
    return true;
}

Signer *signer_connect(const char *address, GError **error)
{
    bool changed = false;
    Signer *signer = g_new0(Signer, 1);
    signer->link = sign_link_new(address);
    if (!signer_reach(signer, &changed, error)) {
        g_clear_pointer(&signer, signer_free);
    }
    return signer;
}

bool signer_is_elsewhere(const Signer *signer)
{
    return signer->link != NULL;
}

bool signer_tell_revoked(Signer *signer, GError **error)
{
    return sign_link_tell_revoked(signer->link, signer->certificate, error);
}

bool signer_ask(Signer *signer, const SignOrder *order, GError **error)
{
    return sign_link_ask(signer->link, order, signer->certificate, error);
}

bool signer_answer(Signer *signer, GPtrArray *jws, GError **error)
{
    return sign_link_answer(signer->link, jws, error);
}
