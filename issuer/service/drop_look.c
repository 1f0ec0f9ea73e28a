#include "service/drop_look.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/file_writers.h"
#include "base/folder_watch.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_QUIET_US   ((int64_t)2 * G_USEC_PER_SEC)
#define FOLDER_QUIET_US ((int64_t)10 * G_USEC_PER_SEC)
#define MODE            0750

/* By what it is told whether anything has changed. */
typedef struct {
    guint64 inode;
    gint64 bytes;
    gint64 newest; /* nanoseconds */
    guint64 mixed; /* of a folder: all its parts */
} State;

typedef struct {
    State state;
    int64_t since_us; /* monotonic; it has not changed since */
    int64_t next_us;  /* when it is worth looking again */
    bool closed;      /* as a notice says */
    bool ready;       /* it stands in the queue */
    bool seen;        /* by the sweep at hand */
} Entry;

typedef struct {
    gint64 newest;
    char *name;
} Ready;

struct DropLook {
    const Drop *drop;
    bool large;
    FolderWatch *watch;
    GHashTable *entries; /* char * → Entry */
    GQueue ready;        /* of Ready */
    int64_t swept_us;    /* 0: not yet */
};

static void ready_free(gpointer data)
{
    Ready *ready = data;
    g_free(ready->name);
    g_free(ready);
}

DropLook *drop_look_new(const Drop *drop, bool large)
{
    DropLook *look = g_new0(DropLook, 1);
    look->drop = drop;
    look->large = large;
    look->entries = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_queue_init(&look->ready);
    return look;
}

void drop_look_free(DropLook *look)
{
    if (look == NULL) {
        return;
    }
    folder_watch_free(look->watch);
    g_hash_table_unref(look->entries);
    g_queue_clear_full(&look->ready, ready_free);
    g_free(look);
}

/* ---- the folder ---- */

static bool not_now(const char *folder, const char *what, GError **error)
{
    const int saved = errno;
    g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_UNAVAILABLE,
                "the drop folder %s %s: %s; it must be there and this user may write into it",
                folder, what, g_strerror(saved));
    return false;
}

static bool make_inner(const Drop *drop, const char *path, GError **error)
{
    if (g_mkdir(path, MODE) != 0 && errno != EEXIST) {
        return not_now(drop->folder, "cannot be used", error);
    }
    return true;
}

static bool check_inner(const Drop *drop, const char *path, GError **error)
{
    struct stat outer;
    struct stat inner;
    if (lstat(path, &inner) != 0 && errno == ENOENT) {
        return true;
    }
    if (stat(drop->folder, &outer) != 0 || stat(path, &inner) != 0) {
        return not_now(drop->folder, "cannot be looked at", error);
    }
    if (!S_ISDIR(inner.st_mode) || inner.st_dev != outer.st_dev) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_UNAVAILABLE,
                    "%s must be a folder on the same file system as %s, so that files can be moved "
                    "there: remove what stands there",
                    path, drop->folder);
        return false;
    }
    if (access(path, R_OK | W_OK | X_OK) != 0) {
        return not_now(path, "cannot be used", error);
    }
    return true;
}

bool drop_look_check(const Drop *drop, GError **error)
{
    if (access(drop->folder, R_OK | W_OK | X_OK) != 0) {
        return not_now(drop->folder, "cannot be used", error);
    }
    return check_inner(drop, drop->taken, error) && check_inner(drop, drop->done, error) &&
           check_inner(drop, drop->failed, error);
}

bool drop_look_open(DropLook *look, GError **error)
{
    const Drop *drop = look->drop;
    g_clear_pointer(&look->watch, folder_watch_free);
    look->swept_us = 0;
    if (!drop_look_check(drop, error)) {
        return false;
    }
    look->watch = folder_watch_new(drop->folder, NULL);
    return make_inner(drop, drop->taken, error) && make_inner(drop, drop->done, error) &&
           make_inner(drop, drop->failed, error);
}

int drop_look_fd(const DropLook *look)
{
    return look->watch != NULL ? folder_watch_fd(look->watch) : -1;
}

/* ---- one entry ---- */

static bool waits_for_name(const char *name)
{
    static const char *const endings[] = {"~", ".tmp", ".part", ".filepart"};
    g_autofree char *small = g_ascii_strdown(name, -1);
    bool waits = name[0] == '.';
    for (gsize i = 0; !waits && i < G_N_ELEMENTS(endings); i++) {
        waits = g_str_has_suffix(small, endings[i]);
    }
    return waits;
}

