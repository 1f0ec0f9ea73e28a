#include "service/check_internal.h"
#include "service/mailbox_settings.h"

static const char mailbox_thing[] = "mailbox";

/* What `issuer fetch` begins with, and no more. */
static void check_one(GPtrArray *lines, const Config *config, guint index)
{
    const char *name = config_group_name(config, MAILBOX_KIND, index);
    ImapFolder folder;
    g_autoptr(GError) problem = NULL;
    g_autoptr(Mailbox) mailbox = mailbox_new(config, index, &problem);
    g_autoptr(Imap) imap = mailbox != NULL ? imap_new(&problem) : NULL;
    if (imap != NULL && mailbox_open(mailbox, imap, &folder, &problem)) {
        check_add(lines, mailbox_thing, CHECK_OK, g_strdup_printf("%s: %s", name, mailbox->place),
                  NULL);
    } else {
        check_add(lines, mailbox_thing, CHECK_WRONG,
                  g_strdup_printf("%s: %s", name, problem->message),
                  "see the settings [" MAILBOX_KIND " NAME], or whoever looks after that server");
    }
}

void check_mailboxes(GPtrArray *lines, const Settings *settings)
{
    const Config *config = settings_config(settings);
    for (guint i = 0; i < config_group_count(config, MAILBOX_KIND); i++) {
        check_one(lines, config, i);
    }
    check_add_wrong_groups(lines, mailbox_thing, config, MAILBOX_KIND);
}
