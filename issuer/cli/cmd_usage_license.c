#include "cli/cmd_usage_license.h"

#include "base/error.h"
#include "cli/decision_printer.h"
#include "cli/usage_license_printer.h"
#include "service/usage_licenses.h"

/* The last one is for programs alone: people ask for the armored code. */
static const PrinterColumn columns[] = {
    USAGE_LICENSE_COLUMNS,
    {"state", COLUMN_TEXT},
    {"active_from", COLUMN_TIME},
    {"active_until", COLUMN_TIME},
    {"ended_by", COLUMN_TEXT},
    {"superseded_by", COLUMN_TEXT},
    {"counted", COLUMN_FLAG},
    {"counted_until", COLUMN_TIME},
    {"server", COLUMN_NUMBER},
    {"origin", COLUMN_TEXT},
    {"continues", COLUMN_TEXT},
    {"purpose", COLUMN_TEXT},
    {"received_at", COLUMN_TIME},
    {"message", COLUMN_NUMBER},
    {"decision", COLUMN_NUMBER},
    {"rule", COLUMN_NUMBER},
    {"code", COLUMN_TEXT},
    {"note", COLUMN_TEXT},
    {"operator", COLUMN_TEXT},
    {"program", COLUMN_TEXT},
    {"key_valid_until", COLUMN_TIME},
    {"key_revoked_at", COLUMN_TIME},
    {"key_development", COLUMN_FLAG},
    {"jws", COLUMN_TEXT},
};

/* An emergency grant has no activation: no use, no server place, no state. */
static void print_activation(Printer *printer, const UsageLicenseDetail *detail)
{
    printer_text(printer, detail->state);
    printer_time(printer, detail->active_from);
    printer_time(printer, detail->active_until);
    printer_text(printer, detail->ended_by);
    usage_license_printer_serials(printer, detail->superseded_by);
    if (detail->state != NULL) {
        printer_flag(printer, detail->counted);
        printer_time(printer, detail->counted_until);
        printer_number(printer, detail->slot);
    } else {
        printer_none(printer);
        printer_none(printer);
        printer_none(printer);
    }
    printer_text(printer, detail->origin);
    usage_license_printer_serial(printer, detail->continues);
}

static void print_origin(Printer *printer, const UsageLicenseDetail *detail)
{
    printer_text(printer, detail->purpose);
    printer_time(printer, detail->received_at);
    printer_number(printer, detail->message_id);
    printer_number(printer, detail->decision_id);
    printer_number(printer, detail->rule);
    printer_text(printer, detail->code);
    printer_text(printer, detail->note);
    printer_text(printer, detail->operator_name);
    printer_text(printer, detail->program);
    printer_time(printer, detail->key_not_after);
    printer_time(printer, detail->key_revoked_at);
    printer_flag(printer, detail->key_development);
}

static void print_shown(Printer *printer, const UsageLicenseShown *shown)
{
    bool table = printer_is_table(printer);
    printer_begin_record(printer, columns, G_N_ELEMENTS(columns) - (table ? 1 : 0));
    usage_license_printer_cells(printer, shown->license);
    print_activation(printer, shown->detail);
    print_origin(printer, shown->detail);
    if (!table) {
        printer_text(printer, shown->detail->jws);
    }
    decision_printer_part(printer, shown->detail->decisions);
}

static bool print_armored(Printer *printer, const UsageLicenseShown *shown, GError **error)
{
    g_autofree char *code = usage_licenses_armored(shown, error);
    if (code != NULL) {
        printer_say(printer, "%s", g_strchomp(code)); /* which ends the line itself */
    }
    return code != NULL;
}

/* Before the database is asked: a wrong word is one whether or not it is in reach. */
static bool read_words(const CommandCall *call, int64_t *serial, GError **error)
{
    if (options_flag(call->options, "armored") && !printer_is_table(call->printer)) {
        g_set_error_literal(error, ISSUER_ERROR, ISSUER_ERROR_USAGE,
                            "--armored prints the code alone: leave out --json and --csv");
        return false;
    }
    return usage_licenses_serial(options_argument(call->options, 0), serial, error);
}

static bool run_show(const CommandCall *call, GError **error)
{
    int64_t serial = 0;
    if (!read_words(call, &serial, error)) {
        return false;
    }
    g_autoptr(Context) context =
        context_open(call->config_path, CONTEXT_DATABASE, "issuer usage-license show", error);
    g_autoptr(UsageLicenseShown) shown =
        context == NULL ? NULL : usage_licenses_show(context, serial, error);
    if (shown == NULL) {
        return false;
    }
    if (options_flag(call->options, "armored")) {
        return print_armored(call->printer, shown, error);
    }
    print_shown(call->printer, shown);
    return true;
}

static const ArgumentRow serials[] = {
    {.name = "SERIAL", .meaning = "the usage license's number: UL-00000042, ul-42 or 42"},
};

static const OptionRow show_options[] = {
    {.name = "armored",
     .type = OPTION_FLAG,
     .meaning = "print its code alone, as it is mailed; to be kept in a file"},
};

static const Command commands[] = {
    {.words = "usage-license show",
     .summary = "Show one usage license: what it grants, its state, who issued it and why",
     .run = run_show,
     .spec = {show_options, G_N_ELEMENTS(show_options), serials, G_N_ELEMENTS(serials)}},
};

const CommandGroup cmd_usage_license = {commands, G_N_ELEMENTS(commands)};
