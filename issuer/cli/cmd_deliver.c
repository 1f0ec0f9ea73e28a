#include "cli/cmd_deliver.h"

#include "service/delivery_run.h"

static const PrinterColumn columns[] = {
    {"reply", COLUMN_NUMBER}, {"state", COLUMN_TEXT}, {"to", COLUMN_TEXT},
    {"subject", COLUMN_TEXT}, {"file", COLUMN_TEXT},  {"why", COLUMN_TEXT},
};

static void report_reply(const DeliveryLine *line, gpointer data)
{
    Printer *printer = data;
    printer_number(printer, line->id);
    printer_text(printer, line->state);
    printer_text(printer, line->recipient);
    printer_text(printer, line->subject);
    printer_text(printer, line->file);
    printer_text(printer, line->why);
}

static bool run_deliver(const CommandCall *call, GError **error)
{
    const DeliveryOptions options = {
        .config_path = call->config_path,
        .folder = options_text(call->options, "folder"),
        .dry_run = options_flag(call->options, "dry-run"),
    };
    DeliveryTotals totals = {0};
    printer_begin(call->printer, columns, G_N_ELEMENTS(columns));
    if (!delivery_run(&options, report_reply, call->printer, &totals, error)) {
        return false;
    }
    if (totals.sent + totals.withdrawn + totals.undelivered == 0) {
        printer_say(call->printer, "Nothing is queued.");
        return true;
    }
    printer_say(call->printer,
                "%s%" G_GUINT64_FORMAT " replies sent, %" G_GUINT64_FORMAT
                " withdrawn, %" G_GUINT64_FORMAT " undelivered",
                options.dry_run ? "would be: " : "", totals.sent, totals.withdrawn,
                totals.undelivered);
    return totals.undelivered == 0;
}

static const OptionRow deliver_options[] = {
    {.name = "folder",
     .value = "FOLDER",
     .type = OPTION_PATH,
     .meaning = "write the mails here instead of into the setting reply-folder"},
    {.name = "dry-run", .type = OPTION_FLAG, .meaning = "show what would be sent, write nothing"},
};

static const Command commands[] = {
    {.words = "deliver",
     .summary = "Write queued replies into a folder, as mails ready to be sent",
     .run = run_deliver,
     .spec = {.options = deliver_options, .option_count = G_N_ELEMENTS(deliver_options)},
     .details = "Each reply is written once, as reply-ID.eml. A reply whose usage licenses were "
                "superseded\nsince is withdrawn. Exit code 1: a reply could not be composed; it "
                "is undelivered."},
};

const CommandGroup cmd_deliver = {commands, G_N_ELEMENTS(commands)};
