#include "cli/cmd_fetch.h"

#include "base/error.h"
#include "cli/failure.h"
#include "cli/intake_printer.h"
#include "cli/progress.h"
#include "service/fetch.h"

static const PrinterColumn columns[] = {
    {"mailbox", COLUMN_TEXT},   {"place", COLUMN_TEXT},  {"read", COLUMN_NUMBER},
    {"settled", COLUMN_NUMBER}, {"kept", COLUMN_NUMBER}, {"gone", COLUMN_NUMBER},
    {"problem", COLUMN_TEXT},
};

typedef struct {
    Printer *printer;
    Progress *progress;
    guint64 mails;
    guint mailboxes;
    GPtrArray *notes; /* of char * */
    GError *failure;  /* of a mailbox, that ends the program */
} Report;

static void report_mail(const IntakeItem *item, gpointer data)
{
    Report *report = data;
    progress_show(report->progress, ++report->mails, 0);
    intake_printer_mail(report->printer, item, true);
}

/* One failure ends the program, the others are told at once: of mailboxes the last, but one that
 * may come back by itself before one that needs a person, so that the exit code depends on no
 * order. */
static void report_failure(Report *report, const GError *failure)
{
    const bool keeps = report->failure != NULL &&
                       report->failure->code == ISSUER_ERROR_UNAVAILABLE &&
                       failure->code != ISSUER_ERROR_UNAVAILABLE;
    const GError *told = keeps ? failure : report->failure;
    if (told != NULL) {
        (void)failure_report(told);
    }
    if (!keeps) {
        g_clear_error(&report->failure);
        report->failure = g_error_copy(failure);
    }
}

static void report_mailbox(const FetchBox *box, gpointer data)
{
    Report *report = data;
    const FetchCounts *counts = fetch_box_counts(box);
    const GError *failure = fetch_box_failure(box);
    if (report->mailboxes++ == 0) {
        printer_begin_part(report->printer, "mailboxes", columns, G_N_ELEMENTS(columns));
    }
    printer_text(report->printer, fetch_box_name(box));
    printer_text(report->printer, fetch_box_place(box));
    printer_number(report->printer, (int64_t)counts->read);
    printer_number(report->printer, (int64_t)counts->settled);
    printer_number(report->printer, (int64_t)counts->kept);
    printer_number(report->printer, (int64_t)counts->gone);
    printer_text(report->printer, failure != NULL ? failure->message : NULL);
    if (fetch_box_note(box) != NULL) {
        g_ptr_array_add(report->notes, g_strdup(fetch_box_note(box)));
    }
    if (failure != NULL) {
        report_failure(report, failure);
    }
}

static void say_end(const Report *report)
{
    printer_end(report->printer);
    for (guint i = 0; i < report->notes->len; i++) {
        printer_hint(report->printer, g_ptr_array_index(report->notes, i));
    }
}

/* What has failed, of all of it and of a mailbox: that the database is out of reach comes last. */
static bool end_with(Report *report, GError *failure, GError **error)
{
    if (failure == NULL) {
        failure = g_steal_pointer(&report->failure);
    } else if (report->failure != NULL) {
        (void)failure_report(report->failure);
        g_clear_error(&report->failure);
    }
    g_propagate_error(error, failure);
    return false;
}

static bool run_fetch(const CommandCall *call, GError **error)
{
    const FetchOptions options = {
        .config_path = call->config_path,
        .mailboxes = options_arguments(call->options, 0),
        .limit = (guint64)options_number(call->options, "limit", 0),
        .dry_run = options_flag(call->options, "dry-run"),
        .allow_development_keys = options_flag(call->options, "development"),
    };
    g_autoptr(Progress) progress = progress_new("mails");
    g_autoptr(GPtrArray) notes = g_ptr_array_new_with_free_func(g_free);
    Report report = {.printer = call->printer, .progress = progress, .notes = notes};
    const FetchReports reports = {report_mail, report_mailbox, &report};
    IngestTotals totals = {0};
    GError *failure = NULL;
    intake_printer_begin(call->printer, true);
    const bool done = fetch_run(&options, &reports, &totals, &failure);
    say_end(&report);
    if (!done) {
        intake_printer_broken_off(call->printer, &totals);
        return end_with(&report, failure, error);
    }
    intake_printer_totals(call->printer, &totals);
    return report.failure == NULL ? intake_printer_end(&totals, error)
                                  : end_with(&report, NULL, error);
}

static const ArgumentRow mailboxes[] = {
    {.name = "MAILBOX",
     .meaning = "a mailbox by its name in issuer.conf; without any: all of them",
     .optional = true,
     .repeats = true},
};

static const OptionRow fetch_options[] = {
    {.name = "limit",
     .value = "N",
     .type = OPTION_NUMBER,
     .least = 1,
     .most = G_MAXINT32,
     .meaning = "read at most N mails"},
    {.name = "dry-run",
     .type = OPTION_FLAG,
     .meaning = "decide all, write and sign nothing, leave the mails as they are"},
    {.name = "development", .type = OPTION_FLAG, .meaning = "allow keys made for development"},
};

static const Command commands[] = {
    {.words = "fetch",
     .summary = "Take in the new mails of mailboxes, by IMAP, and mark or move them there",
     .run = run_fetch,
     .spec = {fetch_options, G_N_ELEMENTS(fetch_options), mailboxes, G_N_ELEMENTS(mailboxes)},
     .details =
         "Goes on where it ended, and may be broken off at any point. A mail is marked as read, "
         "or moved,\nonce its outcome is on record; one in quarantine is flagged and stays. "
         "Exit code 0: every mail\nis accounted for, whatever was decided; 1: mails are in "
         "quarantine, or a mailbox is set wrongly;\n3: a mailbox or the database is out of reach. "
         "One mailbox that fails costs no other."},
};

const CommandGroup cmd_fetch = {commands, G_N_ELEMENTS(commands)};
