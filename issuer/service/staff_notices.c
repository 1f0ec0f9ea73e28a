#include "service/staff_notices.h"

#include "base/clock.h"
#include "base/text.h"
#include "core/dates.h"
#include "core/finder.h"
#include "db/mailbox_store.h"
#include "db/staff_notice_store.h"
#include "mail/compose.h"
#include "service/mailbox_settings.h"
#include "service/mailer.h"
#include "service/notice_command.h"

#define MOST         200 /* things in one mail */
#define PROBLEM_MOST 500 /* characters */

static const char *text_of(const Settings *settings, const char *key)
{
    const char *text = config_text(settings_config(settings), key);
    return *text != '\0' ? text : NULL;
}

bool staff_notices_wanted(const Settings *settings)
{
    return text_of(settings, "notice-address") != NULL ||
           text_of(settings, "notice-command") != NULL;
}

bool staff_notices_judge(const Settings *settings, GError **error)
{
    const Config *config = settings_config(settings);
    if (!staff_notices_wanted(settings)) {
        return config_list(config, "hold-notice-days")[0] == NULL ||
               config_refuse(config, "hold-notice-days", error,
                             "nobody would be told: set notice-address, or notice-command");
    }
    const char *command = text_of(settings, "notice-command");
    if (command == NULL) {
        return settings_require_sender(settings, error) != NULL && mailer_judge(settings, error);
    }
    if (text_of(settings, "notice-address") != NULL) {
        return config_refuse(config, "notice-command", error,
                             "notice-address is set too: staff is told by one of both");
    }
    return g_file_test(command, G_FILE_TEST_IS_EXECUTABLE) ||
           config_refuse(config, "notice-command", error,
                         "%s is no program that can be run: give its path, without arguments",
                         command);
}

char *staff_notices_to(const Settings *settings)
{
    const char *command = text_of(settings, "notice-command");
    return g_strdup_printf("staff notices to %s",
                           command != NULL ? command : text_of(settings, "notice-address"));
}

unsigned staff_notices_longest(const Settings *settings)
{
    const Config *config = settings_config(settings);
    const int64_t mail =
        config_number(config, "smtp-connect-seconds") + 2 * config_number(config, "smtp-seconds");
    return (unsigned)(text_of(settings, "notice-command") != NULL
                          ? config_number(config, "notice-seconds")
                          : mail);
}

/* ---- what is new ---- */

/* The newest record of a mailbox; 0: there is none. */
static bool find_mailbox(Database *database, const Config *group, int64_t *id, GError **error)
{
    g_autoptr(GError) failure = NULL;
    int64_t next = 1;
    *id = 0;
    for (guint generation = 0; next != 0; generation++) {
        const Digest digest = mailbox_digest(group, generation);
        next = mailbox_store_find(database, &digest, "", true, &failure);
        *id = next != 0 ? next : *id;
    }
    if (failure != NULL) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return false;
    }
    return true;
}

/* The days after which a hold is told again: of int64_t. New array. */
static GArray *hold_days(const Config *config)
{
    GArray *days = g_array_new(FALSE, FALSE, sizeof(int64_t));
    for (const char *const *text = config_list(config, "hold-notice-days"); *text != NULL; text++) {
        int64_t number = 0;
        if (text_read_number(*text, 1, NOTICE_DAYS_MOST, &number)) {
            g_array_append_val(days, number);
        }
    }
    return days;
}

bool staff_notices_find(Context *context, int64_t *count, GError **error)
{
    const Config *config = settings_config(context->settings);
    g_autoptr(GArray) mailboxes = g_array_new(FALSE, TRUE, sizeof(NoticeMailbox));
    for (guint i = 0; i < config_group_count(config, MAILBOX_KIND); i++) {
        const Config *group = config_group(config, MAILBOX_KIND, i);
        NoticeMailbox mailbox = {
            .name = config_group_name(config, MAILBOX_KIND, i),
            .hours = config_number(group, "silent-hours"),
        };
        if (mailbox.hours == 0) {
            continue;
        }
        if (!find_mailbox(context->database, group, &mailbox.id, error)) {
            return false;
        }
        g_array_append_val(mailboxes, mailbox);
    }
    g_autoptr(GArray) days = hold_days(config);
    return staff_notice_store_find(context->database, mailboxes, days, clock_now(), count, error);
}

