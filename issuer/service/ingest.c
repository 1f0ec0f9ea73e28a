#include "service/ingest.h"

static bool run_once(Intake *intake, const IngestOptions *options, const IntakeRun *run,
                     IngestTotals *totals, GError **error)
{
    if (options->prepare != NULL) {
        options->prepare(options->feed->data);
    }
    return intake_open(intake, error) && intake_run(intake, run, totals, error) &&
           intake_close(intake, error);
}

bool ingest_run(const IngestOptions *options, IntakeReport report, gpointer data,
                IngestTotals *totals, GError **error)
{
    *totals = (IngestTotals){0};
    /* The parsers are forked first, so that they hold neither a connection nor a key. */
    g_autoptr(Settings) settings = settings_given(options->settings, options->config_path, error);
    if (settings == NULL) {
        return false;
    }
    const IntakeOptions all = {
        .settings = settings,
        .feed = options->feed,
        .purpose = options->purpose,
        .dry_run = options->dry_run,
        .allow_development_keys = options->allow_development_keys,
    };
    const IntakeRun run = {.paths = options->paths, .report = report, .data = data};
    g_autoptr(Intake) intake = intake_new(&all);
    return run_once(intake, options, &run, totals, error);
}
