#include "service/role_drop.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "service/drop_item.h"
#include "service/drop_look.h"
#include "service/drop_report.h"
#include "service/role_intake.h"

#include <string.h>

#define STUCK_MOST 1000 /* names that are remembered */

/* ---- settings ---- */

static const Config *group_of(const Settings *settings, const char *instance)
{
    const Config *config = settings_config(settings);
    guint i = 0;
    while (strcmp(config_group_name(config, DROP_KIND, i), instance) != 0) {
        i++;
    }
    return config_group(config, DROP_KIND, i);
}

bool role_drop_judge(const Settings *settings, const char *instance, GError **error)
{
    return drop_judge(settings_config(settings), instance, error);
}

char *role_drop_watches(const Settings *settings, const char *instance)
{
    g_autoptr(Drop) drop = drop_new(group_of(settings, instance));
    return g_strdup_printf("mails dropped into %s", drop->folder);
}

char *role_bulk_watches(const Settings *settings, const char *instance)
{
    g_autoptr(Drop) drop = drop_new(group_of(settings, instance));
    return g_strdup_printf("large files dropped into %s", drop->folder);
}

/* ---- one file ---- */

/* What the role keeps from one file to the next. */
typedef struct {
    RoleCall *call;
    Drop *drop;
    bool large;
    IntakeOptions options;
    Intake *intake;
    DropLook *look;
    bool open;         /* the folder is */
    int64_t again_us;  /* when it was last looked for what others have left; 0: not yet */
    GHashTable *stuck; /* names of files that were told not to be movable */
    /* The file in hand; it stays there until it is where it belongs. */
    DropItem *item;
    DropReport *report;
    bool decided; /* its mails are */
    IngestTotals totals;
} Dropping;

static void let_go(Dropping *dropping)
{
    g_clear_pointer(&dropping->report, drop_report_free);
    g_clear_pointer(&dropping->item, drop_item_free);
    dropping->decided = false;
    dropping->totals = (IngestTotals){0};
}

static bool stops(gpointer data)
{
    const Dropping *dropping = data;
    role_beat(dropping->call, 0);
    return role_stops(dropping->call);
}

static void report_mail(const IntakeItem *item, gpointer data)
{
    Dropping *dropping = data;
    drop_report_mail(dropping->report, item);
    role_worked(dropping->call, item->mail->absent ? 0 : 1);
}

/* All its mails, or none more than before: what is on record is not decided twice. */
static bool decide(Dropping *dropping, GError **error)
{
    const DropItem *item = dropping->item;
    const char *const paths[] = {item->path, NULL};
    const MailPlace place = {.at = item->path, .called = item->called};
    const IntakeRun run = {
        .paths = paths, .place = &place, .report = report_mail, .stops = stops, .data = dropping};
    drop_report_restart(dropping->report);
    dropping->decided =
        item->trouble != NULL || intake_run(dropping->intake, &run, &dropping->totals, error);
    return dropping->decided;
}

/* As the exit code of `issuer ingest` would tell. */
static DropResult result_of(const Dropping *dropping)
{
    const IngestTotals *totals = &dropping->totals;
    const char *trouble = dropping->item->trouble;
    const bool again_failed = totals->again.failed > 0;
    return (DropResult){
        .totals = totals,
        .failed = trouble != NULL || again_failed || totals->quarantined + totals->unreadable > 0,
        .why = trouble != NULL ? trouble
               : again_failed  ? totals->again.failure
                               : NULL,
    };
}

static void tell(const Dropping *dropping, const DropResult *result, const char *name)
{
    const IngestTotals *totals = result->totals;
    LogLine *log = log_begin(result->failed ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO, "file-taken-in");
    log_text(log, "file", dropping->item->called);
    log_text(log, "now", name);
    log_text(log, "result", result->failed ? "failed" : "done");
    log_text(log, "why", result->why);
    log_number(log, "mails", (int64_t)totals->messages);
    log_number(log, "known", (int64_t)totals->known);
    log_number(log, "answered", (int64_t)totals->answered);
    log_number(log, "held", (int64_t)totals->held);
    log_number(log, "quarantined", (int64_t)totals->quarantined);
    log_number(log, "unreadable", (int64_t)totals->unreadable);
    log_end(log);
}

static bool is_not_now(const GError *error)
{
    return error->code == ISSUER_ERROR_UNAVAILABLE;
}

/* What cannot be moved now may be later, when the disk has room or somebody has given the right. */
static bool put_in_place(const Dropping *dropping, const DropResult *result, char **name,
                         GError **error)
{
    GError *failure = NULL;
    if (drop_item_end(dropping->item, result->failed, name, &failure)) {
        return true;
    }
    if (is_not_now(failure)) {
        g_propagate_error(error, failure);
        return false;
    }
    g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_UNAVAILABLE,
                "%s; its mails are on record, and it is tried again", failure->message);
    g_error_free(failure);
    return false;
}

static bool end_item(Dropping *dropping, GError **error)
{
    const DropResult result = result_of(dropping);
    g_autofree char *name = NULL;
    if (!drop_report_end(dropping->report, &result, error) ||
        !put_in_place(dropping, &result, &name, error)) {
        return false;
    }
    tell(dropping, &result, name);
    role_intake_count(dropping->call, &dropping->totals);
    role_worked(dropping->call, 0);
    let_go(dropping);
    return true;
}

