#include "cli/cmd_operator.h"

#include "base/error.h"
#include "cli/new_secret.h"
#include "cli/terminal.h"
#include "service/operators.h"

/* The token is shown once. */
static void show_token(const CommandCall *call, const Secret *token)
{
    static const PrinterColumn columns[] = {{"name", COLUMN_TEXT}, {"token", COLUMN_TEXT}};
    printer_begin_record(call->printer, columns, G_N_ELEMENTS(columns));
    printer_text(call->printer, options_argument(call->options, 0));
    printer_text(call->printer, secret_peek(token));
    printer_say(call->printer, "The token cannot be shown again. Keep it in a file of mode 600 "
                               "named by ISSUER_TOKEN_FILE.");
}

typedef bool (*TokenUse)(Context *context, const OperatorOrder *order, GError **error);

/* The token is brought to safety before anybody is added: a token that cannot be written down would
 * be lost, and with it the first admin. In a file it need not be shown at all. */
static bool with_new_token(const CommandCall *call, Context *context, OperatorOrder *order,
                           TokenUse use, GError **error)
{
    const char *path = options_text(call->options, "token-file");
    g_autoptr(Secret) token = operators_make_token(error);
    if (token == NULL || !new_secret_keep(path, token, error)) {
        return false;
    }
    order->name = options_argument(call->options, 0);
    order->days = (unsigned)options_number(call->options, "days", OPERATORS_TOKEN_DAYS);
    order->token = token;
    g_autoptr(GError) failure = NULL;
    if (!use(context, order, &failure)) {
        new_secret_forget(path, failure);
        g_propagate_error(error, g_steal_pointer(&failure));
        return false;
    }
    if (path == NULL) {
        show_token(call, token);
    }
    return true;
}

static bool run_add(const CommandCall *call, GError **error)
{
    const bool first = options_flag(call->options, "first");
    OperatorOrder order = {.role = options_text(call->options, "role")};
    if (order.role == NULL && first) {
        order.role = "admin";
    }
    if (order.role == NULL) { /* no power by default */
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_USAGE,
                    "say --role support, orders, admin or finance");
        return false;
    }
    g_autoptr(Context) context =
        context_open(call->config_path, CONTEXT_DATABASE, "operator add", error);
    g_autoptr(Secret) by = context == NULL || first ? NULL : terminal_token(error);
    order.by = by;
    return context != NULL && (first || by != NULL) &&
           with_new_token(call, context, &order, operators_add, error);
}

static bool run_renew(const CommandCall *call, GError **error)
{
    g_autoptr(Context) context =
        context_open(call->config_path, CONTEXT_DATABASE, "operator renew", error);
    g_autoptr(Secret) by = context == NULL ? NULL : terminal_token(error);
    OperatorOrder order = {.by = by};
    return by != NULL && with_new_token(call, context, &order, operators_renew, error);
}

static bool run_list(const CommandCall *call, GError **error)
{
    static const PrinterColumn columns[] = {
        {"name", COLUMN_TEXT},       {"role", COLUMN_TEXT},          {"since", COLUMN_TIME},
        {"revoked_at", COLUMN_TIME}, {"token_expires", COLUMN_TIME},
    };
    g_autoptr(Context) context =
        context_open(call->config_path, CONTEXT_DATABASE, "operator list", error);
    g_autoptr(GPtrArray) operators = context == NULL ? NULL : operators_list(context, error);
    if (operators == NULL) {
        return false;
    }
    printer_begin(call->printer, columns, G_N_ELEMENTS(columns));
    for (guint i = 0; i < operators->len; i++) {
        const OperatorRecord *record = g_ptr_array_index(operators, i);
        printer_text(call->printer, record->name);
        printer_text(call->printer, record->role);
        printer_time(call->printer, record->effective);
        printer_time(call->printer, record->revoked_at);
        printer_time(call->printer, record->token_expires);
    }
    return true;
}

/* What a revoked operator did stays; which of it was wrong only people can say. */
static void print_deeds(const CommandCall *call, const GPtrArray *deeds)
{
    static const PrinterColumn columns[] = {
        {"day", COLUMN_TEXT},
        {"kind", COLUMN_TEXT},
        {"subject", COLUMN_TEXT},
    };
    printer_say(call->printer, "%s is no operator any more; all tokens are void.",
                options_argument(call->options, 0));
    if (deeds->len > 0) {
        printer_say(call->printer, "It stays on record, for whoever looks at it again:");
    }
    printer_begin(call->printer, columns, G_N_ELEMENTS(columns));
    for (guint i = 0; i < deeds->len; i++) {
        const OperatorDeed *deed = g_ptr_array_index(deeds, i);
        printer_text(call->printer, deed->day);
        printer_text(call->printer, deed->kind);
        printer_text(call->printer, deed->subject);
    }
}

