#include "cli/decision_printer.h"

#include "cli/usage_license_printer.h"
#include "core/statement.h"
#include "service/usage_licenses.h"

static const PrinterColumn columns[] = {
    {"decision", COLUMN_NUMBER}, {"decided_at", COLUMN_TIME}, {"message", COLUMN_NUMBER},
    {"kind", COLUMN_TEXT},       {"token", COLUMN_TEXT},      {"outcome", COLUMN_TEXT},
    {"rule", COLUMN_NUMBER},     {"code", COLUMN_TEXT},       {"note", COLUMN_TEXT},
    {"serial", COLUMN_TEXT},     {"case", COLUMN_NUMBER},     {"would", COLUMN_TEXT},
    {"problem", COLUMN_TEXT},    {"operator", COLUMN_TEXT},   {"reason", COLUMN_TEXT},
    {"ticket", COLUMN_TEXT},
};

static void print_decision(Printer *printer, const DecisionRecord *decision)
{
    g_autofree char *token =
        digest_is_zero(&decision->token) ? NULL : statement_short_form(&decision->token);
    printer_number(printer, decision->id);
    printer_time(printer, decision->effective);
    printer_number(printer, decision->message_id);
    printer_text(printer, decision->kind);
    printer_text(printer, token);
    printer_text(printer, decision->outcome);
    printer_id(printer, decision->rule);
    printer_text(printer, decision->code);
    printer_text(printer, decision->note);
    usage_license_printer_serial(printer, decision->serial);
    printer_id(printer, decision->case_number);
    printer_text(printer, decision->would);
    printer_text(printer, decision->problem);
    printer_text(printer, decision->operator_name);
    printer_text(printer, decision->reason);
    printer_text(printer, decision->ticket);
}

void decision_printer_part(Printer *printer, const GPtrArray *decisions)
{
    printer_begin_part(printer, "decisions", columns, G_N_ELEMENTS(columns));
    for (guint i = 0; i < decisions->len; i++) {
        print_decision(printer, g_ptr_array_index(decisions, i));
    }
}
