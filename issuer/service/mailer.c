#include "service/mailer.h"

#include "mail/compose.h"
#include "service/login.h"

#include <string.h>

/* NULL for what is not set. */
static const char *text_of(const Config *config, const char *key)
{
    const char *text = config_text(config, key);
    return *text != '\0' ? text : NULL;
}

bool mailer_judge(const Settings *settings, GError **error)
{
    const Config *config = settings_config(settings);
    const bool user = text_of(config, "smtp-user") != NULL;
    if (text_of(config, "smtp-url") == NULL) {
        return config_refuse(config, "smtp-url", error,
                             "no mail can be sent from here: set smtp-url to the server that "
                             "takes our mail");
    }
    if (user != (text_of(config, "smtp-password-file") != NULL)) {
        return config_refuse(config, user ? "smtp-user" : "smtp-password-file", error,
                             "it is set without %s, so nobody could log in: set both, or neither",
                             user ? "smtp-password-file" : "smtp-user");
    }
    return login_check_authority(config, "smtp-ca-file", error);
}

static SmtpTls tls_of(const char *choice)
{
    if (strcmp(choice, "never") == 0) {
        return SMTP_TLS_NEVER;
    }
    return strcmp(choice, "always") == 0 ? SMTP_TLS_ALWAYS : SMTP_TLS_AUTO;
}

static Smtp *open_server(const Settings *settings, const char *domain, GError **error)
{
    const Config *config = settings_config(settings);
    SmtpServer server = {
        .url = text_of(config, "smtp-url"),
        .helo = domain,
        .user = text_of(config, "smtp-user"),
        .ca_file = text_of(config, "smtp-ca-file"),
        .tls = tls_of(config_text(config, "smtp-tls")),
        .connect_seconds = (unsigned)config_number(config, "smtp-connect-seconds"),
        .seconds = (unsigned)config_number(config, "smtp-seconds"),
    };
    if (!mailer_judge(settings, error)) {
        return NULL;
    }
    g_autoptr(Secret) password = NULL;
    if (server.user != NULL) {
        password = login_secret(config, "smtp-password-file", error);
        if (password == NULL) {
            return NULL;
        }
        server.password = password;
    }
    Smtp *smtp = smtp_open(&server, error);
    if (smtp == NULL) {
        config_blame(config, "smtp-url", error);
    }
    return smtp;
}

static bool find_sender(Mailer *mailer, const Settings *settings, GError **error)
{
    const char *from = settings_require_sender(settings, error);
    if (from == NULL) {
        return false;
    }
    mailer->from = g_strdup(from);
    mailer->address = compose_address(from, error);
    mailer->domain = mailer->address != NULL ? compose_domain(from, error) : NULL;
    return mailer->domain != NULL;
}

Mailer *mailer_open(const Settings *settings, GError **error)
{
    Mailer *mailer = g_new0(Mailer, 1);
    if (find_sender(mailer, settings, error)) {
        mailer->smtp = open_server(settings, mailer->domain, error);
    }
    if (mailer->smtp == NULL) {
        mailer_free(mailer);
        return NULL;
    }
    return mailer;
}

void mailer_free(Mailer *mailer)
{
    if (mailer == NULL) {
        return;
    }
    smtp_free(mailer->smtp);
    g_free(mailer->from);
    g_free(mailer->address);
    g_free(mailer->domain);
    g_free(mailer);
}
