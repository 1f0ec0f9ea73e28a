#include "cli/cmd_key.h"

#include "cli/terminal.h"
#include "service/keys.h"

static Secret *new_passphrase(const Options *options, GError **error)
{
    const char *file = options_text(options, "passphrase-file");
    return file != NULL ? terminal_read_file(file, error)
                        : terminal_ask_new("New passphrase of the roots",
                                           "give --passphrase-file FILE, or --development", error);
}

static bool run_init(const CommandCall *call, GError **error)
{
    g_autoptr(Context) context =
        context_open(call->config_path, CONTEXT_SETTINGS, "issuer key init", error);
    if (context == NULL) {
        return false;
    }
    g_autoptr(Secret) passphrase = NULL;
    if (!options_flag(call->options, "development")) {
        passphrase = new_passphrase(call->options, error);
        if (passphrase == NULL) {
            return false;
        }
    }
    if (!keys_init(context, passphrase, error)) {
        return false;
    }
    printer_say(call->printer, "Made two roots and a signing key in %s.",
                config_text(settings_config(context->settings), "key-folder"));
    return true;
}

static bool run_list(const CommandCall *call, GError **error)
{
    static const PrinterColumn columns[] = {
        {"id", COLUMN_TEXT},          {"role", COLUMN_TEXT},       {"state", COLUMN_TEXT},
        {"development", COLUMN_FLAG}, {"not_before", COLUMN_TIME}, {"not_after", COLUMN_TIME},
        {"licenses", COLUMN_NUMBER},
    };
    g_autoptr(Context) context =
        context_open(call->config_path, CONTEXT_DATABASE, "issuer key list", error);
    g_autoptr(GPtrArray) records = context != NULL ? keys_list(context, error) : NULL;
    if (records == NULL) {
        return false;
    }
    printer_begin(call->printer, columns, G_N_ELEMENTS(columns));
    for (guint i = 0; i < records->len; i++) {
        const KeyRecord *record = g_ptr_array_index(records, i);
        printer_text(call->printer, record->id);
        printer_text(call->printer, record->role);
        printer_text(call->printer, record->state);
        printer_flag(call->printer, record->development);
        printer_time(call->printer, record->not_before);
        printer_time(call->printer, record->not_after);
        printer_number(call->printer, record->licenses);
    }
    return true;
}

static const OptionRow init_options[] = {
    {.name = "development",
     .meaning = "mark the keys as development and leave the roots without a passphrase"},
    {.name = "passphrase-file",
     .value = "FILE",
     .type = OPTION_PATH,
     .meaning = "private file whose first line is the roots' passphrase"},
};

static const Command commands[] = {
    {.words = "key init",
     .summary = "Make two roots and a signing key certified by the first",
     .run = run_init,
     .spec = {.options = init_options, .option_count = G_N_ELEMENTS(init_options)}},
    {.words = "key list",
     .summary = "List the keys: ids, validity, state, licenses signed",
     .run = run_list},
};

const CommandGroup cmd_key = {commands, G_N_ELEMENTS(commands)};
