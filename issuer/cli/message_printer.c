#include "cli/message_printer.h"

#include "base/json_writer.h"
#include "base/text.h"
#include "cli/decision_printer.h"
#include "core/dates.h"

static const PrinterColumn list_columns[] = {
    {"id", COLUMN_NUMBER},  {"day", COLUMN_TEXT},     {"class", COLUMN_TEXT},
    {"from", COLUMN_TEXT},  {"subject", COLUMN_TEXT}, {"why", COLUMN_TEXT},
    {"waits", COLUMN_FLAG}, {"ready", COLUMN_TEXT},   {"source", COLUMN_TEXT},
};

void message_printer_begin(Printer *printer)
{
    printer_begin(printer, list_columns, G_N_ELEMENTS(list_columns));
}

/* Intake notes a reason only where the class does not tell it; a list should always. */
static const char *why_of(const MessageSummary *message)
{
    if (message->why != NULL) {
        return message->why;
    }
    if (g_strcmp0(message->class_name, "unrecognised") == 0) {
        return "no code and no License ID in its text";
    }
    return g_strcmp0(message->class_name, "about-license") == 0
               ? "it names a license, but has no code"
               : NULL;
}

void message_printer_row(Printer *printer, const MessageSummary *message)
{
    g_autofree char *day = dates_text(dates_day_of(message->taken_in));
    printer_number(printer, message->id);
    printer_text(printer, day);
    printer_text(printer, message->class_name);
    printer_text(printer, message->from);
    printer_text(printer, message->subject);
    printer_text(printer, why_of(message));
    printer_flag(printer, message->waits);
    printer_text(printer,
                 message->ready != READY_NONE ? messages_ready_name(message->ready) : NULL);
    printer_text(printer, message->source);
}

#define DETAIL_COLUMNS                                                                             \
    {"id", COLUMN_NUMBER}, {"taken_in", COLUMN_TIME}, {"class", COLUMN_TEXT},                      \
        {"why", COLUMN_TEXT}, {"waits", COLUMN_FLAG}, {"from", COLUMN_TEXT},                       \
        {"reply_to", COLUMN_TEXT}, {"vouched", COLUMN_TEXT}, {"authentication", COLUMN_TEXT},      \
        {"subject", COLUMN_TEXT}, {"sent_at", COLUMN_TIME}, {"message_id", COLUMN_TEXT},           \
        {"in_reply_to", COLUMN_TEXT}, {"source", COLUMN_TEXT}, {"offset", COLUMN_NUMBER},          \
        {"size", COLUMN_NUMBER}, {"raw_kept", COLUMN_FLAG}, {"emptied_at", COLUMN_TIME},           \
        {"handled_at", COLUMN_TIME},                                                               \
    {                                                                                              \
        "handled_how", COLUMN_TEXT                                                                 \
    }

/* The body comes last: people read it below, as the lines that it is. */
static const PrinterColumn detail_columns[] = {DETAIL_COLUMNS, {"body", COLUMN_TEXT}};
static const PrinterColumn quarantine_columns[] = {
    DETAIL_COLUMNS,
    {"reason", COLUMN_TEXT},
    {"closed_at", COLUMN_TIME},
    {"closed_how", COLUMN_TEXT},
    {"body", COLUMN_TEXT},
};

static void begin_detail(Printer *printer, bool quarantine)
{
    const PrinterColumn *columns = quarantine ? quarantine_columns : detail_columns;
    gsize count = quarantine ? G_N_ELEMENTS(quarantine_columns) : G_N_ELEMENTS(detail_columns);
    printer_begin_record(printer, columns, count - (printer_is_table(printer) ? 1 : 0));
}

static void print_headers(Printer *printer, const MessageDetail *message)
{
    const MessageSummary *summary = message->summary;
    printer_number(printer, summary->id);
    printer_time(printer, summary->taken_in);
    printer_text(printer, summary->class_name);
    printer_text(printer, why_of(summary));
    printer_flag(printer, summary->waits);
    printer_text(printer, summary->from);
    printer_text(printer, message->reply_to);
    printer_text(printer, message->vouched);
    printer_text(printer, message->authentication);
    printer_text(printer, summary->subject);
    printer_time(printer, message->sent_at);
    printer_text(printer, message->message_id);
    printer_text(printer, message->in_reply_to);
    printer_text(printer, summary->source);
    printer_number(printer, (int64_t)message->offset);
    printer_number(printer, (int64_t)message->size);
    printer_flag(printer, message->has_raw);
    printer_time(printer, message->emptied_at);
    printer_time(printer, message->handled_at);
    printer_text(printer, message->handled_how);
}

