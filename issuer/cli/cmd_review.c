#include "cli/cmd_review.h"

#include "base/error.h"
#include "base/json_writer.h"
#include "cli/intake_printer.h"
#include "cli/terminal.h"
#include "cli/usage_license_printer.h"
#include "cli/words.h"
#include "core/address.h"
#include "service/instructions.h"
#include "service/paste.h"
#include "service/review.h"

#define ASKED_BACK "asked back" /* on record as the reason; the words stand with the case */

/* ---- what would happen, or has happened ---- */

static const PrinterColumn result_columns[] = {
    {"request", COLUMN_TEXT},      {"host", COLUMN_TEXT},           {"license_id", COLUMN_TEXT},
    {"customer", COLUMN_TEXT},     {"outcome", COLUMN_TEXT},        {"code", COLUMN_TEXT},
    {"note", COLUMN_TEXT},         {"rule", COLUMN_NUMBER},         {"passed", COLUMN_TEXT},
    {"serial", COLUMN_TEXT},       {"use", COLUMN_NUMBER},          {"activations", COLUMN_NUMBER},
    {"continues", COLUMN_TEXT},    {"server", COLUMN_NUMBER},       {"supersedes", COLUMN_TEXT},
    {"features", COLUMN_TEXT},     {"version", COLUMN_NUMBER},      {"valid_until", COLUMN_TIME},
    {"features_now", COLUMN_TEXT}, {"version_now", COLUMN_NUMBER},  {"until_now", COLUMN_TIME},
    {"vouched", COLUMN_TEXT},      {"authentication", COLUMN_TEXT}, {"to", COLUMN_TEXT},
    {"preview", COLUMN_TEXT},
};

static void print_texts(Printer *printer, const GPtrArray *texts)
{
    g_autoptr(JsonWriter) json = json_writer_new();
    g_autoptr(GString) list = g_string_new(NULL);
    json_writer_begin_array(json);
    for (guint i = 0; i < texts->len; i++) {
        const char *text = g_ptr_array_index(texts, i);
        json_writer_text(json, text);
        g_string_append_printf(list, "%s%s", i > 0 ? ", " : "", text);
    }
    json_writer_end_array(json);
    printer_nested(printer, json_writer_peek(json), list->str);
}

static void print_grant(Printer *printer, const ReviewGrant *grant)
{
    printer_text(printer, grant->features);
    printer_id(printer, grant->version);
    printer_time(printer, grant->valid_until);
}

static void print_result(Printer *printer, const ReviewResult *result)
{
    printer_begin_record(printer, result_columns, G_N_ELEMENTS(result_columns));
    printer_text(printer, result->request);
    printer_text(printer, result->host);
    printer_text(printer, result->license_id);
    printer_text(printer, result->customer);
    printer_text(printer, result->outcome);
    printer_text(printer, result->code);
    printer_text(printer, result->note);
    printer_id(printer, result->rule);
    print_texts(printer, result->passed);
    usage_license_printer_serial(printer, result->serial);
    printer_id(printer, result->use_no);
    printer_id(printer, result->activations);
    usage_license_printer_serial(printer, result->continues);
    printer_id(printer, result->server_place);
    usage_license_printer_serials(printer, result->supersedes);
    print_grant(printer, &result->grants);
    print_grant(printer, &result->before);
    printer_text(printer, result->vouched);
    printer_text(printer, result->authentication);
    printer_text(printer, result->to);
    printer_text(printer, result->preview);
}

/* ---- orders ---- */

static bool read_serial(const CommandCall *call, const char *option, int64_t *serial,
                        GError **error)
{
    const char *text = options_text(call->options, option);
    if (text == NULL || usage_license_serial_typed(text, serial)) {
        return true;
    }
    g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_USAGE, "--%s '%s' is no serial (UL-00000042)",
                option, text);
    return false;
}

/* Which server it is, where the rules ask for it. */
static bool read_person(const CommandCall *call, PersonSays *person, GError **error)
{
    person->new_use = options_flag(call->options, "new-use");
    if (!read_serial(call, "continue", &person->continues, error) ||
        !read_serial(call, "replace", &person->replaces, error)) {
        return false;
    }
    if (person->new_use && person->continues != 0) {
        g_set_error(
            error, ISSUER_ERROR, ISSUER_ERROR_USAGE,
            "--continue and --new-use exclude each other: it is the same server or another");
        return false;
    }
    return true;
}

/* Where the database login cannot decide, the daemon is asked, in an operator's name. */
static ReviewResult *look_ahead(Context *context, const ReviewOrder *order, GError **error)
{
    bool elsewhere = false;
    if (!review_is_elsewhere(context, &elsewhere, error)) {
        return NULL;
    }
    if (!elsewhere) {
        return review_preview(context, order, error);
    }
    g_autoptr(Secret) token = terminal_token(error);
    ReviewOrder asked = *order;
    asked.token = token;
    return token != NULL ? review_ask_preview(context, &asked, INSTRUCTIONS_WAIT, error) : NULL;
}

