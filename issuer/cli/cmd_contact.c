#include "cli/cmd_contact.h"

#include "cli/redecided.h"
#include "cli/terminal.h"
#include "service/contacts.h"

static void print_changed(const CommandCall *call, const ContactChanged *changed,
                          const char *change)
{
    static const PrinterColumn columns[] = {
        {"license_id", COLUMN_TEXT}, {"contact", COLUMN_TEXT}, {"change", COLUMN_TEXT}};
    printer_begin_record(call->printer, columns, G_N_ELEMENTS(columns));
    printer_text(call->printer, changed->license_id);
    printer_text(call->printer, changed->entry);
    printer_text(call->printer, change);
}

/* The context ends before what waits is decided: that opens one of its own. */
static ContactChanged *add(const CommandCall *call, GError **error)
{
    g_autoptr(Secret) token = terminal_token(error);
    g_autoptr(Context) context = token != NULL ? context_open(call->config_path, CONTEXT_DATABASE,
                                                              "issuer contact add", error)
                                               : NULL;
    return context != NULL ? contacts_add(context, token, options_argument(call->options, 0),
                                          options_argument(call->options, 1), error)
                           : NULL;
}

static bool run_add(const CommandCall *call, GError **error)
{
    g_autoptr(ContactChanged) changed = add(call, error);
    if (changed == NULL) {
        return false;
    }
    print_changed(call, changed, "added");
    redecided_tell(call);
    return true;
}

static bool run_end(const CommandCall *call, GError **error)
{
    g_autoptr(Secret) token = terminal_token(error);
    g_autoptr(Context) context = token != NULL ? context_open(call->config_path, CONTEXT_DATABASE,
                                                              "issuer contact end", error)
                                               : NULL;
    g_autoptr(ContactChanged) changed =
        context != NULL ? contacts_end(context, token, options_argument(call->options, 0),
                                       options_argument(call->options, 1), error)
                        : NULL;
    if (changed == NULL) {
        return false;
    }
    print_changed(call, changed, "ended");
    if (changed->left == 0) {
        printer_hint(call->printer,
                     "The license has no contact any more: nobody is answered about it until "
                     "`issuer contact add`.");
    }
    return true;
}

static bool run_erase(const CommandCall *call, GError **error)
{
    static const PrinterColumn columns[] = {
        {"contacts", COLUMN_NUMBER}, {"messages", COLUMN_NUMBER}, {"replies", COLUMN_NUMBER}};
    g_autoptr(Secret) token = terminal_token(error);
    g_autoptr(Context) context = token != NULL ? context_open(call->config_path, CONTEXT_DATABASE,
                                                              "issuer contact erase", error)
                                               : NULL;
    ContactErased erased = {0};
    if (context == NULL || !contacts_erase(context, token, options_argument(call->options, 0),
                                           options_text(call->options, "reason"), &erased, error)) {
        return false;
    }
    printer_begin_record(call->printer, columns, G_N_ELEMENTS(columns));
    printer_number(call->printer, erased.contacts);
    printer_number(call->printer, erased.messages);
    printer_number(call->printer, erased.replies);
    return true;
}

static const ArgumentRow contacts[] = {
    {.name = "LICENSE-ID", .meaning = "the License ID, LIC-…"},
    {.name = "ADDRESS", .meaning = "a mail address, or @domain for all addresses of it"},
};
static const ArgumentRow addresses[] = {
    {.name = "ADDRESS", .meaning = "the person's mail address"},
};
static const OptionRow erase_options[] = {
    {.name = "reason",
     .value = "TEXT",
     .type = OPTION_TEXT,
     .most = OPTIONS_REASON_MOST,
     .required = true,
     .meaning = "why, without the address; it stays on record"},
};

static const Command commands[] = {
    {.words = "contact add",
     .summary = "Add a contact to a license; what waited for it is decided again",
     .run = run_add,
     .spec = {.arguments = contacts, .argument_count = G_N_ELEMENTS(contacts)},
     .details = "Needs an operator's token (orders or admin). Domains of public mail providers are "
                "refused:\nanybody can have an address there."},
    {.words = "contact end",
     .summary = "End a contact of a license",
     .run = run_end,
     .spec = {.arguments = contacts, .argument_count = G_N_ELEMENTS(contacts)},
     .details = "Needs an operator's token (orders or admin)."},
    {.words = "contact erase",
     .summary = "Erase a person's address: from all licenses, mails and replies",
     .run = run_erase,
     .spec = {erase_options, G_N_ELEMENTS(erase_options), addresses, G_N_ELEMENTS(addresses)},
     .details = "Needs an operator's token (admin). The mails of the address are emptied; what was "
                "decided stays."},
};

const CommandGroup cmd_contact = {commands, G_N_ELEMENTS(commands)};
