#include "cli/command.h"

#include "base/clock.h"
#include "base/error.h"
#include "cli/failure.h"
#include "cli/usage.h"

#include <stdio.h>
#include <string.h>

/* Options that may stand before the command as well as after it. */
static const OptionRow common_rows[] = {
    {.name = "config",
     .type = OPTION_PATH,
     .value = "FILE",
     .meaning = "settings; else ISSUER_CONFIG, ./issuer.conf, /etc/issuer/issuer.conf"},
    {.name = "json", .type = OPTION_FLAG, .meaning = "one JSON object a line"},
    {.name = "csv", .type = OPTION_FLAG, .meaning = "CSV with a header row"},
    {.name = "help", .type = OPTION_FLAG, .meaning = "this help"},
    {.name = "version", .type = OPTION_FLAG, .meaning = "the program's version"},
};

/* --version is for the program alone. */
static const OptionSpec program_spec = {.options = common_rows,
                                        .option_count = G_N_ELEMENTS(common_rows)};
static const OptionSpec common_spec = {.options = common_rows,
                                       .option_count = G_N_ELEMENTS(common_rows) - 1};

typedef struct {
    const CommandGroup *groups;
    gsize count;
} Table;

static const Command *find(const Table *table, const char *words)
{
    for (gsize i = 0; i < table->count; i++) {
        for (gsize k = 0; k < table->groups[i].count; k++) {
            if (strcmp(table->groups[i].commands[k].words, words) == 0) {
                return &table->groups[i].commands[k];
            }
        }
    }
    return NULL;
}

/* The command named by the first one or two of `words`; `used` says how many. */
static const Command *find_command(const Table *table, int count, char **words, int *used)
{
    if (count > 1) {
        g_autofree char *two = g_strdup_printf("%s %s", words[0], words[1]);
        const Command *command = find(table, two);
        if (command != NULL) {
            *used = 2;
            return command;
        }
    }
    *used = 1;
    return count > 0 ? find(table, words[0]) : NULL;
}

static bool refuse_words(const Table *table, int count, char **words, GError **error)
{
    g_autofree char *family = usage_family(table->groups, table->count, words[0]);
    if (family == NULL) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_USAGE,
                    "'%s' is no command; `issuer help` lists them", words[0]);
    } else if (count > 1) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_USAGE,
                    "'%s %s' is no command; `issuer help %s` lists those of %s", words[0], words[1],
                    words[0], words[0]);
    } else {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_USAGE,
                    "'%s' wants a further word; `issuer help %s` lists them", words[0], words[0]);
    }
    return false;
}

static bool print_help(const Table *table, int count, char **words, GError **error)
{
    g_autofree char *text = NULL;
    int used = 0;
    if (count == 0) {
        text = usage_program(table->groups, table->count, &program_spec);
    } else {
        const Command *command = find_command(table, count, words, &used);
        text = command != NULL ? usage_command(command, &common_spec) : NULL;
        if (command == NULL && count == 1) {
            text = usage_family(table->groups, table->count, words[0]);
        }
    }
    if (text == NULL) {
        return refuse_words(table, count, words, error);
    }
    (void)fputs(text, stdout);
    return true;
}

/* `issuer help …`, which people also type with the option. */
static bool help(const Table *table, int count, char **words, GError **error)
{
    const bool by_option = count > 0 && strcmp(words[count - 1], "--help") == 0;
    return print_help(table, by_option ? count - 1 : count, words, error);
}

static bool choose_face(const Options *before, const Options *after, PrinterFace *face,
                        GError **error)
{
    bool json = options_flag(before, "json") || options_flag(after, "json");
    bool csv = options_flag(before, "csv") || options_flag(after, "csv");
    if (json && csv) {
        g_set_error_literal(error, ISSUER_ERROR, ISSUER_ERROR_USAGE,
                            "--json and --csv exclude each other");
        return false;
    }
    *face = json ? PRINTER_JSON : csv ? PRINTER_CSV : PRINTER_TABLE;
    return true;
}

/* `before`: the options that stood before the command. */
static bool call_with(const Command *command, const Options *before, const Options *after,
                      GError **error)
{
    PrinterFace face = PRINTER_TABLE;
    if (!choose_face(before, after, &face, error) || !clock_check(error)) {
        return false;
    }
    const char *config = options_text(after, "config");
    g_autoptr(Printer) printer = printer_new(face, stdout);
    CommandCall details = {
        .words = command->words,
        .options = after,
        .printer = printer,
        .config_path = config != NULL ? config : options_text(before, "config"),
    };
    g_autoptr(GError) cause = NULL;
    bool done = command->run(&details, &cause);
    /* What was found out before it failed is printed too; the first failure is the one to tell. */
    bool printed = printer_finish(printer, cause == NULL ? &cause : NULL);
    if (cause != NULL) {
        g_propagate_error(error, g_steal_pointer(&cause));
    }
    return done && printed;
}

/* `words` begins with the last word of the command's name. */
static bool run_command(const Command *command, const Options *before, int count, char **words,
                        GError **error)
{
    gsize own = command->spec.option_count;
    g_autofree OptionRow *rows = g_new0(OptionRow, own + common_spec.option_count);
    for (gsize i = 0; i < own + common_spec.option_count; i++) {
        rows[i] = i < own ? command->spec.options[i] : common_rows[i - own];
    }
    OptionSpec spec = command->spec;
    spec.options = rows;
    spec.option_count = own + common_spec.option_count;
    g_autofree char *name = g_strconcat("issuer ", command->words, NULL);
    words[0] = name;
    g_autoptr(Options) after = options_read(&spec, count, words, false, error);
    if (after == NULL) {
        return false;
    }
    if (options_asks_help(after)) {
        g_autofree char *text = usage_command(command, &common_spec);
        (void)fputs(text, stdout);
        return true;
    }
    return call_with(command, before, after, error);
}

static bool run_words(const Table *table, const Options *before, int count, char **words,
                      GError **error)
{
    if (options_flag(before, "version")) {
        (void)puts("issuer " ISSUER_VERSION);
        return true;
    }
    if (count > 0 && strcmp(words[0], "help") == 0) {
        return help(table, count - 1, words + 1, error);
    }
    if (options_flag(before, "help")) {
        return print_help(table, count, words, error);
    }
    if (count == 0) {
        g_set_error_literal(error, ISSUER_ERROR, ISSUER_ERROR_USAGE,
                            "no command; `issuer help` lists them");
        return false;
    }
    int used = 0;
    const Command *command = find_command(table, count, words, &used);
    if (command == NULL && count > 1 && strcmp(words[1], "--help") == 0) {
        return print_help(table, 1, words, error);
    }
    if (command == NULL) {
        return refuse_words(table, count, words, error);
    }
    return run_command(command, before, count - used + 1, words + used - 1, error);
}

int command_main(const CommandGroup *groups, gsize count, int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    Table table = {groups, count};
    char program[] = "issuer";
    argv[0] = program;
    g_autoptr(Options) before = options_read(&program_spec, argc, argv, true, &error);
    bool done = false;
    if (before != NULL) {
        int words = options_words(before);
        done = run_words(&table, before, argc - words, argv + words, &error);
    }
    if (error != NULL) {
        return (int)failure_report(error);
    }
    return done ? EXIT_DONE : EXIT_NOT_DONE;
}

Settings *command_settings(const CommandCall *call, GError **error)
{
    return settings_load(call->config_path, error);
}
