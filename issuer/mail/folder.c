#include "mail/folder.h"

#include "base/error.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

struct Folder {
    char *path;
    FolderKind kind;
    GString *names; /* each ended by a zero byte */
    GArray *starts; /* of guint32: where in `names` the next entry is */
    guint next;
};

static gint compare_names(gconstpointer a, gconstpointer b, gpointer user_data)
{
    const GString *names = user_data;
    return strcmp(names->str + *(const guint32 *)a, names->str + *(const guint32 *)b);
}

Folder *folder_new(const char *path, FolderKind kind, GError **error)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    if (dir == NULL) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_FAILED, "the folder cannot be opened: %s",
                    g_strerror(errno));
        return NULL;
    }
    Folder *folder = g_new0(Folder, 1);
    folder->path = g_strdup(path);
    folder->kind = kind;
    folder->names = g_string_new(NULL);
    folder->starts = g_array_new(FALSE, FALSE, sizeof(guint32));
    const char *name = g_dir_read_name(dir);
    while (name != NULL && folder->names->len < G_MAXUINT32 / 2) {
        guint32 start = (guint32)folder->names->len;
        g_array_append_val(folder->starts, start);
        g_string_append_len(folder->names, name, (gssize)strlen(name) + 1);
        name = g_dir_read_name(dir);
    }
    g_array_sort_with_data(folder->starts, compare_names, folder->names);
    return folder;
}

static bool is_directory(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

bool folder_is_maildir(const char *path)
{
    g_autofree char *cur = g_build_filename(path, "cur", NULL);
    g_autofree char *new = g_build_filename(path, "new", NULL);
    return is_directory(cur) || is_directory(new);
}

bool folder_name_is_trashed(const char *path)
{
    const char *name = strrchr(path, '/');
    const char *flags = strstr(name == NULL ? path : name, ":2,");
    return flags != NULL && strchr(flags, 'T') != NULL;
}

/* Files that mail servers and programs keep beside mails: never mail themselves. */
static bool is_index(const char *name)
{
    return g_str_has_prefix(name, "dovecot") || g_str_has_prefix(name, "courierimap") ||
           g_str_has_suffix(name, ".msf") || strcmp(name, "maildirfolder") == 0 ||
           strcmp(name, "maildirsize") == 0 || strcmp(name, "subscriptions") == 0;
}

static bool is_wanted(const Folder *folder, const char *name, const char *path)
{
    if (is_index(name)) {
        return false;
    }
    if (folder->kind == FOLDER_OF_MAILS) {
        return name[0] != '.' && !is_directory(path);
    }
    if (folder->kind == FOLDER_MAILDIR) {
        bool own = strcmp(name, "cur") == 0 || strcmp(name, "new") == 0 || strcmp(name, "tmp") == 0;
        return !own && is_directory(path) && folder_is_maildir(path);
    }
    return name[0] != '.' || (is_directory(path) && folder_is_maildir(path));
}

char *folder_next(Folder *folder)
{
    while (folder->next < folder->starts->len) {
        guint32 start = g_array_index(folder->starts, guint32, folder->next++);
        const char *name = folder->names->str + start;
        char *path = g_build_filename(folder->path, name, NULL);
        if (is_wanted(folder, name, path)) {
            return path;
        }
        g_free(path);
    }
    return NULL;
}

FolderKind folder_kind(const Folder *folder)
{
    return folder->kind;
}

void folder_free(Folder *folder)
{
    if (folder == NULL) {
        return;
    }
    g_free(folder->path);
    g_string_free(folder->names, TRUE);
    g_array_unref(folder->starts);
    g_free(folder);
}
