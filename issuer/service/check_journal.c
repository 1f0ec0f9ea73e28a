/* Whether the journal of usage licenses and the records say the same, both ways. What was found to
 * agree is not compared again: the journal's folder has the place up to which it was. */
#include "base/error.h"
#include "base/file.h"
#include "core/usage_license.h"
#include "db/journal_store.h"
#include "service/check_internal.h"
#include "service/journal_reader.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#define PLACE_FILE       "compared"
#define PLACE_MOST       200                              /* bytes */
#define SETTLED_AFTER_US (INT64_C(3600) * G_USEC_PER_SEC) /* no batch takes so long */

static const char journal_thing[] = "journal";

/* Usage licenses of which something is wrong, and the lowest of them. */
typedef struct {
    int64_t count;
    int64_t first;
} Found;

typedef struct {
    Database *database;
    int64_t now_us;
    GHashTable *seen; /* int64_t *: numbers in the journal behind the place */
    int64_t compared;
    Found missing;    /* not on record */
    Found differing;  /* other bytes there */
    Found unrecorded; /* on record, not in the journal */
    int64_t damaged;  /* batches */

    /* until when all is settled */
    bool held;
    char *file;
    int64_t offset;
    int64_t at_us;
} Comparing;

static void note(Found *found, int64_t serial)
{
    found->first = found->count == 0 ? serial : MIN(found->first, serial);
    found->count++;
}

/* ---- the place ---- */

static char *place_path(const char *folder)
{
    return g_build_filename(folder, PLACE_FILE, NULL);
}

/* One that cannot be read is as none: all is compared. */
static void read_place(const char *folder, JournalPlace *place, int64_t *at_us)
{
    g_autofree char *path = place_path(folder);
    g_autoptr(GBytes) bytes = file_read_whole(path, PLACE_MOST, NULL);
    gsize size = 0;
    const char *data = bytes != NULL ? g_bytes_get_data(bytes, &size) : NULL;
    g_autofree char *text = g_strndup(data != NULL ? data : "", size);
    g_auto(GStrv) words = g_strsplit(g_strchomp(text), " ", -1);
    if (g_strv_length(words) == 3 &&
        g_ascii_string_to_signed(words[1], 10, 0, G_MAXINT64, &place->offset, NULL) &&
        g_ascii_string_to_signed(words[2], 10, 0, G_MAXINT64, at_us, NULL)) {
        place->file = g_strdup(words[0]);
    }
}

/* Whoever checks may lack the right to write there; then all is compared again next time. */
static void keep_place(const char *folder, const Comparing *comparing)
{
    if (comparing->file != NULL) {
        g_autofree char *path = place_path(folder);
        g_autofree char *text = g_strdup_printf("%s %" PRId64 " %" PRId64 "\n", comparing->file,
                                                comparing->offset, comparing->at_us);
        (void)file_write_durably(path, text, strlen(text), 0600, NULL);
    }
}

/* The batch that is read last is read again next time. */
static void move_place(Comparing *comparing, const JournalBatch *batch)
{
    if (comparing->held) {
        return;
    }
    g_free(comparing->file);
    comparing->file = g_path_get_basename(batch->path);
    comparing->offset = batch->from;
    comparing->at_us = MAX(comparing->at_us, batch->at_us);
    comparing->held =
        batch->state == JOURNAL_UNKNOWN && comparing->now_us - batch->at_us < SETTLED_AFTER_US;
}

/* ---- the journal beside the records, and these beside it ---- */

static bool compare_committed(Comparing *comparing, const JournalBatch *batch, GError **error)
{
    g_autoptr(GHashTable) known = journal_store_digests(comparing->database, batch->serials, error);
    for (guint i = 0; known != NULL && i < batch->serials->len; i++) {
        const int64_t serial = g_array_index(batch->serials, int64_t, i);
        const char *digest = g_hash_table_lookup(known, &serial);
        if (digest == NULL) {
            note(&comparing->missing, serial);
        } else if (strcmp(digest, g_ptr_array_index(batch->digests, i)) != 0) {
            note(&comparing->differing, serial);
        }
        comparing->compared++;
    }
    return known != NULL;
}

