#include "service/mailbox_settings.h"

#include "delivery/server_url.h"
#include "service/login.h"

#include <string.h>

static const char *const done_choices[] = {"mark", "move", NULL};

static char *judge_done_folder(const char *text)
{
    return *text == '\0' ? NULL : imap_judge_folder(text);
}

/* The constant counts them for settings.c, which cannot. */
const ConfigRow mailbox_rows[MAILBOX_ROWS] = {
    {.key = "ca-file",
     .type = CONFIG_PATH,
     .fallback = "",
     .meaning = "certificates (PEM) that the server's must chain to; empty: the system's"},
    {.key = "connect-seconds",
     .type = CONFIG_NUMBER,
     .fallback = "15",
     .least = 1,
     .most = 600,
     .meaning = "time limit for reaching the server"},
    {.key = "done",
     .type = CONFIG_CHOICE,
     .fallback = "mark",
     .choices = done_choices,
     .meaning = "what becomes of a mail that was taken in: mark it as read, or move it"},
    {.key = "done-folder",
     .type = CONFIG_TEXT,
     .fallback = "",
     .judge = judge_done_folder,
     .meaning = "folder of the same account that mails are moved to (done = move)"},
    {.key = "folder",
     .type = CONFIG_TEXT,
     .fallback = "INBOX",
     .judge = imap_judge_folder,
     .meaning = "folder that is read"},
    {.key = "password-file",
     .type = CONFIG_PATH,
     .fallback = "",
     .meaning = "private file whose first line is the password"},
    {.key = "poll-seconds",
     .type = CONFIG_NUMBER,
     .fallback = "60",
     .least = 1,
     .most = 1500,
     .meaning =
         "issuer run: the folder is looked at so often, and at once where the server tells of "
         "new mail (IDLE)"},
    {.key = "seconds",
     .type = CONFIG_NUMBER,
     .fallback = "300",
     .least = 1,
     .most = 3600,
     .meaning = "time limit for the answer to one command, a whole mail included"},
    {.key = "silent-hours",
     .type = CONFIG_NUMBER,
     .fallback = "0",
     .least = 0,
     .most = 8760,
     .meaning = "staff is told when no mail has come for so many hours; 0: never"},
    {.key = "stall-seconds",
     .type = CONFIG_NUMBER,
     .fallback = "30",
     .least = 1,
     .most = 600,
     .meaning = "time limit for a server that says nothing"},
    {.key = "token-file",
     .type = CONFIG_PATH,
     .fallback = "",
     .meaning = "private file whose first line is an OAuth 2 bearer token, in place of a password"},
    {.key = "url",
     .type = CONFIG_TEXT,
     .judge = imap_judge_url,
     .meaning = "IMAP server: imaps://HOST:PORT, or imap://HOST with STARTTLS; never without TLS"},
    {.key = "user",
     .type = CONFIG_TEXT,
     .judge = server_judge_user,
     .meaning = "name to log in with"},
};

/* NULL for what is not set. */
static const char *text_of(const Config *config, const char *key)
{
    const char *text = config_text(config, key);
    return *text != '\0' ? text : NULL;
}

static bool check_together(const Config *group, GError **error)
{
    const bool moves = strcmp(config_text(group, "done"), "move") == 0;
    const char *folder = text_of(group, "done-folder");
    if ((text_of(group, "password-file") != NULL) == (text_of(group, "token-file") != NULL)) {
        return config_refuse(group, "password-file", error,
                             "set password-file or token-file, one of both");
    }
    if (moves && folder == NULL) {
        return config_refuse(group, "done", error, "done = move needs done-folder");
    }
    if (!moves && folder != NULL) {
        return config_refuse(group, "done-folder", error, "done-folder needs done = move");
    }
    return folder == NULL || strcmp(folder, config_text(group, "folder")) != 0 ||
           config_refuse(group, "done-folder", error,
                         "this is the folder that is read: set another");
}

static const Config *find_group(const Config *config, const char *name)
{
    guint i = 0;
    while (strcmp(config_group_name(config, MAILBOX_KIND, i), name) != 0) {
        i++;
    }
    return config_group(config, MAILBOX_KIND, i);
}

bool mailbox_judge(const Config *config, const char *name, GError **error)
{
    const Config *group = find_group(config, name);
    return check_together(group, error) && login_check_authority(group, "ca-file", error);
}

static char *place_of(const Config *group)
{
    g_autofree char *host = imap_place(config_text(group, "url"));
    return g_strdup_printf("%s/%s", host, config_text(group, "folder"));
}

char *mailbox_place(const Config *config, const char *name)
{
    return place_of(find_group(config, name));
}

bool mailbox_read_secret(Mailbox *mailbox, GError **error)
{
    const char *token = text_of(mailbox->group, "token-file");
    Secret *secret =
        login_secret(mailbox->group, token != NULL ? "token-file" : "password-file", error);
    if (secret == NULL) {
        return false;
    }
    secret_free(mailbox->secret);
    mailbox->secret = secret;
    mailbox->server.password = token == NULL ? mailbox->secret : NULL;
    mailbox->server.token = token != NULL ? mailbox->secret : NULL;
    return true;
}

Mailbox *mailbox_new(const Config *config, guint index, GError **error)
{
    const Config *group = config_group(config, MAILBOX_KIND, index);
    Mailbox *mailbox = g_new0(Mailbox, 1);
    mailbox->name = config_group_name(config, MAILBOX_KIND, index);
    mailbox->group = group;
    mailbox->folder = config_text(group, "folder");
    mailbox->done_folder = text_of(group, "done-folder");
    mailbox->server = (ImapServer){
        .url = config_text(group, "url"),
        .user = config_text(group, "user"),
        .ca_file = text_of(group, "ca-file"),
        .connect_seconds = (unsigned)config_number(group, "connect-seconds"),
        .stall_seconds = (unsigned)config_number(group, "stall-seconds"),
        .seconds = (unsigned)config_number(group, "seconds"),
    };
    mailbox->place = place_of(group);
    if (!check_together(group, error) || !login_check_authority(group, "ca-file", error) ||
        !mailbox_read_secret(mailbox, error)) {
        mailbox_free(mailbox);
        return NULL;
    }
    return mailbox;
}

Digest mailbox_digest(const Config *group, guint generation)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_string_printf(text, "%s\n%s\n%s", config_text(group, "url"), config_text(group, "user"),
                    config_text(group, "folder"));
    if (generation > 0) {
        g_string_append_printf(text, "\n%u", generation);
    }
    return digest_sha256(text->str, text->len);
}

bool mailbox_open(const Mailbox *mailbox, Imap *imap, ImapFolder *folder, GError **error)
{
    if (!imap_open(imap, &mailbox->server, error)) {
        return false;
    }
    if (mailbox->done_folder != NULL && !imap_has_folder(imap, mailbox->done_folder, error)) {
        g_prefix_error(error, "done-folder %s: ", mailbox->done_folder);
        return false;
    }
    return imap_select(imap, mailbox->folder, folder, error);
}

void mailbox_free(Mailbox *mailbox)
{
    if (mailbox == NULL) {
        return;
    }
    secret_free(mailbox->secret);
    g_free(mailbox->place);
    g_free(mailbox);
}
