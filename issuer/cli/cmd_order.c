#include "cli/cmd_order.h"

#include "cli/behind.h"
#include "cli/listing_printer.h"
#include "cli/terminal.h"
#include "service/orders.h"

static bool run_list(const CommandCall *call, GError **error)
{
    const Options *options = call->options;
    const char *const days[2] = {options_text(options, "from"), options_text(options, "until")};
    g_autoptr(Context) context =
        context_open(call->config_path, CONTEXT_REPORTS, "issuer order list", error);
    g_autoptr(Listing) found = context != NULL
                                   ? orders_list(context, options_text(options, "customer"),
                                                 options_text(options, "kind"), days, error)
                                   : NULL;
    return behind_print_list(context, call->printer, found,
                             "There are older ones: --until goes on where this list ends.", error);
}

static bool run_show(const CommandCall *call, GError **error)
{
    g_autoptr(Context) context =
        context_open(call->config_path, CONTEXT_DATABASE, "issuer order show", error);
    g_autoptr(OrderDetail) detail =
        context != NULL ? orders_show(context, options_argument(call->options, 0), error) : NULL;
    if (detail == NULL) {
        return false;
    }
    const struct {
        const char *part;
        const Listing *list;
    } parts[] = {
        {"licenses", detail->licenses},
        {"entitlements", detail->entitlements},
        {"terms", detail->terms},
        {"states", detail->states},
    };
    listing_printer_print(call->printer, detail->summary, LISTING_PRINTED_RECORD, NULL, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(parts); i++) {
        listing_printer_print(call->printer, parts[i].list, LISTING_PRINTED_PART, parts[i].part,
                              "There are more: `issuer report orders` has them all.");
    }
    return true;
}

static bool run_features(const CommandCall *call, GError **error)
{
    g_autoptr(Context) context =
        context_open(call->config_path, CONTEXT_DATABASE, "issuer feature list", error);
    g_autoptr(Listing) found = context != NULL ? orders_features(context, error) : NULL;
    if (found == NULL) {
        return false;
    }
    listing_printer_print(call->printer, found, LISTING_PRINTED_LIST, NULL, NULL);
    return true;
}

static bool run_add_feature(const CommandCall *call, GError **error)
{
    static const PrinterColumn columns[] = {{"code", COLUMN_TEXT}, {"change", COLUMN_TEXT}};
    const char *product = options_text(call->options, "product");
    g_autoptr(Secret) token = terminal_token(error);
    g_autoptr(Context) context = token != NULL ? context_open(call->config_path, CONTEXT_DATABASE,
                                                              "issuer feature add", error)
                                               : NULL;
    const FeatureOrder order = {
        .token = token,
        .code = options_argument(call->options, 0),
        .product = product != NULL ? product : "chariot",
        .name = options_text(call->options, "name"),
        .kind = options_text(call->options, "kind"),
    };
    if (context == NULL || !orders_add_feature(context, &order, error)) {
        return false;
    }
    printer_begin_record(call->printer, columns, G_N_ELEMENTS(columns));
    printer_text(call->printer, order.code);
    printer_text(call->printer, "added");
    return true;
}

static const char *const order_kinds[] = {"sale",       "trial",        "internal", "goodwill",
                                          "correction", "cancellation", NULL};
static const char *const feature_kinds[] = {"perpetual", "term", "metered", NULL};

static const ArgumentRow orders[] = {
    {.name = "ORDER", .meaning = "its reference, SO-…"},
};
static const ArgumentRow codes[] = {
    {.name = "CODE", .meaning = "small letters, digits and hyphens; it stands in usage licenses"},
};
static const OptionRow list_options[] = {
    {.name = "customer",
     .value = "CUSTOMER",
     .type = OPTION_TEXT,
     .meaning = "of this one: number (CU-12), reference or whole name"},
    {.name = "kind",
     .value = "KIND",
     .type = OPTION_CHOICE,
     .choices = order_kinds,
     .meaning = "sale, trial, internal, goodwill, correction or cancellation"},
    {.name = "from", .value = "DAY", .type = OPTION_TEXT, .meaning = "of this day or later"},
    {.name = "until", .value = "DAY", .type = OPTION_TEXT, .meaning = "of this day or earlier"},
};
static const OptionRow feature_options[] = {
    {.name = "name",
     .value = "NAME",
     .type = OPTION_TEXT,
     .most = 200,
     .required = true,
     .meaning = "what people call it"},
    {.name = "kind",
     .value = "KIND",
     .type = OPTION_CHOICE,
     .choices = feature_kinds,
     .required = true,
     .meaning = "perpetual (bought once), term (by the year) or metered"},
    {.name = "product", .value = "CODE", .type = OPTION_TEXT, .meaning = "else chariot"},
};

static const Command commands[] = {
    {.words = "order list",
     .summary = "List orders, newest first: what each has sold, and what nobody has got yet",
     .run = run_list,
     .spec = {.options = list_options, .option_count = G_N_ELEMENTS(list_options)}},
    {.words = "order show",
     .summary = "Show one order: its licenses, what it paid for, delivered and first activated",
     .run = run_show,
     .spec = {.arguments = orders, .argument_count = G_N_ELEMENTS(orders)}},
    {.words = "feature list", .summary = "List the features that can be sold", .run = run_features},
    {.words = "feature add",
     .summary = "Add a feature to those that can be sold",
     .run = run_add_feature,
     .spec = {feature_options, G_N_ELEMENTS(feature_options), codes, G_N_ELEMENTS(codes)},
     .details = "Needs an operator's token (orders). A feature stays: its code and kind never "
                "change."},
};

const CommandGroup cmd_order = {commands, G_N_ELEMENTS(commands)};
