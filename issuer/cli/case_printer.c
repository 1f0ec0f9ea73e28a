#include "cli/case_printer.h"

void case_printer_mails(Printer *printer, const GPtrArray *mails)
{
    static const PrinterColumn columns[] = {
        {"message", COLUMN_NUMBER}, {"case", COLUMN_NUMBER}, {"taken_in", COLUMN_TIME},
        {"from", COLUMN_TEXT},      {"how", COLUMN_TEXT},    {"seen_at", COLUMN_TIME},
        {"subject", COLUMN_TEXT},   {"text", COLUMN_TEXT},
    };
    printer_begin_part(printer, "mails", columns, G_N_ELEMENTS(columns));
    for (guint i = 0; i < mails->len; i++) {
        const CaseMail *mail = g_ptr_array_index(mails, i);
        printer_number(printer, mail->message_id);
        printer_number(printer, mail->case_number);
        printer_time(printer, mail->taken_in);
        printer_text(printer, mail->from);
        printer_text(printer, mail->how);
        printer_time(printer, mail->seen_at);
        printer_text(printer, mail->subject);
        printer_text(printer, mail->body);
    }
}

void case_printer_questions(Printer *printer, const GPtrArray *questions)
{
    static const PrinterColumn columns[] = {
        {"decision", COLUMN_NUMBER},
        {"asked_at", COLUMN_TIME},
        {"operator", COLUMN_TEXT},
        {"words", COLUMN_TEXT},
    };
    printer_begin_part(printer, "questions", columns, G_N_ELEMENTS(columns));
    for (guint i = 0; i < questions->len; i++) {
        const CaseQuestion *question = g_ptr_array_index(questions, i);
        printer_number(printer, question->decision_id);
        printer_time(printer, question->asked_at);
        printer_text(printer, question->operator_name);
        printer_text(printer, question->words);
    }
}
