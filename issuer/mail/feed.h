/* A source of mails that somebody gives one by one, from memory, in place of paths. */
#ifndef ISSUER_MAIL_FEED_H
#define ISSUER_MAIL_FEED_H

#include "mail/mail_reader.h"
#include "mail/source.h"

typedef struct Feed Feed;

/* A feed of the mails that `next` gives. The caller owns it. */
Feed *feed_new(MailFeed next, gpointer data);

/* The next item, as source_next(). */
bool feed_next(Feed *feed, SourceItem *item);

void feed_free(Feed *feed);

#endif
