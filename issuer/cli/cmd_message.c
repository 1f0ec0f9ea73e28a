#include "cli/cmd_message.h"

#include "base/error.h"
#include "cli/limit.h"
#include "cli/listing_printer.h"
#include "cli/message_printer.h"
#include "cli/terminal.h"
#include "cli/words.h"
#include "service/restorations.h"

static bool list(const CommandCall *call, MessageChoice choice, GError **error)
{
    const unsigned most = limit_rows(call->options);
    g_autoptr(Context) context =
        context_open(call->config_path, CONTEXT_DATABASE, "issuer message list", error);
    bool more = false;
    g_autoptr(GPtrArray) found =
        context != NULL ? messages_list(context, choice, most, &more, error) : NULL;
    if (found == NULL) {
        return false;
    }
    message_printer_begin(call->printer);
    for (guint i = 0; i < found->len; i++) {
        message_printer_row(call->printer, g_ptr_array_index(found, i));
    }
    if (found->len == 0) {
        printer_say(call->printer, LISTING_PRINTER_NONE);
    }
    if (more) {
        limit_say_more(call->printer);
    }
    return true;
}

static bool run_message_list(const CommandCall *call, GError **error)
{
    bool all = options_flag(call->options, "all");
    if (all && options_flag(call->options, "waiting")) {
        g_set_error_literal(error, ISSUER_ERROR, ISSUER_ERROR_USAGE,
                            "--waiting and --all exclude each other");
        return false;
    }
    return list(call, all ? MESSAGES_ALL : MESSAGES_WAITING, error);
}

/* The number is read first: a wrong word is one whether or not the database is in reach. */
static bool run_message_show(const CommandCall *call, GError **error)
{
    int64_t id = 0;
    if (!messages_number(options_argument(call->options, 0), &id, error)) {
        return false;
    }
    g_autoptr(Context) context =
        context_open(call->config_path, CONTEXT_DATABASE, "issuer message show", error);
    g_autoptr(MessageDetail) detail = context != NULL ? messages_show(context, id, error) : NULL;
    if (detail == NULL) {
        return false;
    }
    message_printer_detail(call->printer, detail, NULL);
    return true;
}

/* ---- what people do with them ---- */

/* Reads the mail's number and asks for the token; then opens the database. */
static Context *begin_deed(const CommandCall *call, const char *purpose, int64_t *id,
                           Secret **token, GError **error)
{
    if (!messages_number(options_argument(call->options, 0), id, error)) {
        return NULL;
    }
    *token = terminal_token(error);
    return *token != NULL ? context_open(call->config_path, CONTEXT_DATABASE, purpose, error)
                          : NULL;
}

static void print_deed(const CommandCall *call, int64_t id, const char *deed, const char *to)
{
    static const PrinterColumn columns[] = {
        {"message", COLUMN_NUMBER}, {"change", COLUMN_TEXT}, {"to", COLUMN_TEXT}};
    printer_begin_record(call->printer, columns, G_N_ELEMENTS(columns));
    printer_number(call->printer, id);
    printer_text(call->printer, deed);
    printer_text(call->printer, to);
}

/* What is to be answered: a ready answer or words, not both. */
static bool read_answer(const CommandCall *call, MessageAnswer *answer, char **words,
                        GError **error)
{
    const char *ready = options_text(call->options, "ready");
    if (ready != NULL && words_are_given(call->options)) {
        g_set_error_literal(error, ISSUER_ERROR, ISSUER_ERROR_USAGE,
                            "--ready excludes words of your own");
        return false;
    }
    if (ready != NULL) {
        return messages_ready_read(ready, &answer->ready);
    }
    *words = words_read(call->options, error);
    answer->words = *words;
    return *words != NULL;
}

static bool run_answer(const CommandCall *call, GError **error)
{
    MessageAnswer answer = {.ready = READY_NONE};
    g_autofree char *words = NULL;
    if (!read_answer(call, &answer, &words, error)) {
        return false;
    }
    int64_t id = 0;
    g_autoptr(Secret) token = NULL;
    g_autoptr(Context) context = begin_deed(call, "issuer message answer", &id, &token, error);
    MessageAnswered answered = {0};
    if (context == NULL || !messages_answer(context, token, id, &answer, &answered, error)) {
        return false;
    }
    print_deed(call, id, "answered", answered.recipient);
    g_free(answered.recipient);
    return true;
}

/* The mail tells of a lost server that has no case yet. */
static bool open_case(const CommandCall *call, Context *context, const Secret *token, int64_t id,
                      GError **error)
{
    RestorationOrder order = {
        .token = token,
        .message_id = id,
        .license_id = options_text(call->options, "lost-server"),
        .reason = options_text(call->options, "reason"),
        .ticket = options_text(call->options, "ticket"),
    };
    const int64_t number = restorations_open(context, &order, error);
    g_autofree char *opened = g_strdup_printf("case %" G_GINT64_FORMAT, number);
    if (number != 0) {
        print_deed(call, id, "opened", opened);
    }
    return number != 0;
}

