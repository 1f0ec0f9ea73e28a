#include "mail/mail_reader.h"

#include "mail/feed.h"
#include "mail/job.h"
#include "mail/parsers.h"
#include "mail/source.h"

#define MAX_JOBS  64                  /* mails read ahead */
#define MAX_BYTES (4UL * 1024 * 1024) /* raw mail held for the mails read ahead */

struct MailReader {
    char **paths;
    char *at; /* of a MailPlace; or NULL */
    char *called;
    const MailSettings *settings;
    GError *failed; /* why no parsers could be started, told at the first call */
    Nursery *nursery;
    Parsers *parsers;
    Source *source; /* or a feed */
    Feed *feed;
    SourceItem item; /* taken from the source, but not yet sent */
    bool has_item;
    bool source_ended;
    GQueue jobs; /* of Job, in the order of the source */
    gsize bytes;
};

/* Forks, so before anything else is begun. */
static MailReader *reader_new(const MailSettings *settings)
{
    MailReader *reader = g_new0(MailReader, 1);
    reader->settings = settings;
    reader->nursery = nursery_new(settings, &reader->failed);
    reader->parsers = reader->nursery == NULL ? NULL : parsers_new(settings, reader->nursery);
    g_queue_init(&reader->jobs);
    return reader;
}

// g_strdupv() takes a pointer without const but only reads.
static char **copy_paths(const char *const *paths)
{
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    for (gsize i = 0; paths[i] != NULL; i++) {
        g_strv_builder_add(builder, paths[i]);
    }
    return g_strv_builder_end(builder);
}

static void begin_paths(MailReader *reader, const char *const *paths)
{
    reader->paths = copy_paths(paths);
    reader->source = reader->nursery == NULL
                         ? NULL
                         : source_new((const char *const *)reader->paths, reader->nursery,
                                      reader->settings->time_limit_ms);
}

MailReader *mail_reader_new(const char *const *paths, const MailSettings *settings)
{
    MailReader *reader = reader_new(settings);
    begin_paths(reader, paths);
    return reader;
}

MailReader *mail_reader_new_feed(MailFeed feed, gpointer data, const MailSettings *settings)
{
    MailReader *reader = reader_new(settings);
    reader->feed = feed_new(feed, data);
    return reader;
}

static void end_paths(MailReader *reader)
{
    g_clear_pointer(&reader->source, source_free);
    g_clear_pointer(&reader->paths, g_strfreev);
    g_clear_pointer(&reader->at, g_free);
    g_clear_pointer(&reader->called, g_free);
}

/* A parser that still works on what nobody wants any more ends, and another is started once there
 * is something for it. */
static void drop_jobs(MailReader *reader)
{
    if (reader->jobs.length > 0) {
        parsers_free(reader->parsers);
        reader->parsers = parsers_new(reader->settings, reader->nursery);
    }
    g_queue_clear_full(&reader->jobs, job_free);
    reader->bytes = 0;
}

void mail_reader_restart(MailReader *reader, const char *const *paths, const MailPlace *place)
{
    g_assert((paths == NULL) == (reader->feed != NULL));
    drop_jobs(reader);
    reader->has_item = reader->source_ended = false;
    if (paths == NULL) {
        return;
    }
    end_paths(reader);
    begin_paths(reader, paths);
    if (place != NULL && reader->source != NULL) {
        reader->at = g_strdup(place->at);
        reader->called = g_strdup(place->called);
        source_call(reader->source, reader->at, reader->called);
    }
}

void mail_reader_free(MailReader *reader)
{
    if (reader == NULL) {
        return;
    }
    end_paths(reader);
    feed_free(reader->feed);
    parsers_free(reader->parsers);
    nursery_free(reader->nursery);
    g_queue_clear_full(&reader->jobs, job_free);
    g_clear_error(&reader->failed);
    g_free(reader);
}

/* Whether another mail may be taken on now. */
static bool has_room(const MailReader *reader)
{
    return reader->jobs.length < MAX_JOBS && reader->bytes < MAX_BYTES &&
           parsers_have_room(reader->parsers, reader->item.size);
}

/* Keeps the parsers busy. */
static bool feed(MailReader *reader, GError **error)
{
    for (;;) {
        if (!reader->has_item && !reader->source_ended && reader->jobs.length < MAX_JOBS) {
            reader->has_item = reader->feed != NULL ? feed_next(reader->feed, &reader->item)
                                                    : source_next(reader->source, &reader->item);
            reader->source_ended = !reader->has_item;
        }
        if (!reader->has_item || (reader->item.trouble == NULL && !has_room(reader))) {
            return true;
        }
        Job *job = job_new(&reader->item);
        reader->has_item = false;
        if (!job->done &&
            !parsers_send(reader->parsers, &reader->item, job->mail->raw, job, error)) {
            job_free(job);
            return false;
        }
        reader->bytes += job->mail->raw == NULL ? 0 : g_bytes_get_size(job->mail->raw);
        g_queue_push_tail(&reader->jobs, job);
    }
}

ParsedMail *mail_reader_next(MailReader *reader, GError **error)
{
    if (reader->failed != NULL) {
        g_propagate_error(error, g_error_copy(reader->failed));
        return NULL;
    }
    for (;;) {
        if (!feed(reader, error)) {
            return NULL;
        }
        Job *first = g_queue_peek_head(&reader->jobs);
        if (first == NULL) {
            return NULL;
        }
        if (first->done) {
            (void)g_queue_pop_head(&reader->jobs);
            ParsedMail *mail = g_steal_pointer(&first->mail);
            reader->bytes -= mail->raw == NULL ? 0 : g_bytes_get_size(mail->raw);
            job_free(first);
            return mail;
        }
        ParsedMail *found = NULL;
        char *why = NULL;
        GError *failure = NULL;
        Job *job = parsers_wait(reader->parsers, &found, &why, &failure);
        if (failure != NULL) {
            g_propagate_error(error, failure);
            return NULL;
        }
        if (job != NULL) {
            job_complete(job, found, why);
        }
    }
}
