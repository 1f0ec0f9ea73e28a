#include "cli/cmd_report.h"

#include "base/draft.h"
#include "base/error.h"
#include "base/file.h"
#include "cli/listing_printer.h"
#include "service/reports.h"

#include <string.h>

#define FAMILY "report "

/* What stands in the head of a report: of a table in a line, of JSON in an object, of CSV, which
 * has no head, in the last columns of each row. */
static const PrinterColumn head_columns[] = {
    {"report", COLUMN_TEXT}, {"as_of", COLUMN_TEXT},   {"known_at", COLUMN_TEXT},
    {"zone", COLUMN_TEXT},   {"program", COLUMN_TEXT},
};

/* A report on its way out. */
typedef struct {
    const Report *report;
    const ReportMoment *moment;
    const char *behind; /* a line about the records; NULL: they are whole until now */
    Printer *printer;
    PrinterFace face;
    GArray *columns; /* of PrinterColumn; NULL before the first piece */
} Output;

static void print_head(const Output *output)
{
    printer_text(output->printer, output->report->name);
    printer_text(output->printer, output->moment->as_of);
    printer_text(output->printer, output->moment->known_at);
    printer_text(output->printer, output->moment->zone);
    printer_text(output->printer, "issuer " ISSUER_VERSION);
}

static void begin(Output *output, const Listing *piece)
{
    const gsize count = piece->column_count;
    output->columns = listing_printer_columns(piece->columns, count);
    if (output->face == PRINTER_CSV) {
        g_array_append_vals(output->columns, head_columns, G_N_ELEMENTS(head_columns));
    }
    const PrinterColumn *columns = &g_array_index(output->columns, PrinterColumn, 0);
    if (output->behind != NULL) {
        printer_hint(output->printer, output->behind);
    }
    switch (output->face) {
    case PRINTER_TABLE:
        printer_say(output->printer,
                    "Report %s as of %s, days of %s, known at %s, by issuer " ISSUER_VERSION "\n",
                    output->report->name, output->moment->as_of, output->moment->zone,
                    output->moment->known_at);
        printer_begin(output->printer, columns, count);
        break;
    case PRINTER_JSON:
        printer_begin_record(output->printer, head_columns, G_N_ELEMENTS(head_columns));
        print_head(output);
        printer_begin_part(output->printer, "rows", columns, count);
        break;
    case PRINTER_CSV:
        printer_begin(output->printer, columns, output->columns->len);
        break;
    }
}

static bool print_piece(const Listing *piece, gpointer data, GError **error)
{
    (void)error;
    Output *output = data;
    if (output->columns == NULL) {
        begin(output, piece);
    }
    for (gsize row = 0; row < piece->rows; row++) {
        listing_printer_row(output->printer, piece, row);
        if (output->face == PRINTER_CSV) {
            print_head(output);
        }
    }
    return true;
}

/* Who says himself what was known when is told nothing: that is whole. */
static bool find_behind(Context *context, const ReportOrder *order, char **behind, GError **error)
{
    return order->known_at != NULL || context_behind(context, "this report", behind, error);
}

static bool print_report(const CommandCall *call, Printer *printer, PrinterFace face,
                         GError **error)
{
    const ReportOrder order = {
        .report = reports_find(call->words + strlen(FAMILY)),
        .as_of = options_text(call->options, "as-of"),
        .known_at = options_text(call->options, "known-at"),
        .rows = options_flag(call->options, "rows"),
    };
    ReportMoment moment = {0};
    Output output = {.report = order.report, .moment = &moment, .printer = printer, .face = face};
    g_autofree char *purpose = g_strconcat("issuer ", call->words, NULL);
    g_autofree char *behind = NULL;
    g_autoptr(Context) context = context_open(call->config_path, CONTEXT_REPORTS, purpose, error);
    bool done = context != NULL && reports_settle(context, &order, &moment, error) &&
                find_behind(context, &order, &behind, error);
    output.behind = behind;
    done = done && reports_run(context, &order, &moment, print_piece, &output, error);
    printer_end(printer);
    report_query_moment_clear(&moment);
    g_clear_pointer(&output.columns, g_array_unref);
    return done;
}

