#include "delivery/smtp.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "delivery/curl_library.h"
#include "delivery/server_url.h"
#include "delivery/smtp_wire.h"

#include <curl/curl.h>
#include <string.h>

#define SCHEME "smtp"

/* Replies come one after another when mails do, and a login over TLS costs more than the mail.
 * Servers wait for at least five minutes (RFC 5321 section 4.5.3.2.7); some give those who say
 * nothing less, and libcurl trusts no connection that has been idle for two. */
#define KEEP_US    ((int64_t)30 * G_USEC_PER_SEC)
#define MAILS_MOST 100 /* over one connection, of which some servers take no more */

struct Smtp {
    CURL *curl;
    char *host; /* for messages */
    unsigned seconds;
    bool must_log_in;
    char reason[CURL_ERROR_SIZE];
    SmtpAnswer answer; /* to the last command of the mail */
    SmtpStage stage;
    bool logged_in;   /* over this connection */
    bool leaving;     /* what is said from now on is good-bye */
    const char *mail; /* what is still to be sent */
    gsize left;
    int64_t used_us; /* clock_monotonic_us(); when all last went well over the connection that
                        stands; 0: none does */
    unsigned mails;  /* that were taken over it */
};

char *smtp_judge_url(const char *url)
{
    return server_url_is_plain(url, SCHEME)
               ? NULL
               : g_strdup("must be smtp://HOST or smtps://HOST, with :PORT if wanted");
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
    if (smtp->stage != SMTP_STAGE_CONTENT) {
        smtp->stage = SMTP_STAGE_CONTENT;
        smtp->answer = (SmtpAnswer){0};
    }
    memcpy(out, smtp->mail, given);
    smtp->mail += given;
    smtp->left -= given;
    return given;
}

/* libcurl goes on without a login where the server offers none. */
static bool lacks_login(const Smtp *smtp)
{
    return smtp->must_log_in && !smtp->logged_in && smtp->stage != SMTP_STAGE_SESSION;
}

/* Each line that the server answers. That to the last command is kept: after a refusal libcurl
 * takes its leave, and the server says good-bye. Anything but the size given ends the conversation.
 */
static size_t hear(char *line, size_t size, size_t count, void *data)
{
    Smtp *smtp = data;
    if (!smtp->leaving) {
        smtp_answer_hear(&smtp->answer, line, size * count);
    }
    return lacks_login(smtp) ? 0 : size * count;
}

static bool begins(const char *line, size_t size, const char *command)
{
    return size >= strlen(command) && g_ascii_strncasecmp(line, command, strlen(command)) == 0;
}

