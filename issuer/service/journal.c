#include "service/journal.h"

#include "base/error.h"
#include "base/file.h"
#include "base/json_writer.h"
#include "db/journal_store.h"
#include "db/serial_store.h"
#include "service/journal_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCK_MS 10000 /* another may have been stopped while it writes */

struct Journal {
    char *folder;
    char *path;  /* of the file that was written last */
    char *batch; /* that was written last */
};

static bool refuse(const char *path, const char *what, int code, GError **error)
{
    g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_UNAVAILABLE,
                "%s: the journal cannot be %s: %s; nothing is issued without it", path, what,
                g_strerror(code));
    return false;
}

/* ---- the file ---- */

/* A line that was broken off, where a machine went down, ends before the next begins. */
static bool end_broken_line(int fd, off_t size)
{
    char last = '\n';
    return size == 0 ||
           (pread(fd, &last, 1, size - 1) == 1 && (last == '\n' || file_write_all(fd, "\n", 1)));
}

/* Under the lock, so that what cannot be written whole is taken away again. */
static bool append_locked(int fd, const char *text, gsize size)
{
    struct stat before;
    if (fstat(fd, &before) != 0) {
        return false;
    }
    if (end_broken_line(fd, before.st_size) && file_write_all(fd, text, size) &&
        fdatasync(fd) == 0) {
        return true;
    }
    const int code = errno;
    if (ftruncate(fd, before.st_size) != 0) {
        return false; /* what stands there is no whole batch, and a reader sees that */
    }
    errno = code;
    return false;
}

static bool append(const char *path, const char *text, gsize size, GError **error)
{
    const bool fresh = access(path, F_OK) != 0;
    const int fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        return refuse(path, "opened", errno, error);
    }
    if (!file_lock(fd, LOCK_MS)) {
        const int code = errno;
        (void)close(fd);
        return refuse(path, "locked, for another writes to it", code, error);
    }
    if (!append_locked(fd, text, size)) {
        const int code = errno;
        (void)close(fd);
        return refuse(path, "written", code, error);
    }
    (void)close(fd);
    return !fresh || file_sync_folder(path, NULL) || refuse(path, "written", EIO, error);
}

/* ---- a batch ---- */

/* The lines of the usage licenses. */
static GString *record_lines(const char *batch, const GArray *records)
{
    GString *lines = g_string_new(NULL);
    for (guint i = 0; i < records->len; i++) {
        const JournalRecord *record = &g_array_index(records, JournalRecord, i);
        g_autoptr(JsonWriter) line = json_writer_new();
        json_writer_begin_object(line);
        json_writer_key(line, "v");
        json_writer_number(line, JOURNAL_VERSION);
        json_writer_key(line, "kind");
        json_writer_text(line, "issued");
        json_writer_key(line, "batch");
        json_writer_text(line, batch);
        json_writer_key(line, "serial");
        json_writer_number(line, record->serial);
        json_writer_key(line, "sha256");
        json_writer_text(line, record->digest);
        json_writer_key(line, "record");
        json_writer_raw(line, record->record);
        json_writer_end_object(line);
        g_string_append(lines, json_writer_peek(line));
        g_string_append_c(lines, '\n');
    }
    return lines;
}

static char *head_line(const char *batch, const JournalHead *head, guint count,
                       const GString *lines)
{
    g_autofree char *digest =
        g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)lines->str, lines->len);
    g_autoptr(JsonWriter) line = json_writer_new();
    json_writer_begin_object(line);
    json_writer_key(line, "v");
    json_writer_number(line, JOURNAL_VERSION);
    json_writer_key(line, "kind");
    json_writer_text(line, "batch");
    json_writer_key(line, "batch");
    json_writer_text(line, batch);
    json_writer_key(line, "issued");
    json_writer_number(line, count);
    json_writer_key(line, "sha256");
    json_writer_text(line, digest);
    json_writer_key(line, "at");
    json_writer_number(line, head->at_us);
    json_writer_key(line, "sequences");
    json_writer_raw(line, head->sequences);
    json_writer_key(line, "keys");
    json_writer_raw(line, head->keys);
    json_writer_end_object(line);
    return g_strdup(json_writer_peek(line));
}

static bool append_batch(Journal *journal, const JournalHead *head, const GArray *records,
                         GError **error)
{
    g_autoptr(GDateTime) at = g_date_time_new_from_unix_utc(head->at_us / G_USEC_PER_SEC);
    g_autofree char *name = g_date_time_format(at, "%Y-%m" JOURNAL_SUFFIX);
    g_free(journal->path);
    g_free(journal->batch);
    journal->path = g_build_filename(journal->folder, name, NULL);
    journal->batch = g_uuid_string_random();
    GString *lines = record_lines(journal->batch, records);
    g_autofree char *first = head_line(journal->batch, head, records->len, lines);
    g_string_prepend_c(lines, '\n');
    g_string_prepend(lines, first);
    const bool written = append(journal->path, lines->str, lines->len, error);
    g_string_free(lines, TRUE);
    return written;
}

bool journal_write(Journal *journal, Database *database, const GArray *serials, GError **error)
{
    JournalHead head = {0};
    g_autoptr(GArray) records = journal_store_records(database, serials, error);
    if (records == NULL || !journal_store_head(database, serials, &head, error)) {
        return false;
    }
    g_assert(records->len == serials->len); /* the transaction has written them */
    const bool written = append_batch(journal, &head, records, error);
    journal_head_clear(&head);
    return written;
}

void journal_settle(Journal *journal, bool committed)
{
    g_autofree char *line =
        g_strdup_printf("{\"v\":%d,\"kind\":\"end\",\"batch\":\"%s\",\"outcome\":\"%s\"}\n",
                        JOURNAL_VERSION, journal->batch, committed ? "committed" : "given-up");
    (void)append(journal->path, line, strlen(line), NULL);
}

/* ---- */

/* What was written and never committed may have numbers that a database which went down does not
 * know as drawn: they are drawn, for nothing else to have them. */
static bool draw_wasted(Database *database, int64_t newest, int64_t drawn, GError **error)
{
    int64_t first = 0;
    return newest <= drawn || (serial_draw(database, (uint32_t)(newest - drawn), &first, error) &&
                               serial_close(database, error));
}

static bool fits_records(const char *folder, Database *database, GError **error)
{
    JournalNewest newest = {0};
    int64_t drawn = 0;
    if (!journal_newest(folder, &newest, error) || !journal_store_drawn(database, &drawn, error)) {
        return false;
    }
    if (newest.committed > drawn) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_UNAVAILABLE,
                    "%s: the journal has usage licenses up to UL-%08" G_GINT64_FORMAT
                    ", the records have drawn numbers up to %" G_GINT64_FORMAT
                    ": they are an older copy, or another desk's; run issuer journal replay first",
                    folder, (gint64)newest.committed, (gint64)drawn);
        return false;
    }
    return draw_wasted(database, newest.written, drawn, error);
}

Journal *journal_open(const char *folder, Database *database, GError **error)
{
    if (access(folder, W_OK | X_OK) != 0) {
        refuse(folder, "written", errno, error);
        return NULL;
    }
    if (!fits_records(folder, database, error)) {
        return NULL;
    }
    Journal *journal = g_new0(Journal, 1);
    journal->folder = g_strdup(folder);
    return journal;
}

void journal_free(Journal *journal)
{
    if (journal == NULL) {
        return;
    }
    g_free(journal->folder);
    g_free(journal->path);
    g_free(journal->batch);
    g_free(journal);
}
