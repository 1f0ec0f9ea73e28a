#include "base/config.h"

#include "base/config_source.h"
#include "base/error.h"
#include "base/text.h"

#include <string.h>

#define VARIABLE_START "ISSUER_"

typedef struct {
    char *text;
    char **list;
    int64_t number;
    bool flag;
} Value;

struct Config {
    const ConfigRow *rows;
    gsize count;
    Value *values; /* one for each row */
};

static const ConfigRow *find_row(const ConfigRow *rows, gsize count, const char *key)
{
    for (gsize i = 0; i < count; i++) {
        if (strcmp(rows[i].key, key) == 0) {
            return &rows[i];
        }
    }
    return NULL;
}

static char *variable_of(const char *key)
{
    g_autofree char *upper = g_ascii_strup(key, -1);
    return g_strdelimit(g_strconcat(VARIABLE_START, upper, NULL), "-", '_');
}

static char **split_list(const char *text)
{
    g_auto(GStrv) pieces = g_strsplit(text, ";", -1);
    g_autoptr(GStrvBuilder) kept = g_strv_builder_new();
    for (gsize i = 0; pieces[i] != NULL; i++) {
        if (g_strstrip(pieces[i])[0] != '\0') {
            g_strv_builder_add(kept, pieces[i]);
        }
    }
    return g_strv_builder_end(kept);
}

static char *judge_list(const ConfigRow *row, char *const *list)
{
    char *wrong = NULL;
    for (gsize i = 0; row->judge != NULL && list[i] != NULL && wrong == NULL; i++) {
        wrong = row->judge(list[i]);
    }
    return wrong;
}

static char *name_choices(const char *const *choices)
{
    GString *wrong = g_string_new("must be one of:");
    for (gsize i = 0; choices[i] != NULL; i++) {
        g_string_append_printf(wrong, "%s %s", i > 0 ? "," : "", choices[i]);
    }
    return g_string_free(wrong, FALSE);
}

/* Reads `text` as the row's type; what is wrong with it (new string), or NULL. */
static char *set_value(Value *value, const ConfigRow *row, const char *text)
{
    value->text = g_strdup(text);
    if (row->type != CONFIG_PATH && !g_utf8_validate(text, -1, NULL)) {
        return g_strdup("is not UTF-8 text");
    }
    switch (row->type) {
    case CONFIG_TEXT:
        return row->judge != NULL ? row->judge(text) : NULL;
    case CONFIG_PATH:
        return NULL;
    case CONFIG_LIST:
        value->list = split_list(text);
        return judge_list(row, value->list);
    case CONFIG_FLAG:
        value->flag = strcmp(text, "yes") == 0;
        return value->flag || strcmp(text, "no") == 0 ? NULL : g_strdup("must be yes or no");
    case CONFIG_NUMBER:
        return text_read_number(text, row->least, row->most, &value->number)
                   ? NULL
                   : g_strdup_printf("must be a whole number from %" G_GINT64_FORMAT
                                     " to %" G_GINT64_FORMAT,
                                     (gint64)row->least, (gint64)row->most);
    case CONFIG_CHOICE:
        return g_strv_contains(row->choices, text) ? NULL : name_choices(row->choices);
    }
    g_return_val_if_reached(NULL);
}

/* A path of the file, or of the fallbacks beside it, goes by the file's folder, so that the
 * program finds it from wherever it is started. */
static void resolve_path(Value *value, const ConfigRow *row, const char *config_path)
{
    g_autofree char *variable = variable_of(row->key);
    if (row->type != CONFIG_PATH || config_path == NULL || g_getenv(variable) != NULL ||
        value->text[0] == '\0' || g_path_is_absolute(value->text)) {
        return;
    }
    g_autofree char *folder = g_path_get_dirname(config_path);
    char *whole = g_build_filename(folder, value->text, NULL);
    g_free(value->text);
    value->text = whole;
}

static bool refuse_value(const ConfigRow *row, const char *place, const char *wrong, GError **error)
{
    g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT, "%s: setting '%s' %s", place, row->key,
                wrong);
    return false;
}

/* What the file says, else the fallback. */
static bool load_from_file(Value *value, const ConfigRow *row, const ConfigSource *source,
                           GError **error)
{
    g_autofree char *place = NULL;
    g_autofree char *text = NULL;
    if (source != NULL) {
        g_autoptr(GError) cause = NULL;
        text = config_source_text(source, row->key, &place, &cause);
        if (cause != NULL) {
            g_propagate_error(error, g_steal_pointer(&cause));
            return false;
        }
    }
    g_autofree char *wrong = set_value(value, row, text == NULL ? row->fallback : text);
    return wrong == NULL ||
           refuse_value(row, place == NULL ? "built-in fallback" : place, wrong, error);
}

static bool load_row(Value *value, const ConfigRow *row, const ConfigSource *source, GError **error)
{
    g_autofree char *variable = variable_of(row->key);
    const char *override = g_getenv(variable);
    if (override == NULL) {
        return load_from_file(value, row, source, error);
    }
    g_autofree char *wrong = set_value(value, row, override);
    return wrong == NULL || refuse_value(row, variable, wrong, error);
}

