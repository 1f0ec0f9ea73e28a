/* One mail's bytes into what is known about it. This runs within a parser process. */
#ifndef ISSUER_MAIL_MESSAGE_H
#define ISSUER_MAIL_MESSAGE_H

#include "mail/mail_reader.h"

typedef struct {
    bool from_mbox; /* lines that begin with "From " are quoted, Status fields count */
    bool deleted;   /* marked deleted by its mailbox */
    bool ours;      /* a help desk's export says that the desk itself wrote it */
} MessageOrigin;

/* Readies the libraries, so that from then on they need no file; once in each process that parses,
 * or in its parent. */
void message_init(void);

/* Reads the mail of `length` bytes at `data`, which are changed in place. Always gives a result,
 * without source, offset, size and raw. The caller owns it. */
ParsedMail *message_parse(char *data, gsize length, const MessageOrigin *origin,
                          const MailSettings *settings);

/* The same for `length` bytes of text that have no header: MAIL_UNREADABLE, with the codes in it
 * and without a reason. */
ParsedMail *message_parse_bare(const char *data, gsize length, const MailSettings *settings);

#endif
