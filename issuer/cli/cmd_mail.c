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
    const bool done = inspect_run(settings, options_arguments(call->options, 0), report_mail,
                                  &report, &unreadable, error);
    if (done && report.mails == 0) {
        printer_hint(call->printer,
                     "no mail is there: the files are empty, or the folders hold none");
    }
    return done && unreadable == 0;
}

static bool run_ingest(const CommandCall *call, GError **error)
{
    IngestOptions options = {
        .config_path = call->config_path,
        .paths = options_arguments(call->options, 0),
        .purpose = "issuer ingest",
        .dry_run = options_flag(call->options, "dry-run"),
        .allow_development_keys = options_flag(call->options, "development"),
    };
    g_autoptr(Progress) progress = progress_new("mails");
    Report report = {.printer = call->printer, .progress = progress, .decided = true};
    IngestTotals totals = {0};
    intake_printer_begin(call->printer, true);
    if (!ingest_run(&options, report_mail, &report, &totals, error)) {
        intake_printer_broken_off(call->printer, &totals);
        return false;
    }
    intake_printer_totals(call->printer, &totals);
    return intake_printer_end(&totals, error);
}

static const ArgumentRow paths[] = {
    {.name = "PATH",
     .meaning = "mails, mailboxes, exports, archives and folders of them; "
                "-: from standard input",
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
