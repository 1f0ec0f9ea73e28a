#include "cli/cmd_sale.h"

#include "base/error.h"
#include "cli/new_secret.h"
#include "cli/terminal.h"
#include "core/purchase.h"
#include "service/sales.h"

/* What a command makes a key for. */
typedef struct {
    const CommandCall *call;
    Context *context;
    const Secret *token; /* of the operator */
    const Secret *key;   /* the new one */
} KeyUse;

typedef bool (*KeyWork)(const KeyUse *use, GError **error);

/* The key is brought to safety before it is on record, where only its public half will be. */
static bool with_new_key(const CommandCall *call, const char *purpose, const char *path,
                         KeyWork work, GError **error)
{
    g_autoptr(Secret) token = terminal_token(error);
    g_autoptr(Context) context =
        token != NULL ? context_open(call->config_path, CONTEXT_DATABASE, purpose, error) : NULL;
    g_autoptr(Secret) key = context != NULL ? sales_make_key(error) : NULL;
    if (key == NULL || !new_secret_keep(path, key, error)) {
        return false;
    }
    const KeyUse use = {call, context, token, key};
    g_autoptr(GError) failure = NULL;
    if (work(&use, &failure)) {
        return true;
    }
    new_secret_forget(path, failure);
    g_propagate_error(error, g_steal_pointer(&failure));
    return false;
}

static const char *key_file(const CommandCall *call)
{
    return options_text(call->options, "key-file");
}

/* The key, unless it is in a file already. */
static void print_key(const KeyUse *use)
{
    printer_text(use->call->printer, key_file(use->call) == NULL ? secret_peek(use->key) : NULL);
}

static void say_how_to_deliver(const CommandCall *call, const char *license_id)
{
    printer_say(call->printer,
                "The key cannot be shown again. Once the customer has it, say so: issuer license "
                "delivered %s --to WHOM --channel HOW",
                license_id);
}

static void print_sold(const KeyUse *use, const SaleRecord *sold)
{
    static const PrinterColumn columns[] = {
        {"license_id", COLUMN_TEXT},   {"customer", COLUMN_TEXT},  {"name", COLUMN_TEXT},
        {"new_customer", COLUMN_FLAG}, {"new_order", COLUMN_FLAG}, {"license_key", COLUMN_TEXT},
    };
    Printer *printer = use->call->printer;
    const bool tried = options_flag(use->call->options, "dry-run");
    printer_begin_record(printer, columns, G_N_ELEMENTS(columns));
    printer_text(printer, sold->license_id);
    printer_text(printer, sold->new_customer && tried ? NULL : sold->customer);
    printer_text(printer, sold->name);
    printer_flag(printer, sold->new_customer);
    printer_flag(printer, sold->new_order);
    if (tried) {
        printer_none(printer);
        printer_say(printer, "A trial: nothing was recorded.");
        return;
    }
    print_key(use);
    say_how_to_deliver(use->call, sold->license_id);
}

static bool add(const KeyUse *use, GError **error)
{
    const Options *options = use->call->options;
    const SaleOrder order = {
        .token = use->token,
        .key = use->key,
        .license_id = options_text(options, "id"),
        .customer = options_text(options, "customer"),
        .new_customer = options_flag(options, "new-customer"),
        .customer_ref = options_text(options, "customer-ref"),
        .contacts = options_texts(options, "contact"),
        .features = options_texts(options, "feature"),
        .product =
            options_text(options, "product") != NULL ? options_text(options, "product") : "chariot",
        .activations = options_number(options, "activations", 1),
        .servers = options_number(options, "servers", 1),
        .expires = options_text(options, "expires"),
        .order = options_text(options, "order"),
        .order_day = options_text(options, "order-day"),
        .order_kind = options_text(options, "order-kind"),
        .dry_run = options_flag(options, "dry-run"),
    };
    g_autoptr(SaleRecord) sold = sales_add(use->context, &order, error);
    if (sold == NULL) {
        return false;
    }
    print_sold(use, sold);
    return true;
}

static bool run_add(const CommandCall *call, GError **error)
{
    const bool tries = options_flag(call->options, "dry-run");
    return with_new_key(call, "issuer license add", tries ? NULL : key_file(call), add, error);
}

static bool rekey(const KeyUse *use, GError **error)
{
    static const PrinterColumn columns[] = {{"license_id", COLUMN_TEXT},
                                            {"license_key", COLUMN_TEXT}};
    Printer *printer = use->call->printer;
    g_autofree char *license_id =
        sales_rekey(use->context, use->token, options_argument(use->call->options, 0), use->key,
                    options_text(use->call->options, "reason"), error);
    if (license_id == NULL) {
        return false;
    }
    printer_begin_record(printer, columns, G_N_ELEMENTS(columns));
    printer_text(printer, license_id);
    print_key(use);
    printer_say(printer, "The old key is retired: servers that run by it are served on, a new one "
                         "that asks with it is held.");
    say_how_to_deliver(use->call, license_id);
    return true;
}

static bool run_rekey(const CommandCall *call, GError **error)
{
    return with_new_key(call, "issuer license rekey", key_file(call), rekey, error);
}

