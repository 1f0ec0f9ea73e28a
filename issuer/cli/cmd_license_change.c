#include "cli/cmd_license_change.h"

#include "base/error.h"
#include "cli/listing_printer.h"
#include "cli/redecided.h"
#include "cli/terminal.h"
#include "service/license_changes.h"

#include <string.h>

/* Said after every change: people tend to believe that a server learns of it. */
#define GOES_ON                                                                                    \
    "Nothing changes on a server by this: what is installed goes on until its own expiry."
#define COMES_WITH_UPDATE                                                                          \
    "Nothing changes on a server by this: it gets the new version by its next usage request (an "  \
    "update), and goes on with what is installed until then."

/* An end by mistake may have taken back what the ledger does not get again by itself. */
#define STAYS_TAKEN_BACK                                                                           \
    COMES_WITH_UPDATE " What its end took back stays taken back: --set-feature gives it again."

/* The context ends before what waits is decided: that opens one of its own. */
static LicenseChanged *make(const CommandCall *call, LicenseChangeOrder *order, GError **error)
{
    order->license_id = options_argument(call->options, 0);
    order->reason = options_text(call->options, "reason");
    order->dry_run = options_flag(call->options, "dry-run");
    g_autoptr(Secret) token = terminal_token(error);
    g_autoptr(Context) context =
        token != NULL ? context_open(call->config_path, CONTEXT_DATABASE, "issuer license", error)
                      : NULL;
    order->token = token;
    return context != NULL ? license_changes_make(context, order, error) : NULL;
}

static bool change(const CommandCall *call, LicenseChangeOrder *order, const char *says,
                   GError **error)
{
    g_autoptr(LicenseChanged) changed = make(call, order, error);
    if (changed == NULL) {
        return false;
    }
    listing_printer_print(call->printer, changed->changes, LISTING_PRINTED_LIST, NULL, NULL);
    if (changed->waiting->rows > 0) {
        listing_printer_print(call->printer, changed->waiting, LISTING_PRINTED_PART, "waiting",
                              NULL);
    }
    if (order->dry_run) {
        printer_say(call->printer, "Nothing was changed: this is what would change%s.",
                    changed->waiting->rows > 0 ? ", and which requests would be decided again"
                                               : "");
        return true;
    }
    printer_say(call->printer, "%s", says);
    if (order->end_uses != NULL && *order->end_uses != NULL) {
        printer_say(call->printer,
                    "All contacts with an address are told of the uses that have ended.");
    }
    if (!redecided_tell(call) && changed->waiting->rows > 0) {
        printer_say(call->printer, "What waits is decided again by the next ingest: that cannot be "
                                   "done here.");
    }
    return true;
}

/* What upgrades and corrections have in common. */
static LicenseChangeOrder order_from(const CommandCall *call, LicenseChangeKind kind)
{
    const Options *options = call->options;
    return (LicenseChangeOrder){
        .kind = kind,
        .order = options_text(options, "order"),
        .order_kind = options_text(options, "kind"),
        .ordered_on = options_text(options, "ordered-on"),
        .removed = options_texts(options, "remove-feature"),
        .activations = options_number(options, "activations", 0),
        .servers = options_number(options, "servers", 0),
        .end_uses = options_texts(options, "end-use"),
    };
}

static bool run_upgrade(const CommandCall *call, GError **error)
{
    LicenseChangeOrder order = order_from(call, LICENSE_UPGRADE);
    order.features = options_texts(call->options, "add-feature");
    order.expires = options_text(call->options, "extend");
    order.same_order = options_flag(call->options, "same-order");
    return change(call, &order, COMES_WITH_UPDATE, error);
}

static bool run_correct(const CommandCall *call, GError **error)
{
    LicenseChangeOrder order = order_from(call, LICENSE_CORRECT);
    order.features = options_texts(call->options, "set-feature");
    order.expires = options_text(call->options, "expires");
    order.reinstated = options_flag(call->options, "reinstate");
    if (order.order_kind == NULL) {
        order.order_kind = "correction";
    }
    return change(call, &order, order.reinstated ? STAYS_TAKEN_BACK : COMES_WITH_UPDATE, error);
}

