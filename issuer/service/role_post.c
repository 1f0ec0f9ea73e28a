#include "service/role_post.h"

#include "base/clock.h"
#include "base/log.h"
#include "service/delivery_run.h"
#include "service/mailer.h"

#include <string.h>

#define CHANNEL  "issuer_reply" /* as the trigger in schema/repeat/notify.sql says it */
#define SWEEP_MS 5000           /* a notice may be lost */
#define LEAST_MS 200            /* what is due and was not taken is in another's hands */

bool role_post_judge(const Settings *settings, const char *instance, GError **error)
{
    (void)instance;
    return settings_require_sender(settings, error) != NULL &&
           (!settings_replies_by_smtp(settings) || mailer_judge(settings, error));
}

char *role_post_watches(const Settings *settings, const char *instance)
{
    (void)instance;
    const bool smtp = settings_replies_by_smtp(settings);
    return g_strdup_printf("replies to %s", config_text(settings_config(settings),
                                                        smtp ? "smtp-url" : "reply-folder"));
}

/* What the role keeps from one round to the next. */
typedef struct {
    RoleCall *call;
    Delivery *delivery; /* NULL: to be opened */
} Post;

static bool stops(gpointer data)
{
    const Post *post = data;
    return role_stops(post->call);
}

static void tell(const DeliveryLine *line, gpointer data)
{
    const Post *post = data;
    LogLine *log = log_begin(
        strcmp(line->state, "undelivered") == 0 ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO, "reply");
    log_number(log, "reply", line->id);
    log_text(log, "state", line->state);
    log_text(log, "why", line->why);
    log_end(log);
    role_beat(post->call, delivery_run_longest(post->delivery));
}

static bool open_delivery(Post *post, GError **error)
{
    const DeliveryOptions options = {
        .settings = role_seat(post->call)->settings,
        .stops = stops,
        .data = post,
    };
    post->delivery = delivery_run_open(&options, error);
    return post->delivery != NULL &&
           database_listen(delivery_run_database(post->delivery), CHANNEL, error);
}

/* Until nothing is due. A notice that comes meanwhile is seen by who looks next. */
static bool send_due(Post *post, DeliveryTotals *totals, GError **error)
{
    bool called = false;
    if (post->delivery == NULL && !open_delivery(post, error)) {
        return false;
    }
    role_beat(post->call, delivery_run_longest(post->delivery));
    return database_notified(delivery_run_database(post->delivery), &called, error) &&
           delivery_run(post->delivery, tell, post, totals, error);
}

static int64_t pause_ms(const DeliveryTotals *totals)
{
    if (totals->waiting == 0 || totals->next_due == 0) {
        return SWEEP_MS;
    }
    return CLAMP((totals->next_due - clock_now()) * 1000, LEAST_MS, SWEEP_MS);
}

/* What came between the round and this wait is in libpq's hands, where no descriptor tells of it.
 */
static bool rest(Post *post, const DeliveryTotals *totals, GError **error)
{
    const Database *database = delivery_run_database(post->delivery);
    bool called = false;
    if (!database_notified(delivery_run_database(post->delivery), &called, error)) {
        return false;
    }
    if (!called) {
        role_beat(post->call, delivery_run_longest(post->delivery));
        const int64_t leave_ms = delivery_run_rest(post->delivery);
        const int64_t ms = pause_ms(totals);
        struct pollfd fd = {.fd = database_socket(database), .events = POLLIN};
        (void)role_wait(post->call, &fd, 1, leave_ms >= 0 ? MIN(ms, leave_ms) : ms);
    }
    return true;
}

static bool run_round(Post *post, GError **error)
{
    DeliveryTotals totals = {0};
    if (!send_due(post, &totals, error)) {
        return false;
    }
    role_worked(post->call, totals.sent + totals.withdrawn + totals.undelivered);
    return rest(post, &totals, error);
}

bool role_post_live(RoleCall *call, GError **error)
{
    Post post = {.call = call};
    bool good = true;
    while (good && !role_stops(call)) {
        g_autoptr(GError) problem = NULL;
        if (!run_round(&post, &problem)) {
            g_clear_pointer(&post.delivery, delivery_run_free);
            good = role_put_off(call, &problem, error);
        }
    }
    delivery_run_free(post.delivery);
    return good;
}