static bool compare_batch(const JournalBatch *batch, gpointer data, GError **error)
{
    Comparing *comparing = data;
    for (guint i = 0; i < batch->serials->len; i++) {
        int64_t *serial = g_new(int64_t, 1);
        *serial = g_array_index(batch->serials, int64_t, i);
        g_hash_table_add(comparing->seen, serial);
    }
    comparing->damaged += batch->damaged;
    move_place(comparing, batch);
    return batch->state != JOURNAL_COMMITTED || compare_committed(comparing, batch, error);
}

static void compare_records(Comparing *comparing, const GArray *on_record)
{
    for (guint i = 0; i < on_record->len; i++) {
        const int64_t serial = g_array_index(on_record, int64_t, i);
        if (!g_hash_table_contains(comparing->seen, &serial)) {
            note(&comparing->unrecorded, serial);
        }
    }
}

/* Ends the reading at the first batch. */
static bool stop_at_first(const JournalBatch *batch, gpointer data, GError **error)
{
    *(int64_t *)data = batch->at_us;
    g_set_error_literal(error, ISSUER_ERROR, ISSUER_ERROR_FAILED, "enough was read");
    return false;
}

/* When the journal begins; 0: it is empty. */
static int64_t beginning(const char *folder)
{
    int64_t at_us = 0;
    g_autoptr(GError) stopped = NULL; /* what is wrong with the files is told by the next reading */
    (void)journal_each(folder, NULL, stop_at_first, &at_us, &stopped);
    return at_us;
}

/* The records first: what comes there meanwhile is in the journal already. */
static bool compare(Comparing *comparing, const char *folder, GError **error)
{
    JournalPlace place = {0};
    int64_t since_us = 0;
    read_place(folder, &place, &since_us);
    if (place.file == NULL) {
        since_us = beginning(folder);
    }
    comparing->at_us = since_us;
    g_autoptr(GArray) on_record = since_us != 0
                                      ? journal_store_since(comparing->database, since_us, error)
                                      : g_array_new(FALSE, FALSE, sizeof(int64_t));
    const bool done =
        on_record != NULL && journal_each(folder, &place, compare_batch, comparing, error);
    if (done) {
        compare_records(comparing, on_record);
    }
    g_free(place.file);
    return done;
}

/* ---- what is said ---- */

static void add_found(GPtrArray *lines, const Found *found, const char *what, const char *advice)
{
    if (found->count > 0) {
        g_autofree char *serial = usage_license_serial_text(found->first);
        check_add(lines, journal_thing, CHECK_WRONG,
                  g_strdup_printf("%" PRId64 " usage licenses %s, the first is %s", found->count,
                                  what, serial),
                  advice);
    }
}

static bool add_lines(GPtrArray *lines, const Comparing *comparing)
{
    const guint before = lines->len;
    add_found(lines, &comparing->missing, "of the journal are not on record",
              "were the records restored from an older copy: issuer journal replay");
    add_found(lines, &comparing->differing, "have other bytes on record than in the journal",
              "somebody has changed one of the two; compare both with copies");
    add_found(lines, &comparing->unrecorded, "on record are not in the journal",
              "look whether all that issue have the setting journal-folder");
    if (comparing->damaged > 0) {
        check_add(lines, journal_thing, CHECK_WRONG,
                  g_strdup_printf("%" PRId64 " batches have been damaged since they were written",
                                  comparing->damaged),
                  "put back the journal's files from a copy");
    }
    return lines->len == before;
}

bool check_journal(GPtrArray *lines, Context *context, GError **error)
{
    const char *folder = config_text(settings_config(context->settings), "journal-folder");
    if (*folder == '\0') {
        return true;
    }
    if (access(folder, R_OK | W_OK | X_OK) != 0) {
        check_add(lines, journal_thing, CHECK_WRONG,
                  g_strdup_printf("%s cannot be read and written: %s", folder, g_strerror(errno)),
                  "make the folder, or set journal-folder; nothing is issued without it");
        return true;
    }
    Comparing comparing = {.database = context->database, .now_us = g_get_real_time()};
    comparing.seen = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    GError *problem = NULL;
    const bool done = compare(&comparing, folder, &problem);
    if (done && add_lines(lines, &comparing)) {
        check_add(lines, journal_thing, CHECK_OK,
                  g_strdup_printf("%" PRId64 " usage licenses compared with the records",
                                  comparing.compared),
                  NULL);
        keep_place(folder, &comparing);
    }
    g_hash_table_unref(comparing.seen);
    g_free(comparing.file);
    if (!done) {
        g_propagate_error(error, problem);
    }
    return done;
}