static bool work_on_item(Dropping *dropping, GError **error)
{
    return (dropping->decided || decide(dropping, error)) && end_item(dropping, error);
}

/* ---- which file ---- */

/* Another that died had it; perhaps all but its last move is done. */
static bool is_left_to_move(const Dropping *dropping, const DropItem *item)
{
    bool failed = false;
    if (!drop_item_is_reported(item, &failed) || !drop_item_follow(item, failed, NULL)) {
        return false;
    }
    log_event(LOG_LEVEL_INFO, "file-moved-on", "file", item->called);
    role_worked(dropping->call, 0);
    return true;
}

static DropItem *find_left(const Dropping *dropping, bool stubborn)
{
    DropItem *item = NULL;
    while ((item = drop_item_take_again(dropping->drop, dropping->large, stubborn)) != NULL &&
           is_left_to_move(dropping, item)) {
        drop_item_free(item);
    }
    return item;
}

/* Each is told once, and no other waits for it. */
static void tell_stuck(Dropping *dropping, const char *name, const GError *problem)
{
    if (g_hash_table_size(dropping->stuck) >= STUCK_MOST) {
        g_hash_table_remove_all(dropping->stuck);
    }
    if (g_hash_table_add(dropping->stuck, g_strdup(name))) {
        log_event(LOG_LEVEL_ERROR, "file-stuck", "problem", problem->message);
    }
}

/* The next complete one that can be taken; NULL: none, or with an error. */
static DropItem *find_new(Dropping *dropping, GError **error)
{
    char *name = NULL;
    DropItem *item = NULL;
    while (item == NULL && (name = drop_look_next(dropping->look, error)) != NULL) {
        g_autoptr(GError) problem = NULL;
        item = drop_item_take(dropping->drop, name, &problem);
        if (problem != NULL) {
            tell_stuck(dropping, name, problem);
        }
        g_free(name);
    }
    return item;
}

/* What a process has left that died goes first, but for what has seen several die. */
static bool find_item(Dropping *dropping, GError **error)
{
    g_autoptr(GError) failure = NULL;
    const int64_t now = clock_monotonic_us();
    const bool look_back = dropping->again_us == 0 || now - dropping->again_us >= DROP_SWEEP_US;
    dropping->item = look_back ? find_left(dropping, false) : NULL;
    if (dropping->item == NULL) {
        dropping->item = find_new(dropping, &failure);
    }
    if (failure != NULL) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return false;
    }
    if (dropping->item == NULL && look_back) {
        dropping->item = find_left(dropping, true);
        dropping->again_us = dropping->item == NULL ? now : 0;
    }
    if (dropping->item != NULL) {
        dropping->report = drop_report_new(dropping->item);
    }
    return true;
}

/* ---- rounds ---- */

static bool open_all(Dropping *dropping, GError **error)
{
    if (!dropping->open && !drop_look_open(dropping->look, error)) {
        return false;
    }
    dropping->open = true;
    return intake_open(dropping->intake, error);
}

static bool rest(Dropping *dropping, GError **error)
{
    if (!role_intake_rest(dropping->call, dropping->intake, error)) {
        return false;
    }
    struct pollfd fd = {.fd = drop_look_fd(dropping->look), .events = POLLIN};
    (void)role_wait(dropping->call, &fd, 1, drop_look_pause_ms(dropping->look));
    return true;
}

static bool run_round(Dropping *dropping, GError **error)
{
    if (!open_all(dropping, error)) {
        return false;
    }
    if (dropping->item == NULL && !find_item(dropping, error)) {
        return false;
    }
    return dropping->item != NULL ? work_on_item(dropping, error) : rest(dropping, error);
}

static bool run_rounds(Dropping *dropping, GError **error)
{
    bool good = true;
    while (good && !role_stops(dropping->call)) {
        g_autoptr(GError) problem = NULL;
        if (!run_round(dropping, &problem) && !role_stops(dropping->call)) {
            dropping->open = false;
            good = role_put_off(dropping->call, &problem, error);
        }
    }
    (void)intake_close(dropping->intake, NULL); /* who comes next settles what this cannot */
    return good;
}

static bool live(RoleCall *call, bool large, GError **error)
{
    const RoleSeat *seat = role_seat(call);
    g_autofree char *purpose =
        g_strdup_printf("issuer run %s:%s", seat->role->name, seat->instance);
    g_autoptr(Drop) drop = drop_new(seat->group);
    Dropping dropping = {
        .call = call,
        .drop = drop,
        .large = large,
        .options = {.settings = seat->settings, .signer = seat->signer, .purpose = purpose},
        .look = drop_look_new(drop, large),
        .stuck = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
    };
    dropping.intake = intake_new(&dropping.options);
    const bool good = run_rounds(&dropping, error);
    let_go(&dropping);
    g_hash_table_unref(dropping.stuck);
    drop_look_free(dropping.look);
    intake_free(dropping.intake);
    return good;
}

bool role_drop_live(RoleCall *call, GError **error)
{
    return live(call, false, error);
}

bool role_bulk_live(RoleCall *call, GError **error)
{
    return live(call, true, error);
}
