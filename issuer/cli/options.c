#include "cli/options.h"

#include "base/error.h"
#include "base/text.h"

#include <getopt.h>
#include <string.h>

/* What getopt_long() returns: an option of the table is FIRST_OPTION + its row. */
#define ARGUMENT     1
#define FIRST_OPTION 256

struct Options {
    const OptionSpec *spec;
    const char *command;
    const char **values; /* each option's as it came, a flag's own word; NULL: not given */
    GPtrArray **lists;   /* each option's that repeats, NULL-terminated; of others NULL */
    int64_t *numbers;
    GPtrArray *arguments; /* NULL-terminated once it is read */
    gsize argument_count;
    int words;
};

static bool refuse(const Options *options, GError **error, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

static bool refuse(const Options *options, GError **error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *wrong = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_USAGE, "%s; see `%s --help`", wrong,
                options->command);
    return false;
}

static struct option *long_options(const OptionSpec *spec)
{
    struct option *table = g_new0(struct option, spec->option_count + 1);
    for (gsize i = 0; i < spec->option_count; i++) {
        table[i].name = spec->options[i].name;
        table[i].has_arg = spec->options[i].type == OPTION_FLAG ? no_argument : required_argument;
        table[i].val = FIRST_OPTION + (int)i;
    }
    return table;
}

static bool is_text(const Options *options, const char *name, const char *text, GError **error)
{
    if (!g_utf8_validate(text, -1, NULL)) {
        return refuse(options, error, "%s is not valid UTF-8 text", name);
    }
    return !text_is_blank(text) || refuse(options, error, "%s is empty", name);
}

static bool take_text(const Options *options, const OptionRow *option, const char *text,
                      GError **error)
{
    g_autofree char *name = g_strconcat("--", option->name, NULL);
    if (!is_text(options, name, text, error)) {
        return false;
    }
    return option->most == 0 || g_utf8_strlen(text, -1) <= option->most ||
           refuse(options, error, "%s is too long: at most %" G_GINT64_FORMAT " characters", name,
                  (gint64)option->most);
}

static bool take_choice(const Options *options, const OptionRow *option, const char *text,
                        GError **error)
{
    g_autofree char *choices = text_join(option->choices, ", ");
    return g_strv_contains(option->choices, text) ||
           refuse(options, error, "--%s is one of %s, not '%s'", option->name, choices, text);
}

static bool take_value(Options *options, gsize row, const char *text, GError **error)
{
    const OptionRow *option = &options->spec->options[row];
    switch (option->type) {
    case OPTION_FLAG:
        return true;
    case OPTION_TEXT:
        return take_text(options, option, text, error);
    case OPTION_PATH:
        return text[0] != '\0' || refuse(options, error, "--%s is empty", option->name);
    case OPTION_NUMBER:
        return text_read_number(text, option->least, option->most, &options->numbers[row]) ||
               refuse(options, error,
                      "--%s wants a whole number from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT
                      ", not '%s'",
                      option->name, (gint64)option->least, (gint64)option->most, text);
    case OPTION_CHOICE:
        return take_choice(options, option, text, error);
    }
    g_return_val_if_reached(false);
}

/* `word` is the option as it was typed: getopt_long() accepts any unambiguous beginning of a
 * name, we do not. */
static bool take_option(Options *options, gsize row, const char *word, char *text, GError **error)
{
    const OptionRow *option = &options->spec->options[row];
    gsize typed = strcspn(word + 2, "=");
    if (typed != strlen(option->name)) {
        return refuse(options, error, "unknown option '%s' (--%s?)", word, option->name);
    }
    if (options->values[row] != NULL && !option->repeats) {
        return refuse(options, error, "--%s stands twice", option->name);
    }
    options->values[row] = text != NULL ? text : word;
    if (option->repeats) {
        g_ptr_array_insert(options->lists[row], (gint)options->lists[row]->len - 1, text);
    }
    return take_value(options, row, text, error);
}

static bool take_argument(Options *options, char *text, GError **error)
{
    const OptionSpec *spec = options->spec;
    bool last_repeats =
        spec->argument_count > 0 && spec->arguments[spec->argument_count - 1].repeats;
    if (options->argument_count >= spec->argument_count && !last_repeats) {
        return refuse(options, error, "one argument too many: '%s'", text);
    }
    const ArgumentRow *row =
        &spec->arguments[MIN(options->argument_count, spec->argument_count - 1)];
    if (row->path && text[0] == '\0') {
        return refuse(options, error, "%s is empty", row->name);
    }
    if (!row->path && !is_text(options, row->name, text, error)) {
        return false;
    }
    g_ptr_array_add(options->arguments, text);
    options->argument_count++;
    return true;
}

/* Says what getopt_long() did not like; `word` as it was typed. */
static bool refuse_word(const Options *options, int answer, const char *word, GError **error)
{
    if (answer == ':') {
        return refuse(options, error, "%s wants a value", word);
    }
    if (optopt >= FIRST_OPTION) {
        return refuse(options, error, "%.*s takes no value", (int)strcspn(word, "="), word);
    }
    return refuse(options, error, "unknown option '%s'", word);
}

/* What getopt_long() made of the word `word`. */
static bool take_answer(Options *options, int answer, const char *word, GError **error)
{
    if (answer == ARGUMENT) {
        return take_argument(options, optarg, error);
    }
    if (answer >= FIRST_OPTION) {
        return take_option(options, (gsize)(answer - FIRST_OPTION), word, optarg, error);
    }
    return refuse_word(options, answer, word, error);
}

static bool names_option(const OptionSpec *spec, const char *word)
{
    for (gsize i = 0; g_str_has_prefix(word, "--") && i < spec->option_count; i++) {
        gsize typed = strcspn(word + 2, "=");
        if (typed == strlen(spec->options[i].name) &&
            strncmp(word + 2, spec->options[i].name, typed) == 0) {
            return true;
        }
    }
    return false;
}

