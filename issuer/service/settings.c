#include "service/settings.h"

#include "base/error.h"
#include "base/socket.h"
#include "base/text.h"
#include "core/address.h"
#include "core/mail_words.h"
#include "core/strict_json.h"
#include "db/database.h"
#include "delivery/server_url.h"
#include "delivery/smtp.h"
#include "mail/compose.h"
#include "service/drop_settings.h"
#include "service/expiry_notices.h"
#include "service/mailbox_settings.h"
#include "service/retention.h"
#include "service/staff_notices.h"

#include <string.h>

#define PATH_VARIABLE "ISSUER_CONFIG"
#define PREFIX_MOST   40 /* a role's name has at most 63 bytes */

static const char *const second_server_choices[] = {"replace", "hold", NULL};

/* Variables that are no settings: what the program reads besides, and what tests/ hands on to all
 * that it starts. */
static const char *const other_variables[] = {
    PATH_VARIABLE, "ISSUER_NOW", "ISSUER_TOKEN_FILE", "ISSUER_RELEASE", "ISSUER_TEST_SERVER", NULL,
};

/* What is signed has the limits by which it is read again, by Chariot and by us. */
static char *judge_name(const char *text)
{
    return text_is_safe(text, STRICT_JSON_STRING) && !text_is_blank(text)
               ? NULL
               : g_strdup_printf("must be a text of 1 to %d characters, without line breaks, "
                                 "control and bidirectional characters",
                                 STRICT_JSON_STRING);
}

static char *judge_sender(const char *text)
{
    g_autofree char *address = *text != '\0' ? compose_address(text, NULL) : NULL;
    return *text == '\0' || address != NULL
               ? NULL
               : g_strdup("must be one mail address, with a name if wanted: "
                          "Licensing <licensing@vendor.example>");
}

static char *judge_prefix(const char *text)
{
    const gsize length = strlen(text);
    return length > 0 && length <= PREFIX_MOST &&
                   strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789_-") == length
               ? NULL
               : g_strdup_printf("must be of 1 to %d letters, digits, _ -", PREFIX_MOST);
}

static char *judge_smtp_user(const char *text)
{
    return *text == '\0' ? NULL : server_judge_user(text);
}

static char *judge_address(const char *text)
{
    return address_is_valid(text)
               ? NULL
               : g_strdup_printf("must be mail addresses with \";\" between them: \"%s\" is none",
                                 text);
}

static char *judge_days(const char *text, int64_t most)
{
    int64_t days = 0;
    return text_read_number(text, 1, most, &days)
               ? NULL
               : g_strdup_printf("must be numbers of days from 1 to %d with \";\" between them: "
                                 "\"%s\" is none",
                                 (int)most, text);
}

static char *judge_expiry_days(const char *text)
{
    return judge_days(text, EXPIRY_DAYS_MOST);
}

static char *judge_hold_days(const char *text)
{
    return judge_days(text, NOTICE_DAYS_MOST);
}

static char *judge_notice_address(const char *text)
{
    return *text == '\0' || address_is_valid(text)
               ? NULL
               : g_strdup_printf("must be one mail address: \"%s\" is none", text);
}

static char *judge_authserv(const char *text)
{
    return text_is_safe(text, ADDRESS_MAX) && strpbrk(text, " \t,@") == NULL
               ? NULL
               : g_strdup_printf("must be names of servers with \";\" between them, as "
                                 "mx.vendor.example: \"%s\" is none",
                                 text);
}

/* Whether the database knows it is asked where it is used. */
static char *judge_zone(const char *text)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                  "_+-/";
    return *text != '\0' && text[strspn(text, letters)] == '\0'
               ? NULL
               : g_strdup("must be the name of a time zone, as Europe/Berlin");
}

static const char *const log_levels[] = {"error", "warning", "notice", "info", "debug", NULL};

static char *judge_daemon(const char *text)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
    return strlen(text) <= 32 && text[strspn(text, letters)] == '\0'
               ? NULL
               : g_strdup("must be a name of at most 32 letters, digits, hyphens, dots and "
                          "underscores");
}

static char *judge_watch_address(const char *text)
{
    struct sockaddr_storage address;
    socklen_t size = 0;
    return *text == '\0' || socket_read_loopback(text, &address, &size)
               ? NULL
               : g_strdup("must be an address of this machine's loopback with a port, as "
                          "127.0.0.1:9464 or [::1]:9464");
}

static const char *const reply_ways[] = {"folder", "smtp", NULL};

static const char *const tls_choices[] = {"auto", "always", "never", NULL};

