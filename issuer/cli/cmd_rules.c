#include "cli/cmd_rules.h"

#include "core/rules.h"

static const char *outcome_word(Outcome outcome)
{
    switch (outcome) {
    case OUTCOME_ISSUED:
        return "issue";
    case OUTCOME_RESENT:
        return "send again";
    case OUTCOME_REFUSED:
        return "refuse";
    case OUTCOME_HELD:
        return "hold";
    case OUTCOME_ACCEPTED:
        return "accept";
    }
    g_return_val_if_reached("");
}

static bool run_rules(const CommandCall *call, GError **error)
{
    (void)error;
    static const PrinterColumn columns[] = {
        {"row", COLUMN_NUMBER}, {"fits_when", COLUMN_TEXT}, {"outcome", COLUMN_TEXT},
        {"code", COLUMN_TEXT},  {"alert", COLUMN_FLAG},
    };
    gsize count = 0;
    const RuleText *rules = rules_table(&count);
    printer_begin(call->printer, columns, G_N_ELEMENTS(columns));
    for (gsize i = 0; i < count; i++) {
        printer_number(call->printer, rules[i].number);
        printer_text(call->printer, rules[i].fits_when);
        printer_text(call->printer, outcome_word(rules[i].outcome));
        printer_text(call->printer, rules[i].code);
        printer_flag(call->printer, rules[i].alert);
    }
    return true;
}

static const Command commands[] = {
    {.words = "rules",
     .summary = "Print the decision table: the first row that fits a usage request decides",
     .run = run_rules},
};

const CommandGroup cmd_rules = {commands, G_N_ELEMENTS(commands)};
