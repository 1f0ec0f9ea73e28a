#include "cli/cmd_restoration.h"

#include "base/error.h"
#include "cli/case_printer.h"
#include "cli/listing_printer.h"
#include "cli/message_printer.h"
#include "cli/redecided.h"
#include "cli/terminal.h"
#include "cli/usage_license_printer.h"
#include "core/usage_license.h"
#include "service/instructions.h"
#include "service/restorations.h"

static bool run_list(const CommandCall *call, GError **error)
{
    const bool all = options_flag(call->options, "all");
    g_autoptr(Context) context =
        context_open(call->config_path, CONTEXT_DATABASE, "issuer restoration list", error);
    g_autoptr(Listing) found = context != NULL ? restorations_list(context, all, error) : NULL;
    if (found == NULL) {
        return false;
    }
    listing_printer_print(call->printer, found, LISTING_PRINTED_LIST, NULL,
                          "There are more than these.");
    return true;
}

static void print_mail(Printer *printer, const RestorationDetail *detail)
{
    if (!printer_is_table(printer)) {
        listing_printer_print(printer, detail->mail, LISTING_PRINTED_PART, "mail", NULL);
    } else if (detail->mail->rows > 0) {
        listing_printer_print(printer, detail->mail, LISTING_PRINTED_RECORD, NULL, NULL);
        message_printer_body(printer, detail->words);
    }
}

static void print_detail(Printer *printer, const RestorationDetail *detail)
{
    static const char *const names[] = {
        [RESTORATION_SERVERS] = "servers",
        [RESTORATION_SIGNS] = "signs_of_life",
        [RESTORATION_WAITING] = "waiting",
        [RESTORATION_EARLIER] = "other_cases",
    };
    static const char more[] = "There are more than these.";
    listing_printer_print(printer, detail->head, LISTING_PRINTED_RECORD, NULL, NULL);
    print_mail(printer, detail);
    for (gsize i = 0; i < RESTORATION_PARTS; i++) {
        listing_printer_print(printer, detail->parts[i], LISTING_PRINTED_PART, names[i], more);
    }
    listing_printer_print(printer, detail->uses, LISTING_PRINTED_PART, "uses", more);
    case_printer_mails(printer, detail->mails);
}

static bool run_show(const CommandCall *call, GError **error)
{
    g_autoptr(Context) context =
        context_open(call->config_path, CONTEXT_DATABASE, "issuer restoration show", error);
    g_autoptr(RestorationDetail) detail =
        context != NULL ? restorations_show(context, options_argument(call->options, 0), error)
                        : NULL;
    if (detail == NULL) {
        return false;
    }
    print_detail(call->printer, detail);
    return true;
}

static bool read_serial(const CommandCall *call, int64_t *serial, GError **error)
{
    const char *text = options_text(call->options, "serial");
    if (text == NULL || usage_license_serial_typed(text, serial)) {
        return true;
    }
    g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_USAGE, "--serial '%s' is no serial (UL-00000042)",
                text);
    return false;
}

static bool run_open(const CommandCall *call, GError **error)
{
    static const PrinterColumn columns[] = {{"case", COLUMN_NUMBER}};
    RestorationOrder order = {
        .message_id = options_number(call->options, "message", 0),
        .license_id = options_argument(call->options, 0),
        .reason = options_text(call->options, "reason"),
        .ticket = options_text(call->options, "ticket"),
    };
    g_autoptr(Secret) token =
        read_serial(call, &order.serial, error) ? terminal_token(error) : NULL;
    g_autoptr(Context) context = token != NULL ? context_open(call->config_path, CONTEXT_DATABASE,
                                                              "issuer restoration open", error)
                                               : NULL;
    order.token = token;
    const int64_t number = context != NULL ? restorations_open(context, &order, error) : 0;
    if (number == 0) {
        return false;
    }
    printer_begin_record(call->printer, columns, G_N_ELEMENTS(columns));
    printer_number(call->printer, number);
    printer_say(call->printer,
                "Look at it with `issuer restoration show %" G_GINT64_FORMAT "`; its contacts are "
                "told by `issuer deliver`.",
                number);
    return true;
}