/* ---- telling ---- */

/* What is told at once. */
typedef struct {
    Context *context;
    int64_t telling;
    const GPtrArray *notices; /* of StaffNotice * */
    char *text;
} Letter;

static char *text_of_letter(const GPtrArray *notices)
{
    GString *text = g_string_new("New at the licensing desk:\n\n");
    for (guint i = 0; i < notices->len; i++) {
        const StaffNotice *notice = g_ptr_array_index(notices, i);
        g_autofree char *at = dates_instant_text(notice->noticed);
        g_autofree char *says = finder_mask_license_keys(notice->says);
        g_string_append_printf(text, "%s  %s\n", at, says);
    }
    g_string_append(text, "\n`issuer status` shows all that waits.\n");
    return g_string_free(text, FALSE);
}

/* The same for each try, so whoever gets it twice sees that it is one. */
static GBytes *compose(const Letter *letter, const Mailer *mailer, GError **error)
{
    const StaffNotice *first = g_ptr_array_index(letter->notices, 0);
    g_autofree char *subject =
        letter->notices->len == 1
            ? g_strdup_printf("Licensing desk: %s", first->kind)
            : g_strdup_printf("Licensing desk: %u things are new", letter->notices->len);
    g_autofree char *id =
        g_strdup_printf("staff-%" G_GINT64_FORMAT ".%" G_GINT64_FORMAT "@%s",
                        (gint64)letter->telling, (gint64)first->noticed, mailer->domain);
    const ComposeMail mail = {
        .from = mailer->from,
        .to = text_of(letter->context->settings, "notice-address"),
        .subject = subject,
        .message_id = id,
        .date = clock_now(),
        .text = letter->text,
        .unasked = true,
    };
    return compose_mail(&mail, error);
}

static bool send_mail(const Letter *letter, GError **error)
{
    const Settings *settings = letter->context->settings;
    g_autoptr(Mailer) mailer = mailer_open(settings, error);
    g_autoptr(GBytes) mail = mailer != NULL ? compose(letter, mailer, error) : NULL;
    if (mail == NULL) {
        return false;
    }
    gsize size = 0;
    const void *data = g_bytes_get_data(mail, &size);
    return smtp_send(mailer->smtp, mailer->address, text_of(settings, "notice-address"), data, size,
                     error) == SMTP_TAKEN;
}

static bool hand_over(const Letter *letter, int *exit_code, GError **error)
{
    const Settings *settings = letter->context->settings;
    const char *command = text_of(settings, "notice-command");
    *exit_code = -1;
    if (command == NULL) {
        return send_mail(letter, error);
    }
    const int64_t seconds = config_number(settings_config(settings), "notice-seconds");
    return notice_command_run(command, letter->text, (unsigned)seconds, exit_code, error);
}

static bool tell_letter(const Letter *letter, StaffTold *told, GError **error)
{
    g_autoptr(GError) failure = NULL;
    NoticeOutcome outcome = {.telling = letter->telling};
    if (hand_over(letter, &outcome.exit_code, &failure)) {
        told->told = letter->notices->len;
    } else {
        g_autofree char *masked = finder_mask_license_keys(failure->message);
        told->problem = text_one_line(masked, PROBLEM_MOST);
        outcome.problem = told->problem;
    }
    outcome.now = clock_now();
    return staff_notice_store_end(letter->context->database, &outcome, error);
}

bool staff_notices_tell(Context *context, StaffTold *told, GError **error)
{
    Letter letter = {.context = context};
    const char *how = text_of(context->settings, "notice-command") != NULL ? "command" : "mail";
    if (!staff_notice_store_begin(context->database, how, clock_now(), MOST, &letter.telling,
                                  error)) {
        return false;
    }
    if (letter.telling == 0) {
        return true;
    }
    g_autoptr(GPtrArray) notices =
        staff_notice_store_load(context->database, letter.telling, error);
    if (notices == NULL) {
        return false;
    }
    letter.notices = notices;
    letter.text = text_of_letter(notices);
    const bool good = tell_letter(&letter, told, error);
    g_free(letter.text);
    return good;
}

void staff_told_clear(StaffTold *told)
{
    g_clear_pointer(&told->problem, g_free);
}