/* "DIGEST  NAME", as sha256sum writes and checks it. */
static bool write_digest(const char *path, const char *digest, GError **error)
{
    g_autofree char *name = g_path_get_basename(path);
    g_autofree char *beside = g_strconcat(path, ".sha256", NULL);
    g_autofree char *line = g_strdup_printf("%s  %s\n", digest, name);
    return file_create(beside, line, strlen(line), 0644, error);
}

static bool print_to_file(const CommandCall *call, const char *path, PrinterFace face,
                          GError **error)
{
    g_autoptr(Draft) draft = draft_new(path, error);
    if (draft == NULL) {
        return false;
    }
    g_autoptr(Printer) printer = printer_new(face, draft_stream(draft));
    if (!print_report(call, printer, face, error) || !printer_finish(printer, error)) {
        return false;
    }
    g_autofree char *digest = draft_finish(draft, error);
    return digest != NULL &&
           (!options_flag(call->options, "sha256") || write_digest(path, digest, error));
}

static bool refuse_output(const char *path, bool digest, GError **error)
{
    if (path == NULL && digest) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_USAGE,
                    "--sha256 writes beside a file: name it with --output");
        return true;
    }
    if (digest && strpbrk(path, "\\\n") != NULL) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_USAGE,
                    "--sha256: sha256sum reads no name with a backslash or a line break as it is");
        return true;
    }
    return false;
}

static bool run_report(const CommandCall *call, GError **error)
{
    const char *path = options_text(call->options, "output");
    const PrinterFace face = printer_is_table(call->printer)  ? PRINTER_TABLE
                             : printer_is_json(call->printer) ? PRINTER_JSON
                                                              : PRINTER_CSV;
    if (refuse_output(path, options_flag(call->options, "sha256"), error)) {
        return false;
    }
    return path != NULL ? print_to_file(call, path, face, error)
                        : print_report(call, call->printer, face, error);
}

static const OptionRow options[] = {
    {.name = "as-of",
     .value = "DATE",
     .type = OPTION_TEXT,
     .meaning = "effective by the end of that day in finance-zone; today unless told otherwise"},
    {.name = "known-at",
     .value = "TIME",
     .type = OPTION_TEXT,
     .meaning = "recorded by then, in UTC, or by the end of that day in finance-zone"},
    {.name = "rows", .type = OPTION_FLAG, .meaning = "a row for each thing that is counted"},
    {.name = "output",
     .value = "FILE",
     .type = OPTION_PATH,
     .meaning = "write it there; what is there already is never written over"},
    {.name = "sha256", .type = OPTION_FLAG, .meaning = "and FILE.sha256 beside it, for sha256sum"},
};

#define REPORT                                                                                     \
    .run = run_report, .spec = {.options = options, .option_count = G_N_ELEMENTS(options)},        \
    .details = details

static const char details[] =
    "Without --known-at it tells what was recorded before the oldest transaction that is still "
    "open; "
    "its head\nsays when that was. The same --as-of, --known-at and finance-zone give the same "
    "bytes "
    "again.\nThe database has the same: select * from issuer.report_…(as_of, known_at, zone).";

static const Command commands[] = {
    {.words = "report licenses",
     .summary = "Licenses sold, delivered, in use, by product and state",
     REPORT},
    {.words = "report orders",
     .summary = "Orders by month: sold, delivered, first activated",
     REPORT},
    {.words = "report expiring",
     .summary = "Renewals by month, and lapsed support of servers that run",
     REPORT},
    {.words = "report activations",
     .summary = "Uses allowed, taken, given back by evidence, lost",
     REPORT},
    {.words = "report restorations",
     .summary = "Lost servers: who asked, who approved, why",
     REPORT},
    {.words = "report support-years",
     .summary = "Years of support that orders added and took, by month",
     REPORT},
    {.words = "report issuance",
     .summary = "Usage licenses issued, by month, feature and kind of order",
     REPORT},
    {.words = "report holds", .summary = "Requests that wait for a person: age and reason", REPORT},
    {.words = "report response-times",
     .summary = "From a mail to its reply: the middle and 95 of 100, by month",
     REPORT},
    {.words = "report keys", .summary = "Signing keys and the servers that run on each", REPORT},
    {.words = "report late-entries",
     .summary = "What was recorded after the month that it belongs to",
     REPORT},
    {.words = "report reconciliation",
     .summary = "Whether what was sold and used adds up, and where it does not",
     REPORT},
};

const CommandGroup cmd_report = {commands, G_N_ELEMENTS(commands)};