static ConfigSource *read_source(const char *path, const ConfigRow *rows, gsize count,
                                 GError **error)
{
    g_autofree const char **known = g_new0(const char *, count + 1);
    for (gsize i = 0; i < count; i++) {
        known[i] = rows[i].key;
    }
    return config_source_read(path, known, error);
}

static bool load_rows(Config *config, const char *path, const ConfigSource *source, GError **error)
{
    for (gsize i = 0; i < config->count; i++) {
        if (!load_row(&config->values[i], &config->rows[i], source, error)) {
            return false;
        }
        resolve_path(&config->values[i], &config->rows[i], path);
    }
    return true;
}

Config *config_load(const char *path, const ConfigRow *rows, gsize count, GError **error)
{
    g_autoptr(ConfigSource) source = path == NULL ? NULL : read_source(path, rows, count, error);
    if (path != NULL && source == NULL) {
        return NULL;
    }
    Config *config = g_new0(Config, 1);
    config->rows = rows;
    config->count = count;
    config->values = g_new0(Value, count);
    if (!load_rows(config, path, source, error)) {
        config_free(config);
        return NULL;
    }
    return config;
}

static bool is_setting(const ConfigRow *rows, gsize count, const char *variable)
{
    for (gsize i = 0; i < count; i++) {
        g_autofree char *known = variable_of(rows[i].key);
        if (strcmp(known, variable) == 0) {
            return true;
        }
    }
    return false;
}

bool config_check_environment(const ConfigRow *rows, gsize count, const char *const *others,
                              GError **error)
{
    g_auto(GStrv) variables = g_listenv();
    for (gsize i = 0; variables[i] != NULL; i++) {
        if (g_str_has_prefix(variables[i], VARIABLE_START) &&
            !g_strv_contains(others, variables[i]) && !is_setting(rows, count, variables[i])) {
            g_autofree char *shown = text_one_line(variables[i], 100);
            g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT,
                        "%s in the environment is no setting; `issuer check --settings` lists the "
                        "known ones",
                        shown);
            return false;
        }
    }
    return true;
}

static const Value *value_of(const Config *config, const char *key, unsigned types)
{
    const ConfigRow *row = find_row(config->rows, config->count, key);
    if (row == NULL || (types & (1U << row->type)) == 0) {
        g_error("the program asks for the setting '%s', which is not in its table as such", key);
    }
    return &config->values[row - config->rows];
}

const char *config_text(const Config *config, const char *key)
{
    unsigned types = (1U << CONFIG_TEXT) | (1U << CONFIG_PATH) | (1U << CONFIG_CHOICE);
    return value_of(config, key, types)->text;
}

const char *const *config_list(const Config *config, const char *key)
{
    return (const char *const *)value_of(config, key, 1U << CONFIG_LIST)->list;
}

bool config_flag(const Config *config, const char *key)
{
    return value_of(config, key, 1U << CONFIG_FLAG)->flag;
}

int64_t config_number(const Config *config, const char *key)
{
    return value_of(config, key, 1U << CONFIG_NUMBER)->number;
}

/* Each value in one spelling, so that "07" and "7" or "a; b" and "a;b" digest alike. */
static char *normal_text(const ConfigRow *row, const Value *value)
{
    switch (row->type) {
    case CONFIG_LIST:
        return g_strjoinv(";", value->list);
    case CONFIG_NUMBER:
        return g_strdup_printf("%" G_GINT64_FORMAT, (gint64)value->number);
    case CONFIG_TEXT:
    case CONFIG_PATH:
    case CONFIG_FLAG:
    case CONFIG_CHOICE:
        break;
    }
    return g_strdup(value->text);
}

static gint compare_texts(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

char *config_digest(const Config *config)
{
    /* Sorted, so that moving a row within the table is no change of policy. */
    g_autoptr(GPtrArray) parts = g_ptr_array_new_with_free_func(g_free);
    for (gsize i = 0; i < config->count; i++) {
        if (config->rows[i].decides) {
            g_autofree char *text = normal_text(&config->rows[i], &config->values[i]);
            g_ptr_array_add(parts, g_strdup_printf("%s=%s", config->rows[i].key, text));
        }
    }
    g_ptr_array_sort(parts, compare_texts);
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    for (guint i = 0; i < parts->len; i++) {
        const char *part = g_ptr_array_index(parts, i);
        g_checksum_update(sum, (const guchar *)part, (gssize)strlen(part) + 1);
    }
    return g_strdup(g_checksum_get_string(sum));
}

void config_free(Config *config)
{
    if (config == NULL) {
        return;
    }
    for (gsize i = 0; i < config->count; i++) {
        g_free(config->values[i].text);
        g_strfreev(config->values[i].list);
    }
    g_free(config->values);
    g_free(config);
}