static char *judge_smtp_url(const char *text)
{
    return *text == '\0' ? NULL : smtp_judge_url(text);
}

static const ConfigRow rows[] = {
    {.key = "allow-development-keys",
     .type = CONFIG_FLAG,
     .fallback = "no",
     .meaning = "sign with keys that are marked as development (never at a real desk)"},
    {.key = "answers-a-day",
     .type = CONFIG_NUMBER,
     .fallback = "2000",
     .least = 1,
     .most = 1000000,
     .meaning = "answers a day to one contact entry; then its mails are listed for a person"},
    {.key = "answers-an-hour",
     .type = CONFIG_NUMBER,
     .fallback = "500",
     .least = 1,
     .most = 1000000,
     .meaning = "answers an hour to one contact entry; then its mails are listed for a person"},
    {.key = "daemon-name",
     .type = CONFIG_TEXT,
     .fallback = "",
     .judge = judge_daemon,
     .meaning = "tells this daemon from others on the same machine; empty: there is one"},
    {.key = "database",
     .type = CONFIG_TEXT,
     .fallback = "",
     .judge = database_judge,
     .meaning = "libpq connection string; empty: libpq's own defaults and PG… variables"},
    {.key = "expiry-notice-days",
     .type = CONFIG_LIST,
     .fallback = "",
     .judge = judge_expiry_days,
     .meaning = "days before a license expires on which its contacts are told: 60;30;7; empty: "
                "they are not"},
    {.key = "finance-zone",
     .type = CONFIG_TEXT,
     .fallback = "UTC",
     .judge = judge_zone,
     .meaning = "time zone of the days in reports: Europe/Berlin"},
    {.key = "floating-words",
     .type = CONFIG_LIST,
     .fallback = "floating license server;floating license;floating server;floating;FLS;License4J;"
                 "hostname;host name;server host;fingerprint;seat count;number of seats;seats;"
                 "Rechnername;Fingerabdruck;Plätze;Nombre de postes;empreinte",
     .meaning = "words of which two tell that a mail is about a floating license server"},
    {.key = "hang-seconds",
     .type = CONFIG_NUMBER,
     .fallback = "120",
     .least = 1,
     .most = 3600,
     .meaning = "a process of the daemon that is not heard of for so long is started again"},
    {.key = "hold-notice-days",
     .type = CONFIG_LIST,
     .fallback = "",
     .judge = judge_hold_days,
     .meaning = "days after which staff is told again of a hold that waits: 1;3;7; empty: it is "
                "not"},
    {.key = "issuer-name",
     .type = CONFIG_TEXT,
     .fallback = "chariot-licensing",
     .judge = judge_name,
     .meaning = "the name of the issuer in usage licenses (iss)"},
    {.key = "journal-folder",
     .type = CONFIG_PATH,
     .fallback = "",
     .meaning = "folder, best on another disk, to whose journal usage licenses go before they are "
                "on record; empty: none is kept"},
    {.key = "key-folder",
     .type = CONFIG_PATH,
     .fallback = "keys",
     .meaning = "folder of the signing key and its certificate"},
    {.key = "licenses-an-hour",
     .type = CONFIG_NUMBER,
     .fallback = "20000",
     .least = 1,
     .most = 10000000,
     .meaning = "usage licenses that the daemon signs within any hour; past it nothing is issued "
                "until it is looked at"},
    {.key = "list-addresses",
     .type = CONFIG_LIST,
     .fallback = "",
     .judge = judge_address,
     .meaning = "our group addresses that rewrite From: to themselves"},
    {.key = "log-level",
     .type = CONFIG_CHOICE,
     .fallback = "info",
     .choices = log_levels,
     .meaning =
         "what the daemon logs: error, warning, notice, info, debug, each with those before"},
    {.key = "loss-words",
     .type = CONFIG_LIST,
     .fallback = "lost;destroyed;burnt;burned;broken;stolen;crashed;dead;defective;failed;"
                 "zerstört;zerstoert;verloren;defekt;gestohlen;verbrannt;abgebrannt;ausgebrannt;"
                 "kaputt;perdu;perdue;détruit;détruite;volé;volée;brûlé;brûlée;"
                 "perdido;destruido;robado;perso;distrutto;rubato",
     .decides = true,
     .meaning = "words by which a mail tells of a lost server"},
    {.key = "notice-address",
     .type = CONFIG_TEXT,
     .fallback = "",
     .judge = judge_notice_address,
     .meaning =
         "mail address of staff that is told of new holds, alerts and the like; empty: none"},
    {.key = "notice-command",
     .type = CONFIG_PATH,
     .fallback = "",
     .meaning = "program that is run instead, without arguments: what is new stands on its "
                "standard input"},
    {.key = "notice-seconds",
     .type = CONFIG_NUMBER,
     .fallback = "60",
     .least = 1,
     .most = 3600,
     .meaning = "time limit for notice-command"},
    {.key = "own-addresses",
     .type = CONFIG_LIST,
     .fallback = "",
     .judge = judge_address,
     .meaning = "our own mailboxes: mail from them is never a customer's"},
    {.key = "parse-seconds",
     .type = CONFIG_NUMBER,
     .fallback = "20",
     .least = 1,
     .most = 600,
     .meaning = "time limit for reading one mail; past it the mail is quarantined"},
    {.key = "parsers",
     .type = CONFIG_NUMBER,
     .fallback = "1",
     .least = 1,
     .most = 64,
     .meaning = "processes that read mail"},
    {.key = "reinstalls-a-year",
     .type = CONFIG_NUMBER,
     .fallback = "3",
     .least = 0,
     .most = 1000,
     .decides = true,
     .meaning = "reinstalls on one host and rolling year that go out without a person"},
    {.key = "repeats-an-hour",
     .type = CONFIG_NUMBER,
     .fallback = "30",
     .least = 1,
     .most = 1000000,
     .meaning =
         "answers an hour to one contact entry that bring nothing new: refused, held, sent again"},
    {.key = "reply-by",
     .type = CONFIG_CHOICE,
     .fallback = "folder",
     .choices = reply_ways,
     .meaning = "how replies go out: into reply-folder, or by smtp to the server of smtp-url"},
    {.key = "reply-days",
     .type = CONFIG_NUMBER,
     .fallback = "5",
     .least = 1,
     .most = 60,
     .meaning = "how long a reply is tried that the mail server does not take; then a person is "
                "told"},
    {.key = "reply-folder",
     .type = CONFIG_PATH,
     .fallback = "replies",
     .meaning = "folder into which `issuer deliver` writes replies as .eml files, unless by smtp"},
    {.key = "reply-from",
     .type = CONFIG_TEXT,
     .fallback = "",
     .judge = judge_sender,
     .meaning = "sender of our replies; empty: the first of own-addresses"},
    {.key = "report-database",
     .type = CONFIG_TEXT,
     .fallback = "",
     .judge = database_judge,
     .meaning = "libpq connection string, best of a standby, for reports and lists of finance; "
                "empty: the database"},
    {.key = "require-authenticated",
     .type = CONFIG_FLAG,
     .fallback = "no",
     .decides = true,
     .meaning = "hold requests for which no server of trusted-authserv vouches for the sender"},
    {.key = "resends-a-day",
     .type = CONFIG_NUMBER,
     .fallback = "3",
     .least = 1,
     .most = 1000,
     .decides = true,
     .meaning = "how often a day the same usage license goes out again by itself"},
    {.key = "retention-days",
     .type = CONFIG_NUMBER,
     .fallback = "0",
     .least = 0,
     .most = RETENTION_DAYS_MOST,
     .meaning =
         "days after which the words, bytes and senders of mails are emptied, once all about "
         "them is over; 0: never"},
    {.key = "role-prefix",
     .type = CONFIG_TEXT,
     .fallback = "issuer",
     .judge = judge_prefix,
     .meaning = "prefix of the PostgreSQL roles (they are shared by the whole cluster)"},
    {.key = "second-server",
     .type = CONFIG_CHOICE,
     .fallback = "replace",
     .choices = second_server_choices,
     .decides = true,
     .meaning = "a new server where one place exists and is taken: replace it, or hold"},
    {.key = "smtp-ca-file",
     .type = CONFIG_PATH,
     .fallback = "",
     .meaning = "certificates (PEM) that the mail server's must chain to; empty: the system's"},
    {.key = "smtp-connect-seconds",
     .type = CONFIG_NUMBER,
     .fallback = "15",
     .least = 1,
     .most = 600,
     .meaning = "time limit for reaching the mail server"},
    {.key = "smtp-password-file",
     .type = CONFIG_PATH,
     .fallback = "",
     .meaning = "private file whose first line is smtp-user's password"},
    {.key = "smtp-seconds",
     .type = CONFIG_NUMBER,
     .fallback = "60",
     .least = 1,
     .most = 3600,
     .meaning = "time limit for handing one mail over"},
    {.key = "smtp-tls",
     .type = CONFIG_CHOICE,
     .fallback = "auto",
     .choices = tls_choices,
     .meaning = "TLS to the mail server: auto (required, but on this machine's loopback), always, "
                "never"},
    {.key = "smtp-url",
     .type = CONFIG_TEXT,
     .fallback = "",
     .judge = judge_smtp_url,
     .meaning = "mail server that takes our mail: smtp://HOST:PORT or smtps://HOST; empty: none"},
    {.key = "smtp-user",
     .type = CONFIG_TEXT,
     .fallback = "",
     .judge = judge_smtp_user,
     .meaning = "name for the mail server; empty: it asks for none"},
    {.key = "state-folder",
     .type = CONFIG_PATH,
     .fallback = "state",
     .meaning = "folder in which the daemon keeps what must outlast it, as the count of what it "
                "signed"},
    {.key = "stop-seconds",
     .type = CONFIG_NUMBER,
     .fallback = "30",
     .least = 1,
     .most = 3600,
     .meaning = "how long the daemon's processes may end what they have in hand; then they are "
                "killed"},
    {.key = "trusted-authserv",
     .type = CONFIG_LIST,
     .fallback = "",
     .judge = judge_authserv,
     .meaning = "names (authserv-id) of our receiving servers whose Authentication-Results count"},
    {.key = "upgrade-words",
     .type = CONFIG_LIST,
     .fallback = "upgrade;add;extend;extension;renew;renewal;prolong;more activations;more servers;"
                 "further activations;further servers;snowflake bridge;snowflake-bridge;"
                 "more support;years of support;hinzufügen;erweitern;Erweiterung;verlängern;"
                 "Verlängerung;ajouter;prolonger;renouveler;añadir;ampliar;renovar;aggiungere;"
                 "rinnovare",
     .meaning = "words that tell of an upgrade: two of them, or one beside a License ID"},
    {.key = "vendor",
     .type = CONFIG_TEXT,
     .fallback = "Chariot licensing",
     .judge = judge_name,
     .meaning = "how we sign our replies"},
    {.key = "watch-address",
     .type = CONFIG_TEXT,
     .fallback = "",
     .judge = judge_watch_address,
     .meaning = "address and port of the loopback where the daemon answers /metrics, /healthz and "
                "/readyz: 127.0.0.1:9464; empty: nowhere"},
};

