/* What kind of mail it is and who sent it, by its headers alone. */
#ifndef ISSUER_MAIL_CLASSIFY_H
#define ISSUER_MAIL_CLASSIFY_H

#include "mail/headers.h"
#include "mail/message.h"

/* Fills kind, why, from and reply_to of `mail`. The subject must be there already. */
void classify_mail(ParsedMail *mail, const Headers *headers, const MessageOrigin *origin,
                   const MailSettings *settings);

/* Whether a mail from `author` (its one address in From, or NULL) is a delivery report. */
bool classify_is_report(const Headers *headers, const char *author);

#endif
