/* The words of the mail that brings a customer its license key. */
#ifndef ISSUER_CORE_KEY_MAIL_H
#define ISSUER_CORE_KEY_MAIL_H

#include "base/secret.h"

#include <glib.h>
#include <stdbool.h>

typedef struct {
    const char *vendor; /* how we sign */
    const char *license_id;
    const char *customer; /* name */
    const char *address;  /* where usage requests are mailed to */
    bool replaces;        /* it takes the place of a key that the customer had */
} KeyMailFacts;

/* Subject and text (UTF-8, LF). Where the key belongs stands a placeholder of the key's length, on
 * a line of its own: composing mail makes copies that nobody can wipe. New strings. */
char *key_mail_subject(const KeyMailFacts *facts);
char *key_mail_text(const KeyMailFacts *facts);

/* The composed mail (`size` bytes) with the key (as people read it) in the placeholder's stead;
 * NULL if that does not stand there exactly once. The caller owns it. */
Secret *key_mail_fill(const void *mail, gsize size, const Secret *key);

#endif
