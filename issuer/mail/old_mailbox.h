/* Mailboxes of older programs: MMDF, with a line of four control bytes before and behind each mail,
 * and Babyl, which Emacs wrote up to version 22. */
#ifndef ISSUER_MAIL_OLD_MAILBOX_H
#define ISSUER_MAIL_OLD_MAILBOX_H

#include "mail/desk_out.h"

/* What a file is that begins with `length` bytes at `data`. */
bool old_mailbox_is_mmdf(const char *data, gsize length);
bool old_mailbox_is_babyl(const char *data, gsize length);

/* Give out the mails in the file `fd`, one after another, as they stand there; one whose end is
 * missing with the file's is told instead. */
void old_mailbox_read_mmdf(int fd, const DeskOut *out);
void old_mailbox_read_babyl(int fd, const DeskOut *out);

#endif
