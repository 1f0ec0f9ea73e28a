#include "sign/denied_list.h"

#include "base/error.h"
#include "base/file.h"
#include "core/jws.h"

#include <string.h>

#define FILE_MOST 65536 /* bytes */

static const Certificate *find_root(const GPtrArray *roots, GBytes *der)
{
    for (guint i = 0; i < roots->len; i++) {
        const Certificate *root = g_ptr_array_index(roots, i);
        if (g_bytes_equal(certificate_der(root), der)) {
            return root;
        }
    }
    return NULL;
}

static bool is_signed(const DeniedKeys *denied, const char *jws, const GPtrArray *roots)
{
    const Certificate *root = find_root(roots, denied->certificate);
    g_auto(Jws) parts = {0};
    return root != NULL && jws_read(&parts, jws, strlen(jws), JWS_MOST_BODY, NULL) &&
           certificate_verify(root, jws, parts.signing_length, parts.signature);
}

DeniedKeys *denied_list_read(const char *path, const GPtrArray *roots, GError **error)
{
    g_autoptr(GBytes) content = file_read_whole(path, FILE_MOST, error);
    if (content == NULL) {
        return NULL;
    }
    g_autofree char *jws =
        g_strstrip(g_strndup(g_bytes_get_data(content, NULL), g_bytes_get_size(content)));
    g_autoptr(DeniedKeys) denied = denied_keys_read(jws, strlen(jws), error);
    if (denied == NULL) {
        g_prefix_error(error, "%s: ", path);
        return NULL;
    }
    if (!is_signed(denied, jws, roots)) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT,
                    "%s: none of the trusted roots signed it", path);
        return NULL;
    }
    return g_steal_pointer(&denied);
}

char *denied_list_sign(int64_t iat, GArray *kids, const Certificate *root, const KeyPair *root_pair,
                       GError **error)
{
    g_autofree char *input = denied_keys_signing_input(iat, kids, certificate_der(root));
    uint8_t signature[KEY_PAIR_SIGNATURE_SIZE];
    if (!key_pair_sign(root_pair, input, strlen(input), signature, error)) {
        return NULL;
    }
    return jws_join(input, signature);
}
