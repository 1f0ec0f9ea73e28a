#include "mail/mail_reader.h"

#include "mail/feed.h"
#include "mail/key_watch.h"
#include "mail/parsers.h"
#include "mail/source.h"

#include <string.h>

#define MAX_JOBS  64                  /* mails read ahead */
#define MAX_BYTES (4UL * 1024 * 1024) /* raw mail held for the mails read ahead */

/* A mail between the source and the caller. */
typedef struct {
    ParsedMail *mail;
    bool done;
    bool doubtful; /* see SourceItem */
    bool partial;  /* likewise */
} Job;

struct MailReader {
    char **paths;
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

MailReader *mail_reader_new(const char *const *paths, const MailSettings *settings)
{
    MailReader *reader = reader_new(settings);
    // g_strdupv() takes a pointer without const but only reads.
    GStrvBuilder *builder = g_strv_builder_new();
    for (gsize i = 0; paths[i] != NULL; i++) {
        g_strv_builder_add(builder, paths[i]);
    }
    reader->paths = g_strv_builder_end(builder);
    g_strv_builder_unref(builder);
    reader->source = reader->nursery == NULL ? NULL
                                             : source_new((const char *const *)reader->paths,
                                                          reader->nursery, settings->time_limit_ms);
    return reader;
}

MailReader *mail_reader_new_feed(MailFeed feed, gpointer data, const MailSettings *settings)
{
    MailReader *reader = reader_new(settings);
    reader->feed = feed_new(feed, data);
    return reader;
}

static void job_free(gpointer data)
{
    Job *job = data;
    parsed_mail_free(job->mail);
    g_free(job);
}

void mail_reader_free(MailReader *reader)
{
    if (reader == NULL) {
        return;
    }
    source_free(reader->source);
    feed_free(reader->feed);
    parsers_free(reader->parsers);
    nursery_free(reader->nursery);
    g_queue_clear_full(&reader->jobs, job_free);
    g_clear_error(&reader->failed);
    g_strfreev(reader->paths);
    g_free(reader);
}

/* A result for a mail that could not be read; takes `why`. */
static ParsedMail *unreadable_new(char *why)
{
    ParsedMail *mail = g_new0(ParsedMail, 1);
    mail->kind = MAIL_UNREADABLE;
    mail->why = why;
    mail->subject = g_strdup("");
    mail->text = g_strdup("");
    mail->references = g_ptr_array_new_with_free_func(g_free);
    mail->tokens = g_ptr_array_new_with_free_func((GDestroyNotify)found_token_free);
    return mail;
}

/* Stands for a mail that was not read: its bytes where they are at hand, else where it stands. The
 * same again is known by it, and no two of them are taken for one. */
static Digest identity_of_unread(const ParsedMail *mail, const char *data, gsize length)
{
    g_autoptr(GString) input = g_string_new("unread");
    if (mail->fed != 0) {
        /* What a mailbox numbers anew is the same mail; but two of which no more is known are two.
         */
        g_string_append_printf(input, "\n%s\n%" G_GUINT64_FORMAT, length == 0 ? mail->source : "",
                               mail->size);
    } else if (mail->raw == NULL) {
        const char *number = strrchr(mail->source, '#');
        g_autofree char *path = g_strndup(mail->source, (gsize)(number - mail->source));
        g_autofree char *full = g_canonicalize_filename(path, NULL);
        g_string_append_printf(input, "\n%s\n%" G_GUINT64_FORMAT "\n%" G_GUINT64_FORMAT, full,
                               mail->offset, mail->size);
    }
    g_string_append_c(input, '\0');
    g_string_append_len(input, data, (gssize)length);
    return digest_sha256(input->str, input->len);
}

/* What is known of a mail before it is parsed. */
static Job *job_new(const SourceItem *item)
{
    Job *job = g_new0(Job, 1);
    job->done = item->trouble != NULL;
    job->doubtful = item->doubtful;
    job->partial = item->partial;
    job->mail = job->done ? unreadable_new(g_strdup(item->trouble)) : g_new0(ParsedMail, 1);
    job->mail->absent = item->absent;
    job->mail->fed = item->fed;
    job->mail->source =
        item->fed != 0 ? g_strdup(item->path)
                       : g_strdup_printf("%s#%llu", item->path, (unsigned long long)item->number);
    job->mail->offset = item->offset;
    job->mail->size = item->size;
    if (item->bytes != NULL && item->size <= MAIL_STORED_RAW) {
        job->mail->raw = g_bytes_new(item->bytes, (gsize)item->size);
    }
    if (job->done) {
        job->mail->identity = identity_of_unread(job->mail, item->head != NULL ? item->head : "",
                                                 (gsize)item->head_size);
    }
    return job;
}

/* A mail that cost its parser too much. */
static ParsedMail *unparsed_new(const ParsedMail *known, const char *why)
{
    ParsedMail *mail =
        unreadable_new(g_strdup_printf("the mail at byte %llu of %s: %s; open it by hand",
                                       (unsigned long long)known->offset, known->source, why));
    gsize size = 0;
    const char *data = known->raw != NULL ? g_bytes_get_data(known->raw, &size) : NULL;
    if (data != NULL) {
        mail->raw_digest = digest_sha256(data, size);
        KeyWatch watch = {.around = true};
        key_watch_lines(&watch, data, size);
        mail->license_key_seen = watch.seen;
    }
    mail->identity = identity_of_unread(known, data != NULL ? data : "", size);
    return mail;
}

/* Whose it is cannot be told: nobody is answered, and nothing of it is passed over either. */
static void doubt(ParsedMail *mail)
{
    if (mail->kind == MAIL_UNREADABLE) {
        return;
    }
    if (mail->kind != MAIL_FROM_PERSON) {
        mail->kind = MAIL_UNREADABLE;
    }
    g_clear_pointer(&mail->from, g_free);
    g_clear_pointer(&mail->reply_to, g_free);
    g_free(mail->why);
    mail->why =
        g_strdup("another mail seems to begin within it, as in a mailbox whose front is cut "
                 "off: whose it is cannot be told");
}

/* Whether a code was found that is intact. */
static bool has_code(const ParsedMail *mail)
{
    for (guint i = 0; i < mail->tokens->len; i++) {
        const FoundToken *token = g_ptr_array_index(mail->tokens, i);
        if (token->jws != NULL) {
            return true;
        }
    }
    return false;
}

/* A code may be in what was left out: only a person can look there. */
static void miss_files(ParsedMail *mail)
{
    if (mail->kind == MAIL_FROM_PERSON && !has_code(mail)) {
        mail->kind = MAIL_UNREADABLE;
        g_free(mail->why);
        mail->why = g_strdup("no code in its text, and files that came with it are not in the "
                             "export; look at it where it was exported from, or export it with "
                             "its attachments");
    }
}

/* Puts what was found in the place of what was known before. */
static void complete(Job *job, ParsedMail *found, char *why)
{
    ParsedMail *known = job->mail;
    if (found == NULL) {
        found = unparsed_new(known, why);
    }
    g_free(why);
    if (job->partial) {
        miss_files(found);
    }
    if (job->doubtful) {
        doubt(found);
    }
    found->source = g_steal_pointer(&known->source);
    found->fed = known->fed;
    found->offset = known->offset;
    found->size = known->size;
    found->raw = g_steal_pointer(&known->raw);
    parsed_mail_free(known);
    job->mail = found;
    job->done = true;
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
            complete(job, found, why);
        }
    }
}
