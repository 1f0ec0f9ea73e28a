#include "cli/usage_license_printer.h"

#include "base/json_writer.h"
#include "core/dates.h"
#include "core/statement.h"

/* A person thinks of the last day on which it is valid; an end that is no day's is told as it is.
 * New string. */
static char *last_day(int64_t end)
{
    int32_t day = dates_through(end);
    return dates_end(day) == end ? dates_text(day) : dates_instant_text(end);
}

/* "support until 2027-03-31", "snowflake-bridge up to 1000" */
static void append_feature(GString *text, const Feature *feature)
{
    g_string_append_printf(text, "%s%s", text->len > 0 ? ", " : "", feature->code);
    if (feature->limit >= 0) {
        g_string_append_printf(text, " up to %" G_GINT64_FORMAT, (gint64)feature->limit);
    }
    if (feature->until != 0) {
        g_autofree char *until = last_day(feature->until);
        g_string_append_printf(text, " until %s", until);
    }
}

static void write_feature(JsonWriter *json, const Feature *feature)
{
    static const char *const kinds[] = {"perpetual", "term", "metered"};
    g_autofree char *until = printer_time_text(feature->until);
    json_writer_begin_object(json);
    json_writer_key(json, "code");
    json_writer_text(json, feature->code);
    json_writer_key(json, "kind");
    json_writer_text(json, kinds[feature->kind]);
    json_writer_key(json, "until");
    json_writer_text(json, until);
    json_writer_key(json, "limit");
    if (feature->limit >= 0) {
        json_writer_number(json, feature->limit);
    } else {
        json_writer_null(json);
    }
    json_writer_end_object(json);
}

static void print_features(Printer *printer, const GPtrArray *features)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(JsonWriter) json = json_writer_new();
    json_writer_begin_array(json);
    for (guint i = 0; i < features->len; i++) {
        append_feature(text, g_ptr_array_index(features, i));
        write_feature(json, g_ptr_array_index(features, i));
    }
    json_writer_end_array(json);
    printer_nested(printer, json_writer_peek(json), text->str);
}

void usage_license_printer_serial(Printer *printer, int64_t number)
{
    g_autofree char *serial = number == 0 ? NULL : usage_license_serial_text(number);
    printer_text(printer, serial);
}

void usage_license_printer_serials(Printer *printer, const GArray *serials)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(JsonWriter) json = json_writer_new();
    json_writer_begin_array(json);
    for (guint i = 0; i < serials->len; i++) {
        g_autofree char *serial = usage_license_serial_text(g_array_index(serials, int64_t, i));
        g_string_append_printf(text, "%s%s", i > 0 ? ", " : "", serial);
        json_writer_text(json, serial);
    }
    json_writer_end_array(json);
    printer_nested(printer, json_writer_peek(json), text->str);
}

static void print_expiry(Printer *printer, int64_t end)
{
    g_autofree char *instant = printer_time_text(end);
    if (!printer_is_table(printer)) {
        printer_text(printer, instant);
        return;
    }
    g_autofree char *day = end == 0 ? NULL : last_day(end);
    g_autofree char *text = day == NULL ? g_strdup("never") : g_strconcat("through ", day, NULL);
    printer_text(printer, text);
}

static void print_use(Printer *printer, const UsageLicense *license)
{
    if (license->emergency) {
        printer_none(printer);
        printer_none(printer);
        return;
    }
    printer_number(printer, license->activation_number);
    printer_number(printer, license->activation_allowed);
}

static void print_nothing(Printer *printer)
{
    static const PrinterColumn columns[] = {USAGE_LICENSE_COLUMNS};
    for (gsize i = 0; i < G_N_ELEMENTS(columns); i++) {
        printer_none(printer);
    }
}

void usage_license_printer_cells(Printer *printer, const UsageLicense *license)
{
    if (license == NULL) {
        print_nothing(printer);
        return;
    }
    g_autofree char *request = statement_short_form(&license->request);
    usage_license_printer_serial(printer, license->serial);
    printer_text(printer, license->emergency ? "emergency" : "regular");
    printer_text(printer, license->license_id);
    printer_text(printer, license->customer);
    printer_text(printer, license->product);
    printer_text(printer, license->instance.host);
    printer_text(printer, request);
    print_features(printer, license->features);
    printer_time(printer, license->iat);
    print_expiry(printer, license->exp);
    printer_number(printer, license->entitlement);
    print_use(printer, license);
    usage_license_printer_serials(printer, license->supersedes);
    printer_text(printer, license->kid);
}