/* Whether a word that begins like an option is an argument of that form all the same. */
static bool is_dashed_argument(const OptionSpec *spec, const char *word)
{
    for (gsize i = 0; i < spec->argument_count; i++) {
        if (spec->arguments[i].dashed > 0 && strlen(word) == spec->arguments[i].dashed) {
            return word[0] == '-' && !names_option(spec, word);
        }
    }
    return false;
}

static bool read_options(Options *options, int argc, char **argv, const char *mode,
                         const struct option *table, GError **error)
{
    int base = 0; /* getopt_long() sees argv from here on, for what we take ourselves */
    opterr = 0;
    optind = 0; /* glibc: forget an earlier command line */
    for (;;) {
        int at = base + MAX(optind, 1);
        if (at < argc && is_dashed_argument(options->spec, argv[at])) {
            if (!take_argument(options, argv[at], error)) {
                return false;
            }
            base = at;
            optind = 0;
            continue;
        }
        int answer = getopt_long(argc - base, argv + base, mode, table, NULL);
        if (answer == -1) {
            options->words = base + optind;
            return true;
        }
        if (!take_answer(options, answer, argv[at], error)) {
            return false;
        }
    }
}

static bool read_words(Options *options, int argc, char **argv, bool leading, GError **error)
{
    /* '+' stops at the first argument, '-' hands arguments over in their place; ':' tells a
     * missing value from an unknown option. */
    struct option *table = long_options(options->spec);
    bool read = read_options(options, argc, argv, leading ? "+:" : "-:", table, error);
    g_free(table);
    for (int i = options->words; read && !leading && i < argc; i++) { /* what stands after "--" */
        read = take_argument(options, argv[i], error);
    }
    return read;
}

static bool check_complete(const Options *options, GError **error)
{
    const OptionSpec *spec = options->spec;
    if (options->argument_count < spec->argument_count &&
        !spec->arguments[options->argument_count].optional) {
        return refuse(options, error, "%s is missing",
                      spec->arguments[options->argument_count].name);
    }
    for (gsize i = 0; i < spec->option_count; i++) {
        if (spec->options[i].required && options->values[i] == NULL) {
            return refuse(options, error, "--%s is missing", spec->options[i].name);
        }
    }
    return true;
}

bool options_asks_help(const Options *options)
{
    for (gsize i = 0; i < options->spec->option_count; i++) {
        if (options->values[i] != NULL && strcmp(options->spec->options[i].name, "help") == 0) {
            return true;
        }
    }
    return false;
}

static GPtrArray **new_lists(const OptionSpec *spec)
{
    GPtrArray **lists = g_new0(GPtrArray *, spec->option_count);
    for (gsize i = 0; i < spec->option_count; i++) {
        if (spec->options[i].repeats) {
            lists[i] = g_ptr_array_new();
            g_ptr_array_add(lists[i], NULL);
        }
    }
    return lists;
}

Options *options_read(const OptionSpec *spec, int argc, char **argv, bool leading, GError **error)
{
    Options *options = g_new0(Options, 1);
    options->spec = spec;
    options->command = argv[0];
    options->values = g_new0(const char *, spec->option_count);
    options->numbers = g_new0(int64_t, spec->option_count);
    options->lists = new_lists(spec);
    options->arguments = g_ptr_array_new();
    if (!read_words(options, argc, argv, leading, error) ||
        (!leading && !options_asks_help(options) && !check_complete(options, error))) {
        options_free(options);
        return NULL;
    }
    g_ptr_array_add(options->arguments, NULL);
    return options;
}

static gsize row_of(const Options *options, const char *name, unsigned types)
{
    for (gsize i = 0; i < options->spec->option_count; i++) {
        const OptionRow *row = &options->spec->options[i];
        if (strcmp(row->name, name) == 0 && (types & (1U << row->type)) != 0) {
            return i;
        }
    }
    g_error("the program asks for the option --%s, which is not in its table as such", name);
}

#define TEXT_TYPES ((1U << OPTION_TEXT) | (1U << OPTION_PATH) | (1U << OPTION_CHOICE))

bool options_flag(const Options *options, const char *name)
{
    return options->values[row_of(options, name, 1U << OPTION_FLAG)] != NULL;
}

const char *options_text(const Options *options, const char *name)
{
    return options->values[row_of(options, name, TEXT_TYPES)];
}

const char *const *options_texts(const Options *options, const char *name)
{
    const gsize row = row_of(options, name, 1U << OPTION_TEXT);
    g_assert(options->lists[row] != NULL);
    return (const char *const *)(gconstpointer)options->lists[row]->pdata;
}

int64_t options_number(const Options *options, const char *name, int64_t fallback)
{
    gsize row = row_of(options, name, 1U << OPTION_NUMBER);
    return options->values[row] == NULL ? fallback : options->numbers[row];
}

const char *options_argument(const Options *options, gsize index)
{
    return index < options->argument_count ? g_ptr_array_index(options->arguments, index) : NULL;
}

const char *const *options_arguments(const Options *options, gsize first)
{
    gsize from = MIN(first, options->argument_count);
    return (const char *const *)(gconstpointer)(options->arguments->pdata + from);
}

int options_words(const Options *options)
{
    return options->words;
}

void options_free(Options *options)
{
    if (options == NULL) {
        return;
    }
    for (gsize i = 0; i < options->spec->option_count; i++) {
        g_clear_pointer(&options->lists[i], g_ptr_array_unref);
    }
    g_free(options->lists);
    g_free(options->values);
    g_free(options->numbers);
    g_ptr_array_unref(options->arguments);
    g_free(options);
}
