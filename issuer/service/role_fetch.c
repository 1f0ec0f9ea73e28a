#include "service/role_fetch.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "core/finder.h"
#include "service/fetch_box.h"
#include "service/mailbox_settings.h"
#include "service/role_intake.h"

#include <string.h>

#define REST_MS      5000 /* between two looks at what was decided before */
#define AGAIN_MS     1000 /* after a server told of mail that was not there, or another reads it */
#define ELSEWHERE_MS 5000 /* at most, while another reads it */
#define STEADY_US    ((int64_t)10 * G_USEC_PER_SEC) /* a connection that lived so long was good */
#define REFUSED_MOST 600 /* seconds between two logins; too many lock an account */

bool role_fetch_judge(const Settings *settings, const char *instance, GError **error)
{
    return mailbox_judge(settings_config(settings), instance, error);
}

char *role_fetch_watches(const Settings *settings, const char *instance)
{
    g_autofree char *place = mailbox_place(settings_config(settings), instance);
    return g_strdup_printf("mails that come to %s", place);
}

/* What the role keeps from one look to the next. */
typedef struct {
    RoleCall *call;
    IntakeOptions options;
    IntakeFeed feed;
    Intake *intake;
    FetchBox *box;
    int64_t opened_us;  /* clock_monotonic_us(); since when it is connected; 0: it is not */
    int64_t look_us;    /* when it is to be looked at, whatever its server tells */
    int64_t pause_ms;   /* before the next look, while another reads it */
    unsigned refused_s; /* before the next login; 0: the last was not refused */
    bool told;          /* its server tells of new mail */
} Following;

/* ---- the mails of a look ---- */

static bool next_mail(gpointer data, FedMail *mail)
{
    const Following *following = data;
    return fetch_box_next(following->box, mail);
}

static bool begin(Context *context, gpointer data, GError **error)
{
    Following *following = data;
    const bool open = fetch_box_connection(following->box) != NULL;
    const bool begun = fetch_box_begin(following->box, context->database, FETCH_FOLLOWS, error);
    if (!open && fetch_box_connection(following->box) != NULL) {
        following->opened_us = clock_monotonic_us();
    }
    return begun;
}

static bool record(Database *database, const GPtrArray *items, gpointer data, GError **error)
{
    const Following *following = data;
    return fetch_box_record(following->box, database, items, error);
}

static bool settle(Context *context, const GPtrArray *items, gpointer data, GError **error)
{
    const Following *following = data;
    return fetch_box_settle(following->box, context->database, items, error);
}

static void report_mail(const IntakeItem *item, gpointer data)
{
    const Following *following = data;
    role_worked(following->call, item->mail->absent ? 0 : 1);
}

static bool stops(gpointer data)
{
    const Following *following = data;
    role_beat(following->call, 0);
    return role_stops(following->call);
}

/* However long its server takes to answer, this process lives. */
static bool is_patient(gpointer data)
{
    return !stops(data);
}

static void tell(const Following *following, const IngestTotals *totals)
{
    if (totals->read == 0) {
        return;
    }
    LogLine *log =
        log_begin(totals->quarantined > 0 ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO, "mails-taken-in");
    log_text(log, "mailbox", fetch_box_name(following->box));
    log_number(log, "mails", (int64_t)totals->messages);
    log_number(log, "known", (int64_t)totals->known);
    log_number(log, "answered", (int64_t)totals->answered);
    log_number(log, "held", (int64_t)totals->held);
    log_number(log, "quarantined", (int64_t)totals->quarantined);
    log_number(log, "gone", (int64_t)totals->unreadable);
    log_end(log);
}

static void tell_note(const Following *following)
{
    const char *note = fetch_box_note(following->box);
    if (note != NULL && !fetch_box_is_elsewhere(following->box)) {
        log_event(LOG_LEVEL_WARNING, "mailbox-numbered-anew", "note", note);
    }
}

/* ---- what goes wrong ---- */

/* A login that is refused may be one too many: with a wrong password the pauses are longer than
 * those of a server that is away. New settings end them. */
static void wait_for_login(Following *following, const GError *problem)
{
    following->refused_s = CLAMP(following->refused_s * 2, 1, REFUSED_MOST);
    role_hampered(following->call, problem->message);
    (void)role_wait(following->call, NULL, 0, (int64_t)following->refused_s * 1000);
}

/* A server that ends a connection which has served for a while is as servers are. */
static bool is_usual(const Following *following)
{
    return following->opened_us != 0 && clock_monotonic_us() - following->opened_us > STEADY_US;
}

/* Waits as is right for what has ended the mailbox, and has it begin once more. */
static bool mend(Following *following, GError **error)
{
    g_autoptr(GError) problem = g_error_copy(fetch_box_failure(following->box));
    const bool usual = is_usual(following);
    following->opened_us = following->look_us = 0;
    if (fetch_box_is_refused(following->box)) {
        wait_for_login(following, problem);
    } else if (usual) {
        g_autofree char *why = finder_mask_license_keys(problem->message);
        log_event(LOG_LEVEL_INFO, "connection-lost", "why", why);
    } else if (!role_put_off(following->call, &problem, error)) {
        return false;
    }
    return role_stops(following->call) || fetch_box_recover(following->box, error);
}