static const ConfigKind kinds[] = {
    {.kind = DROP_KIND, .rows = drop_rows, .count = DROP_ROWS},
    {.kind = MAILBOX_KIND, .rows = mailbox_rows, .count = MAILBOX_ROWS},
};

static const ConfigTable table = {
    .rows = rows,
    .count = G_N_ELEMENTS(rows),
    .kinds = kinds,
    .kind_count = G_N_ELEMENTS(kinds),
};

struct Settings {
    gatomicrefcount references;
    char *path;
    Config *config;
    MailSettings mail;
    GStrv loss_words;
    GStrv floating_words;
    GStrv upgrade_words;
    ReadyWords ready_words;
};

const ConfigTable *settings_table(void)
{
    return &table;
}

/* New string; NULL: there is none. A link that leads nowhere was meant to lead to one. */
static char *find_file(const char *path, bool *by_variable)
{
    static const char *const usual[] = {"issuer.conf", "/etc/issuer/issuer.conf"};
    const char *named = path == NULL ? g_getenv(PATH_VARIABLE) : NULL;
    *by_variable = named != NULL;
    path = named != NULL ? named : path;
    for (gsize i = 0; path == NULL && i < G_N_ELEMENTS(usual); i++) {
        if (g_file_test(usual[i], G_FILE_TEST_EXISTS) ||
            g_file_test(usual[i], G_FILE_TEST_IS_SYMLINK)) {
            path = usual[i];
        }
    }
    return g_strdup(path);
}

