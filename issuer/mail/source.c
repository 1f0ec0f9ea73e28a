#include "mail/source.h"

#include "base/file.h"
#include "base/text.h"
#include "mail/folder.h"
#include "mail/member_name.h"
#include "mail/opened.h"
#include "mail/unpacking.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_FOLDER_DEPTH 64

struct Source {
    const char *const *paths; /* those not yet begun */
    const char *at;           /* a path that is called otherwise; NULL: none is */
    const char *called;
    GPtrArray *folders;  /* of Folder, the innermost last */
    GHashTable *entered; /* the folders so far, as "DEVICE:INODE": a link may lead in a ring */
    char *path;          /* of the file or folder at hand; NULL: standard input */
    char *name;          /* the path as valid UTF-8, "-" for standard input */
    Opened *opened;      /* the file at hand, or one that came out of it; NULL: none */
    Unpacking *unpacking;
    char *trouble;
};

static void folder_free_item(gpointer folder)
{
    folder_free(folder);
}

Source *source_new(const char *const *paths, Nursery *nursery, unsigned time_limit_ms)
{
    Source *source = g_new0(Source, 1);
    source->paths = paths;
    source->folders = g_ptr_array_new_with_free_func(folder_free_item);
    source->entered = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    source->unpacking = unpacking_new(nursery, time_limit_ms);
    return source;
}

void source_call(Source *source, const char *at, const char *called)
{
    source->at = at;
    source->called = called;
}

/* What the path at hand is called, as valid UTF-8; new string. */
static char *name_of_path(const Source *source)
{
    const char *path = source->path;
    const gsize length = source->at != NULL ? strlen(source->at) : 0;
    if (length == 0 || strncmp(path, source->at, length) != 0 ||
        (path[length] != '\0' && path[length] != G_DIR_SEPARATOR)) {
        return text_file_name(path);
    }
    g_autofree char *called = g_strconcat(source->called, path + length, NULL);
    return text_file_name(called);
}

static void close_file(Source *source)
{
    g_clear_pointer(&source->opened, opened_free);
    g_clear_pointer(&source->path, g_free);
    g_clear_pointer(&source->name, g_free);
}

void source_free(Source *source)
{
    if (source == NULL) {
        return;
    }
    close_file(source);
    unpacking_free(source->unpacking);
    g_ptr_array_unref(source->folders);
    g_hash_table_unref(source->entered);
    g_free(source->trouble);
    g_free(source);
}

/* Fills `item` with why a path gives no mail: it is missing, or the system does not let it be read;
 * takes `why`. */
static bool give_absent(Source *source, SourceItem *item, char *why)
{
    g_free(source->trouble);
    source->trouble = why;
    *item = (SourceItem){
        .path = source->name, .number = 1, .fd = -1, .trouble = source->trouble, .absent = true};
    return true;
}

static bool give_unopened(Source *source, SourceItem *item)
{
    return give_absent(
        source, item,
        g_strdup_printf("%s cannot be opened: %s", opened_spoken(source->name), g_strerror(errno)));
}

// ---- files ----

/* Has the mails in an opened file, or what it is unpacked to, come next. True if there is trouble
 * with it at once. */
static bool take_file(Source *source, const OpenedFile *file, SourceItem *item)
{
    g_clear_pointer(&source->opened, opened_free);
    source->opened = opened_new(file);
    if (opened_container(source->opened) == CONTAINER_NONE) {
        return false;
    }
    bool given = unpacking_enter(source->unpacking, source->opened, item);
    g_clear_pointer(&source->opened, opened_free);
    return given;
}

/* Takes an opened pipe's content in its place. */
static bool take_pipe(Source *source, int pipe, SourceItem *item)
{
    g_autoptr(GError) error = NULL;
    int copy = file_open_copy(pipe, &error);
    if (pipe > STDIN_FILENO) {
        (void)close(pipe);
    }
    if (copy < 0) {
        return give_absent(source, item,
                           g_strdup_printf("%s %s", opened_spoken(source->name), error->message));
    }
    return take_file(source, &(OpenedFile){.name = source->name, .fd = copy}, item);
}

/* Opens the file or pipe at hand. A pipe that is named waits for its writer; one that only happens
 * to lie in a folder may have none. */
