#include "cli/cmd_key.h"

#include "base/error.h"
#include "cli/operator.h"
#include "cli/terminal.h"
#include "service/keys.h"

#define KEY_ID_LENGTH 43 /* characters: 32 bytes in base64url */
#define ROOTS_MOST    99

static Secret *new_passphrase(const Options *options, GError **error)
{
    const char *file = options_text(options, "passphrase-file");
    return file != NULL ? terminal_read_file(file, error)
                        : terminal_ask_new("New passphrase of the roots",
                                           "give --passphrase-file FILE, or --development", error);
}

static bool run_init(const CommandCall *call, GError **error)
{
    const bool development = options_flag(call->options, "development");
    if (development && options_text(call->options, "passphrase-file") != NULL) {
        g_set_error_literal(error, ISSUER_ERROR, ISSUER_ERROR_USAGE,
                            "--development and --passphrase-file exclude each other: development "
                            "keys have no passphrase");
        return false;
    }
    g_autoptr(Context) context =
        context_open(call->config_path, CONTEXT_SETTINGS, "issuer key init", error);
    if (context == NULL) {
        return false;
    }
    g_autoptr(Secret) passphrase = NULL;
    if (!development) {
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

/* An offline machine has the folder and no records. */
static Context *open_keys(const CommandCall *call, const char *purpose, GError **error)
{
    bool offline = options_flag(call->options, "offline");
    return context_open(call->config_path, offline ? CONTEXT_SETTINGS : CONTEXT_DATABASE, purpose,
                        error);
}

static void print_key(Printer *printer, const KeyRecord *record)
{
    printer_text(printer, record->id);
    printer_text(printer, record->role);
    printer_text(printer, record->state);
    printer_flag(printer, record->development);
    printer_time(printer, record->not_before);
    printer_time(printer, record->not_after);
    printer_time(printer, record->revoked_at);
    if (record->licenses < 0) {
        printer_none(printer);
    } else {
        printer_number(printer, record->licenses);
    }
}

static bool run_list(const CommandCall *call, GError **error)
{
    static const PrinterColumn columns[] = {
        {"id", COLUMN_TEXT},          {"role", COLUMN_TEXT},       {"state", COLUMN_TEXT},
        {"development", COLUMN_FLAG}, {"not_before", COLUMN_TIME}, {"not_after", COLUMN_TIME},
        {"revoked_at", COLUMN_TIME},  {"licenses", COLUMN_NUMBER},
    };
    g_autoptr(Context) context = open_keys(call, "issuer key list", error);
    const bool count = options_flag(call->options, "count");
    g_autoptr(GPtrArray) records = context != NULL ? keys_list(context, count, error) : NULL;
    if (records == NULL) {
        return false;
    }
    printer_begin(call->printer, columns, G_N_ELEMENTS(columns));
    for (guint i = 0; i < records->len; i++) {
        print_key(call->printer, g_ptr_array_index(records, i));
    }
    return true;
}

/* The passphrase of the roots that are there; `passphrase` stays NULL for development keys. */
static bool ask_passphrase(const CommandCall *call, const Context *context, Secret **passphrase,
                           GError **error)
{
    const char *file = options_text(call->options, "passphrase-file");
    if (file == NULL && !keys_want_passphrase(context)) {
        return true;
    }
    *passphrase = file != NULL ? terminal_read_file(file, error)
                               : terminal_ask("Passphrase of the roots",
                                              "give --passphrase-file FILE", error);
    return *passphrase != NULL;
}

static unsigned root_of(const CommandCall *call)
{
    return (unsigned)options_number(call->options, "root", 1);
}

static void print_rotation(Printer *printer, const KeyRotation *rotation)
{
    static const PrinterColumn columns[] = {
        {"id", COLUMN_TEXT},     {"not_before", COLUMN_TIME},       {"not_after", COLUMN_TIME},
        {"before", COLUMN_TEXT}, {"before_not_after", COLUMN_TIME},
    };
    printer_begin_record(printer, columns, G_N_ELEMENTS(columns));
    printer_text(printer, rotation->id);
    printer_time(printer, rotation->not_before);
    printer_time(printer, rotation->not_after);
    printer_text(printer, rotation->before);
    printer_time(printer, rotation->before_not_after);
    printer_say(printer, "The new key signs what is issued from its not_before on.");
    if (rotation->before != NULL) {
        printer_say(printer, "The key before it is kept and signs no more; its licenses stay good, "
                             "and nobody has to install anything.");
    }
}

static bool run_rotate(const CommandCall *call, GError **error)
{
    g_autoptr(Context) context =
        context_open(call->config_path, CONTEXT_SETTINGS, "issuer key rotate", error);
    g_autoptr(Secret) passphrase = NULL;
    if (context == NULL || !ask_passphrase(call, context, &passphrase, error)) {
        return false;
    }
    g_autoptr(KeyRotation) rotation = keys_rotate(context, root_of(call), passphrase, error);
    if (rotation == NULL) {
        return false;
    }
    print_rotation(call->printer, rotation);
    return true;
}

static void print_revoked(Printer *printer, const char *id, const KeyRevoked *revoked)
{
    static const PrinterColumn columns[] = {
        {"id", COLUMN_TEXT},         {"listed_at", COLUMN_TIME}, {"listed_keys", COLUMN_NUMBER},
        {"licenses", COLUMN_NUMBER}, {"signs", COLUMN_TEXT},
    };
    printer_begin_record(printer, columns, G_N_ELEMENTS(columns));
    printer_text(printer, id);
    printer_time(printer, revoked->listed_at);
    printer_number(printer, revoked->listed);
    if (revoked->licenses < 0) {
        printer_none(printer);
    } else {
        printer_number(printer, revoked->licenses);
    }
    printer_text(printer, revoked->signs);
    printer_say(printer, "Nothing is signed with it from now on. Ship denied.jws of the key folder "
                         "to the servers: what is installed runs on.");
    if (revoked->signs == NULL) {
        printer_say(printer, "No key can sign now: run issuer key rotate.");
    }
}

static bool revoke_key(const CommandCall *call, Context *context, const OperatorToken *token,
                       GError **error)
{
    g_autoptr(Secret) passphrase = NULL;
    bool wants_root = false;
    const char *id = options_argument(call->options, 0);
    if (!keys_revoke_wants_root(context, id, &wants_root, error) ||
        (wants_root && !ask_passphrase(call, context, &passphrase, error))) {
        return false;
    }
    KeyRevocation revocation = {.id = id,
                                .reason = options_text(call->options, "reason"),
                                .root = root_of(call),
                                .passphrase = passphrase,
                                .token = token->named ? &token->digest : NULL};
    g_autoptr(KeyRevoked) revoked = keys_revoke(context, &revocation, error);
    if (revoked == NULL) {
        return false;
    }
    print_revoked(call->printer, id, revoked);
    return true;
}

static bool run_revoke(const CommandCall *call, GError **error)
{
    OperatorToken token = {0};
    g_autoptr(Context) context = open_keys(call, "issuer key revoke", error);
    bool known =
        context != NULL && (context->database == NULL ||
                            operator_sign_in_if_named(context, "key revoke", &token, error));
    return known && revoke_key(call, context, &token, error);
}

#define PASSPHRASE_FILE                                                                            \
    {                                                                                              \
        .name = "passphrase-file", .value = "FILE", .type = OPTION_PATH,                           \
        .meaning = "private file whose first line is the roots' passphrase"                        \
    }
#define ROOT                                                                                       \
    {                                                                                              \
        .name = "root", .value = "N", .type = OPTION_NUMBER, .least = 1, .most = ROOTS_MOST,       \
        .meaning = "the root that certifies or signs, else 1"                                      \
    }
#define OFFLINE                                                                                    \
    {                                                                                              \
        .name = "offline", .type = OPTION_FLAG,                                                    \
        .meaning = "go by the key folder alone, without the records"                               \
    }

static const OptionRow init_options[] = {
    {.name = "development",
     .type = OPTION_FLAG,
     .meaning = "mark the keys as development and leave the roots without a passphrase"},
    PASSPHRASE_FILE,
};
static const OptionRow list_options[] = {
    OFFLINE,
    {.name = "count", .type = OPTION_FLAG, .meaning = "count the licenses that each has signed"},
};
static const OptionRow rotate_options[] = {ROOT, PASSPHRASE_FILE};
static const OptionRow revoke_options[] = {
    {.name = "reason",
     .value = "TEXT",
     .type = OPTION_TEXT,
     .most = OPTIONS_REASON_MOST,
     .required = true,
     .meaning = "why, for the records"},
    ROOT,
    PASSPHRASE_FILE,
    OFFLINE,
};
static const ArgumentRow ids[] = {
    {.name = "KID",
     .meaning = "the key's id, as `issuer key list` shows it",
     .dashed = KEY_ID_LENGTH},
};

static const Command commands[] = {
    {.words = "key init",
     .summary = "Make two roots and a signing key certified by the first",
     .run = run_init,
     .spec = {.options = init_options, .option_count = G_N_ELEMENTS(init_options)}},
    {.words = "key list",
     .summary = "List the keys: ids, validity, state; how many licenses each has signed",
     .run = run_list,
     .spec = {.options = list_options, .option_count = G_N_ELEMENTS(list_options)},
     .details = "States: root and spare (a root that has certified nothing yet); signs, retired (a "
                "newer one signs),\nwaiting (not valid yet), expired, revoked, away (its private "
                "half is not here), on-record (not in the\nfolder at all)."},
    {.words = "key rotate",
     .summary = "Make a new signing key, which signs once it is valid",
     .run = run_rotate,
     .spec = {.options = rotate_options, .option_count = G_N_ELEMENTS(rotate_options)},
     .details = "A root's private key must be back in the folder. The new key signs from its "
                "not_before on: at\nonce, or a second later where another was made just now. The "
                "certificates overlap: the key before\nstays valid and on record, so what it "
                "signed is installed as before; only new licenses carry the new\nkey. No database "
                "is needed."},
    {.words = "key revoke",
     .summary = "Put a signing key on the denied list and on record as revoked",
     .run = run_revoke,
     .spec = {revoke_options, G_N_ELEMENTS(revoke_options), ids, G_N_ELEMENTS(ids)},
     .details = "A root signs the list, so its private key must be back in the folder; the newest "
                "list counts. Rotate\nfirst, so that there is a good key. On an offline machine "
                "--offline writes the list alone: carry\ndenied.jws over and run the same command "
                "on the issuer's machine, which then needs no root.\nWith ISSUER_TOKEN_FILE the "
                "operator, an admin, is put on record."},
};

const CommandGroup cmd_key = {commands, G_N_ELEMENTS(commands)};
