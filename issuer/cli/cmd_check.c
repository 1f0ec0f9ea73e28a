#include "cli/cmd_check.h"

#include "base/text.h"
#include "service/check.h"

/* People get a sentence a thing, programs its object or its row. */
static void print_line(Printer *printer, const CheckLine *line)
{
    const char *state = check_state_text(line->state);
    if (printer_is_table(printer)) {
        printer_say(printer, "%-9s  %s: %s%s%s", state, line->thing, line->finding,
                    line->advice != NULL ? "; to do: " : "",
                    line->advice != NULL ? line->advice : "");
        return;
    }
    printer_text(printer, line->thing);
    printer_text(printer, state);
    printer_text(printer, line->finding);
    printer_text(printer, line->advice);
}

static void print_lines(Printer *printer, const GPtrArray *lines)
{
    static const PrinterColumn columns[] = {
        {"thing", COLUMN_TEXT},
        {"state", COLUMN_TEXT},
        {"finding", COLUMN_TEXT},
        {"advice", COLUMN_TEXT},
    };
    if (!printer_is_table(printer)) {
        printer_begin(printer, columns, G_N_ELEMENTS(columns));
    }
    for (guint i = 0; i < lines->len; i++) {
        print_line(printer, g_ptr_array_index(lines, i));
    }
}

static char *kind_text(const ConfigRow *row)
{
    switch (row->type) {
    case CONFIG_TEXT:
        return g_strdup("text");
    case CONFIG_PATH:
        return g_strdup("path");
    case CONFIG_LIST:
        return g_strdup("list with ;");
    case CONFIG_FLAG:
        return g_strdup("yes or no");
    case CONFIG_NUMBER:
        return g_strdup_printf("%" G_GINT64_FORMAT " to %" G_GINT64_FORMAT, (gint64)row->least,
                               (gint64)row->most);
    case CONFIG_CHOICE:
        return text_join(row->choices, " or ");
    }
    g_return_val_if_reached(NULL);
}

/* `kind` NULL: of the group [issuer]. */
static void print_rows(Printer *printer, const ConfigRow *rows, gsize count, const char *kind)
{
    for (gsize i = 0; i < count; i++) {
        g_autofree char *value = kind_text(&rows[i]);
        g_autofree char *name = kind == NULL ? g_strdup(rows[i].key)
                                             : g_strdup_printf("[%s NAME] %s", kind, rows[i].key);
        printer_text(printer, name);
        printer_text(printer, value);
        printer_text(printer, rows[i].meaning);
        printer_text(printer, rows[i].fallback);
    }
}

/* Whatever the settings file says, for it may be wrong. */
static void print_settings(Printer *printer)
{
    static const PrinterColumn columns[] = {
        {"setting", COLUMN_TEXT},
        {"value", COLUMN_TEXT},
        {"meaning", COLUMN_TEXT},
        {"default", COLUMN_TEXT},
    };
    const ConfigTable *table = settings_table();
    printer_begin(printer, columns, G_N_ELEMENTS(columns));
    print_rows(printer, table->rows, table->count, NULL);
    for (gsize i = 0; i < table->kind_count; i++) {
        const ConfigKind *kind = &table->kinds[i];
        print_rows(printer, kind->rows, kind->count, kind->kind);
    }
}

static bool run_check(const CommandCall *call, GError **error)
{
    if (options_flag(call->options, "settings")) {
        print_settings(call->printer);
        return true;
    }
    GError *unreachable = NULL;
    g_autoptr(GPtrArray) lines = check_run(call->config_path, &unreachable);
    print_lines(call->printer, lines);
    if (unreachable != NULL) {
        g_propagate_error(error, unreachable);
        return false;
    }
    return !check_found_wrong(lines);
}

static const OptionRow check_options[] = {
    {.name = "settings", .type = OPTION_FLAG, .meaning = "list the known settings, check nothing"},
};

static const Command commands[] = {
    {.words = "check",
     .summary = "Say whether all is in order: settings, database, keys, mail, records",
     .run = run_check,
     .spec = {.options = check_options, .option_count = G_N_ELEMENTS(check_options)},
     .details = "One line a thing; nothing is changed. Exit code 0: all in order, warnings aside; "
                "1: something is\nwrong, and the line says what to do; 3: the database is out of "
                "reach. The records are read whole,\nwhich takes some seconds for each hundred "
                "thousand usage licenses."},
};

const CommandGroup cmd_check = {commands, G_N_ELEMENTS(commands)};
