#include "cli/cmd_sale.h"

#include "base/error.h"
#include "cli/new_secret.h"
#include "cli/terminal.h"
#include "core/purchase.h"
#include "service/key_post.h"
#include "service/sales.h"

/* A new key on its way: onto the record, and to its customer. */
typedef struct {
    const CommandCall *call;
    Context *context;
    const Secret *token; /* of the operator */
    const Secret *key;   /* the new one */
    SaleRecord *sold;    /* by `license add`: what was recorded */
    char *license_id;    /* once it is on record */
    KeyPosted *posted;   /* what became of its mails; NULL: none were tried */
} NewKey;

/* What the commands that make a key do with it. */
typedef struct {
    const char *purpose;
    bool (*book)(NewKey *new_key, GError **error); /* fills license_id; not in a trial */
    void (*print)(const NewKey *new_key);
    bool replaces; /* the license had another key */
} KeyCommand;

static const char *key_file(const CommandCall *call)
{
    return options_text(call->options, "key-file");
}

static bool is_mailed(const NewKey *new_key)
{
    return new_key->posted != NULL && new_key->posted->accepted->len > 0;
}

/* What the key's mails met with, and what is to be done now. */
static bool tell_posted(const NewKey *new_key, const GError *failure, GError **error)
{
    const KeyPosted *posted = new_key->posted;
    if (!is_mailed(new_key)) {
        g_set_error(
            error, ISSUER_ERROR, ISSUER_ERROR_FAILED,
            "%s is on record, but its key was not mailed (%s): hand the key over and say so "
            "with `issuer license delivered`, or try `issuer license rekey %s --mail`",
            new_key->license_id,
            posted != NULL ? (const char *)g_ptr_array_index(posted->refused, 0) : failure->message,
            new_key->license_id);
        return false;
    }
    for (guint i = 0; i < posted->refused->len; i++) {
        g_autofree char *text = g_strdup_printf(
            "The key was not mailed to %s", (const char *)g_ptr_array_index(posted->refused, i));
        printer_hint(new_key->call->printer, text);
    }
    if (posted->unrecorded != NULL) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_FAILED,
                    "the key of %s was mailed, which could not be put on record (%s): say so with "
                    "`issuer license delivered`",
                    new_key->license_id, posted->unrecorded);
        return false;
    }
    return true;
}

static bool finish(const KeyCommand *command, NewKey *new_key, Mailer *mailer, GError **error)
{
    g_autoptr(GError) failure = NULL;
    const bool tries = mailer != NULL && new_key->license_id != NULL;
    if (tries) {
        const KeyPost post = {
            .token = new_key->token,
            .key = new_key->key,
            .license_id = new_key->license_id,
            .replaces = command->replaces,
        };
        new_key->posted = key_post_send(new_key->context, mailer, &post, &failure);
    }
    command->print(new_key);
    return !tries || tell_posted(new_key, failure, error);
}

/* The key is brought to safety before it is on record, where only its public half will be. */
static bool book(const KeyCommand *command, NewKey *new_key, const char *path, GError **error)
{
    if (!new_secret_keep(path, new_key->key, error)) {
        return false;
    }
    g_autoptr(GError) failure = NULL;
    if (command->book(new_key, &failure)) {
        return true;
    }
    new_secret_forget(path, failure);
    g_propagate_error(error, g_steal_pointer(&failure));
    return false;
}

static bool run_with_new_key(const CommandCall *call, const KeyCommand *command, bool dry_run,
                             GError **error)
{
    const bool mails = options_flag(call->options, "mail");
    g_autoptr(Secret) token = terminal_token(error);
    g_autoptr(Context) context =
        token != NULL ? context_open(call->config_path, CONTEXT_DATABASE, command->purpose, error)
                      : NULL;
    /* What is wrong with the settings is told before anything is on record. */
    g_autoptr(Mailer) mailer =
        context != NULL && mails ? mailer_open(context->settings, error) : NULL;
    const bool ready = context != NULL && (!mails || mailer != NULL);
    g_autoptr(Secret) key = ready ? sales_make_key(error) : NULL;
    if (key == NULL) {
        return false;
    }
    NewKey new_key = {.call = call, .context = context, .token = token, .key = key};
    const bool done = book(command, &new_key, dry_run ? NULL : key_file(call), error) &&
                      finish(command, &new_key, mailer, error);
    sale_record_free(new_key.sold);
    g_free(new_key.license_id);
    key_posted_free(new_key.posted);
    return done;
}

/* The last two columns: the key, unless it is in a file or went out by mail, and to whom it did. */
#define KEY_COLUMNS                                                                                \
    {"license_key", COLUMN_TEXT},                                                                  \
    {                                                                                              \
        "mailed_to", COLUMN_TEXT                                                                   \
    }

static void print_key(const NewKey *new_key)
{
    Printer *printer = new_key->call->printer;
    const bool mailed = is_mailed(new_key);
    const bool shown = key_file(new_key->call) == NULL && !mailed && new_key->license_id != NULL;
    g_autofree char *addresses = NULL;
    if (mailed) {
        GPtrArray *accepted = new_key->posted->accepted;
        GString *text = g_string_new(NULL);
        for (guint i = 0; i < accepted->len; i++) {
            g_string_append_printf(text, "%s%s", i > 0 ? "; " : "",
                                   (const char *)g_ptr_array_index(accepted, i));
        }
        addresses = g_string_free(text, FALSE);
    }
    printer_text(printer, shown ? secret_peek(new_key->key) : NULL);
    printer_text(printer, addresses);
    if (new_key->license_id == NULL) {
        printer_say(printer, "A trial: nothing was recorded.");
    } else if (new_key->posted == NULL) {
        printer_say(printer,
                    "The key cannot be shown again. Once the customer has it, say so: issuer "
                    "license delivered %s --to WHOM --channel HOW",
                    new_key->license_id);
    }
}

