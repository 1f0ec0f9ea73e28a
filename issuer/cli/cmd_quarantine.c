#include "cli/cmd_quarantine.h"

#include "base/error.h"
#include "cli/limit.h"
#include "cli/listing_printer.h"
#include "cli/message_printer.h"
#include "cli/terminal.h"
#include "core/dates.h"
#include "service/mail_report.h"

/* ---- looking ---- */

static const PrinterColumn list_columns[] = {
    {"id", COLUMN_NUMBER},      {"since", COLUMN_TIME},      {"reason", COLUMN_TEXT},
    {"source", COLUMN_TEXT},    {"offset", COLUMN_NUMBER},   {"size", COLUMN_NUMBER},
    {"raw_kept", COLUMN_FLAG},  {"from", COLUMN_TEXT},       {"subject", COLUMN_TEXT},
    {"closed_at", COLUMN_TIME}, {"closed_how", COLUMN_TEXT},
};

static void print_row(Printer *printer, const QuarantineRow *row)
{
    printer_number(printer, row->id);
    printer_time(printer, row->since);
    printer_text(printer, row->reason);
    printer_text(printer, row->source);
    printer_number(printer, (int64_t)row->offset);
    printer_number(printer, (int64_t)row->size);
    printer_flag(printer, row->has_raw);
    printer_text(printer, row->from);
    printer_text(printer, row->subject);
    printer_time(printer, row->closed_at);
    printer_text(printer, row->closed_how);
}

static bool run_list(const CommandCall *call, GError **error)
{
    const unsigned most = limit_rows(call->options);
    g_autoptr(Context) context =
        context_open(call->config_path, CONTEXT_DATABASE, "issuer quarantine list", error);
    bool more = false;
    g_autoptr(GPtrArray) found =
        context != NULL
            ? quarantine_list(context, options_flag(call->options, "all"), most, &more, error)
            : NULL;
    if (found == NULL) {
        return false;
    }
    printer_begin(call->printer, list_columns, G_N_ELEMENTS(list_columns));
    for (guint i = 0; i < found->len; i++) {
        print_row(call->printer, g_ptr_array_index(found, i));
    }
    if (found->len == 0) {
        printer_say(call->printer, LISTING_PRINTER_NONE);
    }
    if (more) {
        limit_say_more(call->printer);
    }
    return true;
}

static bool run_show(const CommandCall *call, GError **error)
{
    int64_t id = 0;
    if (!messages_number(options_argument(call->options, 0), &id, error)) {
        return false;
    }
    g_autoptr(Context) context =
        context_open(call->config_path, CONTEXT_DATABASE, "issuer quarantine show", error);
    g_autoptr(GPtrArray) retries = NULL;
    g_autoptr(MessageDetail) detail =
        context != NULL ? quarantine_show(context, id, &retries, error) : NULL;
    if (detail == NULL) {
        return false;
    }
    message_printer_detail(call->printer, detail, retries);
    return true;
}

/* ---- again, or never ---- */

static const PrinterColumn retry_columns[] = {
    {"message", COLUMN_NUMBER}, {"read_as", COLUMN_NUMBER}, {"class", COLUMN_TEXT},
    {"why", COLUMN_TEXT},       {"decisions", COLUMN_TEXT},
};

/* Its columns stand above what is reported, not above an error alone. */
typedef struct {
    Printer *printer;
    bool begun;
} RetryReport;

static Printer *begin_report(RetryReport *report)
{
    if (!report->begun) {
        printer_begin(report->printer, retry_columns, G_N_ELEMENTS(retry_columns));
        report->begun = true;
    }
    return report->printer;
}

/* That it is on record already says nothing here: one that still cannot be read tells why. */
static const char *why_of(const IntakeItem *item)
{
    return item->item.why != NULL ? item->item.why : mail_report_why(item, true);
}

static void report_retry(int64_t id, const IntakeItem *item, const GError *failure, gpointer data)
{
    Printer *printer = begin_report(data);
    g_autofree char *json = item != NULL ? mail_report_decisions_json(item) : g_strdup("[]");
    g_autofree char *line = item != NULL ? mail_report_decisions_line(item) : g_strdup("");
    printer_number(printer, id);
    printer_id(printer, item != NULL ? item->item.message_id : 0);
    printer_text(printer, item != NULL ? batch_item_class(&item->item) : "quarantined");
    printer_text(printer, item != NULL ? why_of(item) : failure->message);
    printer_nested(printer, json, line);
}