/* A file that cannot be read is told together with the variable that names it, which nobody sees.
 */
static Config *load_config(const char *file, bool by_variable, GError **error)
{
    if (by_variable && *file == '\0') {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT,
                    PATH_VARIABLE " is empty: have it name the settings file, or unset it");
        return NULL;
    }
    GError *problem = NULL;
    Config *config = config_load(file, &table, &problem);
    if (config == NULL) {
        const bool unread = problem->code != ISSUER_ERROR_INPUT;
        g_propagate_prefixed_error(error, problem, "%s",
                                   by_variable && unread ? PATH_VARIABLE ": " : "");
    }
    return config;
}

Settings *settings_load(const char *path, GError **error)
{
    bool by_variable = false;
    g_autofree char *file = find_file(path, &by_variable);
    Config *config = config_check_environment(&table, other_variables, error)
                         ? load_config(file, by_variable, error)
                         : NULL;
    if (config == NULL) {
        return NULL;
    }
    if (config_flag(config, "require-authenticated") &&
        config_list(config, "trusted-authserv")[0] == NULL) {
        config_refuse(config, "require-authenticated", error,
                      "it would hold every request, for no server is trusted to vouch for senders: "
                      "name ours in trusted-authserv");
        config_free(config);
        return NULL;
    }
    const int64_t days = config_number(config, "retention-days");
    if (days > 0 && days < RETENTION_DAYS_LEAST) {
        config_refuse(config, "retention-days", error,
                      "must be 0 or at least %d: requests are decided again for so long, and then "
                      "their senders are answered",
                      RETENTION_DAYS_LEAST);
        config_free(config);
        return NULL;
    }
    Settings *settings = g_new0(Settings, 1);
    g_atomic_ref_count_init(&settings->references);
    settings->path = g_steal_pointer(&file);
    settings->config = config;
    settings->mail = (MailSettings){
        .own_addresses = config_list(config, "own-addresses"),
        .list_addresses = config_list(config, "list-addresses"),
        .parsers = (unsigned)config_number(config, "parsers"),
        .trusted_servers = config_list(config, "trusted-authserv"),
        .time_limit_ms = (unsigned)config_number(config, "parse-seconds") * 1000,
    };
    settings->floating_words = mail_words_fold(config_list(config, "floating-words"));
    settings->upgrade_words = mail_words_fold(config_list(config, "upgrade-words"));
    settings->ready_words = (ReadyWords){
        .floating = (const char *const *)settings->floating_words,
        .upgrade = (const char *const *)settings->upgrade_words,
    };
    settings->loss_words = mail_words_fold(config_list(config, "loss-words"));
    return settings;
}

