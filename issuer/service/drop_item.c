#include "service/drop_item.h"

#include "base/error.h"
#include "base/file.h"
#include "base/file_writers.h"
#include "service/drop_look.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define REPORT    ".report.json"
#define NAME_MOST 220   /* bytes; with what is put behind it still a legal name */
#define DEATHS    2     /* after so many what comes after it goes first */
#define TAIL      16384 /* bytes of a report in which its last line begins */
#define LOCK_NAME ".lock"

/* ---- names ---- */

/* The name, from the second on with its number. */
static char *numbered(const char *name, unsigned number)
{
    gsize length = MIN(strlen(name), NAME_MOST);
    while (length > 0 && ((guchar)name[length] & 0xC0) == 0x80) {
        length--; /* not within a character */
    }
    g_autofree char *base = g_strndup(name, length);
    return number < 2 ? g_steal_pointer(&base) : g_strdup_printf("%s~%u", base, number);
}

static char *report_of(const char *folder, const char *name)
{
    g_autofree char *report = g_strconcat(name, REPORT, NULL);
    return g_build_filename(folder, report, NULL);
}

static bool is_there(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0;
}

static bool is_ended_in(const char *folder, const char *name)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_autofree char *report = report_of(folder, name);
    return is_there(path) || is_there(report);
}

static bool is_used(const Drop *drop, const char *name)
{
    return is_ended_in(drop->done, name) || is_ended_in(drop->failed, name);
}

static char *hidden(const Drop *drop, const char *name, const char *ending)
{
    g_autofree char *file = g_strconcat(".", name, ending, NULL);
    return g_build_filename(drop->taken, file, NULL);
}

char *drop_item_draft(const DropItem *item)
{
    return hidden(item->drop, item->name, ".report");
}

static char *deaths_file(const Drop *drop, const char *name)
{
    return hidden(drop, name, ".deaths");
}

/* ---- what is taken ---- */

void drop_item_free(DropItem *item)
{
    if (item == NULL) {
        return;
    }
    if (item->lock >= 0) {
        (void)close(item->lock);
    }
    g_free(item->name);
    g_free(item->path);
    g_free(item->called);
    g_free(item->trouble);
    g_free(item->identity);
    g_free(item);
}

static DropItem *item_new(const Drop *drop, const char *name)
{
    DropItem *item = g_new0(DropItem, 1);
    item->drop = drop;
    item->name = g_strdup(name);
    item->path = g_build_filename(drop->taken, name, NULL);
    item->called = g_build_filename(drop->folder, name, NULL);
    item->lock = -1;
    return item;
}

/* A link in a folder would have whoever may put mails here read what only this user may read. */
static char *find_link(const char *path)
{
    char *copy = g_strdup(path);
    char *const paths[] = {copy, NULL};
    char *found = NULL;
    FTS *walk = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    const FTSENT *entry = NULL;
    while (walk != NULL && found == NULL && (entry = fts_read(walk)) != NULL) {
        if (entry->fts_info == FTS_SL || entry->fts_info == FTS_SLNONE) {
            found = g_strdup(entry->fts_path + strlen(path));
        }
    }
    if (walk != NULL) {
        (void)fts_close(walk);
    }
    g_free(copy);
    return found;
}

/* Why it is not to be read; new string, or NULL. */
static char *trouble_with(const char *path, const struct stat *status)
{
    if (S_ISLNK(status->st_mode)) {
        return g_strdup("is a link to another place: put the file itself here");
    }
    if (S_ISDIR(status->st_mode)) {
        g_autofree char *link = find_link(path);
        return link != NULL ? g_strdup_printf("has a link to another place in it, %s: put the "
                                              "files themselves here",
                                              link)
                            : NULL;
    }
    return S_ISREG(status->st_mode)
               ? NULL
               : g_strdup("is neither a file nor a folder: put a mailbox, a mail or a folder here");
}

/* What cannot be opened has no lock of its own; the folder's does, for it is ended at once. */
static bool lock_folder(DropItem *item)
{
    g_autofree char *path = g_build_filename(item->drop->taken, LOCK_NAME, NULL);
    item->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    return item->lock >= 0 && flock(item->lock, LOCK_EX | LOCK_NB) == 0 && is_there(item->path);
}

