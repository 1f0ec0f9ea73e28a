#include "cli/cmd_customer.h"

#include "cli/behind.h"
#include "cli/listing_printer.h"
#include "cli/redecided.h"
#include "cli/terminal.h"
#include "service/customers.h"

static bool run_list(const CommandCall *call, GError **error)
{
    g_autoptr(Context) context =
        context_open(call->config_path, CONTEXT_REPORTS, "issuer customer list", error);
    g_autoptr(Listing) found =
        context != NULL ? customers_list(context, options_argument(call->options, 0), error) : NULL;
    return behind_print_list(context, call->printer, found,
                             "There are more: say more of the name that you look for.", error);
}

static void print_detail(Printer *printer, const CustomerDetail *detail)
{
    const struct {
        const char *part;
        const Listing *list;
        const char *more;
    } parts[] = {
        {"names", detail->names, "There are older names."},
        {"merged", detail->merged, "More customers were merged into this one."},
        {"licenses", detail->licenses,
         "There are more licenses: `issuer license find` looks for one of them."},
        {"orders", detail->orders, "There are older orders."},
    };
    listing_printer_print(printer, detail->summary, LISTING_PRINTED_RECORD, NULL, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(parts); i++) {
        listing_printer_print(printer, parts[i].list, LISTING_PRINTED_PART, parts[i].part,
                              parts[i].more);
    }
}

static bool run_show(const CommandCall *call, GError **error)
{
    g_autoptr(Context) context =
        context_open(call->config_path, CONTEXT_DATABASE, "issuer customer show", error);
    g_autoptr(CustomerDetail) detail =
        context != NULL ? customers_show(context, options_argument(call->options, 0), error) : NULL;
    if (detail == NULL) {
        return false;
    }
    print_detail(call->printer, detail);
    return true;
}

static void print_changed(Printer *printer, int64_t number, const char *change)
{
    static const PrinterColumn columns[] = {{"customer", COLUMN_TEXT}, {"change", COLUMN_TEXT}};
    g_autofree char *text = g_strdup_printf("CU-%" G_GINT64_FORMAT, number);
    printer_begin_record(printer, columns, G_N_ELEMENTS(columns));
    printer_text(printer, text);
    printer_text(printer, change);
}

/* The context ends before what waits is decided: that opens one of its own. */
static int64_t change(const CommandCall *call, CustomerOrder *order, bool merge, GError **error)
{
    order->wanted = options_argument(call->options, 0);
    order->reason = options_text(call->options, "reason");
    g_autoptr(Secret) token = terminal_token(error);
    if (token == NULL) {
        return 0;
    }
    order->token = token;
    g_autoptr(Context) context =
        context_open(call->config_path, CONTEXT_DATABASE, "issuer customer", error);
    if (context == NULL) {
        return 0;
    }
    return merge ? customers_merge(context, order, error) : customers_rename(context, order, error);
}

static bool run_rename(const CommandCall *call, GError **error)
{
    CustomerOrder order = {.other = options_text(call->options, "name")};
    const int64_t number = change(call, &order, false, error);
    if (number == 0) {
        return false;
    }
    print_changed(call->printer, number, "renamed");
    printer_say(call->printer, "Installed usage licenses show the old name until each server asks "
                               "for an update.");
    redecided_tell(call);
    return true;
}

static bool run_merge(const CommandCall *call, GError **error)
{
    CustomerOrder order = {.other = options_text(call->options, "into")};
    const int64_t number = change(call, &order, true, error);
    if (number == 0) {
        return false;
    }
    print_changed(call->printer, number, "merged");
    printer_say(call->printer, "Installed usage licenses show the old name until each server asks "
                               "for an update.");
    redecided_tell(call);
    return true;
}

static const ArgumentRow texts[] = {
    {.name = "TEXT", .meaning = "part of the name, or the reference", .optional = true},
};
static const ArgumentRow customers[] = {
    {.name = "CUSTOMER", .meaning = "its number (CU-12), its reference or its whole name"},
};
static const ArgumentRow from[] = {
    {.name = "CUSTOMER", .meaning = "the one that is given up: number, reference or whole name"},
};
static const OptionRow rename_options[] = {
    {.name = "name",
     .value = "NAME",
     .type = OPTION_TEXT,
     .most = 200,
     .required = true,
     .meaning = "what it is called from today on"},
    OPTIONS_REASON,
};
static const OptionRow merge_options[] = {
    {.name = "into",
     .value = "CUSTOMER",
     .type = OPTION_TEXT,
     .required = true,
     .meaning = "the one that stays: number, reference or whole name"},
    OPTIONS_REASON,
};

static const Command commands[] = {
    {.words = "customer list",
     .summary = "List customers, all or by a part of the name",
     .run = run_list,
     .spec = {.arguments = texts, .argument_count = G_N_ELEMENTS(texts)}},
    {.words = "customer show",
     .summary = "Show one customer: its names, licenses and orders",
     .run = run_show,
     .spec = {.arguments = customers, .argument_count = G_N_ELEMENTS(customers)}},
    {.words = "customer rename",
     .summary = "Give a customer another name from today on",
     .run = run_rename,
     .spec = {rename_options, G_N_ELEMENTS(rename_options), customers, G_N_ELEMENTS(customers)},
     .details = "Needs an operator's token (orders). The next update of each server carries it."},
    {.words = "customer merge",
     .summary = "Say that a customer was recorded twice: one counts as the other",
     .run = run_merge,
     .spec = {merge_options, G_N_ELEMENTS(merge_options), from, G_N_ELEMENTS(from)},
     .details = "Needs an operator's token (orders). Licenses and orders of both count for the one "
                "that stays."},
};

const CommandGroup cmd_customer = {commands, G_N_ELEMENTS(commands)};