/* ---- approving and denying ---- */

static void print_done(Printer *printer, const RestorationDone *done)
{
    static const PrinterColumn columns[] = {
        {"case", COLUMN_NUMBER},        {"state", COLUMN_TEXT},    {"license_id", COLUMN_TEXT},
        {"serial", COLUMN_TEXT},        {"evidence", COLUMN_TEXT}, {"used", COLUMN_NUMBER},
        {"activations", COLUMN_NUMBER},
    };
    printer_begin_record(printer, columns, G_N_ELEMENTS(columns));
    printer_number(printer, done->number);
    printer_text(printer, "approved");
    printer_text(printer, done->license_id);
    usage_license_printer_serial(printer, done->serial);
    printer_text(printer, done->evidence);
    printer_number(printer, done->used);
    printer_number(printer, done->allowed);
}

static bool carry_out(const CommandCall *call, Context *context,
                      const RestorationApprovalOrder *order, GError **error)
{
    RedecideTotals totals = {0};
    g_autoptr(RestorationDone) done = restorations_approve(context, order, &totals, error);
    if (done == NULL) {
        return false;
    }
    print_done(call->printer, done);
    g_autofree char *again = redecide_text(&totals);
    if (again != NULL) {
        printer_say(call->printer, "%s", again);
    }
    return true;
}

/* Where the key is not on this machine, whoever has it carries the order out. */
static bool leave_it_filed(const CommandCall *call, const RestorationApprovalOrder *order,
                           GError **error)
{
    g_autoptr(Context) context =
        context_open(call->config_path, CONTEXT_DATABASE, "issuer restoration approve", error);
    if (context == NULL || !restorations_file(context, order, INSTRUCTIONS_WAIT, error)) {
        return false;
    }
    printer_say(call->printer, "done; see `issuer restoration show %s`", order->number);
    return true;
}

static bool approve(const CommandCall *call, const RestorationApprovalOrder *order, GError **error)
{
    g_autoptr(GError) failure = NULL;
    g_autoptr(Context) context = context_open(call->config_path, CONTEXT_DATABASE | CONTEXT_SIGNER,
                                              "issuer restoration approve", &failure);
    if (context == NULL && g_error_matches(failure, ISSUER_ERROR, ISSUER_ERROR_NOT_FOUND)) {
        return leave_it_filed(call, order, error);
    }
    if (context == NULL) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return false;
    }
    return carry_out(call, context, order, error);
}

static bool run_approve(const CommandCall *call, GError **error)
{
    RestorationApprovalOrder order = {
        .number = options_argument(call->options, 0),
        .replacement = options_text(call->options, "replacement"),
        .reason = options_text(call->options, "reason"),
        .ticket = options_text(call->options, "ticket"),
    };
    const char *second_file = options_text(call->options, "second-token-file");
    g_autoptr(Secret) second = NULL;
    if (!read_serial(call, &order.serial, error)) {
        return false;
    }
    if (second_file != NULL && (second = terminal_read_file(second_file, error)) == NULL) {
        return false;
    }
    g_autoptr(Secret) token = terminal_token(error);
    if (token == NULL) {
        return false;
    }
    order.token = token;
    order.second = second;
    return approve(call, &order, error);
}

/* The context ends before what waits is decided: that opens one of its own. */
static char *deny(const CommandCall *call, GError **error)
{
    g_autoptr(Secret) token = terminal_token(error);
    g_autoptr(Context) context = token != NULL ? context_open(call->config_path, CONTEXT_DATABASE,
                                                              "issuer restoration deny", error)
                                               : NULL;
    return context != NULL ? restorations_deny(context, token, options_argument(call->options, 0),
                                               options_text(call->options, "reason"), error)
                           : NULL;
}

