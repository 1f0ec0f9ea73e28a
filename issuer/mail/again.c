#include "mail/again.h"

#include "base/error.h"
#include "base/text.h"
#include "mail/job.h"
#include "mail/parsers.h"
#include "mail/source.h"

#include <string.h>

struct Again {
    Nursery *nursery;
    Parsers *parsers;
    unsigned time_limit_ms;
};

Again *again_new(const MailSettings *settings, GError **error)
{
    Nursery *nursery = nursery_new(settings, error);
    if (nursery == NULL) {
        return NULL;
    }
    Again *again = g_new(Again, 1);
    again->nursery = nursery;
    again->parsers = parsers_new(settings, nursery);
    again->time_limit_ms = settings->time_limit_ms;
    return again;
}

void again_free(Again *again)
{
    if (again != NULL) {
        parsers_free(again->parsers);
        nursery_free(again->nursery);
        g_free(again);
    }
}

/* Has a parser read the item, as mail_reader.h does with many at once. */
static ParsedMail *read_item(Again *again, const SourceItem *item, GError **error)
{
    Job *job = job_new(item);
    ParsedMail *found = NULL;
    char *why = NULL;
    bool read = job->done;
    if (!read && parsers_send(again->parsers, item, job->mail->raw, job, error)) {
        read = parsers_wait(again->parsers, &found, &why, error) != NULL;
    }
    if (read && !job->done) {
        job_complete(job, found, why);
    }
    ParsedMail *mail = read ? g_steal_pointer(&job->mail) : NULL;
    job_free(job);
    return mail;
}

static ParsedMail *read_bytes(Again *again, const AgainPlace *place, const char *path,
                              uint64_t number, GError **error)
{
    gsize size = 0;
    const char *bytes = g_bytes_get_data(place->raw, &size);
    const SourceItem item = {.path = path,
                             .number = MAX(number, 1),
                             .fed = number == 0, /* then the whole source is its name */
                             .offset = place->offset,
                             .size = size,
                             .bytes = bytes != NULL ? bytes : "",
                             .fd = -1,
                             .from_mbox = (place->marks & MAIL_IN_MBOX) != 0,
                             .deleted = (place->marks & MAIL_MARKED_DELETED) != 0,
                             .ours = (place->marks & MAIL_MARKED_OURS) != 0,
                             .partial = (place->marks & MAIL_PARTIAL) != 0,
                             .doubtful = (place->marks & MAIL_DOUBTFUL) != 0,
                             .bare = (place->marks & MAIL_BARE) != 0};
    return read_item(again, &item, error);
}

static bool is_same_place(const SourceItem *item, const AgainPlace *place, const char *path,
                          uint64_t number)
{
    return !item->absent && item->number == number && item->offset == place->offset &&
           item->size == place->size && strcmp(item->path, path) == 0;
}

/* Of "FILE!NAME", the file that is there: names may have such marks of their own. */
static char *file_of(const char *path)
{
    char *file = g_strdup(path);
    char *mark = NULL;
    while (!g_file_test(file, G_FILE_TEST_EXISTS) && (mark = strrchr(file, '!')) != NULL) {
        *mark = '\0';
    }
    return file;
}

/* The file is walked through as at the first time, so that the mail is judged by what stands around
 * it too. Mails before it are passed over unread. */
static ParsedMail *read_file(Again *again, const AgainPlace *place, const char *path,
                             uint64_t number, GError **error)
{
    g_autofree char *file = place->at != NULL ? g_strdup(place->at) : file_of(path);
    const char *const paths[] = {file, NULL};
    g_autoptr(Source) source = source_new(paths, again->nursery, again->time_limit_ms);
    if (place->at != NULL) {
        source_call(source, place->at, place->called);
    }
    SourceItem item = {0};
    bool found = false;
    while (!found && source_next(source, &item)) {
        found = is_same_place(&item, place, path, number);
    }
    g_autoptr(GError) failure = NULL;
    ParsedMail *mail = found ? read_item(again, &item, &failure) : NULL;
    if (failure != NULL) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return NULL;
    }
    const bool other = mail != NULL && !digest_is_zero(&place->raw_digest) &&
                       !digest_is_zero(&mail->raw_digest) &&
                       !digest_equal(&place->raw_digest, &mail->raw_digest);
    if (mail == NULL || other) {
        g_clear_pointer(&mail, parsed_mail_free);
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT,
                    "its bytes were not kept, and %s does not have it at byte %llu any more; "
                    "give it again where it is: `issuer ingest FILE`",
                    path, (unsigned long long)place->offset);
    }
    return mail;
}

ParsedMail *again_read(Again *again, const AgainPlace *place, GError **error)
{
    const char *mark = strrchr(place->source, '#');
    int64_t number = 0;
    if (mark == NULL || !text_read_number(mark + 1, 1, G_MAXINT64, &number)) {
        mark = place->source + strlen(place->source);
    }
    g_autofree char *path = g_strndup(place->source, (gsize)(mark - place->source));
    if (place->raw != NULL) {
        return read_bytes(again, place, path, (uint64_t)number, error);
    }
    if (strcmp(path, "-") == 0 || number == 0) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT,
                    "its bytes were not kept, and it came from no file (%s); give it again: "
                    "`issuer ingest FILE`",
                    place->source);
        return NULL;
    }
    return read_file(again, place, path, (uint64_t)number, error);
}
