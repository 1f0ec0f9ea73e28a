#include "mail/pst_folder.h"

#include "base/text.h"
#include "mail/unpack_out.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_DEPTH 32
#define HEAD_SIZE 65536U
#define NOBODY    "<MAILER-DAEMON>" /* what readpst writes where it knows no sender's address */

/* What stands in a folder. */
typedef struct {
    char *name;     /* as it stands there */
    guint64 number; /* that the name begins with */
} Entry;

/* A folder whose entries are not all sent yet. */
typedef struct {
    int fd;
    char *path;      /* from the outermost, for people; "" or ending in "/" */
    GArray *entries; /* of Entry */
    guint next;
} Level;

static void entry_clear(gpointer entry)
{
    g_free(((Entry *)entry)->name);
}

static void level_clear(gpointer data)
{
    Level *level = data;
    (void)close(level->fd);
    g_free(level->path);
    g_array_unref(level->entries);
}

/* 2.eml stands before 10.eml, and both before a folder. */
static gint compare(gconstpointer a, gconstpointer b)
{
    const Entry *one = a;
    const Entry *other = b;
    const bool numbered = one->number > 0 && other->number > 0;
    if (numbered && one->number != other->number) {
        return one->number < other->number ? -1 : 1;
    }
    return strcmp(one->name, other->name);
}

static GArray *list(int fd)
{
    GArray *entries = g_array_new(FALSE, FALSE, sizeof(Entry));
    g_array_set_clear_func(entries, entry_clear);
    int again = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = again < 0 ? NULL : fdopendir(again);
    const struct dirent *found = NULL;
    while (folder != NULL && (found = readdir(folder)) != NULL) {
        if (strcmp(found->d_name, ".") != 0 && strcmp(found->d_name, "..") != 0) {
            const Entry entry = {g_strdup(found->d_name),
                                 g_ascii_strtoull(found->d_name, NULL, 10)};
            g_array_append_val(entries, entry);
        }
    }
    if (folder != NULL) {
        (void)closedir(folder);
    }
    g_array_sort(entries, compare);
    return entries;
}

static void add_level(GArray *levels, int fd, const char *outer, const char *name)
{
    const Level level = {.fd = fd, .path = g_strconcat(outer, name, NULL), .entries = list(fd)};
    g_array_append_val(levels, level);
}

/* The field that tells the sender, within the header block at `head`; NULL: it has none. */
static char *from_field(char *head)
{
    char *end = strstr(head, "\n\n");
    char *windows_end = strstr(head, "\r\n\r\n");
    if (windows_end != NULL && (end == NULL || windows_end < end)) {
        end = windows_end;
    }
    char *from = g_str_has_prefix(head, "From:") ? head : strstr(head, "\nFrom:");
    return from != NULL && (end == NULL || from < end) ? from : NULL;
}

/* An address that readpst does not know is none: nobody could tell the mail from a mail system's
 * report. */
static void forget_nobody(char *head)
{
    char *from = from_field(head);
    char *nobody = from == NULL ? NULL : strstr(from, NOBODY);
    if (nobody != NULL && memchr(from + 1, '\n', (gsize)(nobody - from - 1)) == NULL) {
        memset(nobody, ' ', sizeof NOBODY - 1);
    }
}

static bool send_content(int socket, int fd)
{
    g_autofree char *piece = g_malloc(HEAD_SIZE + 1);
    bool first = true;
    ssize_t got = 0;
    while ((got = read(fd, piece, HEAD_SIZE)) > 0) {
        piece[got] = '\0';
        if (first) {
            forget_nobody(piece);
        }
        first = false;
        if (!unpack_out_bytes(socket, piece, (gsize)got)) {
            return false;
        }
    }
    return got == 0 ||
           unpack_out_text(socket, UNPACK_TROUBLE, "cannot be read where readpst has written it");
}

/* Sends a file, or has a folder come next. False if nobody is left to take it. */
static bool send_entry(GArray *levels, const Level *level, const Entry *entry, int socket,
                       bool *any)
{
    g_autofree char *shown = text_file_name(entry->name);
    // readpst has read hostile bytes, and nobody knows what it has put here.
    int fd = openat(level->fd, entry->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat status = {0};
    if (fd >= 0 && fstat(fd, &status) == 0 && S_ISDIR(status.st_mode) && levels->len < MAX_DEPTH) {
        g_autofree char *inner = g_strconcat(shown, "/", NULL);
        add_level(levels, fd, level->path, inner);
        return true;
    }
    bool sent = true;
    if (fd >= 0 && S_ISREG(status.st_mode) && g_str_has_suffix(entry->name, ".eml")) {
        g_autofree char *name = g_strconcat(level->path, shown, NULL);
        *any = true;
        sent = unpack_out_text(socket, UNPACK_MEMBER, name) && send_content(socket, fd);
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    return sent;
}

bool pst_folder_send(int folder, int socket, bool *any)
{
    g_autoptr(GArray) levels = g_array_new(FALSE, FALSE, sizeof(Level));
    g_array_set_clear_func(levels, level_clear);
    add_level(levels, folder, "", "");
    while (levels->len > 0) {
        Level *level = &g_array_index(levels, Level, levels->len - 1);
        if (level->next == level->entries->len) {
            g_array_set_size(levels, levels->len - 1);
            continue;
        }
        const Level at = *level; /* the array may move */
        level->next++;
        if (!send_entry(levels, &at, &g_array_index(at.entries, Entry, at.next), socket, any)) {
            return false;
        }
    }
    return true;
}
