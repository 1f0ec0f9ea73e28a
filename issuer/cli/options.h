/* The options and arguments of one command: declared as tables, checked while they are read, and
 * the source of its usage text (cli/usage.h). getopt_long underneath, but abbreviated options are
 * refused: they would break in scripts when an option is added. */
#ifndef ISSUER_CLI_OPTIONS_H
#define ISSUER_CLI_OPTIONS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* What is wanted of a reason and of a ticket's number. */
#define OPTIONS_REASON_MOST 2000 /* characters */
#define OPTIONS_TICKET_MOST 100

typedef enum {
    OPTION_FLAG,   /* takes no value */
    OPTION_TEXT,   /* UTF-8, not blank, of at most `most` characters if that is not 0 */
    OPTION_PATH,   /* of any bytes, not empty */
    OPTION_NUMBER, /* whole, from `least` to `most` */
    OPTION_CHOICE, /* one of `choices` */
} OptionType;

typedef struct {
    const char *name;    /* without its dashes */
    const char *value;   /* what stands for its value in the usage text: "FILE"; NULL for a flag */
    const char *meaning; /* one line */
    const char *const *choices; /* OPTION_CHOICE, NULL-terminated */
    int64_t least, most;        /* OPTION_NUMBER; OPTION_TEXT: most */
    OptionType type;
    bool required;
    bool repeats; /* OPTION_TEXT: may be given several times, see options_texts() */
} OptionRow;

/* The row of a reason that must be given. */
#define OPTIONS_REASON                                                                             \
    {                                                                                              \
        .name = "reason", .value = "TEXT", .type = OPTION_TEXT, .most = OPTIONS_REASON_MOST,       \
        .required = true, .meaning = "why, in a few words; it stays on record"                     \
    }

/* The arguments that are no options, in order: UTF-8 that is not blank. */
typedef struct {
    const char *name;    /* "PATH" */
    const char *meaning; /* one line */
    bool path;           /* of any bytes, not empty */
    bool optional;       /* may be left out: only the last ones */
    bool repeats;        /* one or more: only the last one */
    gsize dashed; /* a word of this many characters that is no option may begin with '-' without
                     a "--" before it: a key's id can; 0: none may */
} ArgumentRow;

/* Both tables of a command; either may be NULL with a count of 0. */
typedef struct {
    const OptionRow *options;
    gsize option_count;
    const ArgumentRow *arguments;
    gsize argument_count;
} OptionSpec;

typedef struct Options Options;

/* Reads argv[1…argc-1] by `spec`; argv[0] is the command's name as people write it ("issuer key
 * init"), for messages. Options may stand before, between and after the arguments; "--" ends them.
 * `leading`: the first argument ends the options, and what follows is left alone. What is wrong is
 * ISSUER_ERROR_USAGE. `spec` and argv must outlive the result, which the caller owns. */
Options *options_read(const OptionSpec *spec, int argc, char **argv, bool leading, GError **error);

/* Values by the option's name; a name that is not in the table, or of another type, is a bug
 * (aborts). Text, path and choice: NULL if not given; owned by argv. */
bool options_flag(const Options *options, const char *name);
const char *options_text(const Options *options, const char *name);
/* All values of an option that repeats, in order, NULL-terminated; owned by the options. */
const char *const *options_texts(const Options *options, const char *name);
int64_t options_number(const Options *options, const char *name, int64_t fallback);

/* The argument number `index`, from 0; NULL if it was left out. */
const char *options_argument(const Options *options, gsize index);

/* The arguments from number `first` on, NULL-terminated; owned by the options. */
const char *const *options_arguments(const Options *options, gsize first);

/* How many words of argv were read, with argv[0]; after a `leading` reading the next one is the
 * first argument. */
int options_words(const Options *options);

/* Whether there is a flag "help" and it was given: then nothing else need be complete. */
bool options_asks_help(const Options *options);

void options_free(Options *options);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Options, options_free)

#endif
