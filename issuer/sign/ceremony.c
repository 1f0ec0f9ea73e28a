#include "sign/ceremony.h"

#include "base/error.h"
#include "base/file.h"
#include "core/base64url.h"
#include "sign/certify.h"
#include "sign/denied_list.h"
#include "sign/key_folder.h"
#include "sign/workshop.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define LOCK_MS 10000 /* for another ceremony of the same folder */
#define DEVELOPMENT_TEXT                                                                           \
    "Keys made for development: not encrypted, and no customer's server accepts what they sign.\n"

enum { ROOTS = 2, PUBLIC_FILE = 0644, PRIVATE_FILE = 0600 };

/* A root's key and certificate while they are at hand. */
typedef struct {
    KeyPair *pair;
    Certificate *certificate;
} Root;

static void root_clear(Root *root)
{
    key_pair_free(root->pair);
    certificate_free(root->certificate);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Root, root_clear)

static bool write_pair(const char *path, const KeyPair *pair, const Secret *passphrase,
                       GError **error)
{
    g_autoptr(Secret) pem = key_pair_write(pair, passphrase, error);
    return pem != NULL &&
           file_write_durably(path, secret_peek(pem), secret_size(pem), PRIVATE_FILE, error);
}

static bool write_text(const char *folder, const char *name, const char *text, GError **error)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    return file_write_durably(path, text, strlen(text), PUBLIC_FILE, error);
}

static bool make_root(const char *folder, unsigned number, const Secret *passphrase, int64_t now,
                      Root *root, GError **error)
{
    g_autofree char *name = g_strdup_printf("root-%u.key.pem", number);
    g_autofree char *path = g_build_filename(folder, KEY_FOLDER_ROOTS, name, NULL);
    root->pair = key_pair_generate(error);
    if (root->pair == NULL || !write_pair(path, root->pair, passphrase, error)) {
        return false;
    }
    root->certificate = certify_root(root->pair, number, passphrase == NULL, now, error);
    return root->certificate != NULL;
}

/* The key comes first: a certificate without its key would be taken for a key that is away. */
static char *make_signing(const char *folder, const Root *root, int64_t now, GError **error)
{
    g_autoptr(KeyPair) pair = key_pair_generate(error);
    if (pair == NULL) {
        return NULL;
    }
    g_autoptr(Certificate) certificate =
        certify_signing(pair, root->certificate, root->pair, now, error);
    if (certificate == NULL) {
        return NULL;
    }
    const char *kid = certificate_kid(certificate);
    g_autofree char *signing = g_build_filename(folder, KEY_FOLDER_SIGNING, NULL);
    g_autofree char *key_name = g_strconcat(kid, ".key.pem", NULL);
    g_autofree char *key_path = g_build_filename(signing, key_name, NULL);
    g_autofree char *name = g_strconcat(kid, ".cert.pem", NULL);
    g_autofree char *pem = certificate_pem(certificate);
    if (!write_pair(key_path, pair, NULL, error) || !write_text(signing, name, pem, error)) {
        return NULL;
    }
    return g_strdup(kid);
}

static bool write_anchors(const char *folder, const Root roots[ROOTS], GError **error)
{
    g_autofree char *first = certificate_pem(roots[0].certificate);
    g_autofree char *second = certificate_pem(roots[1].certificate);
    g_autofree char *both = g_strconcat(first, second, NULL);
    return write_text(folder, KEY_FOLDER_ANCHORS, both, error);
}

static bool fill(const char *folder, const Secret *passphrase, int64_t now, GError **error)
{
    g_auto(Root) first = {0};
    g_auto(Root) second = {0};
    if (passphrase == NULL &&
        !write_text(folder, KEY_FOLDER_DEVELOPMENT, DEVELOPMENT_TEXT, error)) {
        return false;
    }
    if (!make_root(folder, 1, passphrase, now, &first, error) ||
        !make_root(folder, 2, passphrase, now, &second, error) ||
        !write_anchors(folder, (const Root[ROOTS]){first, second}, error)) {
        return false;
    }
    g_autofree char *kid = make_signing(folder, &first, now, error);
    return kid != NULL;
}

bool ceremony_init(const char *path, const Secret *passphrase, int64_t now, GError **error)
{
    if (passphrase != NULL && secret_size(passphrase) < CEREMONY_LEAST_PASSPHRASE) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT,
                    "the passphrase for the roots is too short: at least %d bytes",
                    CEREMONY_LEAST_PASSPHRASE);
        return false;
    }
    g_autoptr(Workshop) workshop = workshop_open(path, error);
    return workshop != NULL && fill(workshop_folder(workshop), passphrase, now, error) &&
           workshop_deliver(workshop, error);
}