Settings *settings_ref(Settings *settings)
{
    g_atomic_ref_count_inc(&settings->references);
    return settings;
}

Settings *settings_given(Settings *given, const char *path, GError **error)
{
    return given != NULL ? settings_ref(given) : settings_load(path, error);
}

const Config *settings_config(const Settings *settings)
{
    return settings->config;
}

Policy settings_policy(const Settings *settings)
{
    const Config *config = settings->config;
    return (Policy){
        .require_authenticated = config_flag(config, "require-authenticated"),
        .second_server_hold = g_strcmp0(config_text(config, "second-server"), "hold") == 0,
        .reinstalls_a_year = (uint32_t)config_number(config, "reinstalls-a-year"),
        .resends_a_day = (uint32_t)config_number(config, "resends-a-day"),
    };
}

Digest settings_policy_digest(const Settings *settings)
{
    g_autofree char *hex = config_digest(settings->config);
    Digest digest = {0};
    for (gsize i = 0; i < DIGEST_SIZE; i++) {
        digest.bytes[i] =
            (uint8_t)(g_ascii_xdigit_value(hex[2 * i]) * 16 + g_ascii_xdigit_value(hex[2 * i + 1]));
    }
    return digest;
}

const MailSettings *settings_mail(const Settings *settings)
{
    return &settings->mail;
}

const char *const *settings_loss_words(const Settings *settings)
{
    return (const char *const *)settings->loss_words;
}

const ReadyWords *settings_ready_words(const Settings *settings)
{
    return &settings->ready_words;
}

const char *settings_sender(const Settings *settings)
{
    const char *from = config_text(settings->config, "reply-from");
    return *from != '\0' ? from : config_list(settings->config, "own-addresses")[0];
}

const char *settings_require_sender(const Settings *settings, GError **error)
{
    const char *from = settings_sender(settings);
    if (from == NULL) {
        config_refuse(settings->config, "reply-from", error,
                      "replies have no sender: set it, or own-addresses, whose first is taken");
    }
    return from;
}

bool settings_replies_by_smtp(const Settings *settings)
{
    return strcmp(config_text(settings->config, "reply-by"), "smtp") == 0;
}

const char *settings_path(const Settings *settings)
{
    return settings->path;
}

void settings_free(Settings *settings)
{
    if (settings == NULL || !g_atomic_ref_count_dec(&settings->references)) {
        return;
    }
    config_free(settings->config);
    g_strfreev(settings->loss_words);
    g_strfreev(settings->floating_words);
    g_strfreev(settings->upgrade_words);
    g_free(settings->path);
    g_free(settings);
}
