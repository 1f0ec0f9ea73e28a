#include "base/config.h"

#include "base/config_source.h"
#include "base/error.h"
#include "base/text.h"

#include <stdarg.h>
#include <string.h>

#define VARIABLE_START "ISSUER_"
#define MAIN_GROUP     "issuer"

typedef struct {
    char *text;
    char *place; /* that sets it; NULL: nothing does */
    char **list;
    int64_t number;
    bool flag;
} Value;

struct Config {
    const ConfigRow *rows;
    gsize count;
    Value *values; /* one for each row */
    char *header;  /* of its group */
    char *place;   /* of its file, or of its group in it; NULL: no file */
    char *kind;    /* of a named group; NULL: the main one */
    char *name;
    GError *problem;   /* of a named group: what is wrong with it; NULL: nothing */
    GPtrArray *groups; /* of Config: the named ones */
};

static void free_group(gpointer group)
{
    config_free(group);
}

static Config *config_new(const ConfigRow *rows, gsize count, const char *header, const char *place)
{
    Config *config = g_new0(Config, 1);
    config->rows = rows;
    config->count = count;
    config->values = g_new0(Value, count);
    config->header = g_strdup(header);
    config->place = g_strdup(place);
    config->groups = g_ptr_array_new_with_free_func(free_group);
    return config;
}

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

/* What the environment says instead; NULL: nothing, as always of named groups. */
static const char *override_of(const Config *config, const ConfigRow *row)
{
    g_autofree char *variable = variable_of(row->key);
    return config->kind == NULL ? g_getenv(variable) : NULL;
}

/* A path of the file, or of the fallbacks beside it, goes by the file's folder, so that the
 * program finds it from wherever it is started. */