/* ---- rounds ---- */

static int64_t poll_ms(const Following *following)
{
    return config_number(role_seat(following->call)->group, "poll-seconds") * 1000;
}

/* Those that are there now; `following->told` is over then. */
static bool look(Following *following, GError **error)
{
    const IntakeRun run = {.report = report_mail, .stops = stops, .data = following};
    const bool told = following->told;
    IngestTotals totals = {0};
    following->told = false;
    const int64_t now = clock_monotonic_us();
    if (!intake_run(following->intake, &run, &totals, error)) {
        return false;
    }
    tell(following, &totals);
    totals.unreadable = 0; /* taken away by others before they were read */
    role_intake_count(following->call, &totals);
    tell_note(following);
    const bool elsewhere = fetch_box_is_elsewhere(following->box);
    following->pause_ms = elsewhere ? MIN(2 * following->pause_ms + AGAIN_MS, ELSEWHERE_MS) : 0;
    const int64_t ms = elsewhere ? following->pause_ms : poll_ms(following);
    following->look_us = now + ms * 1000;
    if (fetch_box_failure(following->box) == NULL) {
        following->refused_s = 0;
        role_worked(following->call, 0);
    }
    if (told && totals.read == 0) {
        (void)role_wait(following->call, NULL, 0, AGAIN_MS);
    }
    return true;
}

/* The connection to wait over; NULL: there is none, or it has broken. */
static Imap *begin_wait(const Following *following, int64_t left_us)
{
    Imap *imap = fetch_box_connection(following->box);
    GError *broken = NULL;
    if (imap != NULL && imap_wait_fd(imap) < 0 &&
        !imap_wait_begin(imap, (unsigned)(left_us / G_USEC_PER_SEC) + 1, &broken)) {
        fetch_box_break(following->box, broken);
        return NULL;
    }
    return imap;
}

static void end_wait(Following *following)
{
    Imap *imap = fetch_box_connection(following->box);
    GError *broken = NULL;
    if (imap != NULL && imap_wait_fd(imap) >= 0 &&
        !imap_wait_end(imap, &following->told, &broken)) {
        fetch_box_break(following->box, broken);
    }
}

/* Until its server tells of mail, or until something else is to be looked at. */
static bool rest(Following *following, GError **error)
{
    if (!role_intake_rest(following->call, following->intake, error)) {
        return false;
    }
    const int64_t left = following->look_us - clock_monotonic_us();
    if (left <= 0) {
        return true;
    }
    const Imap *imap = begin_wait(following, left);
    struct pollfd fd = {.fd = imap != NULL ? imap_wait_fd(imap) : -1, .events = POLLIN};
    if (role_wait(following->call, &fd, 1, CLAMP(left / 1000, 1, REST_MS)) == ROLE_WAKE_FD) {
        end_wait(following);
        following->look_us = 0;
    }
    return true;
}

static bool run_round(Following *following, GError **error)
{
    if (!intake_open(following->intake, error)) {
        return false;
    }
    if (clock_monotonic_us() < following->look_us) {
        return rest(following, error);
    }
    end_wait(following);
    return fetch_box_failure(following->box) != NULL || look(following, error);
}

static bool run_rounds(Following *following, GError **error)
{
    bool good = true;
    while (good && !role_stops(following->call)) {
        g_autoptr(GError) problem = NULL;
        if (!run_round(following, &problem)) {
            good = role_stops(following->call) || role_put_off(following->call, &problem, error);
        } else if (fetch_box_failure(following->box) != NULL) {
            good = mend(following, error);
        }
    }
    end_wait(following);
    (void)intake_close(following->intake, NULL); /* who comes next settles what this cannot */
    return good;
}

static FetchBox *open_box(const Following *following, GError **error)
{
    const RoleSeat *seat = role_seat(following->call);
    const Config *config = settings_config(seat->settings);
    guint index = 0;
    while (strcmp(config_group_name(config, MAILBOX_KIND, index), seat->instance) != 0) {
        index++;
    }
    Mailbox *set = mailbox_new(config, index, error);
    return set != NULL ? fetch_box_new(set, 1, error) : NULL;
}

/* The parsers are forked before the password is read, and who uses it before the records are open.
 */
bool role_fetch_live(RoleCall *call, GError **error)
{
    const RoleSeat *seat = role_seat(call);
    g_autofree char *purpose = g_strdup_printf("issuer run fetch:%s", seat->instance);
    Following following = {
        .call = call,
        .feed = {.next = next_mail,
                 .data = &following,
                 .begin = begin,
                 .record = record,
                 .settle = settle},
        .options = {.settings = seat->settings,
                    .feed = &following.feed,
                    .signer = seat->signer,
                    .purpose = purpose},
    };
    following.intake = intake_new(&following.options);
    following.box = open_box(&following, error);
    bool good = following.box != NULL;
    if (good) {
        fetch_box_set_patience(following.box, is_patient, &following);
        good = run_rounds(&following, error);
    }
    fetch_box_free(following.box);
    intake_free(following.intake);
    return good;
}
