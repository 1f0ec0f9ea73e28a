/* The parser processes of one reader: hands each a mail and collects what they found. */
#ifndef ISSUER_MAIL_PARSERS_H
#define ISSUER_MAIL_PARSERS_H

#include "mail/mail_reader.h"
#include "mail/nursery.h"
#include "mail/source.h"

typedef struct Parsers Parsers;

/* As many parsers as the settings say, from `nursery`. Both must outlive the result. */
Parsers *parsers_new(const MailSettings *settings, Nursery *nursery);

/* Whether one of them can take a mail of `size` bytes now: it has nothing to do, or the mail may
 * wait with it. Bounds the mail that is with the parsers altogether. */
bool parsers_have_room(const Parsers *parsers, uint64_t size);

/* Hands the item's mail to a parser; parsers_have_room() must have said that this can be done.
 * `raw` is the mail's bytes, or NULL if they are not in memory. `job` is what parsers_wait() tells
 * when it is done. ISSUER_ERROR_FAILED if no parser can be started. */
bool parsers_send(Parsers *parsers, const SourceItem *item, GBytes *raw, gpointer job,
                  GError **error);

/* Waits for one of the mails to be done and returns its `job`. `mail` is what was found, or NULL if
 * the parser crashed with it twice, took too long or gave nonsense: then `why` says so (new
 * string). NULL if none is being worked on; NULL with ISSUER_ERROR_FAILED if no parser can be
 * started, which is no mail's fault. */
gpointer parsers_wait(Parsers *parsers, ParsedMail **mail, char **why, GError **error);

void parsers_free(Parsers *parsers);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Parsers, parsers_free)

#endif