/* A case that is there, or a new one. */
static bool read_case(const CommandCall *call, GError **error)
{
    const bool lost = options_text(call->options, "lost-server") != NULL;
    if (lost == (options_argument(call->options, 1) != NULL)) {
        g_set_error_literal(
            error, ISSUER_ERROR, ISSUER_ERROR_USAGE,
            "give a CASE that is on record, or --lost-server LICENSE-ID for a new one");
        return false;
    }
    if (lost && options_text(call->options, "reason") == NULL) {
        g_set_error_literal(error, ISSUER_ERROR, ISSUER_ERROR_USAGE, "a new case takes a --reason");
        return false;
    }
    return true;
}

static bool run_to_case(const CommandCall *call, GError **error)
{
    if (!read_case(call, error)) {
        return false;
    }
    int64_t id = 0;
    g_autoptr(Secret) token = NULL;
    g_autoptr(Context) context = begin_deed(call, "issuer message to-case", &id, &token, error);
    const char *given = options_argument(call->options, 1);
    if (context != NULL && given == NULL) {
        return open_case(call, context, token, id, error);
    }
    g_autofree char *license_id =
        context != NULL ? messages_to_case(context, token, id, given, error) : NULL;
    if (license_id == NULL) {
        return false;
    }
    print_deed(call, id, "joined", given);
    return true;
}

static bool run_drop(const CommandCall *call, GError **error)
{
    int64_t id = 0;
    g_autoptr(Secret) token = NULL;
    g_autoptr(Context) context = begin_deed(call, "issuer message drop", &id, &token, error);
    if (context == NULL ||
        !messages_drop(context, token, id, options_text(call->options, "reason"), error)) {
        return false;
    }
    print_deed(call, id, "dropped", NULL);
    return true;
}

static const char *const ready_names[] = {
    "no-code", "key-instead-of-request", "picture", "floating-server", "upgrade-wish", "encrypted",
    NULL};

static const OptionRow answer_options[] = {
    {.name = "ready",
     .value = "NAME",
     .type = OPTION_CHOICE,
     .choices = ready_names,
     .meaning = "a ready answer"},
    WORDS_OPTIONS,
};
static const OptionRow drop_options[] = {
    OPTIONS_REASON,
};
static const OptionRow case_options[] = {
    {.name = "lost-server",
     .value = "LICENSE-ID",
     .type = OPTION_TEXT,
     .meaning = "open a new case of a lost server of this license"},
    {.name = "reason",
     .value = "TEXT",
     .type = OPTION_TEXT,
     .most = OPTIONS_REASON_MOST,
     .meaning = "of a new case: why; it stays on record"},
    {.name = "ticket",
     .value = "TICKET",
     .type = OPTION_TEXT,
     .most = OPTIONS_TICKET_MOST,
     .meaning = "of a new case: where it was asked"},
};
static const ArgumentRow ids_and_case[] = {
    {.name = "ID", .meaning = "the mail's number, as the lists show it"},
    {.name = "CASE",
     .meaning = "the case's number: of a held request or a lost server",
     .optional = true},
};

static const ArgumentRow ids[] = {
    {.name = "ID", .meaning = "the mail's number, as the lists show it"},
};

static const OptionRow list_options[] = {
    {.name = "waiting",
     .type = OPTION_FLAG,
     .meaning = "those that wait for a person; this is so without it too"},
    {.name = "all", .type = OPTION_FLAG, .meaning = "all that were ever taken in, newest first"},
    LIMIT_OPTION,
};

static const Command commands[] = {
    {.words = "message list",
     .summary = "List the mails that wait for a person, or all",
     .run = run_message_list,
     .spec = {.options = list_options, .option_count = G_N_ELEMENTS(list_options)},
     .details =
         "A mail waits if it was not recognised, is about a license, is in quarantine, or if "
         "its reply\ncannot go out by itself."},
    {.words = "message show",
     .summary = "Show one mail: its text, what was decided for it, its replies",
     .run = run_message_show,
     .spec = {.arguments = ids, .argument_count = G_N_ELEMENTS(ids)}},
    {.words = "message answer",
     .summary = "Answer a mail that waits, with a ready answer or your own words",
     .run = run_answer,
     .spec = {answer_options, G_N_ELEMENTS(answer_options), ids, G_N_ELEMENTS(ids)},
     .details =
         "Only a contact of a license is answered, and only by the mail's own account. Needs "
         "an operator's\ntoken (support or admin)."},
    {.words = "message to-case",
     .summary =
         "Join a mail to a case, whose page then shows it, or open a lost-server case with it",
     .run = run_to_case,
     .spec = {case_options, G_N_ELEMENTS(case_options), ids_and_case, G_N_ELEMENTS(ids_and_case)},
     .details = "It decides nothing. Needs an operator's token (support or admin)."},
    {.words = "message drop",
     .summary = "Say that nothing need be done about a mail",
     .run = run_drop,
     .spec = {drop_options, G_N_ELEMENTS(drop_options), ids, G_N_ELEMENTS(ids)},
     .details = "Replies of it that could not go out wait no more. Needs an operator's token "
                "(support or admin)."},
};

const CommandGroup cmd_message = {commands, G_N_ELEMENTS(commands)};