static bool run_delivered(const CommandCall *call, GError **error)
{
    static const PrinterColumn columns[] = {{"license_id", COLUMN_TEXT}, {"change", COLUMN_TEXT}};
    g_autoptr(Secret) token = terminal_token(error);
    g_autoptr(Context) context = token != NULL ? context_open(call->config_path, CONTEXT_DATABASE,
                                                              "issuer license delivered", error)
                                               : NULL;
    const SaleHandover handover = {
        .token = token,
        .license_id = options_argument(call->options, 0),
        .to = options_text(call->options, "to"),
        .channel = options_text(call->options, "channel"),
        .day = options_text(call->options, "day"),
    };
    g_autofree char *license_id =
        context != NULL ? sales_handed_over(context, &handover, error) : NULL;
    if (license_id == NULL) {
        return false;
    }
    printer_begin_record(call->printer, columns, G_N_ELEMENTS(columns));
    printer_text(call->printer, license_id);
    printer_text(call->printer, "key delivered");
    return true;
}

static const char *const order_kinds[] = {"sale", "trial", "internal", "goodwill", NULL};

static const ArgumentRow ids[] = {
    {.name = "LICENSE-ID", .meaning = "the License ID, LIC-…"},
};

#define KEY_FILE_OPTION                                                                            \
    {                                                                                              \
        .name = "key-file", .value = "FILE", .type = OPTION_PATH,                                  \
        .meaning = "write the key into this new file (mode 600) and show it nowhere"               \
    }

static const OptionRow add_options[] = {
    {.name = "customer",
     .value = "CUSTOMER",
     .type = OPTION_TEXT,
     .required = true,
     .meaning = "its number (CU-12), its reference or its whole name"},
    {.name = "new-customer", .type = OPTION_FLAG, .meaning = "it is not on record yet"},
    {.name = "customer-ref",
     .value = "REF",
     .type = OPTION_TEXT,
     .meaning = "the new customer's number in the orders department's own system"},
    {.name = "contact",
     .value = "ADDRESS",
     .type = OPTION_TEXT,
     .required = true,
     .repeats = true,
     .meaning = "who may ask for it: a mail address or @domain"},
    {.name = "feature",
     .value = "CODE[=DAY|=Ny]",
     .type = OPTION_TEXT,
     .required = true,
     .repeats = true,
     .meaning = "what it grants; a yearly one through a day, or for N years: support=2y"},
    {.name = "activations",
     .value = "N",
     .type = OPTION_NUMBER,
     .least = 1,
     .most = PURCHASE_MOST_COUNT,
     .required = true,
     .meaning = "how many servers it may be activated on in all"},
    {.name = "servers",
     .value = "N",
     .type = OPTION_NUMBER,
     .least = 1,
     .most = PURCHASE_MOST_COUNT,
     .meaning = "on how many at once, else 1"},
    {.name = "expires",
     .value = "DAY",
     .type = OPTION_TEXT,
     .meaning = "the last day of the license (2027-03-31); else it is perpetual"},
    {.name = "order",
     .value = "REF",
     .type = OPTION_TEXT,
     .required = true,
     .meaning = "the order that pays for it: SO-…"},
    {.name = "order-day",
     .value = "DAY",
     .type = OPTION_TEXT,
     .meaning = "of a new order, else today"},
    {.name = "order-kind",
     .value = "KIND",
     .type = OPTION_CHOICE,
     .choices = order_kinds,
     .meaning = "sale, trial, internal or goodwill; else sale"},
    {.name = "product", .value = "CODE", .type = OPTION_TEXT, .meaning = "else chariot"},
    {.name = "id",
     .value = "LIC-…",
     .type = OPTION_TEXT,
     .meaning = "its License ID, else one is made"},
    KEY_FILE_OPTION,
    {.name = "dry-run", .type = OPTION_FLAG, .meaning = "check it all, record nothing"},
};
static const OptionRow rekey_options[] = {
    {.name = "reason",
     .value = "TEXT",
     .type = OPTION_TEXT,
     .most = OPTIONS_REASON_MOST,
     .required = true,
     .meaning = "why, in a few words; it stays on record"},
    KEY_FILE_OPTION,
};
static const OptionRow delivered_options[] = {
    {.name = "to",
     .value = "WHOM",
     .type = OPTION_TEXT,
     .most = 100,
     .required = true,
     .meaning = "who has the key now, without a mail address"},
    {.name = "channel",
     .value = "HOW",
     .type = OPTION_TEXT,
     .most = 100,
     .required = true,
     .meaning = "how it got there: \"registered letter\""},
    {.name = "day", .value = "DAY", .type = OPTION_TEXT, .meaning = "on which day, else today"},
};

static const Command commands[] = {
    {.words = "license add",
     .summary = "Record one purchase: makes its license key and shows it once",
     .run = run_add,
     .spec = {.options = add_options, .option_count = G_N_ELEMENTS(add_options)},
     .details = "Needs an operator's token (orders). On record stands what proves the key, never "
                "the key. A key that was\nsold before is recorded by license import."},
    {.words = "license rekey",
     .summary = "Give a license a new key and retire the old one",
     .run = run_rekey,
     .spec = {rekey_options, G_N_ELEMENTS(rekey_options), ids, G_N_ELEMENTS(ids)},
     .details =
         "Needs an operator's token (orders). Servers that run by the old key are served on; "
         "a new server that\nasks with it is held for a person."},
    {.words = "license delivered",
     .summary = "Say that a license's key was handed over to its customer",
     .run = run_delivered,
     .spec = {delivered_options, G_N_ELEMENTS(delivered_options), ids, G_N_ELEMENTS(ids)},
     .details =
         "Needs an operator's token (orders). `issuer license find --undelivered` lists what "
         "was not."},
};

const CommandGroup cmd_sale = {commands, G_N_ELEMENTS(commands)};