static bool is_ours(const DropLook *look, const char *path)
{
    const Drop *drop = look->drop;
    return strcmp(path, drop->taken) == 0 || strcmp(path, drop->done) == 0 ||
           strcmp(path, drop->failed) == 0;
}

static gint64 newest_of(const struct stat *status)
{
    return (gint64)status->st_mtim.tv_sec * 1000000000 + status->st_mtim.tv_nsec;
}

static State state_of_folder(const char *path)
{
    char *copy = g_strdup(path); /* fts wants it without const */
    char *const paths[] = {copy, NULL};
    State state = {0};
    FTS *walk = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    const FTSENT *entry = NULL;
    while (walk != NULL && (entry = fts_read(walk)) != NULL) {
        if (entry->fts_info == FTS_DP || entry->fts_info == FTS_NS || entry->fts_statp == NULL) {
            continue;
        }
        const struct stat *status = entry->fts_statp;
        state.inode = entry->fts_level == FTS_ROOTLEVEL ? status->st_ino : state.inode;
        state.bytes += S_ISREG(status->st_mode) ? status->st_size : 0;
        state.newest = MAX(state.newest, newest_of(status));
        state.mixed = state.mixed * 31 + status->st_ino + (guint64)newest_of(status) * 7 +
                      (guint64)status->st_size;
    }
    if (walk != NULL) {
        (void)fts_close(walk);
    }
    g_free(copy);
    return state;
}

static State state_of(const char *path, const struct stat *status)
{
    if (S_ISDIR(status->st_mode)) {
        return state_of_folder(path);
    }
    return (State){.inode = status->st_ino,
                   .bytes = S_ISREG(status->st_mode) ? status->st_size : 0,
                   .newest = newest_of(status)};
}

int64_t drop_look_size(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0 ? state_of(path, &status).bytes : 0;
}

static bool same_state(const State *one, const State *other)
{
    return one->inode == other->inode && one->bytes == other->bytes &&
           one->newest == other->newest && one->mixed == other->mixed;
}

/* For how long it must not have changed; below 0: it is still being written. */
static int64_t quiet_time(const char *path, const struct stat *status, Entry *entry)
{
    if (S_ISDIR(status->st_mode)) {
        return FOLDER_QUIET_US;
    }
    if (!S_ISREG(status->st_mode)) {
        return 0;
    }
    const int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || status->st_size == 0) { /* its rights, or its bytes, may come yet */
        if (fd >= 0) {
            (void)close(fd);
        }
        return FOLDER_QUIET_US;
    }
    const FileWriters writers = file_writers_ask(fd);
    (void)close(fd);
    entry->closed = entry->closed && writers != FILE_WRITERS_SOME;
    if (writers == FILE_WRITERS_SOME) {
        return -1;
    }
    return entry->closed ? 0 : FILE_QUIET_US;
}

/* The costly question is asked last, and only where nothing else has answered it. */
static bool may_be_written(const char *path, const struct stat *status, const Entry *entry)
{
    if (entry->closed || !S_ISREG(status->st_mode)) {
        return false;
    }
    const int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    const FileWriters writers = file_writers_ask(fd);
    (void)close(fd);
    return writers == FILE_WRITERS_UNKNOWN && file_writers_seen(status);
}

static void queue(DropLook *look, const char *name, Entry *entry)
{
    Ready *ready = g_new(Ready, 1);
    ready->newest = entry->state.newest;
    ready->name = g_strdup(name);
    entry->ready = true;
    g_queue_push_tail(&look->ready, ready);
}

static Entry *entry_of(DropLook *look, const char *name, int64_t now)
{
    Entry *entry = g_hash_table_lookup(look->entries, name);
    if (entry == NULL) {
        entry = g_new0(Entry, 1);
        entry->since_us = now;
        g_hash_table_insert(look->entries, g_strdup(name), entry);
    }
    return entry;
}

