#include "delivery/smtp.h"

#include "base/error.h"
#include "base/text.h"
#include "core/address.h"

#include <curl/curl.h>
#include <string.h>

#define REPLY_MOST 200 /* characters of a server's answer that are told */

/* Which command was sent last, as far as it matters who refuses what. */
typedef enum {
    STAGE_SESSION, /* greeting, TLS, login */
    STAGE_SENDER,
    STAGE_MAIL, /* recipient and content: a refusal concerns this mail alone */
} Stage;

struct Smtp {
    CURL *curl;
    char *host; /* for messages */
    char reason[CURL_ERROR_SIZE];
    char reply[REPLY_MOST]; /* the server's last refusal */
    Stage stage;
    const char *mail; /* what is still to be sent */
    gsize left;
};

static const char *after_scheme(const char *url)
{
    const char *const schemes[] = {"smtp://", "smtps://"};
    for (gsize i = 0; i < G_N_ELEMENTS(schemes); i++) {
        if (g_ascii_strncasecmp(url, schemes[i], strlen(schemes[i])) == 0) {
            return url + strlen(schemes[i]);
        }
    }
    return NULL;
}

/* HOST, [ADDRESS] or either with :PORT, and no more: a path would become our greeting, a user's
 * name would be shown with the settings. */
char *smtp_judge_url(const char *url)
{
    const char *place = after_scheme(url);
    const gsize length = place != NULL ? strlen(place) : 0;
    if (length == 0 || strspn(place, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                     "0123456789.:-[]") != length) {
        return g_strdup("must be smtp://HOST or smtps://HOST, with :PORT if wanted");
    }
    return NULL;
}

/* The host of a URL that was judged, without brackets. New string. */
static char *host_of(const char *url)
{
    const char *place = after_scheme(url);
    return *place == '[' ? g_strndup(place + 1, strcspn(place + 1, "]"))
                         : g_strndup(place, strcspn(place, ":"));
}

/* By its address or by the one name that means nothing else. */
static bool is_loopback(const char *host)
{
    return g_ascii_strcasecmp(host, "localhost") == 0 || strcmp(host, "::1") == 0 ||
           (g_str_has_prefix(host, "127.") && strspn(host, "0123456789.") == strlen(host));
}

static bool needs_tls(const SmtpServer *server, const char *host)
{
    return server->tls == SMTP_TLS_ALWAYS || (server->tls == SMTP_TLS_AUTO && !is_loopback(host));
}

static bool check_login(const SmtpServer *server, const char *host, GError **error)
{
    const bool clear =
        !needs_tls(server, host) && g_ascii_strncasecmp(server->url, "smtps", 5) != 0;
    if (server->user == NULL || !clear || is_loopback(host)) {
        return true;
    }
    g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT,
                "the password for %s would go over the network in clear: use TLS, or no smtp-user",
                host);
    return false;
}

/* Gives the next bytes of the mail. */
static size_t give(char *out, size_t size, size_t count, void *data)
{
    Smtp *smtp = data;
    const gsize given = MIN(size * count, smtp->left);
    memcpy(out, smtp->mail, given);
    smtp->mail += given;
    smtp->left -= given;
    return given;
}

/* Each line that the server answers. The last refusal is kept: after it libcurl takes its leave,
 * and the server says good-bye. */
static size_t hear(char *line, size_t size, size_t count, void *data)
{
    Smtp *smtp = data;
    const gsize length = MIN(size * count, sizeof smtp->reply - 1);
    if (length > 0 && (line[0] == '4' || line[0] == '5')) {
        memcpy(smtp->reply, line, length);
        smtp->reply[length] = '\0';
    }
    return size * count;
}

static bool begins(const char *line, size_t size, const char *command)
{
    return size >= strlen(command) && g_ascii_strncasecmp(line, command, strlen(command)) == 0;
}

