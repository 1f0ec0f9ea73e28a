#include "cli/intake_printer.h"

#include "base/error.h"
#include "cli/usage_license_printer.h"
#include "service/mail_report.h"

#define DECISION_COLUMNS 4 /* the last ones, which inspect leaves out */

static const PrinterColumn columns[] = {
    {"source", COLUMN_TEXT},   {"class", COLUMN_TEXT},   {"from", COLUMN_TEXT},
    {"reply_to", COLUMN_TEXT}, {"why", COLUMN_TEXT},     {"kind", COLUMN_TEXT},
    {"token", COLUMN_TEXT},    {"problem", COLUMN_TEXT}, {"outcome", COLUMN_TEXT},
    {"code", COLUMN_TEXT},     {"note", COLUMN_TEXT},    {"serial", COLUMN_TEXT},
};

static void print_mail(Printer *printer, const IntakeItem *item, bool decided)
{
    printer_text(printer, item->mail->source);
    printer_text(printer, batch_item_class(&item->item));
    printer_text(printer, item->mail->from);
    printer_text(printer, item->mail->reply_to);
    printer_text(printer, mail_report_why(item, decided));
}

/* `matter` NULL: the mail has no code. */
static void print_token(Printer *printer, const Matter *matter)
{
    g_autofree char *id = matter != NULL ? matter_short_form(matter) : NULL;
    printer_text(printer, matter != NULL ? matter_kind_name(matter) : NULL);
    printer_text(printer, id);
    printer_text(printer, matter != NULL ? matter->problem : NULL);
}

static void print_decision(Printer *printer, const Matter *matter)
{
    const bool decided = matter != NULL && matter->decided;
    printer_text(printer, decided ? rules_outcome_name(matter->decision.outcome) : NULL);
    printer_text(printer, decided ? matter->decision.code : NULL);
    printer_text(printer, decided ? matter->decision.note : NULL);
    usage_license_printer_serial(printer, decided ? matter->serial : 0);
}

/* A row a code, and one for a mail that has none. */
static void print_rows(Printer *printer, const IntakeItem *item, bool decided)
{
    const GPtrArray *matters = item->item.matters;
    for (guint i = 0; i < MAX(matters->len, 1); i++) {
        const Matter *matter = i < matters->len ? g_ptr_array_index(matters, i) : NULL;
        print_mail(printer, item, decided);
        print_token(printer, matter);
        if (decided) {
            print_decision(printer, matter);
        }
    }
}

void intake_printer_begin(Printer *printer, bool decided)
{
    if (!printer_is_table(printer)) {
        printer_begin(printer, columns, G_N_ELEMENTS(columns) - (decided ? 0 : DECISION_COLUMNS));
    }
}

void intake_printer_mail(Printer *printer, const IntakeItem *item, bool decided)
{
    if (printer_is_json(printer)) {
        g_autofree char *json = mail_report_json(item, decided);
        printer_object(printer, json);
    } else if (printer_is_table(printer)) {
        g_autofree char *line = mail_report_line(item, decided);
        printer_say(printer, "%s", line);
    } else {
        print_rows(printer, item, decided);
    }
}

/* Every mail that was read, as the sum of what became of it. */
static void print_sum(Printer *printer, const IngestTotals *totals)
{
    const struct {
        const char *word;
        guint64 count;
    } terms[] = {
        {"answered", totals->answered},
        {"held", totals->held},
        {"opened", totals->cases},
        {"ignored", totals->ignored},
        {"unrecognised", totals->unrecognised},
        {"quarantined", totals->quarantined},
        {"on record before", totals->known},
        {"broken off", ingest_totals_broken_off(totals)},
    };
    g_autoptr(GString) line = g_string_new(NULL);
    g_string_printf(line, "%" G_GUINT64_FORMAT " read", totals->read - totals->unreadable);
    for (gsize i = 0; i < G_N_ELEMENTS(terms); i++) {
        if (terms[i].count > 0 || i + 1 < G_N_ELEMENTS(terms)) {
            g_string_append_printf(line, " %s %" G_GUINT64_FORMAT " %s", i > 0 ? "+" : "=",
                                   terms[i].count, terms[i].word);
        }
    }
    printer_hint(printer, line->str);
}

void intake_printer_totals(Printer *printer, const IngestTotals *totals)
{
    print_sum(printer, totals);
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

void intake_printer_broken_off(Printer *printer, const IngestTotals *totals)
{
    if (totals->read > 0) {
        intake_printer_totals(printer, totals);
    }
}

bool intake_printer_end(const IngestTotals *totals, GError **error)
{
    if (totals->again.failed > 0) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_FAILED,
                    "%" G_GUINT64_FORMAT " earlier requests could not be decided again, the last "
                    "of them %s; they wait on, all else is done",
                    totals->again.failed, totals->again.failure);
        return false;
    }
    return totals->quarantined + totals->unreadable == 0;
}
