#include "cli/cmd_message.h"

#include "base/error.h"
#include "cli/message_printer.h"

static void report_row(const MessageSummary *message, gpointer printer)
{
    message_printer_row(printer, message);
}

static bool list(const CommandCall *call, const char *purpose, MessageChoice choice, GError **error)
{
    g_autoptr(Context) context = context_open(call->config_path, CONTEXT_DATABASE, purpose, error);
    if (context == NULL) {
        return false;
    }
    message_printer_begin(call->printer);
    return messages_list(context, choice, report_row, call->printer, error);
}

static bool run_message_list(const CommandCall *call, GError **error)
{
    bool all = options_flag(call->options, "all");
    if (all && options_flag(call->options, "waiting")) {
        g_set_error_literal(error, ISSUER_ERROR, ISSUER_ERROR_USAGE,
                            "--waiting and --all exclude each other");
        return false;
    }
    return list(call, "issuer message list", all ? MESSAGES_ALL : MESSAGES_WAITING, error);
}

static bool run_quarantine_list(const CommandCall *call, GError **error)
{
    bool all = options_flag(call->options, "all");
    return list(call, "issuer quarantine list",
                all ? MESSAGES_EVER_QUARANTINED : MESSAGES_QUARANTINED, error);
}

/* The number is read first: a wrong word is one whether or not the database is in reach. */
static bool show(const CommandCall *call, bool quarantine, GError **error)
{
    int64_t id = 0;
    if (!messages_number(options_argument(call->options, 0), &id, error)) {
        return false;
    }
    g_autoptr(Context) context =
        context_open(call->config_path, CONTEXT_DATABASE,
                     quarantine ? "issuer quarantine show" : "issuer message show", error);
    if (context == NULL) {
        return false;
    }
    g_autoptr(MessageDetail) detail = quarantine ? messages_show_quarantined(context, id, error)
                                                 : messages_show(context, id, error);
    if (detail == NULL) {
        return false;
    }
    message_printer_detail(call->printer, detail, quarantine);
    return true;
}

static bool run_message_show(const CommandCall *call, GError **error)
{
    return show(call, false, error);
}

static bool run_quarantine_show(const CommandCall *call, GError **error)
{
    return show(call, true, error);
}

static const ArgumentRow ids[] = {
    {.name = "ID", .meaning = "the mail's number, as the lists show it"},
};
static const OptionRow list_options[] = {
    {.name = "waiting",
     .type = OPTION_FLAG,
     .meaning = "those that wait for a person; this is so without it too"},
    {.name = "all", .type = OPTION_FLAG, .meaning = "all that were ever taken in"},
};
static const OptionRow quarantine_options[] = {
    {.name = "all", .type = OPTION_FLAG, .meaning = "those too that have left it"},
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
    {.words = "quarantine list",
     .summary = "List the mails that could not be read or processed",
     .run = run_quarantine_list,
     .spec = {.options = quarantine_options, .option_count = G_N_ELEMENTS(quarantine_options)}},
    {.words = "quarantine show",
     .summary = "Show one mail of the quarantine: where it lies and what is wrong with it",
     .run = run_quarantine_show,
     .spec = {.arguments = ids, .argument_count = G_N_ELEMENTS(ids)}},
};

const CommandGroup cmd_message = {commands, G_N_ELEMENTS(commands)};