static bool show_preview(const CommandCall *call, const ReviewOrder *order, GError **error)
{
    g_autoptr(Context) context =
        context_open(call->config_path, CONTEXT_DATABASE, "issuer request preview", error);
    g_autoptr(ReviewResult) result = context != NULL ? look_ahead(context, order, error) : NULL;
    if (result == NULL) {
        return false;
    }
    print_result(call->printer, result);
    return true;
}

static bool run_preview(const CommandCall *call, GError **error)
{
    ReviewOrder order = {.kind = REVIEW_ISSUE, .request = options_argument(call->options, 0)};
    return read_person(call, &order.person, error) && show_preview(call, &order, error);
}

/* Where the key is not on this machine, whoever has it carries the order out. */
static bool leave_it_filed(const CommandCall *call, const ReviewOrder *order, GError **error)
{
    g_autoptr(Context) context =
        context_open(call->config_path, CONTEXT_DATABASE, "issuer request", error);
    if (context == NULL || !review_file(context, order, INSTRUCTIONS_WAIT, error)) {
        return false;
    }
    printer_say(call->printer, "done; see `issuer request show %s`", order->request);
    return true;
}

static bool give_order(const CommandCall *call, ReviewOrder *order, GError **error)
{
    order->request = options_argument(call->options, 0);
    order->reason = order->kind == REVIEW_ASK ? ASKED_BACK : options_text(call->options, "reason");
    order->ticket = options_text(call->options, "ticket");
    g_autoptr(Secret) token = terminal_token(error);
    if (token == NULL) {
        return false;
    }
    order->token = token;
    g_autoptr(GError) failure = NULL;
    g_autoptr(Context) context = context_open(call->config_path, CONTEXT_DATABASE | CONTEXT_SIGNER,
                                              "issuer request", &failure);
    if (context == NULL && g_error_matches(failure, ISSUER_ERROR, ISSUER_ERROR_NOT_FOUND)) {
        return leave_it_filed(call, order, error);
    }
    if (context == NULL) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return false;
    }
    g_autoptr(ReviewResult) result = review_carry_out(context, order, error);
    if (result == NULL) {
        return false;
    }
    print_result(call->printer, result);
    return true;
}

static bool run_issue(const CommandCall *call, GError **error)
{
    ReviewOrder order = {.kind = REVIEW_ISSUE, .preview = options_text(call->options, "preview")};
    return read_person(call, &order.person, error) && give_order(call, &order, error);
}

static bool run_refuse(const CommandCall *call, GError **error)
{
    ReviewOrder order = {.kind = REVIEW_REFUSE};
    return give_order(call, &order, error);
}

static bool run_keep(const CommandCall *call, GError **error)
{
    ReviewOrder order = {.kind = REVIEW_KEEP};
    return give_order(call, &order, error);
}

static bool run_ask(const CommandCall *call, GError **error)
{
    g_autofree char *words = words_read(call->options, error);
    ReviewOrder order = {.kind = REVIEW_ASK, .words = words};
    return words != NULL && give_order(call, &order, error);
}

static bool run_resend(const CommandCall *call, GError **error)
{
    ReviewOrder order = {.kind = REVIEW_RESEND};
    return give_order(call, &order, error);
}

/* A preview takes no reason. */
static bool run_emergency(const CommandCall *call, GError **error)
{
    ReviewOrder order = {.kind = REVIEW_EMERGENCY,
                         .request = options_argument(call->options, 0),
                         .preview = options_text(call->options, "preview")};
    if (options_flag(call->options, "dry-run")) {
        return show_preview(call, &order, error);
    }
    if (options_text(call->options, "reason") == NULL) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_USAGE,
                    "--reason is missing: say why it cannot wait, or --dry-run to look first");
        return false;
    }
    return give_order(call, &order, error);
}

static bool from_is_address(const CommandCall *call, GError **error)
{
    const char *from = options_text(call->options, "from");
    if (!address_is_valid(from)) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_USAGE,
                    "--from '%s' is no mail address: give the bare address of the person", from);
        return false;
    }
    return true;
}

static bool run_add(const CommandCall *call, GError **error)
{
    if (!from_is_address(call, error)) {
        return false;
    }
    PasteOrder order = {
        .config_path = call->config_path,
        .path = options_argument(call->options, 0),
        .from = options_text(call->options, "from"),
        .ticket = options_text(call->options, "ticket"),
        .ask = terminal_token,
        .dry_run = options_flag(call->options, "dry-run"),
    };
    g_autoptr(IntakeItem) item = paste_run(&order, error);
    if (item == NULL) {
        return false;
    }
    intake_printer_begin(call->printer, true);
    intake_printer_mail(call->printer, item, true);
    return true;
}

/* ---- the table ---- */

#define SERVER_OPTIONS                                                                             \
    {.name = "continue",                                                                           \
     .value = "SERIAL",                                                                            \
     .type = OPTION_TEXT,                                                                          \
     .meaning = "it is the server of this usage license: its use goes on"},                        \
        {.name = "new-use",                                                                        \
         .type = OPTION_FLAG,                                                                      \
         .meaning = "it is another server: it takes a use of its own"},                            \
    {                                                                                              \
        .name = "replace", .value = "SERIAL", .type = OPTION_TEXT,                                 \
        .meaning = "the usage license whose server place it takes"                                 \
    }

