/* The parser processes of one reader: hands each a mail and collects what they found. */
#ifndef ISSUER_MAIL_PARSERS_H
#define ISSUER_MAIL_PARSERS_H

#include "mail/mail_reader.h"
#include "mail/source.h"

typedef struct Parsers Parsers;

/* As many parsers as the settings say; forks, so to be called before the process has threads.
 * `settings` must outlive the result. ISSUER_ERROR_FAILED. */
Parsers *parsers_new(const MailSettings *settings, GError **error);

/* Whether one of them has nothing to do. */
bool parsers_have_idle(const Parsers *parsers);

/* Bytes of mail that they are working on. */
uint64_t parsers_bytes(const Parsers *parsers);

/* Hands the item's mail to an idle parser. `job` is what parsers_wait() tells when it is done.
 * ISSUER_ERROR_FAILED if no parser can be started. */
bool parsers_send(Parsers *parsers, const SourceItem *item, gpointer job, GError **error);

/* Waits for one of the mails to be done and returns its `job`. `mail` is what was found, or NULL if
 * the parser crashed, took too long or gave nonsense: then `why` says so (new string). NULL if none
 * is being worked on. */
gpointer parsers_wait(Parsers *parsers, ParsedMail **mail, char **why);

void parsers_free(Parsers *parsers);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Parsers, parsers_free)

#endif
