#include "mail/feed.h"

struct Feed {
    MailFeed next;
    gpointer data;
    char *trouble;
};

Feed *feed_new(MailFeed next, gpointer data)
{
    Feed *feed = g_new0(Feed, 1);
    feed->next = next;
    feed->data = data;
    return feed;
}

/* Why it is not read; NULL if it can be. New string. */
static char *trouble_with(const FedMail *mail)
{
    if (mail->trouble == NULL && mail->size > MAIL_MAX_SIZE) {
        return g_strdup_printf("the mail %s has %" G_GUINT64_FORMAT
                               " bytes, more than the %lu MiB that are read; open it by hand",
                               mail->name, mail->size, MAIL_MAX_SIZE >> 20);
    }
    return g_strdup(mail->trouble);
}

/* Whoever feeds tells where a mail ends: unlike a file it is never in doubt whether it is one. */
bool feed_next(Feed *feed, SourceItem *item)
{
    FedMail mail = {0};
    if (!feed->next(feed->data, &mail)) {
        return false;
    }
    g_free(feed->trouble);
    feed->trouble = trouble_with(&mail);
    const bool reads = feed->trouble == NULL;
    *item = (SourceItem){.path = mail.name,
                         .fed = mail.number,
                         .size = mail.size,
                         .bytes = reads ? mail.bytes : NULL,
                         .fd = -1,
                         .deleted = mail.deleted,
                         .trouble = feed->trouble,
                         .head = reads ? NULL : mail.bytes,
                         .head_size = reads ? 0 : mail.front_size,
                         .absent = mail.absent};
    return true;
}

void feed_free(Feed *feed)
{
    if (feed == NULL) {
        return;
    }
    g_free(feed->trouble);
    g_free(feed);
}