#define TICKET_OPTION                                                                              \
    {                                                                                              \
        .name = "ticket", .value = "TICKET", .type = OPTION_TEXT, .most = OPTIONS_TICKET_MOST,     \
        .meaning = "where it was asked"                                                            \
    }

#define REASON_OPTIONS OPTIONS_REASON, TICKET_OPTION

static const OptionRow preview_options[] = {SERVER_OPTIONS};
static const OptionRow issue_options[] = {
    REASON_OPTIONS,
    SERVER_OPTIONS,
    {.name = "preview",
     .value = "PREVIEW",
     .type = OPTION_TEXT,
     .meaning = "what `request preview` printed last: refused if it would be otherwise now"},
};
static const OptionRow emergency_options[] = {
    {.name = "reason",
     .value = "TEXT",
     .type = OPTION_TEXT,
     .most = OPTIONS_REASON_MOST,
     .meaning = "why it cannot wait, in a few words; it stays on record"},
    TICKET_OPTION,
    {.name = "preview",
     .value = "PREVIEW",
     .type = OPTION_TEXT,
     .meaning = "what --dry-run printed last: refused if it would be otherwise now"},
    {.name = "dry-run", .type = OPTION_FLAG, .meaning = "show what would follow, sign nothing"},
};
static const OptionRow reason_options[] = {REASON_OPTIONS};
static const OptionRow ask_options[] = {
    WORDS_OPTIONS,
    {.name = "ticket",
     .value = "TICKET",
     .type = OPTION_TEXT,
     .most = OPTIONS_TICKET_MOST,
     .required = true,
     .meaning = "where it was asked"},
};
static const OptionRow add_options[] = {
    {.name = "from",
     .value = "ADDRESS",
     .type = OPTION_TEXT,
     .required = true,
     .meaning = "address of the person who sent it"},
    TICKET_OPTION,
    {.name = "dry-run", .type = OPTION_FLAG, .meaning = "decide, write and sign nothing"},
};

static const ArgumentRow request_argument[] = {
    {.name = "REQUEST", .meaning = "its short form (7K2QW-9M3XA) or its case's number"},
};
static const ArgumentRow text_argument[] = {
    {.name = "FILE",
     .meaning = "text with the code, as it was pasted; - is standard input",
     .path = true},
};

#define ON_REQUEST(rows)                                                                           \
    {                                                                                              \
        rows, G_N_ELEMENTS(rows), request_argument, G_N_ELEMENTS(request_argument)                 \
    }

static const Command commands[] = {
    {.words = "request preview",
     .summary = "Show what would follow if a usage request were issued; changes nothing",
     .run = run_preview,
     .spec = ON_REQUEST(preview_options),
     .details = "Give its last word to `request issue --preview`: then nothing else happens. A "
                "database login that\nmay only read has the daemon look, and needs an operator's "
                "token (support or admin)."},
    {.words = "request issue",
     .summary = "Issue a usage license for a request that was held",
     .run = run_issue,
     .spec = ON_REQUEST(issue_options),
     .details = "Every hold is passed; a refusal and the counts of the license are not. Needs an "
                "operator's\ntoken (support or admin). Without the signing key on this machine the "
                "order stays filed."},
    {.words = "request refuse",
     .summary = "Refuse a request that was held, until it comes in a new mail",
     .run = run_refuse,
     .spec = ON_REQUEST(reason_options)},
    {.words = "request keep",
     .summary = "Say that a held request was looked at and waits on",
     .run = run_keep,
     .spec = ON_REQUEST(reason_options)},
    {.words = "request ask",
     .summary = "Ask the sender of a held request by mail; it waits on",
     .run = run_ask,
     .spec = ON_REQUEST(ask_options),
     .details = "A sender who is no contact of the license is not written to: then one of its "
                "contacts is\nasked. The answer joins the case, and `request show` shows it."},
    {.words = "request resend",
     .summary = "Send the usage license of a request again",
     .run = run_resend,
     .spec = ON_REQUEST(reason_options)},
    {.words = "request emergency",
     .summary = "Bridge seven days with a usage license that takes no use, while a request waits",
     .run = run_emergency,
     .spec = ON_REQUEST(emergency_options),
     .details = "Once a year for a server, and for a license once or for 5 % of its servers. The "
                "request waits on: its\nregular usage license supersedes it. Needs an operator's "
                "token (support or admin)."},
    {.words = "request add",
     .summary = "Take in a code that came by another way than the mailbox",
     .run = run_add,
     .spec = {add_options, G_N_ELEMENTS(add_options), text_argument, G_N_ELEMENTS(text_argument)},
     .details = "It is decided as if it had come in a mail from --from. The same text again "
                "changes nothing."},
};

const CommandGroup cmd_review = {commands, G_N_ELEMENTS(commands)};