/* What goes to the server is looked at only to know how far the conversation is. */
static int watch(CURL *curl, curl_infotype type, char *line, size_t size, void *data)
{
    static const struct {
        const char *word;
        SmtpStage stage;
    } commands[] = {
        {"MAIL FROM:", SMTP_STAGE_SENDER},
        {"RCPT TO:", SMTP_STAGE_RECIPIENT},
        {"DATA", SMTP_STAGE_DATA},
    };
    Smtp *smtp = data;
    (void)curl;
    if (type != CURLINFO_HEADER_OUT || smtp->leaving) {
        return 0;
    }
    smtp->leaving = begins(line, size, "QUIT");
    if (smtp->leaving) {
        return 0;
    }
    smtp->answer = (SmtpAnswer){0};
    for (gsize i = 0; i < G_N_ELEMENTS(commands); i++) {
        if (begins(line, size, commands[i].word)) {
            smtp->stage = commands[i].stage;
        }
    }
    if (begins(line, size, "EHLO")) {
        smtp->logged_in = false;
    } else if (begins(line, size, "AUTH")) {
        smtp->logged_in = true; /* if it is refused, libcurl goes no further */
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

Smtp *smtp_open(const SmtpServer *server, GError **error)
{
    g_autofree char *wrong = smtp_judge_url(server->url);
    if (wrong != NULL) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT, "the mail server %s", wrong);
        return NULL;
    }
    g_autofree char *host = server_url_host(server->url, SCHEME);
    if (!check_login(server, host, error) || !curl_library_start(error)) {
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
    smtp->seconds = server->seconds;
    smtp->must_log_in = server->user != NULL;
    return smtp;
}

/* What a server says is foreign text. */
static char *shown_answer(const Smtp *smtp)
{
    g_autofree char *bare = g_strstrip(g_strdup(smtp->answer.text));
    return text_one_line(bare, SMTP_ANSWER_MOST);
}

static void tell_answer(const Smtp *smtp, SmtpVerdict verdict, GError **error)
{
    g_autofree char *answer = shown_answer(smtp);
    const bool final = verdict == SMTP_REFUSED || verdict == SMTP_UNWELCOME;
    const char *said = final                        ? "refuses it"
                       : verdict == SMTP_NO_SERVICE ? "takes no mail from us"
                                                    : "does not take it now";
    g_set_error(error, ISSUER_ERROR, final ? ISSUER_ERROR_DENIED : ISSUER_ERROR_UNAVAILABLE,
                "%s %s: %s", smtp->host, said, answer);
}

/* What a person can do about it; NULL: the reason says it, or it goes by itself. */
static const char *advice_for(CURLcode result)
{
    switch (result) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
        return "check smtp-url, and whether the server runs";
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
        return "check the host in smtp-url, and set smtp-ca-file to the certificates that the "
               "server's chains to";
    case CURLE_SSL_CONNECT_ERROR:
        return "check the port in smtp-url: smtps:// is for one that begins with TLS, smtp:// for "
               "one that has STARTTLS";
    default:
        return NULL;
    }
}

static void tell_reason(const Smtp *smtp, CURLcode result, GError **error)
{
    g_autofree char *reason = text_one_line(
        *smtp->reason != '\0' ? smtp->reason : curl_easy_strerror(result), SMTP_ANSWER_MOST);
    const char *advice = advice_for(result);
    g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_UNAVAILABLE, "mail server %s: %s%s%s%s",
                smtp->host, reason,
                smtp->stage == SMTP_STAGE_CONTENT && smtp->left == 0 ? " (it may have the mail)"
                                                                     : "",
                advice != NULL ? "; " : "", advice != NULL ? advice : "");
}

static SmtpVerdict tell_failure(const Smtp *smtp, CURLcode result, GError **error)
{
    if (lacks_login(smtp)) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_UNAVAILABLE,
                    "%s offers no login that we know, and smtp-user is set", smtp->host);
        return SMTP_NO_SERVICE;
    }
    const bool answered = smtp->answer.code >= 400 && result != CURLE_OPERATION_TIMEDOUT;
    const SmtpVerdict verdict =
        smtp_answer_judge(answered ? &smtp->answer : &(SmtpAnswer){0}, smtp->stage);
    if (answered) {
        tell_answer(smtp, verdict, error);
    } else {
        tell_reason(smtp, result, error);
    }
    return verdict;
}

static void begin_conversation(Smtp *smtp)
{
    smtp->stage = SMTP_STAGE_SESSION;
    smtp->leaving = false;
    smtp->reason[0] = '\0';
    smtp->answer = (SmtpAnswer){0};
}

static CURLcode perform(Smtp *smtp, const char *from, const char *to)
{
    g_autofree char *sender = g_strdup_printf("<%s>", from);
    g_autofree char *recipient = g_strdup_printf("<%s>", to);
    struct curl_slist *recipients = curl_slist_append(NULL, recipient);
    curl_easy_setopt(smtp->curl, CURLOPT_MAIL_FROM, sender);
    curl_easy_setopt(smtp->curl, CURLOPT_MAIL_RCPT, recipients);
    curl_easy_setopt(smtp->curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)smtp->left);
    begin_conversation(smtp);
    const CURLcode result = curl_easy_perform(smtp->curl);
    curl_easy_setopt(smtp->curl, CURLOPT_MAIL_RCPT, NULL);
    curl_slist_free_all(recipients);
    return result;
}

