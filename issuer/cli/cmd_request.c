#include "cli/cmd_request.h"

#include "cli/case_printer.h"
#include "cli/decision_printer.h"
#include "cli/limit.h"
#include "cli/message_printer.h"
#include "cli/usage_license_printer.h"
#include "core/statement.h"
#include "service/requests.h"

static const PrinterColumn summary_columns[] = {
    {"case", COLUMN_NUMBER},      {"request", COLUMN_TEXT},    {"outcome", COLUMN_TEXT},
    {"code", COLUMN_TEXT},        {"note", COLUMN_TEXT},       {"would", COLUMN_TEXT},
    {"serial", COLUMN_TEXT},      {"host", COLUMN_TEXT},       {"license_id", COLUMN_TEXT},
    {"customer", COLUMN_TEXT},    {"from", COLUMN_TEXT},       {"purpose", COLUMN_TEXT},
    {"received_at", COLUMN_TIME}, {"decided_at", COLUMN_TIME}, {"answers", COLUMN_NUMBER},
};

static void print_summary(Printer *printer, const RequestSummary *summary)
{
    g_autofree char *request = statement_short_form(&summary->digest);
    printer_id(printer, summary->case_number);
    printer_text(printer, request);
    printer_text(printer, summary->outcome);
    printer_text(printer, summary->code);
    printer_text(printer, summary->note);
    printer_text(printer, summary->would);
    usage_license_printer_serial(printer, summary->serial);
    printer_text(printer, summary->host);
    printer_text(printer, summary->license_id);
    printer_text(printer, summary->customer);
    printer_text(printer, summary->from);
    printer_text(printer, summary->purpose);
    printer_time(printer, summary->received_at);
    printer_time(printer, summary->decided_at);
    printer_number(printer, summary->answers);
}

static bool run_list(const CommandCall *call, GError **error)
{
    const bool all = options_flag(call->options, "all");
    const unsigned most = limit_rows(call->options);
    g_autoptr(Context) context =
        context_open(call->config_path, CONTEXT_DATABASE, "issuer request list", error);
    bool more = false;
    g_autoptr(GPtrArray) found =
        context != NULL ? requests_list(context, all, most, &more, error) : NULL;
    if (found == NULL) {
        return false;
    }
    printer_begin(call->printer, summary_columns, G_N_ELEMENTS(summary_columns));
    for (guint i = 0; i < found->len; i++) {
        print_summary(call->printer, g_ptr_array_index(found, i));
    }
    if (more) {
        limit_say_more(call->printer);
    } else if (found->len == 0 && !all) {
        printer_say(call->printer, "Nothing waits for a person; --all shows what was decided.");
    }
    return true;
}

static void print_request(Printer *printer, const RequestDetail *detail)
{
    static const PrinterColumn columns[] = {
        {"seq", COLUMN_NUMBER},   {"made_at", COLUMN_TIME},        {"installed", COLUMN_TEXT},
        {"product", COLUMN_TEXT}, {"chariot", COLUMN_TEXT},        {"mail", COLUMN_TEXT},
        {"vouched", COLUMN_TEXT}, {"authentication", COLUMN_TEXT}, {"subject", COLUMN_TEXT},
        {"text", COLUMN_TEXT},
    };
    printer_begin_part(printer, "request", columns,
                       G_N_ELEMENTS(columns) - (printer_is_table(printer) ? 1 : 0));
    printer_number(printer, (int64_t)detail->seq);
    printer_time(printer, detail->iat);
    printer_text(printer, detail->installed);
    printer_text(printer, detail->product);
    printer_text(printer, detail->version);
    printer_text(printer, detail->mail_why);
    printer_text(printer, detail->summary->vouched);
    printer_text(printer, detail->summary->authentication);
    printer_text(printer, detail->subject);
    message_printer_body(printer, detail->body);
}

static void print_replies(Printer *printer, const GPtrArray *replies)
{
    static const PrinterColumn columns[] = {
        {"reply", COLUMN_NUMBER}, {"state", COLUMN_TEXT},      {"to", COLUMN_TEXT},
        {"sent_at", COLUMN_TIME}, {"not_before", COLUMN_TIME}, {"why", COLUMN_TEXT},
    };
    printer_begin_part(printer, "replies", columns, G_N_ELEMENTS(columns));
    for (guint i = 0; i < replies->len; i++) {
        const RequestReply *reply = g_ptr_array_index(replies, i);
        printer_number(printer, reply->id);
        printer_text(printer, reply->state);
        printer_text(printer, reply->recipient);
        printer_time(printer, reply->sent_at);
        printer_time(printer, reply->not_before);
        printer_text(printer, reply->why);
    }
}

static bool run_show(const CommandCall *call, GError **error)
{
    g_autoptr(Context) context =
        context_open(call->config_path, CONTEXT_DATABASE, "issuer request show", error);
    g_autoptr(RequestDetail) detail =
        context != NULL ? requests_show(context, options_argument(call->options, 0), error) : NULL;
    if (detail == NULL) {
        return false;
    }
    printer_begin_record(call->printer, summary_columns, G_N_ELEMENTS(summary_columns));
    print_summary(call->printer, detail->summary);
    print_request(call->printer, detail);
    decision_printer_part(call->printer, detail->decisions);
    print_replies(call->printer, detail->replies);
    case_printer_questions(call->printer, detail->questions);
    case_printer_mails(call->printer, detail->mails);
    return true;
}

static const OptionRow list_options[] = {
    {.name = "all", .type = OPTION_FLAG, .meaning = "all requests, newest first"},
    LIMIT_OPTION,
};

static const ArgumentRow request_argument[] = {
    {.name = "REQUEST", .meaning = "its short form (7K2QW-9M3XA) or its case's number"},
};

static const Command commands[] = {
    {.words = "request list",
     .summary = "List the usage requests that wait for a person, longest first",
     .run = run_list,
     .spec = {.options = list_options, .option_count = G_N_ELEMENTS(list_options)}},
    {.words = "request show",
     .summary = "Show one usage request: what was decided, why, by whom, and the answers",
     .run = run_show,
     .spec = {.arguments = request_argument, .argument_count = G_N_ELEMENTS(request_argument)}},
};

const CommandGroup cmd_request = {commands, G_N_ELEMENTS(commands)};