/* Looks at what has that name; `closed`: a notice has just said so. */
static void look_at(DropLook *look, const char *name, bool closed)
{
    g_autofree char *path = g_build_filename(look->drop->folder, name, NULL);
    struct stat status;
    if (waits_for_name(name) || is_ours(look, path) || lstat(path, &status) != 0) {
        g_hash_table_remove(look->entries, name);
        return;
    }
    const int64_t now = clock_monotonic_us();
    Entry *entry = entry_of(look, name, now);
    entry->seen = true;
    if (entry->ready) {
        return;
    }
    const State state = state_of(path, &status);
    if (!same_state(&state, &entry->state)) {
        entry->state = state;
        entry->since_us = now;
        entry->closed = false;
    }
    entry->closed = entry->closed || closed;
    const bool large = state.bytes >= look->drop->bulk;
    const int64_t quiet = large == look->large ? quiet_time(path, &status, entry) : -1;
    entry->next_us = quiet < 0 ? now + DROP_SWEEP_US : entry->since_us + quiet;
    if (quiet < 0 || now < entry->next_us) {
        return;
    }
    if (quiet > 0 && may_be_written(path, &status, entry)) {
        entry->next_us = now + FILE_QUIET_US;
        return;
    }
    queue(look, name, entry);
}

/* ---- all of them ---- */

static gint compare_ready(gconstpointer a, gconstpointer b, gpointer unused)
{
    const Ready *one = a;
    const Ready *other = b;
    (void)unused;
    if (one->newest != other->newest) {
        return one->newest < other->newest ? -1 : 1;
    }
    return strcmp(one->name, other->name);
}

static gboolean forget_unseen(gpointer name, gpointer data, gpointer unused)
{
    Entry *entry = data;
    const bool gone = !entry->seen && !entry->ready;
    (void)name;
    (void)unused;
    entry->seen = false;
    return gone;
}

static bool sweep(DropLook *look, GError **error)
{
    g_autoptr(GDir) dir = g_dir_open(look->drop->folder, 0, NULL);
    if (dir == NULL) {
        return not_now(look->drop->folder, "cannot be read", error);
    }
    const char *name = NULL;
    while ((name = g_dir_read_name(dir)) != NULL) {
        look_at(look, name, false);
    }
    (void)g_hash_table_foreach_remove(look->entries, forget_unseen, NULL);
    g_queue_sort(&look->ready, compare_ready, NULL);
    look->swept_us = clock_monotonic_us();
    return true;
}

/* What has come since; true if a sweep is due for it. */
static bool read_notices(DropLook *look)
{
    bool missed = false;
    if (look->watch == NULL) {
        return false;
    }
    g_autoptr(GPtrArray) names = folder_watch_read(look->watch, &missed);
    for (guint i = 0; i < names->len; i++) {
        look_at(look, g_ptr_array_index(names, i), true);
    }
    return missed;
}

static void look_at_due(DropLook *look)
{
    const int64_t now = clock_monotonic_us();
    g_autoptr(GPtrArray) due = g_ptr_array_new_with_free_func(g_free);
    GHashTableIter iter;
    gpointer name = NULL;
    gpointer data = NULL;
    g_hash_table_iter_init(&iter, look->entries);
    while (g_hash_table_iter_next(&iter, &name, &data)) {
        const Entry *entry = data;
        if (!entry->ready && entry->next_us <= now) {
            g_ptr_array_add(due, g_strdup(name));
        }
    }
    for (guint i = 0; i < due->len; i++) {
        look_at(look, g_ptr_array_index(due, i), false);
    }
}

char *drop_look_next(DropLook *look, GError **error)
{
    const bool missed = read_notices(look);
    const bool due = clock_monotonic_us() - look->swept_us >= DROP_SWEEP_US;
    if (missed && !drop_look_open(look, error)) {
        return NULL;
    }
    if ((missed || due || look->swept_us == 0) && !sweep(look, error)) {
        return NULL;
    }
    if (look->ready.length == 0) {
        look_at_due(look);
    }
    Ready *ready = g_queue_pop_head(&look->ready);
    if (ready == NULL) {
        return NULL;
    }
    char *name = g_steal_pointer(&ready->name);
    ready_free(ready);
    g_hash_table_remove(look->entries, name);
    return name;
}

int64_t drop_look_pause_ms(const DropLook *look)
{
    const int64_t now = clock_monotonic_us();
    int64_t next = look->swept_us + DROP_SWEEP_US;
    GHashTableIter iter;
    gpointer data = NULL;
    g_hash_table_iter_init(&iter, look->entries);
    while (g_hash_table_iter_next(&iter, NULL, &data)) {
        const Entry *entry = data;
        next = entry->ready ? now : MIN(next, entry->next_us);
    }
    return MAX(0, (next - now) / 1000 + 1);
}