/* One of them, or all. */
static bool read_which(const CommandCall *call, int64_t *id, GError **error)
{
    const char *typed = options_argument(call->options, 0);
    if ((typed != NULL) == options_flag(call->options, "all")) {
        g_set_error_literal(error, ISSUER_ERROR, ISSUER_ERROR_USAGE,
                            "give the ID of one mail, or --all");
        return false;
    }
    return typed == NULL || messages_number(typed, id, error);
}

static bool run_retry(const CommandCall *call, GError **error)
{
    QuarantineRetryOrder order = {.config_path = call->config_path, .ask = terminal_token};
    QuarantineRetried retried = {0};
    if (!read_which(call, &order.id, error)) {
        return false;
    }
    RetryReport report = {.printer = call->printer};
    if (!quarantine_retry_run(&order, report_retry, &report, &retried, error)) {
        return false;
    }
    if (retried.elsewhere) {
        printer_say(call->printer, "done; see `issuer quarantine list`");
        return true;
    }
    (void)begin_report(&report);
    return retried.left == 0;
}

static bool run_drop(const CommandCall *call, GError **error)
{
    static const PrinterColumn columns[] = {{"message", COLUMN_NUMBER}, {"change", COLUMN_TEXT}};
    int64_t id = 0;
    if (!messages_number(options_argument(call->options, 0), &id, error)) {
        return false;
    }
    g_autoptr(Secret) token = terminal_token(error);
    g_autoptr(Context) context = token != NULL ? context_open(call->config_path, CONTEXT_DATABASE,
                                                              "issuer quarantine drop", error)
                                               : NULL;
    if (context == NULL ||
        !quarantine_drop(context, token, id, options_text(call->options, "reason"), error)) {
        return false;
    }
    printer_begin_record(call->printer, columns, G_N_ELEMENTS(columns));
    printer_number(call->printer, id);
    printer_text(call->printer, "dropped");
    return true;
}

/* ---- the commands ---- */

static const OptionRow list_options[] = {
    {.name = "all", .type = OPTION_FLAG, .meaning = "those too that have left it, newest first"},
    LIMIT_OPTION,
};
static const OptionRow retry_options[] = {
    {.name = "all",
     .type = OPTION_FLAG,
     .meaning = "each that is in quarantine, earlier ones first"},
};
static const OptionRow drop_options[] = {
    OPTIONS_REASON,
};
static const ArgumentRow ids[] = {
    {.name = "ID", .meaning = "the mail's number, as the list shows it"},
};
static const ArgumentRow one[] = {
    {.name = "ID", .meaning = "the mail's number, as the list shows it", .optional = true},
};

static const Command commands[] = {
    {.words = "quarantine list",
     .summary = "List the mails that could not be read or processed",
     .run = run_list,
     .spec = {.options = list_options, .option_count = G_N_ELEMENTS(list_options)}},
    {.words = "quarantine show",
     .summary = "Show one mail of the quarantine: where it lies and what is wrong with it",
     .run = run_show,
     .spec = {.arguments = ids, .argument_count = G_N_ELEMENTS(ids)}},
    {.words = "quarantine retry",
     .summary = "Read a mail of the quarantine again, as after an update, and decide it",
     .run = run_retry,
     .spec = {retry_options, G_N_ELEMENTS(retry_options), one, G_N_ELEMENTS(one)},
     .details =
         "It is read from the records, or from the file in which it stood. Needs an operator's "
         "token (support\nor admin). Exit code 0: none that was tried is in quarantine any more; "
         "3: the signing key is not\nhere, and the order stays filed."},
    {.words = "quarantine drop",
     .summary = "Say that a person looked at a mail of the quarantine, and there is nothing in it",
     .run = run_drop,
     .spec = {drop_options, G_N_ELEMENTS(drop_options), ids, G_N_ELEMENTS(ids)},
     .details = "Nothing is deleted. Needs an operator's token (support or admin)."},
};

const CommandGroup cmd_quarantine = {commands, G_N_ELEMENTS(commands)};
