/* Our own way to send a mail now: the SMTP server of the settings, and who we are to it. */
#ifndef ISSUER_SERVICE_MAILER_H
#define ISSUER_SERVICE_MAILER_H

#include "delivery/smtp.h"
#include "service/settings.h"

typedef struct {
    Smtp *smtp;
    char *from;    /* our mailbox, as it stands in From: */
    char *address; /* the bare address of it */
    char *domain;  /* of our message ids */
} Mailer;

/* Whether the settings smtp-… go together; reads no password and opens no connection.
 * ISSUER_ERROR_INPUT names the one that does not. */
bool mailer_judge(const Settings *settings, GError **error);

/* Reads the settings smtp-… and reply-from; sends nothing yet. ISSUER_ERROR_INPUT names the setting
 * that is missing or does not fit, and where it stands; errors of login_secret(). The caller owns
 * it. */
Mailer *mailer_open(const Settings *settings, GError **error);

void mailer_free(Mailer *mailer);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Mailer, mailer_free)

#endif