/* What goes to the server is looked at only to know how far the conversation is. */
static int watch(CURL *curl, curl_infotype type, char *line, size_t size, void *data)
{
    Smtp *smtp = data;
    (void)curl;
    if (type != CURLINFO_HEADER_OUT) {
        return 0;
    }
    if (begins(line, size, "MAIL FROM:")) {
        smtp->stage = STAGE_SENDER;
    } else if (begins(line, size, "RCPT TO:")) {
        smtp->stage = STAGE_MAIL;
    }
    return 0;
}

static void set_security(CURL *curl, const SmtpServer *server, const char *host)
{
    curl_easy_setopt(curl, CURLOPT_USE_SSL,
                     (long)(needs_tls(server, host) ? CURLUSESSL_ALL : CURLUSESSL_NONE));
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (server->ca_file != NULL) {
        curl_easy_setopt(curl, CURLOPT_CAINFO, server->ca_file);
        curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
    }
    if (server->user != NULL) {
        curl_easy_setopt(curl, CURLOPT_USERNAME, server->user);
        curl_easy_setopt(curl, CURLOPT_PASSWORD, secret_peek(server->password));
    }
}

/* Nothing of the environment decides: no proxy, no other protocol, no signal. */
static void set_bounds(CURL *curl, const SmtpServer *server)
{
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)server->connect_seconds);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)server->seconds);
    /* Past that it still takes its leave, and would wait two minutes for the answer. */
    curl_easy_setopt(curl, CURLOPT_SERVER_RESPONSE_TIMEOUT, (long)server->seconds);
}

static void set_conversation(Smtp *smtp, const SmtpServer *server)
{
    /* libcurl greets with the URL's path, else with the machine's name, which is nobody's business.
     */
    const gsize length = strlen(server->url);
    g_autofree char *url = g_strdup_printf("%.*s/%s", (int)length, server->url, server->helo);
    curl_easy_setopt(smtp->curl, CURLOPT_URL, url);
    curl_easy_setopt(smtp->curl, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(smtp->curl, CURLOPT_READFUNCTION, give);
    curl_easy_setopt(smtp->curl, CURLOPT_READDATA, smtp);
    curl_easy_setopt(smtp->curl, CURLOPT_HEADERFUNCTION, hear);
    curl_easy_setopt(smtp->curl, CURLOPT_HEADERDATA, smtp);
    curl_easy_setopt(smtp->curl, CURLOPT_DEBUGFUNCTION, watch);
    curl_easy_setopt(smtp->curl, CURLOPT_DEBUGDATA, smtp);
    curl_easy_setopt(smtp->curl, CURLOPT_VERBOSE, 1L);
    curl_easy_setopt(smtp->curl, CURLOPT_ERRORBUFFER, smtp->reason);
}

/* Before there are threads that use it: counts its callers. */
static bool start_library(GError **error)
{
    static gsize started = 0;
    if (g_once_init_enter(&started)) {
        g_once_init_leave(&started, curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? 1 : 2);
    }
    if (started == 1) {
        return true;
    }
    g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_FAILED, "libcurl does not start");
    return false;
}

Smtp *smtp_open(const SmtpServer *server, GError **error)
{
    g_autofree char *wrong = smtp_judge_url(server->url);
    if (wrong != NULL) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT, "the mail server %s", wrong);
        return NULL;
    }
    g_autofree char *host = host_of(server->url);
    if (!check_login(server, host, error) || !start_library(error)) {
        return NULL;
    }
    Smtp *smtp = g_new0(Smtp, 1);
    smtp->curl = curl_easy_init();
    if (smtp->curl == NULL) {
        g_error("out of memory");
    }
    set_security(smtp->curl, server, host);
    set_bounds(smtp->curl, server);
    set_conversation(smtp, server);
    smtp->host = g_steal_pointer(&host);
    return smtp;
}

/* libcurl puts an envelope's addresses on the wire as they are: one with a line break would be a
 * command of its own. */
static bool check_address(const char *address, GError **error)
{
    if (address != NULL && address_is_valid(address)) {
        return true;
    }
    g_autofree char *shown = text_one_line(address != NULL ? address : "", ADDRESS_MAX);
    g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT, "\"%s\" is no address that mail can go to",
                shown);
    return false;
}

