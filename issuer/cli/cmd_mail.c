#include "cli/cmd_mail.h"

#include "base/error.h"
#include "cli/intake_printer.h"
#include "cli/progress.h"
#include "service/ingest.h"
#include "service/inspect.h"

typedef struct {
    Printer *printer;
    Progress *progress;
    bool decided;
    guint64 mails;
} Report;

static void report_mail(const IntakeItem *item, gpointer data)
{
    Report *report = data;
    progress_show(report->progress, ++report->mails, 0);
    intake_printer_mail(report->printer, item, report->decided);
}

static bool run_inspect(const CommandCall *call, GError **error)
{
    g_autoptr(Settings) settings = command_settings(call, error);
    if (settings == NULL) {
        return false;
    }
    g_autoptr(Progress) progress = progress_new("mails");
    Report report = {.printer = call->printer, .progress = progress};
    guint64 unreadable = 0;
    intake_printer_begin(call->printer, false);
    return inspect_run(settings, options_arguments(call->options, 0), report_mail, &report,
                       &unreadable, error) &&
           unreadable == 0;
}

static void say_totals(Printer *printer, const IngestTotals *totals)
{
    printer_say(printer,
                "%" G_GUINT64_FORMAT " mails: %" G_GUINT64_FORMAT
                " on record before, %" G_GUINT64_FORMAT " in cases, %" G_GUINT64_FORMAT
                " unrecognised, %" G_GUINT64_FORMAT " ignored, %" G_GUINT64_FORMAT " quarantined",
                totals->messages, totals->known, totals->cases, totals->unrecognised,
                totals->ignored, totals->quarantined);
    if (totals->unreadable > 0) {
        printer_say(printer, "%" G_GUINT64_FORMAT " paths could not be read", totals->unreadable);
    }
    g_autoptr(GString) line = g_string_new("codes:");
    for (gsize i = 0; i < G_N_ELEMENTS(totals->outcomes); i++) {
        g_string_append_printf(line, "%s %" G_GUINT64_FORMAT " %s", i > 0 ? "," : "",
                               totals->outcomes[i], rules_outcome_name((Outcome)i));
    }
    printer_say(printer, "%s", line->str);
    g_autofree char *again = redecide_text(&totals->again);
    if (again != NULL) {
        printer_say(printer, "%s", again);
    }
}

static bool run_ingest(const CommandCall *call, GError **error)
{
    IngestOptions options = {
        .config_path = call->config_path,
        .paths = options_arguments(call->options, 0),
        .dry_run = options_flag(call->options, "dry-run"),
        .allow_development_keys = options_flag(call->options, "development"),
    };
    g_autoptr(Progress) progress = progress_new("mails");
    Report report = {.printer = call->printer, .progress = progress, .decided = true};
    IngestTotals totals = {0};
    intake_printer_begin(call->printer, true);
    if (!ingest_run(&options, report_mail, &report, &totals, error)) {
        return false;
    }
    say_totals(call->printer, &totals);
    if (totals.again.failed > 0) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_FAILED,
                    "%" G_GUINT64_FORMAT " earlier requests could not be decided again, the last "
                    "of them %s; they wait on, all else is done",
                    totals.again.failed, totals.again.failure);
        return false;
    }
    return totals.quarantined + totals.unreadable == 0;
}

static const ArgumentRow paths[] = {
    {.name = "PATH",
     .meaning = "mbox, Maildir, .eml, a folder of them; - is an mbox or a mail on standard input",
     .path = true,
     .repeats = true},
};

static const OptionRow ingest_options[] = {
    {.name = "dry-run", .type = OPTION_FLAG, .meaning = "decide all, write and sign nothing"},
    {.name = "development", .type = OPTION_FLAG, .meaning = "allow keys made for development"},
};

static const Command commands[] = {
    {.words = "inspect",
     .summary = "Show what is in these mails; touches no database",
     .run = run_inspect,
     .spec = {.arguments = paths, .argument_count = G_N_ELEMENTS(paths)}},
    {.words = "ingest",
     .summary = "Take mails in: decide their requests, sign usage licenses, queue replies",
     .run = run_ingest,
     .spec = {ingest_options, G_N_ELEMENTS(ingest_options), paths, G_N_ELEMENTS(paths)},
     .details =
         "Over the same export again nothing changes. Exit code 0: every mail is accounted "
         "for,\nwhatever was decided; 1: mails are in quarantine, or a path could not be read."},
};

const CommandGroup cmd_mail = {commands, G_N_ELEMENTS(commands)};
