#include "cli/cmd_deliver.h"

#include "service/delivery_run.h"

static const PrinterColumn columns[] = {
    {"reply", COLUMN_NUMBER}, {"state", COLUMN_TEXT}, {"to", COLUMN_TEXT},
    {"subject", COLUMN_TEXT}, {"file", COLUMN_TEXT},  {"until", COLUMN_TIME},
    {"why", COLUMN_TEXT},
};

static void report_reply(const DeliveryLine *line, gpointer data)
{
    Printer *printer = data;
    printer_number(printer, line->id);
    printer_text(printer, line->state);
    printer_text(printer, line->recipient);
    printer_text(printer, line->subject);
    printer_text(printer, line->file);
    printer_time(printer, line->until);
    printer_text(printer, line->why);
}

static void say_totals(Printer *printer, const DeliveryTotals *totals, bool dry_run)
{
    printer_say(printer,
                "%s%" G_GUINT64_FORMAT " replies sent, %" G_GUINT64_FORMAT
                " withdrawn, %" G_GUINT64_FORMAT " undelivered",
                dry_run ? "would be: " : "", totals->sent, totals->withdrawn, totals->undelivered);
}

static void say_waiting(Printer *printer, const DeliveryTotals *totals)
{
    if (totals->waiting > 0) {
        g_autofree char *next = printer_time_text(totals->next_due);
        printer_say(printer, "%" G_GUINT64_FORMAT " wait, the next until %s", totals->waiting,
                    next != NULL ? next : "the next run");
    }
}

static bool run_deliver(const CommandCall *call, GError **error)
{
    const DeliveryOptions options = {
        .config_path = call->config_path,
        .folder = options_text(call->options, "folder"),
        .dry_run = options_flag(call->options, "dry-run"),
    };
    g_autoptr(Delivery) delivery = delivery_run_open(&options, error);
    if (delivery == NULL) {
        return false;
    }
    DeliveryTotals totals = {0};
    printer_begin(call->printer, columns, G_N_ELEMENTS(columns));
    if (!delivery_run(delivery, report_reply, call->printer, &totals, error)) {
        return false;
    }
    if (totals.sent + totals.withdrawn + totals.undelivered + totals.waiting == 0) {
        printer_say(call->printer, "Nothing is queued.");
        return true;
    }
    say_totals(call->printer, &totals, options.dry_run);
    if (!options.dry_run) {
        say_waiting(call->printer, &totals);
    }
    return totals.undelivered == 0;
}

static const OptionRow deliver_options[] = {
    {.name = "folder",
     .value = "FOLDER",
     .type = OPTION_PATH,
     .meaning = "write the mails here, whatever the settings reply-by and reply-folder say"},
    {.name = "dry-run",
     .type = OPTION_FLAG,
     .meaning = "show what would be sent and what waits until when; send nothing"},
};

static const Command commands[] = {
    {.words = "deliver",
     .summary = "Send queued replies: to the mail server, or into a folder as mails",
     .run = run_deliver,
     .spec = {.options = deliver_options, .option_count = G_N_ELEMENTS(deliver_options)},
     .details =
         "The setting reply-by says which. Into the folder each reply is written once, as "
         "reply-ID.eml. What the\nmail server does not take now waits, longer each time, and is "
         "given "
         "up after reply-days; what it refuses\nfor good is undelivered, and an alert rises. A "
         "reply "
         "whose usage licenses were superseded since is\nwithdrawn. Several may run at once. Exit "
         "codes: 1, a reply is undelivered; 3, the mail server is out of\nreach or takes no mail "
         "from "
         "us: what is queued stays queued."},
};

const CommandGroup cmd_deliver = {commands, G_N_ELEMENTS(commands)};
