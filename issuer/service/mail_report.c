#include "service/mail_report.h"

#include "base/json_writer.h"
#include "base/text.h"
#include "core/usage_license.h"

static void member_text(JsonWriter *json, const char *key, const char *text)
{
    json_writer_key(json, key);
    json_writer_text(json, text);
}

static void write_tokens(JsonWriter *json, const GPtrArray *matters)
{
    json_writer_key(json, "tokens");
    json_writer_begin_array(json);
    for (guint i = 0; i < matters->len; i++) {
        const Matter *matter = g_ptr_array_index(matters, i);
        g_autofree char *id = matter_short_form(matter);
        json_writer_begin_object(json);
        member_text(json, "kind", matter_kind_name(matter));
        member_text(json, "id", id);
        json_writer_key(json, "intact");
        json_writer_flag(json, matter->problem == NULL);
        member_text(json, "problem", matter->problem);
        json_writer_end_object(json);
    }
    json_writer_end_array(json);
}

static void write_decision(JsonWriter *json, const Matter *matter)
{
    g_autofree char *id = matter_short_form(matter);
    g_autofree char *serial =
        matter->serial != 0 ? usage_license_serial_text(matter->serial) : NULL;
    json_writer_begin_object(json);
    member_text(json, "token", id);
    member_text(json, "outcome", rules_outcome_name(matter->decision.outcome));
    member_text(json, "code", matter->decision.code);
    member_text(json, "note", matter->decision.note);
    member_text(json, "serial", serial);
    json_writer_end_object(json);
}

static void write_outcomes(JsonWriter *json, const GPtrArray *matters)
{
    json_writer_begin_array(json);
    for (guint i = 0; i < matters->len; i++) {
        const Matter *matter = g_ptr_array_index(matters, i);
        if (matter->decided) {
            write_decision(json, matter);
        }
    }
    json_writer_end_array(json);
}

static void write_decisions(JsonWriter *json, const BatchItem *item)
{
    json_writer_key(json, "decisions");
    write_outcomes(json, item->matters);
    json_writer_key(json, "case");
    if (item->case_number != 0) {
        json_writer_number(json, item->case_number);
    } else {
        json_writer_null(json);
    }
}

const char *mail_report_why(const IntakeItem *item, bool decided)
{
    return decided && item->item.known ? "on record already" : item->item.why;
}

char *mail_report_json(const IntakeItem *item, bool decided)
{
    const ParsedMail *mail = item->mail;
    JsonWriter *json = json_writer_new();
    json_writer_begin_object(json);
    member_text(json, "source", mail->source);
    member_text(json, "from", mail->from);
    member_text(json, "reply_to", mail->reply_to);
    member_text(json, "class", batch_item_class(&item->item));
    member_text(json, "why", mail_report_why(item, decided));
    write_tokens(json, item->item.matters);
    if (decided) {
        write_decisions(json, &item->item);
    }
    json_writer_end_object(json);
    return json_writer_finish(json);
}

static void append_matter(GString *line, const Matter *matter)
{
    g_autofree char *id = matter_short_form(matter);
    g_string_append_printf(line, "; %s %s", matter_kind_name(matter), id != NULL ? id : "?");
    if (matter->decided) {
        g_string_append_printf(line, " %s (%s%s%s)", rules_outcome_name(matter->decision.outcome),
                               matter->decision.code, matter->decision.note != NULL ? ", " : "",
                               matter->decision.note != NULL ? matter->decision.note : "");
    }
    if (matter->serial != 0) {
        g_autofree char *serial = usage_license_serial_text(matter->serial);
        g_string_append_printf(line, " %s", serial);
    }
    if (matter->problem != NULL) {
        g_string_append_printf(line, ": %s", matter->problem);
    }
}

char *mail_report_line(const IntakeItem *item, bool decided)
{
    const ParsedMail *mail = item->mail;
    GString *line = g_string_new(mail->source);
    g_string_append_printf(line, ": %s", mail->absent ? "not read" : batch_item_class(&item->item));
    if (mail->from != NULL) {
        g_string_append_printf(line, " from %s", mail->from);
    }
    for (guint i = 0; i < item->item.matters->len; i++) {
        append_matter(line, g_ptr_array_index(item->item.matters, i));
    }
    if (item->item.case_number != 0) {
        g_string_append_printf(line, "; case %" G_GINT64_FORMAT "%s", item->item.case_number,
                               item->item.lost_of != 0 ? " opened" : "");
    }
    const char *why = mail_report_why(item, decided);
    if (why != NULL) {
        g_string_append_printf(line, "; %s", why);
    }
    char *one_line = text_one_line(line->str, 0); /* a file's name may hold anything */
    g_string_free(line, TRUE);
    return one_line;
}

char *mail_report_decisions_json(const IntakeItem *item)
{
    JsonWriter *json = json_writer_new();
    write_outcomes(json, item->item.matters);
    return json_writer_finish(json);
}

char *mail_report_decisions_line(const IntakeItem *item)
{
    g_autoptr(GString) line = g_string_new(NULL);
    for (guint i = 0; i < item->item.matters->len; i++) {
        append_matter(line, g_ptr_array_index(item->item.matters, i));
    }
    return g_strdup(line->len > 2 ? line->str + 2 : ""); /* after the first "; " */
}
