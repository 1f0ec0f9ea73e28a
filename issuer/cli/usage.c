#include "cli/usage.h"

#include <string.h>

#define SUMMARY_COLUMN   26
#define SYNOPSIS_COLUMNS 100
#define SYNOPSIS_INDENT  8 /* of its further lines */

/* "  name   meaning", the meaning on a line of its own where the name is too long. */
static void append_entry(GString *out, const char *name, const char *meaning)
{
    const int left = SUMMARY_COLUMN - 2 - (int)g_utf8_strlen(name, -1);
    if (left <= 0) {
        g_string_append_printf(out, "  %s\n%*s%s\n", name, SUMMARY_COLUMN, "", meaning);
    } else {
        g_string_append_printf(out, "  %s%*s%s\n", name, left, "", meaning);
    }
}

static char *option_word(const OptionRow *row)
{
    return row->type == OPTION_FLAG ? g_strdup_printf("--%s", row->name)
                                    : g_strdup_printf("--%s %s", row->name, row->value);
}

/* Appends a word of the synopsis, on the next line where this one is full. */
static void append_word(GString *out, gsize *column, const char *word)
{
    const gsize width = (gsize)g_utf8_strlen(word, -1) + 1;
    if (*column + width > SYNOPSIS_COLUMNS) {
        g_string_append_printf(out, "\n%*s", SYNOPSIS_INDENT, "");
        *column = SYNOPSIS_INDENT;
    }
    g_string_append_printf(out, " %s", word);
    *column += width;
}

static void append_synopsis(GString *out, const Command *command)
{
    const OptionSpec *spec = &command->spec;
    g_string_append_printf(out, "usage: issuer %s", command->words);
    gsize column = out->len;
    for (gsize i = 0; i < spec->argument_count; i++) {
        const ArgumentRow *row = &spec->arguments[i];
        g_autofree char *word =
            g_strdup_printf(row->optional ? "[%s%s]" : "%s%s", row->name, row->repeats ? "…" : "");
        append_word(out, &column, word);
    }
    for (gsize i = 0; i < spec->option_count; i++) {
        const OptionRow *row = &spec->options[i];
        g_autofree char *option = option_word(row);
        g_autofree char *word =
            g_strdup_printf(row->required ? "%s%s" : "[%s]%s", option, row->repeats ? "…" : "");
        append_word(out, &column, word);
    }
    g_string_append_c(out, '\n');
}

static void append_options(GString *out, const OptionSpec *spec)
{
    for (gsize i = 0; i < spec->option_count; i++) {
        g_autofree char *word = option_word(&spec->options[i]);
        append_entry(out, word, spec->options[i].meaning);
    }
}

char *usage_command(const Command *command, const OptionSpec *common)
{
    GString *out = g_string_new(NULL);
    const OptionSpec *spec = &command->spec;
    append_synopsis(out, command);
    g_string_append_printf(out, "\n%s.\n", command->summary);
    if (command->details != NULL) {
        g_string_append_printf(out, "\n%s\n", command->details);
    }
    g_string_append(out, spec->argument_count + spec->option_count > 0 ? "\n" : "");
    for (gsize i = 0; i < spec->argument_count; i++) {
        append_entry(out, spec->arguments[i].name, spec->arguments[i].meaning);
    }
    append_options(out, spec);
    g_string_append(out, "\noptions of all commands:\n");
    append_options(out, common);
    return g_string_free(out, FALSE);
}

static bool belongs_to(const Command *command, const char *word)
{
    gsize length = strlen(word);
    return strncmp(command->words, word, length) == 0 && command->words[length] == ' ';
}

/* Appends the commands of `family` (NULL: all); how many they were. */
static guint append_commands(GString *out, const CommandGroup *groups, gsize count,
                             const char *family)
{
    guint found = 0;
    for (gsize i = 0; i < count; i++) {
        for (gsize k = 0; k < groups[i].count; k++) {
            const Command *command = &groups[i].commands[k];
            if (family == NULL || belongs_to(command, family)) {
                append_entry(out, command->words, command->summary);
                found++;
            }
        }
    }
    return found;
}

char *usage_family(const CommandGroup *groups, gsize count, const char *word)
{
    GString *out = g_string_new(NULL);
    g_string_append_printf(out, "usage: issuer %s COMMAND\n\n", word);
    guint found = append_commands(out, groups, count, word);
    return g_string_free(out, found == 0);
}

char *usage_program(const CommandGroup *groups, gsize count, const OptionSpec *common)
{
    GString *out = g_string_new("usage: issuer COMMAND [OPTIONS] [ARGUMENTS]\n\n");
    (void)append_commands(out, groups, count, NULL);
    g_string_append(out, "\noptions of all commands:\n");
    append_options(out, common);
    g_string_append(out, "\n`issuer help COMMAND` tells all about one command.\n"
                         "exit codes: 0 done, 1 something could not be done, 2 wrong usage, "
                         "3 a needed service is out of reach\n");
    return g_string_free(out, FALSE);
}