/* It does not make CRLF of a bare LF either, and servers differ in what they make of one. */
static bool check_lines(const char *mail, gsize size, GError **error)
{
    for (gsize i = 0; i < size; i++) {
        const bool good_feed = mail[i] != '\n' || (i > 0 && mail[i - 1] == '\r');
        const bool good_return = mail[i] != '\r' || (i + 1 < size && mail[i + 1] == '\n');
        if (!good_feed || !good_return) {
            g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT,
                        "a line of the mail does not end with CRLF");
            return false;
        }
    }
    return true;
}

static bool tell_failure(const Smtp *smtp, CURLcode result, GError **error)
{
    const bool answered = *smtp->reply != '\0' && result != CURLE_OPERATION_TIMEDOUT;
    const bool refused = answered && *smtp->reply == '5' && smtp->stage == STAGE_MAIL;
    g_autofree char *bare = g_strstrip(g_strdup(smtp->reply));
    g_autofree char *reply = text_one_line(bare, REPLY_MOST);
    g_autofree char *reason = text_one_line(
        *smtp->reason != '\0' ? smtp->reason : curl_easy_strerror(result), REPLY_MOST);
    if (refused) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_DENIED, "%s refuses it: %s", smtp->host,
                    reply);
    } else if (answered) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_UNAVAILABLE, "%s does not take it now: %s",
                    smtp->host, reply);
    } else {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_UNAVAILABLE, "mail server %s: %s", smtp->host,
                    reason);
    }
    return false;
}

static CURLcode perform(Smtp *smtp, const char *from, const char *to)
{
    g_autofree char *sender = g_strdup_printf("<%s>", from);
    g_autofree char *recipient = g_strdup_printf("<%s>", to);
    struct curl_slist *recipients = curl_slist_append(NULL, recipient);
    curl_easy_setopt(smtp->curl, CURLOPT_MAIL_FROM, sender);
    curl_easy_setopt(smtp->curl, CURLOPT_MAIL_RCPT, recipients);
    curl_easy_setopt(smtp->curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)smtp->left);
    const CURLcode result = curl_easy_perform(smtp->curl);
    curl_easy_setopt(smtp->curl, CURLOPT_MAIL_RCPT, NULL);
    curl_slist_free_all(recipients);
    return result;
}

static void begin_conversation(Smtp *smtp)
{
    smtp->stage = STAGE_SESSION;
    smtp->reason[0] = '\0';
    smtp->reply[0] = '\0';
}

bool smtp_greet(Smtp *smtp, GError **error)
{
    begin_conversation(smtp);
    curl_easy_setopt(smtp->curl, CURLOPT_UPLOAD, 0L);
    curl_easy_setopt(smtp->curl, CURLOPT_CUSTOMREQUEST, "NOOP");
    /* It gives the answer out as if it were content. */
    curl_easy_setopt(smtp->curl, CURLOPT_WRITEFUNCTION, hear);
    curl_easy_setopt(smtp->curl, CURLOPT_WRITEDATA, smtp);
    const CURLcode result = curl_easy_perform(smtp->curl);
    curl_easy_setopt(smtp->curl, CURLOPT_CUSTOMREQUEST, NULL);
    curl_easy_setopt(smtp->curl, CURLOPT_UPLOAD, 1L);
    return result == CURLE_OK || tell_failure(smtp, result, error);
}

bool smtp_send(Smtp *smtp, const char *from, const char *to, const void *mail, gsize size,
               GError **error)
{
    if (!check_address(from, error) || !check_address(to, error) ||
        !check_lines(mail, size, error)) {
        return false;
    }
    smtp->mail = mail;
    smtp->left = size;
    begin_conversation(smtp);
    const CURLcode result = perform(smtp, from, to);
    smtp->mail = NULL;
    return result == CURLE_OK || tell_failure(smtp, result, error);
}

void smtp_free(Smtp *smtp)
{
    if (smtp == NULL) {
        return;
    }
    curl_easy_cleanup(smtp->curl);
    g_free(smtp->host);
    g_free(smtp);
}
