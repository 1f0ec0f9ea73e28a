#include "mail/job.h"

#include "mail/key_watch.h"

#include <string.h>

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

ParsedMail *job_unread(char *what)
{
    ParsedMail *mail = unreadable_new(what);
    mail->absent = true;
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
    } else if (mail->raw == NULL || (mail->marks & MAIL_BARE) != 0) {
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

/* How it stands there. */
static unsigned marks_of(const SourceItem *item)
{
    return (item->from_mbox ? MAIL_IN_MBOX : 0U) | (item->deleted ? MAIL_MARKED_DELETED : 0U) |
           (item->ours ? MAIL_MARKED_OURS : 0U) | (item->partial ? MAIL_PARTIAL : 0U) |
           (item->doubtful ? MAIL_DOUBTFUL : 0U) | (item->bare ? MAIL_BARE : 0U);
}

Job *job_new(const SourceItem *item)
{
    Job *job = g_new0(Job, 1);
    job->done = item->trouble != NULL;
    job->mail = job->done ? unreadable_new(g_strdup(item->trouble)) : g_new0(ParsedMail, 1);
    job->mail->absent = item->absent;
    job->mail->fed = item->fed;
    job->mail->source =
        item->fed != 0 ? g_strdup(item->path)
                       : g_strdup_printf("%s#%llu", item->path, (unsigned long long)item->number);
    job->mail->offset = item->offset;
    job->mail->size = item->size;
    job->mail->marks = marks_of(item);
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

/* The file of a mail that is "FILE#N", as people call it. New string. */
static char *file_of(const char *source)
{
    const char *number = strrchr(source, '#');
    g_autofree char *file =
        number == NULL ? g_strdup(source) : g_strndup(source, (gsize)(number - source));
    return strcmp(file, "-") == 0 ? g_strdup("standard input") : g_steal_pointer(&file);
}

/* Of which file it is said, and by what the mail is known while it cannot be read. */
static void tell_unread(ParsedMail *found, const ParsedMail *known)
{
    g_autofree char *file = file_of(known->source);
    g_autofree char *what = g_steal_pointer(&found->why);
    found->why = g_strdup_printf("%s %s", file, what);
    found->identity = identity_of_unread(known, "", 0);
}

/* Says of text without a header what is to be done with it: somebody saved a code, or it is none of
 * ours. */
static void tell_bare(ParsedMail *found, const ParsedMail *known)
{
    g_autofree char *file = file_of(known->source);
    if (found->tokens->len == 0) { // each such file is told, be its text another's too
        gsize size = 0;
        const char *data = known->raw != NULL ? g_bytes_get_data(known->raw, &size) : NULL;
        found->identity = identity_of_unread(known, data != NULL ? data : "", size);
    }
    found->why = g_strdup_printf(
        "%s is no mail: it is text without mail headers%s", file,
        found->tokens->len > 0
            ? ", with a code in it; who sent it is not known: take it in with `issuer request add "
              "FILE --from ADDRESS`"
            : "; export the mails as mbox, Maildir or .eml");
}

void job_complete(Job *job, ParsedMail *found, char *why)
{
    ParsedMail *known = job->mail;
    if (found == NULL) {
        found = unparsed_new(known, why);
    }
    g_free(why);
    if (found->absent) {
        tell_unread(found, known);
    }
    if ((known->marks & MAIL_BARE) != 0 && found->why == NULL) {
        tell_bare(found, known);
    }
    if ((known->marks & MAIL_PARTIAL) != 0) {
        miss_files(found);
    }
    if ((known->marks & MAIL_DOUBTFUL) != 0) {
        doubt(found);
    }
    found->source = g_steal_pointer(&known->source);
    found->fed = known->fed;
    found->offset = known->offset;
    found->size = known->size;
    found->marks = known->marks;
    found->raw = g_steal_pointer(&known->raw);
    parsed_mail_free(known);
    job->mail = found;
    job->done = true;
}

void job_free(gpointer data)
{
    Job *job = data;
    parsed_mail_free(job->mail);
    g_free(job);
}
