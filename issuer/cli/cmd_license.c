#include "cli/cmd_license.h"

#include "base/error.h"
#include "cli/license_printer.h"
#include "cli/listing_printer.h"
#include "cli/operator.h"
#include "cli/redecided.h"
#include "service/import.h"
#include "service/licenses.h"

static void print_imported(Printer *printer, const ImportReport *report)
{
    static const PrinterColumn columns[] = {
        {"rows", COLUMN_NUMBER},      {"added", COLUMN_NUMBER},     {"changed", COLUMN_NUMBER},
        {"same", COLUMN_NUMBER},      {"customers", COLUMN_NUMBER}, {"orders", COLUMN_NUMBER},
        {"weak_keys", COLUMN_NUMBER}, {"unlimited", COLUMN_NUMBER},
    };
    const ImportResult *result = &report->result;
    printer_begin_record(printer, columns, G_N_ELEMENTS(columns));
    printer_number(printer, result->rows);
    printer_number(printer, result->added);
    printer_number(printer, result->changed);
    printer_number(printer, result->same);
    printer_number(printer, result->customers);
    printer_number(printer, result->orders);
    printer_number(printer, result->weak_keys);
    printer_number(printer, result->unlimited);
    if (result->unlimited > 0) {
        printer_say(printer,
                    "A file gives metered features no limit: `issuer license upgrade LIC-… "
                    "--add-feature CODE=LIMIT --order REF` does, or `issuer license correct "
                    "LIC-… --set-feature CODE=LIMIT`.");
    }
}

static bool refuse_rows(Printer *printer, const char *path, const ImportReport *report,
                        GError **error)
{
    static const PrinterColumn columns[] = {{"problem", COLUMN_TEXT}};
    printer_begin(printer, columns, G_N_ELEMENTS(columns));
    for (guint i = 0; i < report->problems->len; i++) {
        printer_text(printer, g_ptr_array_index(report->problems, i));
    }
    g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT,
                "%s: %" G_GINT64_FORMAT " wrong rows%s; nothing was imported", path,
                (gint64)report->wrong_rows,
                report->problems->len == IMPORT_PROBLEMS_SHOWN ? ", not all of them listed" : "");
    return false;
}

static bool run_import(const CommandCall *call, GError **error)
{
    const char *path = options_argument(call->options, 0);
    ImportOptions options = {
        .update = options_flag(call->options, "update"),
        .dry_run = options_flag(call->options, "dry-run"),
    };
    OperatorToken token;
    g_autoptr(Context) context =
        context_open(call->config_path, CONTEXT_DATABASE, "license import", error);
    if (context == NULL || !operator_sign_in_if_named(context, "license import", &token, error)) {
        return false;
    }
    options.token = token.named ? &token.digest : NULL;
    g_autoptr(ImportReport) report = import_purchases(context, path, &options, error);
    if (report == NULL) {
        return false;
    }
    if (report->wrong_rows > 0) {
        return refuse_rows(call->printer, path, report, error);
    }
    print_imported(call->printer, report);
    if (!options.dry_run && report->result.added + report->result.changed > 0) {
        redecided_tell(call);
    }
    return true;
}

static bool show_uses(const CommandCall *call, Context *context, const char *id, GError **error)
{
    g_autoptr(LicenseUses) uses = licenses_uses(context, id, error);
    if (uses == NULL) {
        return false;
    }
    license_printer_uses(call->printer, uses);
    return true;
}

static bool run_show(const CommandCall *call, GError **error)
{
    const bool all = options_flag(call->options, "all");
    const char *id = options_argument(call->options, 0);
    g_autoptr(Context) context =
        context_open(call->config_path, CONTEXT_DATABASE, "license show", error);
    if (context == NULL) {
        return false;
    }
    if (options_flag(call->options, "for-customer")) {
        return show_uses(call, context, id, error);
    }
    g_autoptr(LicenseDetail) detail = licenses_show(context, id, all, error);
    if (detail == NULL) {
        return false;
    }
    license_printer_detail(call->printer, detail);
    return true;
}

static bool run_find(const CommandCall *call, GError **error)
{
    const bool undelivered = options_flag(call->options, "undelivered");
    const char *text = options_argument(call->options, 0);
    if (undelivered == (text != NULL)) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_USAGE,
                    "say what to look for, or --undelivered alone");
        return false;
    }
    g_autoptr(Context) context =
        context_open(call->config_path, CONTEXT_DATABASE, "license find", error);
    if (context == NULL) {
        return false;
    }
    bool more = false;
    g_autoptr(GPtrArray) found = undelivered ? licenses_undelivered(context, &more, error)
                                             : licenses_find(context, text, &more, error);
    if (found == NULL) {
        return false;
    }
    license_printer_list(call->printer, found);
    if (found->len == 0) {
        printer_say(call->printer, "%s",
                    undelivered ? LISTING_PRINTER_NONE
                                : "Nothing is found: less of it may do, or another part.");
    }
    if (more) {
        printer_hint(call->printer, undelivered ? "There are more, sold later than these."
                                                : "There are more: say more of what you look for.");
    }
    return true;
}

static const ArgumentRow files[] = {
    {.name = "FILE", .meaning = "CSV of purchases; - is standard input", .path = true},
};
static const ArgumentRow ids[] = {
    {.name = "LICENSE-ID", .meaning = "the License ID, LIC-…"},
};
static const ArgumentRow texts[] = {
    {.name = "TEXT",
     .meaning = "part of a License ID, customer, contact, order, host; a request or serial",
     .optional = true},
};
static const OptionRow find_options[] = {
    {.name = "undelivered",
     .type = OPTION_FLAG,
     .meaning = "those that were sold and whose key nobody has got yet"},
};
static const OptionRow show_options[] = {
    {.name = "all", .type = OPTION_FLAG, .meaning = "all rows of each list, however long"},
    {.name = "for-customer",
     .type = OPTION_FLAG,
     .meaning = "its uses with their evidence, in words that may be sent to the customer"},
};
static const OptionRow import_options[] = {
    {.name = "update", .type = OPTION_FLAG, .meaning = "book what differs, under the row's order"},
    {.name = "dry-run", .type = OPTION_FLAG, .meaning = "check the file, change nothing"},
};

static const Command commands[] = {
    {.words = "license import",
     .summary = "Import purchases from CSV: the whole file or nothing",
     .run = run_import,
     .spec = {import_options, G_N_ELEMENTS(import_options), files, G_N_ELEMENTS(files)},
     .details = "Columns: license_id, license_key, customer, contacts, product, features, "
                "activations, expires,\norder_ref; and if wanted customer_ref, order_date, "
                "order_kind, servers. contacts and features are\nseparated by ';'; a feature is "
                "CODE or CODE=UNTIL-DATE. An empty expires is perpetual."},
    {.words = "license show",
     .summary = "Show one license: what was bought, where it runs, what came in, what is open",
     .run = run_show,
     .spec = {show_options, G_N_ELEMENTS(show_options), ids, G_N_ELEMENTS(ids)}},
    {.words = "license find",
     .summary = "Find licenses by anything that a customer may name",
     .run = run_find,
     .spec = {find_options, G_N_ELEMENTS(find_options), texts, G_N_ELEMENTS(texts)}},
};

const CommandGroup cmd_license = {commands, G_N_ELEMENTS(commands)};
