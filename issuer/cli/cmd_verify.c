#include "cli/cmd_verify.h"

#include "base/error.h"
#include "cli/usage_license_printer.h"
#include "service/verify.h"

#include <string.h>

static const PrinterColumn columns[] = {
    {"verdict", COLUMN_TEXT}, {"why", COLUMN_TEXT}, {"state", COLUMN_TEXT}, USAGE_LICENSE_COLUMNS};

static void print_license(Printer *printer, const VerifiedLicense *verified)
{
    printer_text(printer, verify_verdict_text(verified->verdict));
    printer_text(printer, verified->why);
    printer_text(printer, verified->state);
    usage_license_printer_cells(printer, verified->license);
}

/* Of a damaged code nothing is known but what is wrong with it, which is for the error to say: so
 * people are not shown a page of empty lines. */
static bool is_shown(const Printer *printer, const VerifiedLicense *verified)
{
    return verified->license != NULL || !printer_is_table(printer);
}

static void say_blank_line(Printer *printer, bool *first)
{
    if (!*first) {
        printer_say(printer, "%s", "");
    }
    *first = false;
}

static void print_licenses(Printer *printer, const GPtrArray *licenses)
{
    bool first = true;
    printer_begin_record(printer, columns, G_N_ELEMENTS(columns));
    for (guint i = 0; i < licenses->len; i++) {
        const VerifiedLicense *verified = g_ptr_array_index(licenses, i);
        if (is_shown(printer, verified)) {
            say_blank_line(printer, &first);
            print_license(printer, verified);
        }
    }
}

static void tell_of_one(const VerifiedLicense *verified, const char *name, GError **error)
{
    if (verified->verdict == VERDICT_NOT_ON_RECORD) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_FAILED,
                    "%s: signed with our key, but %s; others may have the key: tell an admin", name,
                    verified->why);
    } else if (verified->damaged) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT,
                    "%s: %s; copy all of it again, or take the file that came with the reply", name,
                    verified->why);
    } else {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT,
                    "%s: not good: %s; no server installs it", name, verified->why);
    }
}

/* One line for all that somebody has to look into; false if there is anything. */
static bool tell(const GPtrArray *licenses, const char *path, GError **error)
{
    const char *name = strcmp(path, "-") == 0 ? "standard input" : path;
    const VerifiedLicense *one = NULL;
    guint alarming = 0;
    for (guint i = 0; i < licenses->len; i++) {
        const VerifiedLicense *verified = g_ptr_array_index(licenses, i);
        if (verify_is_alarming(verified)) {
            one = verified;
            alarming++;
        }
    }
    if (alarming == 1 && licenses->len == 1) {
        tell_of_one(one, name, error);
    } else if (alarming > 0) {
        g_set_error(
            error, ISSUER_ERROR, ISSUER_ERROR_INPUT,
            "%s: %u of its %u usage licenses are not good or not on record; see the verdicts", name,
            alarming, licenses->len);
    }
    return alarming == 0;
}

static bool run_verify(const CommandCall *call, GError **error)
{
    VerifyOptions options = {
        .path = options_argument(call->options, 0),
        .anchors = options_text(call->options, "anchors"),
        .denied = options_text(call->options, "denied"),
        .offline = options_flag(call->options, "offline"),
    };
    g_autoptr(GPtrArray) licenses = verify_file(call->config_path, &options, error);
    if (licenses == NULL) {
        return false;
    }
    print_licenses(call->printer, licenses);
    return tell(licenses, options.path, error);
}

static const ArgumentRow files[] = {
    {.name = "FILE",
     .meaning = "a usage license, or the mail around it; - is standard input",
     .path = true},
};

static const OptionRow verify_options[] = {
    {.name = "offline", .type = OPTION_FLAG, .meaning = "do not ask the database"},
    {.name = "anchors",
     .type = OPTION_PATH,
     .value = "FILE",
     .meaning = "the roots to believe (PEM), instead of the key folder's"},
    {.name = "denied",
     .type = OPTION_PATH,
     .value = "FILE",
     .meaning = "the list of revoked keys, instead of the key folder's"},
};

static const Command commands[] = {
    {.words = "verify",
     .summary = "Tell whether a usage license is ours, and what it grants",
     .run = run_verify,
     .spec = {verify_options, G_N_ELEMENTS(verify_options), files, G_N_ELEMENTS(files)},
     .details =
         "Verdicts: good; good, NOT ON RECORD (exit 1); good, database not asked (--offline, "
         "or it is out\nof reach); not good (exit 1). The signing key's certificate must "
         "have been valid when the license\nwas signed, and must not be revoked."},
};

const CommandGroup cmd_verify = {commands, G_N_ELEMENTS(commands)};