static bool open_file(Source *source, SourceItem *item, bool is_pipe, bool in_maildir)
{
    bool waits = is_pipe && source->folders->len == 0;
    int fd = open(source->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | (waits ? 0 : O_NONBLOCK));
    struct stat status;
    if (fd < 0 || fstat(fd, &status) != 0) {
        return give_unopened(source, item);
    }
    if (waits && S_ISFIFO(status.st_mode)) {
        return take_pipe(source, fd, item);
    }
    if (!S_ISREG(status.st_mode)) {
        (void)close(fd);
        return give_absent(source, item,
                           g_strdup_printf("%s is neither a file nor a folder; give a mailbox, a "
                                           "mail or a folder of them",
                                           source->name));
    }
    const OpenedFile file = {.name = source->name,
                             .fd = fd,
                             .in_maildir = in_maildir,
                             .deleted = in_maildir && member_name_is_trashed(source->path)};
    return take_file(source, &file, item);
}

// ---- folders and paths ----

/* Puts a folder on the stack, unless the run was in it before, by whatever path. Returns whether
 * that failed, with the trouble in `item`. */
static bool enter_folder(Source *source, SourceItem *item, const struct stat *status)
{
    guint depth = source->folders->len;
    char *key = g_strdup_printf("%llu:%llu", (unsigned long long)status->st_dev,
                                (unsigned long long)status->st_ino);
    if (g_hash_table_contains(source->entered, key)) {
        g_free(key);
        return false;
    }
    if (depth >= MAX_FOLDER_DEPTH) {
        g_free(key);
        return give_absent(
            source, item,
            g_strdup_printf("%s is nested too deeply; give it by itself", source->name));
    }
    g_hash_table_add(source->entered, key);
    const Folder *parent = depth > 0 ? g_ptr_array_index(source->folders, depth - 1) : NULL;
    g_autoptr(GError) error = NULL;
    Folder *folder = folder_new(source->path, parent, &error);
    if (folder == NULL) {
        return give_absent(source, item, g_strdup_printf("%s: %s", source->name, error->message));
    }
    g_ptr_array_add(source->folders, folder);
    return false;
}

/* Begins with the file or folder at source->path; true if that gives an item at once. */
static bool begin_path(Source *source, SourceItem *item, bool in_maildir)
{
    struct stat status = {0};
    if (stat(source->path, &status) == 0 && S_ISDIR(status.st_mode)) {
        return enter_folder(source, item, &status);
    }
    return open_file(source, item, S_ISFIFO(status.st_mode), in_maildir);
}

/* Takes the next entry of the innermost folder; false if there is none or it gives no item at
 * once. */
static bool begin_next_of_folders(Source *source, SourceItem *item)
{
    guint last = source->folders->len - 1;
    Folder *folder = g_ptr_array_index(source->folders, last);
    bool in_maildir = folder_kind(folder) == FOLDER_OF_MAILS;
    source->path = folder_next(folder);
    if (source->path == NULL) {
        g_ptr_array_remove_index(source->folders, last);
        return false;
    }
    source->name = name_of_path(source);
    return begin_path(source, item, in_maildir);
}

static bool begin_next_of_paths(Source *source, SourceItem *item)
{
    const char *path = *source->paths++;
    if (strcmp(path, "-") == 0) {
        source->name = g_strdup("-");
        return take_pipe(source, STDIN_FILENO, item);
    }
    source->path = g_strdup(path);
    source->name = name_of_path(source);
    return begin_path(source, item, false);
}

/* The same for the innermost container. */
static bool begin_next_of_container(Source *source, SourceItem *item)
{
    OpenedFile file;
    switch (unpacking_next(source->unpacking, item, &file)) {
    case UNPACKING_ITEM:
        return true;
    case UNPACKING_FILE:
        return take_file(source, &file, item);
    case UNPACKING_NONE:
        break;
    }
    return false;
}

bool source_next(Source *source, SourceItem *item)
{
    bool given = false;
    while (!given) {
        if (source->opened != NULL && opened_next(source->opened, item)) {
            return true;
        }
        close_file(source);
        if (unpacking_is_open(source->unpacking)) {
            given = begin_next_of_container(source, item);
        } else if (source->folders->len > 0) {
            given = begin_next_of_folders(source, item);
        } else if (*source->paths != NULL) {
            given = begin_next_of_paths(source, item);
        } else {
            return false;
        }
    }
    return true;
}