static void print_sold(const NewKey *new_key)
{
    static const PrinterColumn columns[] = {
        {"license_id", COLUMN_TEXT},   {"customer", COLUMN_TEXT},  {"name", COLUMN_TEXT},
        {"new_customer", COLUMN_FLAG}, {"new_order", COLUMN_FLAG}, KEY_COLUMNS,
    };
    Printer *printer = new_key->call->printer;
    const SaleRecord *sold = new_key->sold;
    /* What a trial has made up would be another the next time. */
    const bool recorded = new_key->license_id != NULL;
    const bool named = recorded || options_text(new_key->call->options, "id") != NULL;
    const bool numbered = recorded || !sold->new_customer;
    printer_begin_record(printer, columns, G_N_ELEMENTS(columns));
    printer_text(printer, named ? sold->license_id : NULL);
    printer_text(printer, numbered ? sold->customer : NULL);
    printer_text(printer, sold->name);
    printer_flag(printer, sold->new_customer);
    printer_flag(printer, sold->new_order);
    print_key(new_key);
}

static bool add(NewKey *new_key, GError **error)
{
    const Options *options = new_key->call->options;
    const char *product = options_text(options, "product");
    const SaleOrder order = {
        .token = new_key->token,
        .key = new_key->key,
        .license_id = options_text(options, "id"),
        .customer = options_text(options, "customer"),
        .new_customer = options_flag(options, "new-customer"),
        .customer_ref = options_text(options, "customer-ref"),
        .contacts = options_texts(options, "contact"),
        .features = options_texts(options, "feature"),
        .product = product != NULL ? product : "chariot",
        .activations = options_number(options, "activations", 1),
        .servers = options_number(options, "servers", 1),
        .expires = options_text(options, "expires"),
        .order = options_text(options, "order"),
        .ordered_on = options_text(options, "ordered-on"),
        .order_kind = options_text(options, "kind"),
        .mailed = options_flag(options, "mail"),
        .dry_run = options_flag(options, "dry-run"),
    };
    new_key->sold = sales_add(new_key->context, &order, error);
    if (new_key->sold != NULL && !order.dry_run) {
        new_key->license_id = g_strdup(new_key->sold->license_id);
    }
    return new_key->sold != NULL;
}

static bool run_add(const CommandCall *call, GError **error)
{
    static const KeyCommand command = {"issuer license add", add, print_sold, false};
    return run_with_new_key(call, &command, options_flag(call->options, "dry-run"), error);
}

static bool rekey(NewKey *new_key, GError **error)
{
    const Options *options = new_key->call->options;
    const char *license_id = options_argument(options, 0);
    if (options_flag(options, "mail") && !key_post_check(new_key->context, license_id, error)) {
        return false;
    }
    new_key->license_id = sales_rekey(new_key->context, new_key->token, license_id, new_key->key,
                                      options_text(options, "reason"), error);
    return new_key->license_id != NULL;
}

static void print_rekeyed(const NewKey *new_key)
{
    static const PrinterColumn columns[] = {{"license_id", COLUMN_TEXT}, KEY_COLUMNS};
    Printer *printer = new_key->call->printer;
    printer_begin_record(printer, columns, G_N_ELEMENTS(columns));
    printer_text(printer, new_key->license_id);
    print_key(new_key);
    printer_say(printer, "The old key is retired: servers that run by it are served on, a new one "
                         "that asks with it is held.");
}

static bool run_rekey(const CommandCall *call, GError **error)
{
    static const KeyCommand command = {"issuer license rekey", rekey, print_rekeyed, true};
    return run_with_new_key(call, &command, false, error);
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
        .key = options_text(call->options, "key"),
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

#define MAIL_OPTION                                                                                \
    {                                                                                              \
        .name = "mail", .type = OPTION_FLAG,                                                       \
        .meaning = "mail the key to the contacts now; then it is not shown"                        \
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
     .value = "CODE[=N|=DATE]",
     .type = OPTION_TEXT,
     .required = true,
     .repeats = true,
     .meaning =
         "what it grants; support=2: for two years; support=2028-03-31; a metered one's limit"},
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
     .value = "DATE|never",
     .type = OPTION_TEXT,
     .meaning = "the last day of the license (2027-03-31); else it is perpetual"},
    {.name = "order",
     .value = "REF",
     .type = OPTION_TEXT,
     .required = true,
     .meaning = "the order that pays for it: SO-…"},
    {.name = "ordered-on",
     .value = "DATE",
     .type = OPTION_TEXT,
     .meaning = "the order's day; today, unless it is on record already"},
    {.name = "kind",
     .value = "KIND",
     .type = OPTION_CHOICE,
     .choices = order_kinds,
     .meaning = "of a new order: sale (unless said), trial, internal, goodwill"},
    {.name = "product", .value = "CODE", .type = OPTION_TEXT, .meaning = "else chariot"},
    {.name = "id",
     .value = "LIC-…",
     .type = OPTION_TEXT,
     .meaning = "its License ID, else one is made"},
    KEY_FILE_OPTION,
    MAIL_OPTION,
    {.name = "dry-run", .type = OPTION_FLAG, .meaning = "check it all, record nothing"},
};
static const OptionRow rekey_options[] = {
    OPTIONS_REASON,
    KEY_FILE_OPTION,
    MAIL_OPTION,
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
    {.name = "key",
     .value = "KEY",
     .type = OPTION_TEXT,
     .meaning = "its last four symbols or its number in license show, if not the one in force"},
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