/* Whoever has the lock of a file that has meanwhile moved on has nothing. */
static bool lock_item(DropItem *item, struct stat *status)
{
    struct stat locked;
    item->lock = open(item->path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
    if (item->lock < 0 && errno == ENOENT) {
        return false;
    }
    if (item->lock < 0) {
        const int saved = errno;
        if (item->trouble == NULL) {
            item->trouble =
                g_strdup_printf("cannot be opened: %s; let this user read it", g_strerror(saved));
        }
        return lock_folder(item);
    }
    return flock(item->lock, LOCK_EX | LOCK_NB) == 0 && fstat(item->lock, &locked) == 0 &&
           lstat(item->path, status) == 0 && locked.st_ino == status->st_ino &&
           locked.st_dev == status->st_dev;
}

static bool own(DropItem *item)
{
    struct stat status;
    if (lstat(item->path, &status) != 0) {
        return false;
    }
    if (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) {
        item->trouble = trouble_with(item->path, &status);
        if (!lock_folder(item)) {
            return false;
        }
    } else if (!lock_item(item, &status)) {
        return false;
    }
    item->trouble = item->trouble != NULL ? item->trouble : trouble_with(item->path, &status);
    item->identity = g_strdup_printf("\"inode\":%llu,\"size\":%lld,\"modified\":%lld",
                                     (unsigned long long)status.st_ino, (long long)status.st_size,
                                     (long long)status.st_mtim.tv_sec);
    return true;
}

/* ---- taking ---- */

/* Moves what is at `from` to the first name that is free there and in the folders where it ends: of
 * `name` and its numbers from `number` on. New string. */
static char *move_in(const Drop *drop, const char *from, const char *name, unsigned number,
                     GError **error)
{
    for (;; number++) {
        g_autofree char *free_name = numbered(name, number);
        g_autofree char *to = g_build_filename(drop->taken, free_name, NULL);
        g_autoptr(GError) failure = NULL;
        if (!is_used(drop, free_name) && file_move(from, to, &failure)) {
            return g_steal_pointer(&free_name);
        }
        if (failure != NULL && failure->code != ISSUER_ERROR_CONFLICT) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return NULL;
        }
    }
}

/* Another may have ended one of that name between the look and the move. */
static bool settle_name(DropItem *item, const char *name)
{
    if (!is_used(item->drop, item->name)) {
        return true;
    }
    char *settled = move_in(item->drop, item->path, name, 2, NULL);
    if (settled == NULL) {
        return false;
    }
    g_free(item->name);
    g_free(item->path);
    g_free(item->called);
    item->name = settled;
    item->path = g_build_filename(item->drop->taken, settled, NULL);
    item->called = g_build_filename(item->drop->folder, settled, NULL);
    return true;
}

/* Somebody opened it between the look and the move: it goes back to where he believes it. */
static bool goes_back(const DropItem *item, const char *name)
{
    if (item->trouble != NULL || file_writers_ask(item->lock) != FILE_WRITERS_SOME) {
        return false;
    }
    g_autofree char *back = g_build_filename(item->drop->folder, name, NULL);
    return file_move(item->path, back, NULL);
}

DropItem *drop_item_take(const Drop *drop, const char *name, GError **error)
{
    g_autoptr(GError) failure = NULL;
    g_autofree char *from = g_build_filename(drop->folder, name, NULL);
    g_autofree char *settled = move_in(drop, from, name, 1, &failure);
    if (settled == NULL) { /* what is gone another has taken */
        if (!g_error_matches(failure, ISSUER_ERROR, ISSUER_ERROR_NOT_FOUND)) {
            g_propagate_error(error, g_steal_pointer(&failure));
        }
        return NULL;
    }
    DropItem *item = item_new(drop, settled);
    if (!own(item) || goes_back(item, name) || !settle_name(item, name)) {
        g_clear_pointer(&item, drop_item_free);
    }
    return item;
}

/* ---- taking again ---- */

static gint64 deaths_of(const Drop *drop, const char *name)
{
    g_autofree char *path = deaths_file(drop, name);
    struct stat status;
    return lstat(path, &status) == 0 ? status.st_size : 0;
}

