#include "service/delivery_run.h"

#include "base/error.h"
#include "mail/compose.h"
#include "service/delivery_internal.h"

#include <string.h>

/* Our own mailbox: what reply-from says, else the first of our addresses. */
static bool find_sender(Delivery *delivery, GError **error)
{
    const char *from = settings_require_sender(delivery->context->settings, error);
    if (from == NULL) {
        return false;
    }
    delivery->from = g_strdup(from);
    delivery->domain = compose_domain(delivery->from, error);
    return delivery->domain != NULL;
}

static bool find_way(Delivery *delivery, const DeliveryOptions *options, GError **error)
{
    const Settings *settings = delivery->context->settings;
    if (options->folder == NULL && settings_replies_by_smtp(settings)) {
        delivery->mailer = mailer_open(settings, error);
        return delivery->mailer != NULL;
    }
    delivery->folder =
        g_strdup(options->folder != NULL ? options->folder
                                         : config_text(settings_config(settings), "reply-folder"));
    delivery->folder_is_set = options->folder == NULL;
    return true;
}

static bool open_all(Delivery *delivery, const DeliveryOptions *options, GError **error)
{
    delivery->dry_run = options->dry_run;
    delivery->stops = options->stops;
    delivery->stops_data = options->data;
    g_autoptr(Settings) settings = settings_given(options->settings, options->config_path, error);
    delivery->context = settings != NULL
                            ? context_open_with(settings, CONTEXT_DATABASE, "issuer deliver", error)
                            : NULL;
    return delivery->context != NULL &&
           database_prefer_indexes(delivery->context->database, error) &&
           database_keep_plans(delivery->context->database, error) &&
           find_sender(delivery, error) && find_way(delivery, options, error);
}

Delivery *delivery_run_open(const DeliveryOptions *options, GError **error)
{
    Delivery *delivery = g_new0(Delivery, 1);
    if (!open_all(delivery, options, error)) {
        delivery_run_free(delivery);
        return NULL;
    }
    return delivery;
}

static bool is_idle(const DeliveryTotals *totals)
{
    return totals->sent + totals->withdrawn + totals->undelivered == 0;
}

/* A folder that nothing was written into is tried, so that what is wrong with it is told before
 * there is a reply that nobody gets. */
static bool run(const Delivery *delivery, GError **error)
{
    if (delivery->dry_run) {
        return (delivery->folder == NULL || delivery_folder_check(delivery, error)) &&
               delivery_rehearsal_run(delivery, error);
    }
    if (delivery->folder == NULL) {
        return delivery_post_run(delivery, error);
    }
    return delivery_folder_run(delivery, error) &&
           (!is_idle(delivery->totals) || delivery_folder_check(delivery, error));
}

bool delivery_run(Delivery *delivery, DeliveryReport report, gpointer data, DeliveryTotals *totals,
                  GError **error)
{
    *totals = (DeliveryTotals){0};
    delivery->report = report;
    delivery->data = data;
    delivery->totals = totals;
    ReplyWaiting waiting = {0};
    if (!run(delivery, error) ||
        !delivery_store_waiting(delivery->context->database, &waiting, error)) {
        return false;
    }
    totals->waiting = waiting.count;
    totals->next_due = waiting.next;
    return true;
}

Database *delivery_run_database(const Delivery *delivery)
{
    return delivery->context->database;
}

int64_t delivery_run_rest(Delivery *delivery)
{
    return delivery->mailer != NULL ? smtp_rest(delivery->mailer->smtp) : -1;
}

unsigned delivery_run_longest(const Delivery *delivery)
{
    return delivery->mailer != NULL ? smtp_longest(delivery->mailer->smtp) + DELIVERY_MARGIN : 0;
}

bool delivery_stops(const Delivery *delivery)
{
    return delivery->stops != NULL && delivery->stops(delivery->stops_data);
}

void delivery_run_free(Delivery *delivery)
{
    if (delivery == NULL) {
        return;
    }
    mailer_free(delivery->mailer);
    context_free(delivery->context);
    g_free(delivery->folder);
    g_free(delivery->from);
    g_free(delivery->domain);
    g_free(delivery);
}
