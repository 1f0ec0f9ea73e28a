#include "sign/key_folder.h"

#include "base/error.h"
#include "sign/chain.h"
#include "sign/denied_list.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CERTIFICATE_SUFFIX ".cert.pem"

const char *key_state_text(KeyState state)
{
    switch (state) {
    case KEY_STATE_ROOT:
        return "root";
    case KEY_STATE_SPARE:
        return "spare";
    case KEY_STATE_SIGNS:
        return "signs";
    case KEY_STATE_RETIRED:
        return "retired";
    case KEY_STATE_WAITING:
        return "waiting";
    case KEY_STATE_EXPIRED:
        return "expired";
    case KEY_STATE_DENIED:
        return "revoked";
    case KEY_STATE_AWAY:
        return "away";
    }
    g_assert_not_reached();
}

/* The keys of another user of this machine are as far away as those of another machine. */
static bool is_not_ours(int number)
{
    return number == ENOENT || number == EACCES;
}

/* Whoever may write in a folder of keys can put keys of his own there. */
static bool check_folder(const char *path, GError **error)
{
    struct stat info;
    if (lstat(path, &info) != 0) {
        int code = is_not_ours(errno) ? ISSUER_ERROR_NOT_FOUND : ISSUER_ERROR_FAILED;
        g_set_error(error, ISSUER_ERROR, code,
                    "no key folder at %s: %s; make one with issuer key init", path,
                    g_strerror(errno));
        return false;
    }
    const char *why = NULL;
    int code = ISSUER_ERROR_DENIED;
    if (!S_ISDIR(info.st_mode)) {
        why = "it is no folder; a symbolic link does not do";
    } else if (info.st_uid != geteuid() && info.st_uid != 0) {
        why = "it belongs to another user; chown it to the user that runs issuer";
        code = ISSUER_ERROR_NOT_FOUND;
    } else if ((info.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        why = "others may open it; chmod it to 700";
    }
    if (why != NULL) {
        g_set_error(error, ISSUER_ERROR, code, "%s is not private: %s", path, why);
    }
    return why == NULL;
}

static bool check_folders(const char *path, GError **error)
{
    g_autofree char *signing = g_build_filename(path, KEY_FOLDER_SIGNING, NULL);
    g_autofree char *roots = g_build_filename(path, KEY_FOLDER_ROOTS, NULL);
    if (!check_folder(path, error) || !check_folder(signing, error)) {
        return false;
    }
    /* The roots' folder may have been taken away with the roots. */
    return access(roots, F_OK) != 0 || check_folder(roots, error);
}

GPtrArray *key_folder_anchors(const char *path, GError **error)
{
    g_autofree char *file = g_build_filename(path, KEY_FOLDER_ANCHORS, NULL);
    return chain_read_roots(file, error);
}

bool key_folder_is_development(const char *path)
{
    g_autofree char *file = g_build_filename(path, KEY_FOLDER_DEVELOPMENT, NULL);
    return access(file, F_OK) == 0;
}

static KeyEntry *entry_new(Certificate *certificate, char *key_path)
{
    KeyEntry *entry = g_new0(KeyEntry, 1);
    entry->certificate = certificate;
    entry->key_path = key_path;
    entry->has_private = access(key_path, F_OK) == 0;
    return entry;
}

static void add_roots(GPtrArray *entries, GPtrArray *roots, const char *path)
{
    for (guint i = 0; i < roots->len; i++) {
        g_autofree char *name = g_strdup_printf("root-%u.key.pem", i + 1);
        KeyEntry *entry = entry_new(certificate_copy(g_ptr_array_index(roots, i)),
                                    g_build_filename(path, KEY_FOLDER_ROOTS, name, NULL));
        entry->is_root = true;
        entry->number = i + 1;
        entry->state = KEY_STATE_SPARE;
        g_ptr_array_add(entries, entry);
    }
}

static KeyEntry *read_signing(const char *folder, const char *name, GError **error)
{
    g_autofree char *file = g_build_filename(folder, name, NULL);
    g_autoptr(GPtrArray) all = certificate_read_file(file, error);
    if (all == NULL) {
        return NULL;
    }
    g_autofree char *stem = g_strndup(name, strlen(name) - strlen(CERTIFICATE_SUFFIX));
    const Certificate *certificate = g_ptr_array_index(all, 0);
    if (all->len != 1 || strcmp(certificate_kid(certificate), stem) != 0) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT,
                    "%s: it should hold one certificate, of the key that its name names", file);
        return NULL;
    }
    g_autofree char *key = g_strconcat(stem, ".key.pem", NULL);
    return entry_new(g_ptr_array_steal_index(all, 0), g_build_filename(folder, key, NULL));
}