/* Each line has a mark before it, so that a mail cannot write lines that seem to be ours. */
static void say_body(Printer *printer, const char *body)
{
    g_autofree char *clean = text_printable(body);
    g_auto(GStrv) lines = g_strsplit(g_strchomp(clean), "\n", -1);
    printer_say(printer, "\nbody:");
    for (gsize i = 0; lines[i] != NULL; i++) {
        printer_say(printer, "| %s", lines[i]);
    }
}

void message_printer_body(Printer *printer, const char *body)
{
    if (!printer_is_table(printer)) {
        printer_text(printer, body);
    } else if (body != NULL && body[0] != '\0') {
        say_body(printer, body);
    }
}

static void print_decision_ids(Printer *printer, const GArray *decisions)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(JsonWriter) json = json_writer_new();
    json_writer_begin_array(json);
    for (guint i = 0; i < decisions->len; i++) {
        int64_t id = g_array_index(decisions, int64_t, i);
        g_string_append_printf(text, "%s%" G_GINT64_FORMAT, i > 0 ? ", " : "", (gint64)id);
        json_writer_number(json, id);
    }
    json_writer_end_array(json);
    printer_nested(printer, json_writer_peek(json), text->str);
}

static void print_replies(Printer *printer, const GPtrArray *replies)
{
    static const PrinterColumn columns[] = {
        {"reply", COLUMN_NUMBER},    {"recipient", COLUMN_TEXT},  {"state", COLUMN_TEXT},
        {"why", COLUMN_TEXT},        {"ready", COLUMN_TEXT},      {"queued_at", COLUMN_TIME},
        {"sent_at", COLUMN_TIME},    {"attempts", COLUMN_NUMBER}, {"not_before", COLUMN_TIME},
        {"last_error", COLUMN_TEXT}, {"decisions", COLUMN_TEXT},  {"words", COLUMN_TEXT},
    };
    printer_begin_part(printer, "replies", columns, G_N_ELEMENTS(columns));
    for (guint i = 0; i < replies->len; i++) {
        const MessageReply *reply = g_ptr_array_index(replies, i);
        printer_number(printer, reply->id);
        printer_text(printer, reply->recipient);
        printer_text(printer, reply->state);
        printer_text(printer, reply->why);
        printer_text(printer,
                     reply->ready != READY_NONE ? messages_ready_name(reply->ready) : NULL);
        printer_time(printer, reply->queued_at);
        printer_time(printer, reply->sent_at);
        printer_number(printer, reply->attempts);
        printer_time(printer, reply->not_before);
        printer_text(printer, reply->last_error);
        print_decision_ids(printer, reply->decisions);
        printer_text(printer, reply->words);
    }
}

static void print_retries(Printer *printer, const GPtrArray *retries)
{
    static const PrinterColumn columns[] = {{"retried_at", COLUMN_TIME},
                                            {"operator", COLUMN_TEXT},
                                            {"state", COLUMN_TEXT},
                                            {"result", COLUMN_TEXT}};
    printer_begin_part(printer, "retries", columns, G_N_ELEMENTS(columns));
    for (guint i = 0; i < retries->len; i++) {
        const QuarantineRetry *retry = g_ptr_array_index(retries, i);
        printer_time(printer, retry->at);
        printer_text(printer, retry->operator_name);
        printer_text(printer, retry->state);
        printer_text(printer, retry->why);
    }
}

void message_printer_detail(Printer *printer, const MessageDetail *message,
                            const GPtrArray *retries)
{
    begin_detail(printer, retries != NULL);
    print_headers(printer, message);
    if (retries != NULL) {
        printer_text(printer, message->quarantine_reason);
        printer_time(printer, message->quarantine_closed_at);
        printer_text(printer, message->quarantine_closed_how);
    }
    message_printer_body(printer, message->body);
    decision_printer_part(printer, message->decisions);
    print_replies(printer, message->replies);
    if (retries != NULL) {
        print_retries(printer, retries);
    }
}
