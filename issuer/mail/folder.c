#include "mail/folder.h"

#include "base/error.h"
#include "mail/member_name.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct Folder {
    char *path;
    FolderKind kind;
    GString *names; /* each ended by a zero byte */
    GArray *starts; /* of guint32: where in `names` the next entry is */
    guint next;
};

static bool holds_mails(const char *name)
{
    return strcmp(name, "cur") == 0 || strcmp(name, "new") == 0;
}

/* Of a Maildir the mails that were seen come first, then the new ones, then the sub-folders. */
static int rank(const Folder *folder, const char *name)
{
    bool own = folder->kind == FOLDER_MAILDIR && holds_mails(name);
    return own ? strcmp(name, "new") == 0 : 2;
}

static gint compare_names(gconstpointer a, gconstpointer b, gpointer user_data)
{
    const Folder *folder = user_data;
    const char *one = folder->names->str + *(const guint32 *)a;
    const char *other = folder->names->str + *(const guint32 *)b;
    int difference = rank(folder, one) - rank(folder, other);
    return difference != 0 ? difference : strcmp(one, other);
}

/* Lists the names; false, with errno, where the system does not give them all. */
static bool list_names(Folder *folder, DIR *dir)
{
    while (folder->names->len < G_MAXUINT32 / 2) {
        errno = 0;
        const struct dirent *entry = readdir(dir);
        if (entry == NULL) {
            return errno == 0;
        }
        const char *name = entry->d_name;
        if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0) {
            guint32 start = (guint32)folder->names->len;
            g_array_append_val(folder->starts, start);
            g_string_append_len(folder->names, name, (gssize)strlen(name) + 1);
        }
    }
    return true;
}

static bool list(Folder *folder)
{
    DIR *dir = opendir(folder->path);
    if (dir == NULL) {
        return false;
    }
    bool listed = list_names(folder, dir);
    int saved = errno;
    (void)closedir(dir);
    errno = saved;
    g_array_sort_with_data(folder->starts, compare_names, folder);
    return listed;
}

static bool is_directory(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* It has a cur or new. */
static bool is_maildir(const char *path)
{
    g_autofree char *cur = g_build_filename(path, "cur", NULL);
    g_autofree char *new = g_build_filename(path, "new", NULL);
    return is_directory(cur) || is_directory(new);
}

static FolderKind kind_of(const char *path, const Folder *parent)
{
    g_autofree char *name = g_path_get_basename(path);
    if (parent != NULL && parent->kind == FOLDER_MAILDIR && holds_mails(name)) {
        return FOLDER_OF_MAILS;
    }
    if (is_maildir(path)) {
        return FOLDER_MAILDIR;
    }
    return holds_mails(name) ? FOLDER_OF_MAILS : FOLDER_OF_FILES;
}

Folder *folder_new(const char *path, const Folder *parent, GError **error)
{
    Folder *folder = g_new0(Folder, 1);
    folder->path = g_strdup(path);
    folder->kind = kind_of(path, parent);
    folder->names = g_string_new(NULL);
    folder->starts = g_array_new(FALSE, FALSE, sizeof(guint32));
    if (list(folder)) {
        return folder;
    }
    g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_FAILED, "the folder cannot be read: %s",
                g_strerror(errno));
    folder_free(folder);
    return NULL;
}

static bool may_look_into(const char *path)
{
    return faccessat(AT_FDCWD, path, R_OK | X_OK, AT_EACCESS) == 0;
}

/* Whether the folder may be a Maildir: one that cannot be looked into may, and is told of. */
static bool may_be_maildir(const char *path)
{
    return is_directory(path) && (is_maildir(path) || !may_look_into(path));
}

static bool is_wanted(const Folder *folder, const char *name, const char *path)
{
    if (member_name_is_index(name)) {
        return false;
    }
    /* What a Maildir's programs have not finished writing; all else in it is looked at. */
    if (folder->kind == FOLDER_MAILDIR && strcmp(name, "tmp") == 0 && is_directory(path)) {
        return false;
    }
    return name[0] != '.' || may_be_maildir(path);
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