static bool run_end(const CommandCall *call, GError **error)
{
    const bool refund = options_flag(call->options, "refund");
    const bool cancel = options_flag(call->options, "cancel");
    LicenseChangeOrder order = {
        .kind = LICENSE_END,
        .order = options_text(call->options, "order"),
        .ordered_on = options_text(call->options, "ordered-on"),
        .removed = options_texts(call->options, "remove-feature"),
        .replaced_by = options_text(call->options, "replaced-by"),
    };
    if (refund + cancel + (order.replaced_by != NULL) != 1) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_USAGE,
                    "say how it ends: one of --refund, --cancel and --replaced-by");
        return false;
    }
    order.ended_how = refund ? "refunded" : cancel ? "cancelled" : "replaced";
    return change(call, &order, GOES_ON, error);
}

static bool run_suspend(const CommandCall *call, GError **error)
{
    LicenseChangeOrder order = {.kind = LICENSE_SUSPEND};
    return change(call, &order, GOES_ON, error);
}

static bool run_resume(const CommandCall *call, GError **error)
{
    LicenseChangeOrder order = {.kind = LICENSE_RESUME};
    return change(call, &order, "Requests are decided for it again.", error);
}

static bool run_terms(const CommandCall *call, GError **error)
{
    g_autoptr(Context) context =
        context_open(call->config_path, CONTEXT_DATABASE, "issuer license terms", error);
    g_autoptr(Listing) terms =
        context != NULL ? license_changes_terms(context, options_argument(call->options, 0), error)
                        : NULL;
    if (terms == NULL) {
        return false;
    }
    listing_printer_print(call->printer, terms, LISTING_PRINTED_LIST, NULL, NULL);
    return true;
}

#define ORDERED_ON                                                                                 \
    {                                                                                              \
        .name = "ordered-on", .value = "DATE", .type = OPTION_TEXT,                                \
        .meaning = "the order's day; today, unless it is on record already"                        \
    }
#define ACTIVATIONS                                                                                \
    {                                                                                              \
        .name = "activations", .value = "N", .type = OPTION_NUMBER, .least = 1, .most = 1000000,   \
        .meaning = "how many activations it has from now on"                                       \
    }
#define SERVERS                                                                                    \
    {                                                                                              \
        .name = "servers", .value = "N", .type = OPTION_NUMBER, .least = 1, .most = 1000000,       \
        .meaning = "how many servers may run at once from now on"                                  \
    }
#define END_USE                                                                                    \
    {                                                                                              \
        .name = "end-use", .value = "SERIAL", .type = OPTION_TEXT, .repeats = true,                \
        .meaning = "which use ends, where fewer are left than are in use"                          \
    }
#define DRY_RUN                                                                                    \
    {                                                                                              \
        .name = "dry-run", .type = OPTION_FLAG,                                                    \
        .meaning = "tell what would change, change nothing"                                        \
    }

static const char *const upgrade_kinds[] = {"sale",     "trial",        "internal",
                                            "goodwill", "cancellation", NULL};
static const char *const correct_kinds[] = {"correction", "sale",     "trial",
                                            "internal",   "goodwill", NULL};

