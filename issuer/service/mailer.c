#include "service/mailer.h"

#include "base/error.h"
#include "base/file.h"
#include "mail/compose.h"

#include <string.h>

#define PASSWORD_MOST 4096 /* bytes */

/* NULL for what is not set. */
static const char *text_of(const Config *config, const char *key)
{
    const char *text = config_text(config, key);
    return *text != '\0' ? text : NULL;
}

static Secret *read_password(const char *path, GError **error)
{
    if (path == NULL) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT,
                    "smtp-user is set without smtp-password-file");
        return NULL;
    }
    g_autoptr(Secret) content = file_read_private(path, PASSWORD_MOST, error);
    if (content == NULL) {
        return NULL;
    }
    const gsize length = strcspn(secret_peek(content), "\r\n");
    if (length == 0) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT,
                    "%s: its first line is empty: write smtp-user's password there", path);
        return NULL;
    }
    return secret_new_copy(secret_peek(content), length);
}

static SmtpTls tls_of(const char *choice)
{
    if (strcmp(choice, "never") == 0) {
        return SMTP_TLS_NEVER;
    }
    return strcmp(choice, "always") == 0 ? SMTP_TLS_ALWAYS : SMTP_TLS_AUTO;
}

static Smtp *open_server(const Config *config, const char *domain, GError **error)
{
    SmtpServer server = {
        .url = text_of(config, "smtp-url"),
        .helo = domain,
        .user = text_of(config, "smtp-user"),
        .ca_file = text_of(config, "smtp-ca-file"),
        .tls = tls_of(config_text(config, "smtp-tls")),
        .connect_seconds = (unsigned)config_number(config, "smtp-connect-seconds"),
        .seconds = (unsigned)config_number(config, "smtp-seconds"),
    };
    if (server.url == NULL) {
        g_set_error(
            error, ISSUER_ERROR, ISSUER_ERROR_INPUT,
            "no mail can be sent from here: set smtp-url to the server that takes our mail");
        return NULL;
    }
    g_autoptr(Secret) password = NULL;
    if (server.user != NULL) {
        password = read_password(text_of(config, "smtp-password-file"), error);
        if (password == NULL) {
            return NULL;
        }
        server.password = password;
    }
    return smtp_open(&server, error);
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
        mailer->smtp = open_server(settings_config(settings), mailer->domain, error);
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
