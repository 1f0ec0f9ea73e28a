/* The labels that Google Takeout writes beside each mail of a mailbox. */
#ifndef ISSUER_MAIL_GMAIL_LABELS_H
#define ISSUER_MAIL_GMAIL_LABELS_H

#include <stdbool.h>

/* Whether one of the labels in an X-Gmail-Labels value (NULL: none) is that of the trash, in the
 * language of whoever's mailbox it is. Spam is none: a program put it there, and may be wrong. */
bool gmail_labels_say_trash(const char *value);

#endif