/* A byte for each; where the disk is full it is not counted. */
static void note_death(const Drop *drop, const char *name)
{
    g_autofree char *path = deaths_file(drop, name);
    const int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd >= 0) {
        (void)file_write_all(fd, "x", 1);
        (void)close(fd);
    }
}

static DropItem *try_again(const Drop *drop, const char *name)
{
    DropItem *item = item_new(drop, name);
    if (!own(item)) {
        drop_item_free(item);
        return NULL;
    }
    item->once_more = true;
    note_death(drop, name);
    return item;
}

DropItem *drop_item_take_again(const Drop *drop, bool large, bool stubborn)
{
    g_autoptr(GDir) dir = g_dir_open(drop->taken, 0, NULL);
    const char *name = NULL;
    DropItem *item = NULL;
    while (dir != NULL && item == NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_build_filename(drop->taken, name, NULL);
        if (name[0] != '.' && (drop_look_size(path) >= drop->bulk) == large &&
            (deaths_of(drop, name) >= DEATHS) == stubborn) {
            item = try_again(drop, name);
        }
    }
    return item;
}

/* ---- ending ---- */

/* The last line of a report, which has the item's identity. */
static bool has_identity(const char *report, const char *identity)
{
    g_autofree char *begin = g_strdup_printf("{\"part\":\"totals\",%s,", identity);
    char tail[TAIL + 1] = {0};
    const int fd = open(report, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    const off_t size = fd >= 0 ? lseek(fd, 0, SEEK_END) : 0;
    const ssize_t got = fd >= 0 ? pread(fd, tail, TAIL, MAX(0, size - TAIL)) : -1;
    if (fd >= 0) {
        (void)close(fd);
    }
    if (got <= 0 || tail[got - 1] != '\n') {
        return false;
    }
    tail[got - 1] = '\0';
    const char *line = strrchr(tail, '\n');
    return g_str_has_prefix(line != NULL ? line + 1 : tail, begin);
}

bool drop_item_is_reported(const DropItem *item, bool *failed)
{
    g_autofree char *done = report_of(item->drop->done, item->name);
    g_autofree char *bad = report_of(item->drop->failed, item->name);
    if (!item->once_more) {
        return false;
    }
    *failed = has_identity(bad, item->identity);
    return *failed || has_identity(done, item->identity);
}

static void remove_hidden(const DropItem *item)
{
    g_autofree char *draft = drop_item_draft(item);
    g_autofree char *deaths = deaths_file(item->drop, item->name);
    (void)g_unlink(draft);
    if (item->once_more) {
        (void)g_unlink(deaths);
    }
}

bool drop_item_follow(const DropItem *item, bool failed, GError **error)
{
    g_autofree char *to =
        g_build_filename(failed ? item->drop->failed : item->drop->done, item->name, NULL);
    if (!file_move(item->path, to, error)) {
        return false;
    }
    remove_hidden(item);
    return true;
}

/* Both under one name, the report first. Where the item's name is taken, the report gives way. */
static bool move_both(const DropItem *item, const char *folder, const char *name, GError **error)
{
    g_autofree char *draft = drop_item_draft(item);
    g_autofree char *report = report_of(folder, name);
    g_autofree char *to = g_build_filename(folder, name, NULL);
    if (is_there(to)) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_CONFLICT, "%s is there", to);
        return false;
    }
    if (!file_move(draft, report, error) || !file_sync_folder(report, error)) {
        return false;
    }
    if (file_move(item->path, to, error)) {
        return true;
    }
    (void)file_move(report, draft, NULL);
    return false;
}

bool drop_item_end(const DropItem *item, bool failed, char **name, GError **error)
{
    const char *folder = failed ? item->drop->failed : item->drop->done;
    for (unsigned number = 1;; number++) {
        g_autofree char *free_name =
            number == 1 ? g_strdup(item->name) : numbered(item->name, number);
        g_autoptr(GError) failure = NULL;
        if (move_both(item, folder, free_name, &failure)) {
            *name = g_steal_pointer(&free_name);
            remove_hidden(item);
            return true;
        }
        if (failure->code != ISSUER_ERROR_CONFLICT) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return false;
        }
    }
}
