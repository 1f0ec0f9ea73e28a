/* Configuration: a key file checked against a typed table. The table is the caller's; this module
 * knows no setting. The settings stand in the group [issuer], and each can be overridden by the
 * environment variable ISSUER_<KEY> (upper case, '-' as '_'). What there may be several of stands
 * in named groups, [KIND NAME], which nothing overrides. All but paths is UTF-8. */
#ifndef ISSUER_BASE_CONFIG_H
#define ISSUER_BASE_CONFIG_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef enum {
    CONFIG_TEXT,
    CONFIG_PATH,   /* relative to the configuration file's folder; from the environment: as it is */
    CONFIG_LIST,   /* separated by ';' */
    CONFIG_FLAG,   /* yes | no */
    CONFIG_NUMBER, /* whole, from `least` to `most` */
    CONFIG_CHOICE, /* one of `choices` */
} ConfigType;

typedef struct {
    const char *key;
    const char *fallback;             /* as text; NULL: must be set (in named groups alone) */
    const char *meaning;              /* one line, for `issuer check` and the documentation */
    const char *const *choices;       /* CONFIG_CHOICE, NULL-terminated */
    int64_t least, most;              /* CONFIG_NUMBER */
    char *(*judge)(const char *text); /* CONFIG_TEXT, and each of a CONFIG_LIST: what is wrong with
                                         it, in words that follow the setting's name (new string),
                                         or NULL; may be NULL */
    ConfigType type;
    bool decides; /* changes what is decided: part of config_digest() */
} ConfigRow;

/* A kind of named groups: [KIND NAME] with these settings. */
typedef struct {
    const char *kind;
    const ConfigRow *rows;
    gsize count;
} ConfigKind;

/* What a configuration may hold. */
typedef struct {
    const ConfigRow *rows; /* of the group [issuer] */
    gsize count;
    const ConfigKind *kinds; /* may be NULL with a count of 0 */
    gsize kind_count;
} ConfigTable;

typedef struct Config Config;

/* Reads `path` (NULL: the fallbacks and the environment alone). An unknown key or group, or a wrong
 * value of the group [issuer], is ISSUER_ERROR_INPUT "FILE:LINE: …"; a missing file
 * ISSUER_ERROR_NOT_FOUND. What is wrong with a value of a named group, or missing there, costs that
 * group alone: see config_wrong_problem(). The table and all in it must outlive the result. The
 * caller owns it. */
Config *config_load(const char *path, const ConfigTable *table, GError **error);

/* Whether every variable ISSUER_… of the environment is a setting of the table or one of `others`
 * (NULL-terminated): a mistyped one would be passed over in silence. ISSUER_ERROR_INPUT names one
 * that is neither. */
bool config_check_environment(const ConfigTable *table, const char *const *others, GError **error);

/* How many groups [KIND NAME] there are whose settings are right by themselves, and one of them,
 * from 0 in the order of the file: its name and its values. Owned by the configuration; NULL for
 * one that is not there. */
guint config_group_count(const Config *config, const char *kind);
const char *config_group_name(const Config *config, const char *kind, guint index);
const Config *config_group(const Config *config, const char *kind, guint index);

/* Likewise those of which a setting is wrong or missing: their name, and what is wrong with the
 * first such setting (ISSUER_ERROR_INPUT "FILE:LINE: …"). None of their values is to be had. */
guint config_wrong_count(const Config *config, const char *kind);
const char *config_wrong_name(const Config *config, const char *kind, guint index);
const GError *config_wrong_problem(const Config *config, const char *kind, guint index);

/* Whether there is a group of that name, right or wrong. */
bool config_has_group(const Config *config, const char *kind, const char *name);

/* The values; asking for a key that is not in the table or of another type is a bug (aborts).
 * Owned by the configuration. */
const char *config_text(const Config *config, const char *key); /* TEXT, PATH, CHOICE */
const char *const *config_list(const Config *config, const char *key);
bool config_flag(const Config *config, const char *key);
int64_t config_number(const Config *config, const char *key);

/* Where it stands: its file, for a named group "FILE:LINE". NULL: there is no file. Owned by the
 * configuration. */
const char *config_place(const Config *config);

/* What is wrong with settings that are right by themselves is told by these, so that every such
 * line begins as those of config_load() do: "FILE:LINE", the variable ISSUER_…, or where nothing
 * sets the key its file or group, then the key. config_blame() puts that before the message that
 * `error` has, unless `error` is NULL; config_refuse() makes an ISSUER_ERROR_INPUT of the words,
 * and gives false. */
void config_blame(const Config *config, const char *key, GError **error);
bool config_refuse(const Config *config, const char *key, GError **error, const char *format, ...)
    G_GNUC_PRINTF(4, 5);

/* SHA-256 in hex of the settings that change decisions, in a fixed order. New string. */
char *config_digest(const Config *config);

void config_free(Config *config);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Config, config_free)

#endif