/* The root that issued it has issued, and is no spare any more. */
static bool mark_root(GPtrArray *entries, GPtrArray *roots, const KeyEntry *signing, GError **error)
{
    const Certificate *root =
        chain_check_signing(signing->certificate, roots, signing->key_path, error);
    for (guint i = 0; root != NULL && i < roots->len; i++) {
        KeyEntry *entry = g_ptr_array_index(entries, i);
        if (g_ptr_array_index(roots, i) == root) {
            entry->state = KEY_STATE_ROOT;
        }
    }
    return root != NULL;
}

static GDir *open_signing(const char *folder, GError **error)
{
    GError *problem = NULL;
    GDir *names = g_dir_open(folder, 0, &problem);
    if (names == NULL) {
        bool away = g_error_matches(problem, G_FILE_ERROR, G_FILE_ERROR_ACCES);
        g_set_error_literal(error, ISSUER_ERROR,
                            away ? ISSUER_ERROR_NOT_FOUND : ISSUER_ERROR_FAILED, problem->message);
        g_error_free(problem);
    }
    return names;
}

static bool add_signing(GPtrArray *entries, GPtrArray *roots, const char *path, GError **error)
{
    g_autofree char *folder = g_build_filename(path, KEY_FOLDER_SIGNING, NULL);
    g_autoptr(GDir) names = open_signing(folder, error);
    const char *name = NULL;
    while (names != NULL && (name = g_dir_read_name(names)) != NULL) {
        if (!g_str_has_suffix(name, CERTIFICATE_SUFFIX)) {
            continue;
        }
        KeyEntry *entry = read_signing(folder, name, error);
        if (entry == NULL) {
            return false;
        }
        g_ptr_array_add(entries, entry);
        if (!mark_root(entries, roots, entry, error)) {
            return false;
        }
    }
    return names != NULL;
}

/* Roots stay first and in their order; then the newest signing key. */
static gint compare_entries(gconstpointer a, gconstpointer b)
{
    const KeyEntry *x = *(const KeyEntry *const *)a;
    const KeyEntry *y = *(const KeyEntry *const *)b;
    if (x->is_root || y->is_root) {
        return x->is_root != y->is_root ? (x->is_root ? -1 : 1) : (int)x->number - (int)y->number;
    }
    int64_t newer = certificate_not_before(y->certificate) - certificate_not_before(x->certificate);
    if (newer != 0) {
        return newer > 0 ? 1 : -1;
    }
    return strcmp(certificate_kid(x->certificate), certificate_kid(y->certificate));
}

static KeyState judge(const KeyEntry *entry, const DeniedKeys *denied, int64_t now)
{
    if (denied != NULL &&
        denied_keys_contains(denied, certificate_thumbprint(entry->certificate))) {
        return KEY_STATE_DENIED;
    }
    if (now > certificate_not_after(entry->certificate)) {
        return KEY_STATE_EXPIRED;
    }
    if (entry->is_root) {
        return entry->state;
    }
    if (now < certificate_not_before(entry->certificate)) {
        return KEY_STATE_WAITING;
    }
    return entry->has_private ? KEY_STATE_RETIRED : KEY_STATE_AWAY;
}

/* Gives every entry its state; of those that can sign the first, so the newest, does. */
static void judge_all(GPtrArray *entries, const DeniedKeys *denied, int64_t now)
{
    bool found = false;
    for (guint i = 0; i < entries->len; i++) {
        KeyEntry *entry = g_ptr_array_index(entries, i);
        entry->state = judge(entry, denied, now);
        if (!found && entry->state == KEY_STATE_RETIRED) {
            entry->state = KEY_STATE_SIGNS;
            found = true;
        }
    }
}

static bool read_denied(const char *path, const GPtrArray *roots, DeniedKeys **denied,
                        GError **error)
{
    g_autofree char *file = g_build_filename(path, KEY_FOLDER_DENIED, NULL);
    if (access(file, F_OK) != 0 && errno == ENOENT) {
        return true;
    }
    *denied = denied_list_read(file, roots, error);
    return *denied != NULL;
}

bool key_folder_denied_keys(const char *path, DeniedKeys **denied, GError **error)
{
    g_autoptr(GPtrArray) roots = key_folder_anchors(path, error);
    *denied = NULL;
    return roots != NULL && read_denied(path, roots, denied, error);
}

static void key_entry_free(KeyEntry *entry)
{
    if (entry != NULL) {
        certificate_free(entry->certificate);
        g_free(entry->key_path);
        g_free(entry);
    }
}

GPtrArray *key_folder_list(const char *path, int64_t now, GError **error)
{
    if (!check_folders(path, error)) {
        return NULL;
    }
    g_autoptr(GPtrArray) roots = key_folder_anchors(path, error);
    g_autoptr(DeniedKeys) denied = NULL;
    if (roots == NULL || !read_denied(path, roots, &denied, error)) {
        return NULL;
    }
    g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func((GDestroyNotify)key_entry_free);
    add_roots(entries, roots, path);
    if (!add_signing(entries, roots, path, error)) {
        return NULL;
    }
    g_ptr_array_sort(entries, compare_entries);
    judge_all(entries, denied, now);
    return g_steal_pointer(&entries);
}