static const ArgumentRow ids[] = {
    {.name = "LICENSE-ID", .meaning = "the License ID, LIC-…"},
};
static const OptionRow upgrade_options[] = {
    {.name = "order",
     .value = "REF",
     .type = OPTION_TEXT,
     .required = true,
     .meaning = "the order's reference; it is recorded if it is new"},
    {.name = "kind",
     .value = "KIND",
     .type = OPTION_CHOICE,
     .choices = upgrade_kinds,
     .meaning = "of a new order: sale (unless said), trial, internal, goodwill, "
                "cancellation"},
    ORDERED_ON,
    {.name = "same-order",
     .type = OPTION_FLAG,
     .meaning = "a further part of an order that is booked for this license already"},
    {.name = "add-feature",
     .value = "CODE[=N|=DATE]",
     .type = OPTION_TEXT,
     .repeats = true,
     .meaning = "support=2: two years more; support=2028-03-31; a metered one's limit"},
    {.name = "remove-feature",
     .value = "CODE[=YEARS]",
     .type = OPTION_TEXT,
     .repeats = true,
     .meaning = "taken back by a cancellation: so many years, or all of it"},
    {.name = "extend",
     .value = "YEARS|DATE|never",
     .type = OPTION_TEXT,
     .meaning = "the license's own expiry: years more, a day, or that it never expires"},
    ACTIVATIONS,
    SERVERS,
    END_USE,
    {.name = "reason",
     .value = "TEXT",
     .type = OPTION_TEXT,
     .most = OPTIONS_REASON_MOST,
     .meaning = "why, if the order does not say it"},
    DRY_RUN,
};
static const OptionRow correct_options[] = {
    {.name = "order",
     .value = "REF",
     .type = OPTION_TEXT,
     .required = true,
     .meaning = "the correction's reference, or the right order's with its --kind"},
    {.name = "kind",
     .value = "KIND",
     .type = OPTION_CHOICE,
     .choices = correct_kinds,
     .meaning = "of the order: correction, unless told otherwise"},
    ORDERED_ON,
    {.name = "set-feature",
     .value = "CODE[=N|=DATE]",
     .type = OPTION_TEXT,
     .repeats = true,
     .meaning = "a feature as it should be: support=2028-03-31, mqtt-server"},
    {.name = "remove-feature",
     .value = "CODE",
     .type = OPTION_TEXT,
     .repeats = true,
     .meaning = "a feature that should not be there"},
    {.name = "expires",
     .value = "DATE|never",
     .type = OPTION_TEXT,
     .meaning = "the license's right expiry"},
    ACTIVATIONS,
    SERVERS,
    END_USE,
    {.name = "reinstate", .type = OPTION_FLAG, .meaning = "it was ended by mistake"},
    OPTIONS_REASON,
    DRY_RUN,
};
static const OptionRow end_options[] = {
    {.name = "refund", .type = OPTION_FLAG, .meaning = "all that was paid is given back"},
    {.name = "cancel", .type = OPTION_FLAG, .meaning = "it ends before its time"},
    {.name = "replaced-by",
     .value = "LICENSE-ID",
     .type = OPTION_TEXT,
     .meaning = "another license stands for it from now on"},
    {.name = "order",
     .value = "REF",
     .type = OPTION_TEXT,
     .meaning = "of the kind cancellation; not needed if it is replaced"},
    ORDERED_ON,
    {.name = "remove-feature",
     .value = "CODE[=YEARS]",
     .type = OPTION_TEXT,
     .repeats = true,
     .meaning = "what is taken back in the ledger; a refund takes all years without this"},
    OPTIONS_REASON,
    DRY_RUN,
};
static const OptionRow state_options[] = {OPTIONS_REASON, DRY_RUN};

static const Command commands[] = {
    {.words = "license upgrade",
     .summary = "Add to what a license grants, by an order; what waited is decided again",
     .run = run_upgrade,
     .spec = {upgrade_options, G_N_ELEMENTS(upgrade_options), ids, G_N_ELEMENTS(ids)},
     .details =
         "Needs an operator's token (orders). Years continue from the end that stands, or from the "
         "order's\nday where that has passed by then. Servers get the new version by their next "
         "usage request.\nWhere fewer activations or servers are left than are in use, --end-use "
         "says which end; they are given\nback, what stays is numbered anew, and all contacts are "
         "told."},
    {.words = "license correct",
     .summary = "Put right what was recorded wrongly of a license",
     .run = run_correct,
     .spec = {correct_options, G_N_ELEMENTS(correct_options), ids, G_N_ELEMENTS(ids)},
     .details = "Needs an operator's token (orders). It holds from the day of the version that it "
                "puts right; both stay\non record. A license stays one of its product: record "
                "another (license add), then end\nthis one with --replaced-by."},
    {.words = "license end",
     .summary = "End a license: refunded, cancelled, or replaced by another",
     .run = run_end,
     .spec = {end_options, G_N_ELEMENTS(end_options), ids, G_N_ELEMENTS(ids)},
     .details = "Needs an operator's token (orders). Nothing is issued for it any more; nothing is "
                "switched off."},
    {.words = "license suspend",
     .summary = "Hold all requests of a license while something is in dispute",
     .run = run_suspend,
     .spec = {state_options, G_N_ELEMENTS(state_options), ids, G_N_ELEMENTS(ids)},
     .details = "Needs an operator's token (admin). Nothing is switched off."},
    {.words = "license resume",
     .summary = "End the suspension of a license; what waited is decided again",
     .run = run_resume,
     .spec = {state_options, G_N_ELEMENTS(state_options), ids, G_N_ELEMENTS(ids)},
     .details = "Needs an operator's token (admin)."},
    {.words = "license terms",
     .summary = "Show how each yearly feature of a license came by its end, step by step",
     .run = run_terms,
     .spec = {.arguments = ids, .argument_count = G_N_ELEMENTS(ids)}},
};

const CommandGroup cmd_license_change = {commands, G_N_ELEMENTS(commands)};