static bool run_deny(const CommandCall *call, GError **error)
{
    static const PrinterColumn columns[] = {
        {"case", COLUMN_TEXT}, {"state", COLUMN_TEXT}, {"license_id", COLUMN_TEXT}};
    g_autofree char *license_id = deny(call, error);
    if (license_id == NULL) {
        return false;
    }
    printer_begin_record(call->printer, columns, G_N_ELEMENTS(columns));
    printer_text(call->printer, options_argument(call->options, 0));
    printer_text(call->printer, "denied");
    printer_text(call->printer, license_id);
    redecided_tell(call);
    return true;
}

/* ---- the table ---- */

#define TICKET_OPTION                                                                              \
    {                                                                                              \
        .name = "ticket", .value = "TICKET", .type = OPTION_TEXT, .most = OPTIONS_TICKET_MOST,     \
        .meaning = "where it was asked"                                                            \
    }

static const OptionRow list_options[] = {
    {.name = "all", .type = OPTION_FLAG, .meaning = "those too that were decided, newest first"},
};
static const OptionRow open_options[] = {
    OPTIONS_REASON,
    TICKET_OPTION,
    {.name = "serial",
     .value = "SERIAL",
     .type = OPTION_TEXT,
     .meaning = "the usage license of the server that was lost, if it is known"},
    {.name = "message",
     .value = "ID",
     .type = OPTION_NUMBER,
     .least = 1,
     .most = G_MAXINT64,
     .meaning = "the mail on record that tells of it: attested, if it is a contact's"},
};
static const OptionRow approve_options[] = {
    OPTIONS_REASON,
    TICKET_OPTION,
    {.name = "serial",
     .value = "SERIAL",
     .type = OPTION_TEXT,
     .meaning = "the usage license whose use is given back, where it is another than shown"},
    {.name = "replacement",
     .value = "REQUEST",
     .type = OPTION_TEXT,
     .meaning = "request of the server that stands in its place: it is let pass the watch"},
    {.name = "second-token-file",
     .value = "FILE",
     .type = OPTION_PATH,
     .meaning = "token of the second operator, where one must approve too"},
};
static const OptionRow deny_options[] = {OPTIONS_REASON};

static const ArgumentRow cases[] = {
    {.name = "CASE", .meaning = "the case's number, as the list shows it"},
};
static const ArgumentRow licenses[] = {
    {.name = "LICENSE-ID", .meaning = "the License ID, LIC-…"},
};

static const Command commands[] = {
    {.words = "restoration list",
     .summary = "List the lost-server cases that are open, or all",
     .run = run_list,
     .spec = {.options = list_options, .option_count = G_N_ELEMENTS(list_options)}},
    {.words = "restoration show",
     .summary = "Show a lost-server case: which server, signs of life, evidence, limits",
     .run = run_show,
     .spec = {.arguments = cases, .argument_count = G_N_ELEMENTS(cases)}},
    {.words = "restoration open",
     .summary = "Open a lost-server case by hand",
     .run = run_open,
     .spec = {open_options, G_N_ELEMENTS(open_options), licenses, G_N_ELEMENTS(licenses)},
     .details =
         "Needs an operator's token (support or admin). Without a contact's mail its evidence "
         "is forced: two\nothers must approve it."},
    {.words = "restoration approve",
     .summary = "Give the use of a lost server back; what waits for it is decided again",
     .run = run_approve,
     .spec = {approve_options, G_N_ELEMENTS(approve_options), cases, G_N_ELEMENTS(cases)},
     .details = "Needs an admin's token, and past the limits or for forced evidence that of a "
                "second operator\n(support or admin). Without the signing key on this machine the "
                "order stays filed."},
    {.words = "restoration deny",
     .summary = "Deny a lost-server case",
     .run = run_deny,
     .spec = {deny_options, G_N_ELEMENTS(deny_options), cases, G_N_ELEMENTS(cases)},
     .details = "Needs an admin's token. The contacts are told."},
};

const CommandGroup cmd_restoration = {commands, G_N_ELEMENTS(commands)};