static void resolve_path(const Config *config, Value *value, const ConfigRow *row,
                         const char *config_path)
{
    if (row->type != CONFIG_PATH || config_path == NULL || override_of(config, row) != NULL ||
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

static bool refuse_missing(const Config *config, const ConfigRow *row, GError **error)
{
    g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT,
                "%s: the group [%s] lacks the setting '%s'", config->place, config->header,
                row->key);
    return false;
}

/* What the file says, else the fallback. */
static bool load_from_file(const Config *config, gsize row_number, const ConfigSource *source,
                           GError **error)
{
    const ConfigRow *row = &config->rows[row_number];
    Value *value = &config->values[row_number];
    g_autofree char *text = NULL;
    if (source != NULL) {
        g_autoptr(GError) cause = NULL;
        text = config_source_text(source, config->header, row->key, &value->place, &cause);
        if (cause != NULL) {
            g_propagate_error(error, g_steal_pointer(&cause));
            return false;
        }
    }
    if (text == NULL && row->fallback == NULL) {
        return refuse_missing(config, row, error);
    }
    g_autofree char *wrong = set_value(value, row, text == NULL ? row->fallback : text);
    return wrong == NULL ||
           refuse_value(row, value->place == NULL ? "built-in fallback" : value->place, wrong,
                        error);
}

static bool load_row(const Config *config, gsize row_number, const ConfigSource *source,
                     GError **error)
{
    const ConfigRow *row = &config->rows[row_number];
    const char *override = override_of(config, row);
    if (override == NULL) {
        return load_from_file(config, row_number, source, error);
    }
    Value *value = &config->values[row_number];
    value->place = variable_of(row->key);
    g_autofree char *wrong = set_value(value, row, override);
    return wrong == NULL || refuse_value(row, value->place, wrong, error);
}

static bool load_rows(Config *config, const char *path, const ConfigSource *source, GError **error)
{
    for (gsize i = 0; i < config->count; i++) {
        if (!load_row(config, i, source, error)) {
            return false;
        }
        resolve_path(config, &config->values[i], &config->rows[i], path);
    }
    return true;
}

static const ConfigKind *find_kind(const ConfigTable *table, const char *kind)
{
    const ConfigKind *found = table->kinds;
    while (strcmp(found->kind, kind) != 0) { /* the source has let none but these pass */
        found++;
    }
    return found;
}

static void load_groups(Config *config, const char *path, const ConfigTable *table,
                        const ConfigSource *source)
{
    const GPtrArray *groups = config_source_groups(source);
    for (guint i = 0; i < groups->len; i++) {
        const ConfigSourceGroup *from = g_ptr_array_index(groups, i);
        const ConfigKind *kind = find_kind(table, from->kind);
        Config *group = config_new(kind->rows, kind->count, from->header, from->place);
        group->kind = g_strdup(from->kind);
        group->name = g_strdup(from->name);
        g_ptr_array_add(config->groups, group);
        (void)load_rows(group, path, source, &group->problem);
    }
}

/* The keys of a table's rows, NULL-terminated. New array. */
static const char **keys_of(const ConfigRow *rows, gsize count)
{
    const char **keys = g_new0(const char *, count + 1);
    for (gsize i = 0; i < count; i++) {
        keys[i] = rows[i].key;
    }
    return keys;
}

static ConfigSource *read_source(const char *path, const ConfigTable *table, GError **error)
{
    const gsize count = table->kind_count + 1;
    ConfigSourceKind *kinds = g_new0(ConfigSourceKind, count);
    g_autoptr(GPtrArray) lists = g_ptr_array_new_with_free_func(g_free);
    for (gsize i = 0; i < count; i++) {
        const ConfigKind *kind = i > 0 ? &table->kinds[i - 1] : NULL;
        const char **keys =
            kind != NULL ? keys_of(kind->rows, kind->count) : keys_of(table->rows, table->count);
        g_ptr_array_add(lists, keys);
        kinds[i] = (ConfigSourceKind){
            .kind = kind != NULL ? kind->kind : MAIN_GROUP, .keys = keys, .named = kind != NULL};
    }
    ConfigSource *source = config_source_read(path, kinds, count, error);
    g_free(kinds);
    return source;
}

Config *config_load(const char *path, const ConfigTable *table, GError **error)
{
    g_autoptr(ConfigSource) source = path == NULL ? NULL : read_source(path, table, error);
    if (path != NULL && source == NULL) {
        return NULL;
    }
    Config *config = config_new(table->rows, table->count, MAIN_GROUP, path);
    if (!load_rows(config, path, source, error)) {
        config_free(config);
        return NULL;
    }
    if (source != NULL) {
        load_groups(config, path, table, source);
    }
    return config;
}

static bool is_setting(const ConfigTable *table, const char *variable)
{
    for (gsize i = 0; i < table->count; i++) {
        g_autofree char *known = variable_of(table->rows[i].key);
        if (strcmp(known, variable) == 0) {
            return true;
        }
    }
    return false;
}

bool config_check_environment(const ConfigTable *table, const char *const *others, GError **error)
{
    g_auto(GStrv) variables = g_listenv();
    for (gsize i = 0; variables[i] != NULL; i++) {
        if (g_str_has_prefix(variables[i], VARIABLE_START) &&
            !g_strv_contains(others, variables[i]) && !is_setting(table, variables[i])) {
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

/* The named group of that number among the right or the wrong ones of its kind; NULL, and in
 * `count` how many there are. */
static const Config *find_group(const Config *config, const char *kind, bool wrong, guint index,
                                guint *count)
{
    *count = 0;
    for (guint i = 0; i < config->groups->len; i++) {
        const Config *group = g_ptr_array_index(config->groups, i);
        if ((group->problem != NULL) == wrong && strcmp(group->kind, kind) == 0 &&
            (*count)++ == index) {
            return group;
        }
    }
    return NULL;
}

guint config_group_count(const Config *config, const char *kind)
{
    guint count = 0;
    (void)find_group(config, kind, false, G_MAXUINT, &count);
    return count;
}

const Config *config_group(const Config *config, const char *kind, guint index)
{
    guint count = 0;
    return find_group(config, kind, false, index, &count);
}

const char *config_group_name(const Config *config, const char *kind, guint index)
{
    const Config *group = config_group(config, kind, index);
    return group == NULL ? NULL : group->name;
}

guint config_wrong_count(const Config *config, const char *kind)
{
    guint count = 0;
    (void)find_group(config, kind, true, G_MAXUINT, &count);
    return count;
}

const char *config_wrong_name(const Config *config, const char *kind, guint index)
{
    guint count = 0;
    const Config *group = find_group(config, kind, true, index, &count);
    return group == NULL ? NULL : group->name;
}

const GError *config_wrong_problem(const Config *config, const char *kind, guint index)
{
    guint count = 0;
    const Config *group = find_group(config, kind, true, index, &count);
    return group == NULL ? NULL : group->problem;
}

bool config_has_group(const Config *config, const char *kind, const char *name)
{
    for (guint i = 0; i < config->groups->len; i++) {
        const Config *group = g_ptr_array_index(config->groups, i);
        if (strcmp(group->kind, kind) == 0 && strcmp(group->name, name) == 0) {
            return true;
        }
    }
    return false;
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

const char *config_place(const Config *config)
{
    return config->place;
}

void config_blame(const Config *config, const char *key, GError **error)
{
    const Value *value = value_of(config, key, ~0U);
    const char *place = value->place != NULL ? value->place : config->place;
    if (place != NULL) {
        g_prefix_error(error, "%s: setting '%s': ", place, key);
    } else {
        g_prefix_error(error, "no settings file: setting '%s': ", key);
    }
}

bool config_refuse(const Config *config, const char *key, GError **error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    GError *made = g_error_new_valist(ISSUER_ERROR, ISSUER_ERROR_INPUT, format, arguments);
    va_end(arguments);
    config_blame(config, key, &made);
    g_propagate_error(error, made);
    return false;
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
        g_free(config->values[i].place);
        g_strfreev(config->values[i].list);
    }
    g_free(config->values);
    g_free(config->header);
    g_free(config->place);
    g_free(config->kind);
    g_free(config->name);
    g_clear_error(&config->problem);
    g_ptr_array_unref(config->groups);
    g_free(config);
}
