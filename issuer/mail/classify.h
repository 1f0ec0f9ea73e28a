/* What kind of mail it is and who sent it: by its headers, and where these leave it open, by what
 * it carries. */
#ifndef ISSUER_MAIL_CLASSIFY_H
#define ISSUER_MAIL_CLASSIFY_H

#include "mail/headers.h"
#include "mail/message.h"

/* Why a mail of a person may yet be one of a program: ticket systems, gateways and lists mark what
 * persons write as they mark what they write themselves. Texts are static. */
typedef struct {
    const char *why;    /* NULL: there is no doubt */
    const char *system; /* the ticket system that sent it: it is listed whatever it carries */
    bool list;          /* a list of the sender's own house sent it */
    bool undecided;     /* if it carries a code, a person decides what becomes of it */
} MailDoubt;

/* Fills kind, why, from and reply_to of `mail`. The subject and the Message-ID must be there
 * already. Where a doubt is left, what classify_settle() finds in the mail decides. */
MailDoubt classify_mail(ParsedMail *mail, const Headers *headers, const MessageOrigin *origin,
                        const MailSettings *settings);

/* Settles a doubt: a mail with a code of its own, or that names a license in its own words, is a
 * person's, all others are what the doubt says. The text must be there, and of the tokens those
 * that are not merely quoted. */
void classify_settle(ParsedMail *mail, const MailDoubt *doubt);

#endif