/* Nothing was heard over a connection that stood from before, or that it closes: servers do that to
 * those who say nothing for a while. */
static bool was_stale(const Smtp *smtp, CURLcode result)
{
    long made = 0;
    curl_easy_getinfo(smtp->curl, CURLINFO_NUM_CONNECTS, &made);
    return result != CURLE_OK && result != CURLE_OPERATION_TIMEDOUT && made == 0 &&
           smtp->stage <= SMTP_STAGE_SENDER && (smtp->answer.code == 0 || smtp->answer.code == 421);
}

/* What has gone over which connection. After a failure libcurl keeps none. */
static void note_use(Smtp *smtp, CURLcode result, unsigned mails)
{
    long made = 0;
    curl_easy_getinfo(smtp->curl, CURLINFO_NUM_CONNECTS, &made);
    smtp->mails = made > 0 ? mails : smtp->mails + mails;
    smtp->used_us = result == CURLE_OK ? clock_monotonic_us() : 0;
}

bool smtp_greet(Smtp *smtp, GError **error)
{
    begin_conversation(smtp);
    curl_easy_setopt(smtp->curl, CURLOPT_UPLOAD, 0L);
    curl_easy_setopt(smtp->curl, CURLOPT_CUSTOMREQUEST, "NOOP");
    /* It gives the answer out as if it were content. */
    curl_easy_setopt(smtp->curl, CURLOPT_WRITEFUNCTION, hear);
    curl_easy_setopt(smtp->curl, CURLOPT_WRITEDATA, smtp);
    CURLcode result = curl_easy_perform(smtp->curl);
    if (was_stale(smtp, result)) {
        begin_conversation(smtp);
        result = curl_easy_perform(smtp->curl);
    }
    curl_easy_setopt(smtp->curl, CURLOPT_CUSTOMREQUEST, NULL);
    curl_easy_setopt(smtp->curl, CURLOPT_UPLOAD, 1L);
    note_use(smtp, result, 0);
    if (result != CURLE_OK) {
        tell_failure(smtp, result, error);
    }
    return result == CURLE_OK;
}

bool smtp_is_fresh(const Smtp *smtp)
{
    return smtp->used_us != 0 && clock_monotonic_us() - smtp->used_us < KEEP_US;
}

/* libcurl closes what a handle has kept open when that goes; another of the same settings takes its
 * place. */
static void leave(Smtp *smtp)
{
    CURL *next = curl_easy_duphandle(smtp->curl);
    if (next == NULL) {
        g_error("out of memory");
    }
    curl_easy_setopt(next, CURLOPT_ERRORBUFFER, smtp->reason);
    smtp->leaving = true;
    curl_easy_cleanup(smtp->curl);
    smtp->curl = next;
    smtp->used_us = 0;
    smtp->mails = 0;
}

int64_t smtp_rest(Smtp *smtp)
{
    if (smtp->used_us == 0) {
        return -1;
    }
    const int64_t left = smtp->used_us + KEEP_US - clock_monotonic_us();
    if (left > 0) {
        return left / 1000 + 1;
    }
    leave(smtp);
    return -1;
}

SmtpVerdict smtp_send(Smtp *smtp, const char *from, const char *to, const void *mail, gsize size,
                      GError **error)
{
    if (!smtp_wire_check_address(from, error) || !smtp_wire_check_address(to, error) ||
        !smtp_wire_check_lines(mail, size, error)) {
        return SMTP_REFUSED;
    }
    if (smtp->mails >= MAILS_MOST) {
        leave(smtp);
    }
    smtp->mail = mail;
    smtp->left = size;
    CURLcode result = perform(smtp, from, to);
    if (was_stale(smtp, result)) {
        result = perform(smtp, from, to);
    }
    smtp->mail = NULL;
    note_use(smtp, result, 1);
    return result == CURLE_OK ? SMTP_TAKEN : tell_failure(smtp, result, error);
}

/* A connection that has gone stale, and a new one; each may take its time to say good-bye. */
unsigned smtp_longest(const Smtp *smtp)
{
    return 4 * smtp->seconds;
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