static bool run_revoke(const CommandCall *call, GError **error)
{
    g_autoptr(Context) context =
        context_open(call->config_path, CONTEXT_DATABASE, "operator revoke", error);
    g_autoptr(Secret) by = context == NULL ? NULL : terminal_token(error);
    g_autoptr(GPtrArray) deeds =
        by == NULL ? NULL
                   : operators_revoke(context, by, options_argument(call->options, 0), error);
    if (deeds == NULL) {
        return false;
    }
    print_deeds(call, deeds);
    return true;
}

static bool run_rights(const CommandCall *call, GError **error)
{
    static const PrinterColumn columns[] = {
        {"command", COLUMN_TEXT},
        {"roles", COLUMN_TEXT},
        {"logins", COLUMN_TEXT},
    };
    g_autoptr(Context) context =
        context_open(call->config_path, CONTEXT_DATABASE, "operator rights", error);
    g_autoptr(GPtrArray) rights =
        context == NULL ? NULL
                        : operators_rights(context, options_text(call->options, "role"), error);
    if (rights == NULL) {
        return false;
    }
    printer_begin(call->printer, columns, G_N_ELEMENTS(columns));
    for (guint i = 0; i < rights->len; i++) {
        const OperatorRight *right = g_ptr_array_index(rights, i);
        printer_text(call->printer, right->command);
        printer_nested(call->printer, right->roles, right->roles_text);
        printer_nested(call->printer, right->logins, right->logins_text);
    }
    return true;
}

static const char *const roles[] = {"support", "orders", "admin", "finance", NULL};

static const ArgumentRow names[] = {{.name = "NAME", .meaning = "the person's name"}};

#define TOKEN_OPTIONS                                                                              \
    {.name = "days",                                                                               \
     .type = OPTION_NUMBER,                                                                        \
     .value = "N",                                                                                 \
     .meaning = "days until the token expires, else 365",                                          \
     .least = 1,                                                                                   \
     .most = 3650},                                                                                \
    {                                                                                              \
        .name = "token-file", .type = OPTION_PATH, .value = "FILE",                                \
        .meaning = "write the token into this new file (mode 600) and show it nowhere"             \
    }

static const OptionRow add_options[] = {
    {.name = "role",
     .type = OPTION_CHOICE,
     .choices = roles,
     .value = "ROLE",
     .meaning = "support, orders, admin or finance"},
    {.name = "first",
     .type = OPTION_FLAG,
     .meaning = "make the first admin, as the database's owner and without a token"},
    TOKEN_OPTIONS,
};
static const OptionRow renew_options[] = {TOKEN_OPTIONS};
static const OptionRow rights_options[] = {
    {.name = "role",
     .type = OPTION_CHOICE,
     .choices = roles,
     .value = "ROLE",
     .meaning = "only what this role may use"},
};

static const Command commands[] = {
    {.words = "operator add",
     .summary = "Add an operator and print its token",
     .run = run_add,
     .spec = {add_options, G_N_ELEMENTS(add_options), names, G_N_ELEMENTS(names)},
     .details = "--first works while no admin has a token in force."},
    {.words = "operator list", .summary = "List the operators", .run = run_list},
    {.words = "operator renew",
     .summary = "Give an operator a new token; the ones before are void",
     .run = run_renew,
     .spec = {renew_options, G_N_ELEMENTS(renew_options), names, G_N_ELEMENTS(names)}},
    {.words = "operator revoke",
     .summary = "End an operator and all its tokens, and list what it did",
     .run = run_revoke,
     .spec = {.arguments = names, .argument_count = G_N_ELEMENTS(names)}},
    {.words = "operator rights",
     .summary = "Show which role may use which command",
     .run = run_rights,
     .spec = {.options = rights_options, .option_count = G_N_ELEMENTS(rights_options)},
     .details = "roles: whose token a command takes (none: it asks for no token). logins: the "
                "groups whose database\nlogin it works with; 'owner' is the database's own, which "
                "may do whatever takes no token."},
};

const CommandGroup cmd_operator = {commands, G_N_ELEMENTS(commands)};
