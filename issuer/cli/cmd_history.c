#include "cli/cmd_history.h"

#include "base/error.h"
#include "cli/behind.h"
#include "cli/listing_printer.h"
#include "cli/terminal.h"
#include "core/dates.h"
#include "service/history.h"

#define DAY_SECONDS 86400

/* `through`: a day alone means all of it, so the instant behind it. */
static bool read_time(const CommandCall *call, const char *option, bool through, int64_t *instant,
                      GError **error)
{
    const char *text = options_text(call->options, option);
    bool whole_day = false;
    if (text == NULL) {
        return true;
    }
    if (!dates_read_time(text, instant, &whole_day)) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_USAGE,
                    "--%s '%s' is no time: write 2027-03-31 or 2027-03-31T12:00:00Z (UTC)", option,
                    text);
        return false;
    }
    *instant += through && whole_day ? DAY_SECONDS : 0;
    return true;
}

static bool run_events(const CommandCall *call, GError **error)
{
    EventFilter filter = {
        .license_id = options_text(call->options, "license"),
        .operator_name = options_text(call->options, "operator"),
        .kind = options_text(call->options, "kind"),
        .before = options_number(call->options, "before", 0),
        .most = (unsigned)options_number(call->options, "limit", HISTORY_MOST),
    };
    if (!read_time(call, "from", false, &filter.from, error) ||
        !read_time(call, "until", true, &filter.until, error)) {
        return false;
    }
    if (filter.from != 0 && filter.until != 0 && filter.from >= filter.until) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_USAGE,
                    "--from is not before --until: no event can be between");
        return false;
    }
    g_autoptr(Context) context =
        context_open(call->config_path, CONTEXT_REPORTS, "issuer event list", error);
    g_autoptr(Listing) found = context != NULL ? history_events(context, &filter, error) : NULL;
    g_autofree char *more =
        found != NULL && found->more
            ? g_strdup_printf("There are older ones: go on with --before %" G_GINT64_FORMAT
                              ", or take more with --limit.",
                              listing_cell(found, found->rows - 1, 0)->number)
            : NULL;
    return behind_print_list(context, call->printer, found, more, error);
}

typedef Listing *(*ListFunction)(Context *context, bool all, GError **error);

static bool list(const CommandCall *call, ListFunction function, const char *purpose,
                 GError **error)
{
    g_autoptr(Context) context = context_open(call->config_path, CONTEXT_DATABASE, purpose, error);
    g_autoptr(Listing) found =
        context != NULL ? function(context, options_flag(call->options, "all"), error) : NULL;
    if (found == NULL) {
        return false;
    }
    listing_printer_print(call->printer, found, LISTING_PRINTED_LIST, NULL,
                          "There are more than these.");
    return true;
}

static bool run_alerts(const CommandCall *call, GError **error)
{
    return list(call, history_alerts, "issuer alert list", error);
}

static bool run_instructions(const CommandCall *call, GError **error)
{
    return list(call, history_instructions, "issuer instruction list", error);
}

static bool run_close(const CommandCall *call, GError **error)
{
    static const PrinterColumn columns[] = {{"alert", COLUMN_TEXT}, {"change", COLUMN_TEXT}};
    const char *typed = options_argument(call->options, 0);
    g_autoptr(Secret) token = terminal_token(error);
    g_autoptr(Context) context = token != NULL ? context_open(call->config_path, CONTEXT_DATABASE,
                                                              "issuer alert close", error)
                                               : NULL;
    if (context == NULL ||
        !history_close_alert(context, token, typed, options_text(call->options, "reason"), error)) {
        return false;
    }
    printer_begin_record(call->printer, columns, G_N_ELEMENTS(columns));
    printer_text(call->printer, typed);
    printer_text(call->printer, "closed");
    return true;
}

static const OptionRow event_options[] = {
    {.name = "license", .value = "LICENSE-ID", .type = OPTION_TEXT, .meaning = "of this license"},
    {.name = "operator", .value = "NAME", .type = OPTION_TEXT, .meaning = "of this operator"},
    {.name = "kind", .value = "KIND", .type = OPTION_TEXT, .meaning = "of this kind: issued, …"},
    {.name = "from", .value = "TIME", .type = OPTION_TEXT, .meaning = "recorded then or later"},
    {.name = "until",
     .value = "TIME",
     .type = OPTION_TEXT,
     .meaning = "recorded before that time, or by the end of that day"},
    {.name = "before",
     .value = "EVENT",
     .type = OPTION_NUMBER,
     .least = 1,
     .most = G_MAXINT64,
     .meaning = "older than this event: where an earlier list ended"},
    {.name = "limit",
     .value = "N",
     .type = OPTION_NUMBER,
     .least = 1,
     .most = 100000,
     .meaning = "how many at most, 200 unless told otherwise"},
};
static const OptionRow alert_options[] = {
    {.name = "all", .type = OPTION_FLAG, .meaning = "those too that were closed, newest first"},
};
static const OptionRow instruction_options[] = {
    {.name = "all", .type = OPTION_FLAG, .meaning = "those too that have ended, newest first"},
};
static const OptionRow close_options[] = {
    {.name = "reason",
     .value = "TEXT",
     .type = OPTION_TEXT,
     .most = OPTIONS_REASON_MOST,
     .required = true,
     .meaning = "what was found, in a few words; it stays on record"},
};
static const ArgumentRow alerts[] = {
    {.name = "ID", .meaning = "the alert's number, as the list shows it"},
};

static const Command commands[] = {
    {.words = "event list",
     .summary = "List what happened, newest first: by license, operator, kind, time",
     .run = run_events,
     .spec = {.options = event_options, .option_count = G_N_ELEMENTS(event_options)},
     .details = "A time is 2027-03-31 or 2027-03-31T12:00:00Z, in UTC."},
    {.words = "alert list",
     .summary = "List what a person should see: copied servers, servers that come back, …",
     .run = run_alerts,
     .spec = {.options = alert_options, .option_count = G_N_ELEMENTS(alert_options)}},
    {.words = "alert close",
     .summary = "Say that an alert was looked into",
     .run = run_close,
     .spec = {close_options, G_N_ELEMENTS(close_options), alerts, G_N_ELEMENTS(alerts)},
     .details = "Needs an operator's token (support or admin)."},
    {.words = "instruction list",
     .summary = "List what people told the program to do and nobody carried out yet",
     .run = run_instructions,
     .spec = {.options = instruction_options, .option_count = G_N_ELEMENTS(instruction_options)}},
};

const CommandGroup cmd_history = {commands, G_N_ELEMENTS(commands)};