static KeyPair *open_root_pair(const char *file, unsigned number, const Secret *passphrase,
                               GError **error)
{
    GError *problem = NULL;
    g_autoptr(Secret) pem = file_read_private(file, KEY_FOLDER_MOST, &problem);
    if (pem != NULL) {
        return key_pair_read(pem, passphrase, file, error);
    }
    if (g_error_matches(problem, ISSUER_ERROR, ISSUER_ERROR_NOT_FOUND)) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_NOT_FOUND,
                    "root %u's private key is not here: bring it back as %s, mode 600", number,
                    file);
        g_error_free(problem);
    } else {
        g_propagate_error(error, problem);
    }
    return NULL;
}

static bool open_root(const char *path, unsigned number, const Secret *passphrase, Root *root,
                      GError **error)
{
    g_autoptr(GPtrArray) anchors = key_folder_anchors(path, error);
    if (anchors == NULL) {
        return false;
    }
    if (number < 1 || number > anchors->len) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_USAGE, "there is no root %u: 1 to %u", number,
                    anchors->len);
        return false;
    }
    root->certificate = certificate_copy(g_ptr_array_index(anchors, number - 1));
    g_autofree char *name = g_strdup_printf("root-%u.key.pem", number);
    g_autofree char *file = g_build_filename(path, KEY_FOLDER_ROOTS, name, NULL);
    root->pair = open_root_pair(file, number, passphrase, error);
    if (root->pair == NULL) {
        return false;
    }
    Digest public = key_pair_public(root->pair);
    if (!digest_equal(&public, certificate_public(root->certificate))) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT,
                    "%s is not the key of root %u in the folder's anchors", file, number);
        return false;
    }
    return true;
}

/* The time from which a new signing key is the newest. */
static int64_t begin_of_next(const GPtrArray *entries, int64_t now)
{
    int64_t begin = now;
    for (guint i = 0; i < entries->len; i++) {
        const KeyEntry *entry = g_ptr_array_index(entries, i);
        if (!entry->is_root && entry->state != KEY_STATE_DENIED) {
            begin = MAX(begin, certificate_not_before(entry->certificate) + 1);
        }
    }
    return begin;
}

char *ceremony_rotate(const char *path, unsigned root, const Secret *passphrase, int64_t now,
                      GError **error)
{
    /* The folder is looked through before anything in it is changed. */
    g_autoptr(GPtrArray) entries = key_folder_list(path, now, error);
    g_auto(Root) opened = {0};
    if (entries == NULL || !open_root(path, root, passphrase, &opened, error)) {
        return NULL;
    }
    return make_signing(path, &opened, begin_of_next(entries, now), error);
}

/* Two lists made from the same one before them would each lack the other's key. The lock goes with
 * the descriptor. -1 on error. */
static int lock_folder(const char *path, GError **error)
{
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (folder >= 0 && file_lock(folder, LOCK_MS)) {
        return folder;
    }
    g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_FAILED, "cannot lock the key folder %s: %s", path,
                g_strerror(errno));
    if (folder >= 0) {
        (void)close(folder);
    }
    return -1;
}

static bool write_next(const char *path, const DeniedKeys *last, const Digest *kid,
                       const Root *root, int64_t now, GError **error)
{
    g_autoptr(GArray) kids =
        last == NULL ? g_array_new(FALSE, FALSE, sizeof(Digest)) : g_array_copy(last->kids);
    g_array_append_vals(kids, kid, 1);
    /* The newest list counts, so also with a clock set back the next one must be newer. */
    int64_t iat = last == NULL ? now : MAX(now, last->iat + 1);
    g_autofree char *jws = denied_list_sign(iat, kids, root->certificate, root->pair, error);
    return jws != NULL && write_text(path, KEY_FOLDER_DENIED, jws, error);
}

static bool add_to_list(const char *path, const Digest *kid, const Root *root, int64_t now,
                        GError **error)
{
    g_autoptr(DeniedKeys) last = NULL;
    if (!key_folder_denied_keys(path, &last, error)) {
        return false;
    }
    if (last != NULL && denied_keys_contains(last, kid)) {
        g_set_error_literal(error, ISSUER_ERROR, ISSUER_ERROR_INPUT,
                            "this key is revoked already: it stands on the denied list");
        return false;
    }
    return write_next(path, last, kid, root, now, error);
}

bool ceremony_revoke(const char *path, const char *kid, unsigned root, const Secret *passphrase,
                     int64_t now, GError **error)
{
    Digest thumbprint;
    if (!base64url_read_exact(kid, strlen(kid), thumbprint.bytes, DIGEST_SIZE)) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT,
                    "\"%s\" is no key's id: issuer key list shows them", kid);
        return false;
    }
    g_autoptr(GPtrArray) entries = key_folder_list(path, now, error);
    g_auto(Root) opened = {0};
    if (entries == NULL || !open_root(path, root, passphrase, &opened, error)) {
        return false;
    }
    int folder = lock_folder(path, error);
    if (folder < 0) {
        return false;
    }
    bool done = add_to_list(path, &thumbprint, &opened, now, error);
    (void)close(folder);
    return done;
}
