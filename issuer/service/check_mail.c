/* Whether mail can be told apart and answered. */
#include "base/text.h"
#include "core/address.h"
#include "delivery/outbox.h"
#include "mail/compose.h"
#include "service/check_internal.h"
#include "service/mailer.h"

#include <string.h>

static const char own_thing[] = "own addresses";
static const char list_thing[] = "list addresses";
static const char sender_thing[] = "reply sender";
static const char folder_thing[] = "reply folder";
static const char server_thing[] = "mail server";

static void check_own(GPtrArray *lines, const char *const *own)
{
    if (own[0] == NULL) {
        check_add(lines, own_thing, CHECK_WRONG,
                  g_strdup("none: our own mail would be taken for a customer's"),
                  "list our mailboxes in own-addresses");
    } else {
        check_add(lines, own_thing, CHECK_OK, text_join(own, "; "), NULL);
    }
}

static void check_lists(GPtrArray *lines, const char *const *lists)
{
    if (lists[0] != NULL) {
        check_add(lines, list_thing, CHECK_OK, text_join(lists, "; "), NULL);
    }
}

static bool is_among(const char *address, const char *const *list)
{
    g_autofree char *key = address_key(address);
    for (gsize i = 0; list[i] != NULL; i++) {
        g_autofree char *other = address_key(list[i]);
        if (strcmp(key, other) == 0) {
            return true;
        }
    }
    return false;
}

static void check_sender(GPtrArray *lines, const Settings *settings, const char *const *own)
{
    const char *from = settings_sender(settings);
    if (from == NULL) {
        check_add(lines, sender_thing, CHECK_WRONG, g_strdup("none: replies have no sender"),
                  "set reply-from, or own-addresses, whose first is taken");
        return;
    }
    g_autofree char *address = compose_address(from, NULL); /* judged as the settings were read */
    if (!is_among(address, own)) {
        check_add(lines, sender_thing, CHECK_WARNING,
                  g_strdup_printf("%s is none of own-addresses: mail from it would be taken for a "
                                  "customer's",
                                  address),
                  "list it in own-addresses too");
    } else {
        check_add(lines, sender_thing, CHECK_OK, g_strdup(from), NULL);
    }
}

static void check_folder(GPtrArray *lines, const char *folder)
{
    GError *problem = NULL;
    if (outbox_check(folder, &problem)) {
        check_add(lines, folder_thing, CHECK_OK, g_strdup(folder), NULL);
        return;
    }
    check_add(lines, folder_thing, CHECK_WRONG, g_strdup(problem->message),
              "make the folder, or set reply-folder to one that issuer may write in");
    g_error_free(problem);
}

/* License keys are mailed by it, and replies if they are to go by it. */
static void check_server(GPtrArray *lines, const Settings *settings)
{
    const Config *config = settings_config(settings);
    const char *url = config_text(config, "smtp-url");
    g_autoptr(GError) problem = NULL;
    if (*url == '\0' && !settings_replies_by_smtp(settings)) {
        return;
    }
    g_autoptr(Mailer) mailer = mailer_open(settings, &problem);
    if (mailer == NULL) {
        check_add(lines, server_thing, CHECK_WRONG, g_strdup(problem->message),
                  "set what it names; see the settings smtp-…");
    } else if (!smtp_greet(mailer->smtp, &problem)) {
        check_add(lines, server_thing, CHECK_WRONG, g_strdup(problem->message),
                  "see the settings smtp-…, or whoever looks after that server");
    } else {
        check_add(lines, server_thing, CHECK_OK, g_strdup(url), NULL);
    }
}

void check_mail(GPtrArray *lines, const Settings *settings)
{
    const Config *config = settings_config(settings);
    const char *const *own = config_list(config, "own-addresses");
    check_own(lines, own);
    check_lists(lines, config_list(config, "list-addresses"));
    check_sender(lines, settings, own);
    if (!settings_replies_by_smtp(settings)) {
        check_folder(lines, config_text(config, "reply-folder"));
    }
    check_server(lines, settings);
}
