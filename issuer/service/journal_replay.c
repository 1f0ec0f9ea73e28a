#include "service/journal_replay.h"

#include "base/error.h"
#include "core/usage_license.h"
#include "db/journal_store.h"
#include "db/serial_store.h"
#include "service/context.h"
#include "service/journal_reader.h"

#include <string.h>

#define PROBLEMS_MOST 20 /* a person mends the first and runs it again */

typedef struct {
    Database *database;
    JournalReplay *replay;
    int64_t highest;
} Replaying;

static void add_problem(JournalReplay *replay, const char *name, const char *why)
{
    if (replay->problems->len < PROBLEMS_MOST) {
        g_ptr_array_add(replay->problems, g_strdup_printf("%s: %s", name, why));
    }
}

static bool put_one(Replaying *replaying, int64_t serial, const char *record, GError **error)
{
    g_autofree char *said = NULL;
    if (!journal_store_replay(replaying->database, record, &said, error)) {
        return false;
    }
    if (strcmp(said, "put") == 0) {
        replaying->replay->put++;
    } else if (strcmp(said, "on record") == 0) {
        replaying->replay->on_record++;
    } else {
        g_autofree char *name = usage_license_serial_text(serial);
        add_problem(replaying->replay, name, said);
    }
    return true;
}

/* The rest of a head is the sequences and the keys, which the database reads. */
static bool put_head(Replaying *replaying, const JournalBatch *batch, GError **error)
{
    return journal_store_replay_head(replaying->database, batch->head, error);
}

static bool put_batch(Replaying *replaying, const JournalBatch *batch, GError **error)
{
    bool done = put_head(replaying, batch, error);
    for (guint i = 0; done && i < batch->records->len; i++) {
        done = put_one(replaying, g_array_index(batch->serials, int64_t, i),
                       g_ptr_array_index(batch->records, i), error);
    }
    return done;
}

/* One of which nobody knows may be on record all the same; what of it is not gets a void number,
 * as that of a batch given up. */
static bool count_unsettled(Replaying *replaying, const JournalBatch *batch, GError **error)
{
    g_autoptr(GHashTable) known = journal_store_digests(replaying->database, batch->serials, error);
    if (known == NULL) {
        return false;
    }
    replaying->replay->on_record += g_hash_table_size(known);
    replaying->replay->unsettled += batch->serials->len - g_hash_table_size(known);
    return true;
}

static bool take_batch(const JournalBatch *batch, gpointer data, GError **error)
{
    Replaying *replaying = data;
    for (guint i = 0; i < batch->serials->len; i++) {
        replaying->highest = MAX(replaying->highest, g_array_index(batch->serials, int64_t, i));
    }
    if (batch->damaged) {
        g_autofree char *place =
            g_strdup_printf("%s, from byte %" G_GINT64_FORMAT, batch->path, (gint64)batch->from);
        add_problem(replaying->replay, place,
                    "what was committed here has been damaged since; take the journal's copy");
        return true;
    }
    switch (batch->state) {
    case JOURNAL_COMMITTED:
        return put_batch(replaying, batch, error);
    case JOURNAL_UNKNOWN:
        return count_unsettled(replaying, batch, error);
    case JOURNAL_GIVEN_UP:
    case JOURNAL_BROKEN:
    default:
        return true;
    }
}

static bool replay_all(Replaying *replaying, const char *folder, bool dry_run, GError **error)
{
    if (!database_begin(replaying->database, error)) {
        return false;
    }
    if (!journal_each(folder, NULL, take_batch, replaying, error) ||
        !journal_store_close(replaying->database, replaying->highest, &replaying->replay->voids,
                             error)) {
        database_rollback(replaying->database);
        return false;
    }
    if (dry_run || replaying->replay->problems->len > 0) {
        database_rollback(replaying->database);
        return true;
    }
    /* And what the copy has as drawn by somebody who is gone. */
    return database_commit(replaying->database, error) && serial_close(replaying->database, error);
}

JournalReplay *journal_replay(const char *config_path, bool dry_run, GError **error)
{
    g_autoptr(Context) context =
        context_open(config_path, CONTEXT_DATABASE, "issuer journal replay", error);
    if (context == NULL || !database_set_time_limit(context->database, 0, error)) {
        return NULL;
    }
    const Config *config = settings_config(context->settings);
    const char *folder = config_text(config, "journal-folder");
    if (*folder == '\0') {
        config_refuse(config, "journal-folder", error, "no journal is kept: set its folder");
        return NULL;
    }
    JournalReplay *replay = g_new0(JournalReplay, 1);
    replay->problems = g_ptr_array_new_with_free_func(g_free);
    Replaying replaying = {.database = context->database, .replay = replay};
    if (!replay_all(&replaying, folder, dry_run, error)) {
        journal_replay_free(replay);
        return NULL;
    }
    return replay;
}

void journal_replay_free(JournalReplay *replay)
{
    if (replay != NULL) {
        g_ptr_array_unref(replay->problems);
        g_free(replay);
    }
}
