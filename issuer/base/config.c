#include "base/config.h"

#include "base/error.h"
#include "base/text.h"

#include <string.h>

#define GROUP "issuer"

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

/* A configuration file while it is read: GKeyFile knows the values but no lines, and lets the
 * last of several equal keys win silently, so the lines are walked here too. */
typedef struct {
    const char *path;
    GKeyFile *keys;
    GHashTable *lines; /* key → line number */
} Source;

static const ConfigRow *find_row(const ConfigRow *rows, gsize count, const char *key)
{
    for (gsize i = 0; i < count; i++) {
        if (strcmp(rows[i].key, key) == 0) {
            return &rows[i];
        }
    }
    return NULL;
}

static char *place_of(const Source *source, guint line)
{
    return g_strdup_printf("%s:%u", source->path, line);
}

static char *variable_of(const char *key)
{
    g_autofree char *upper = g_ascii_strup(key, -1);
    return g_strdelimit(g_strconcat("ISSUER_", upper, NULL), "-", '_');
}

/* Judges one line that is no comment. `in_group` becomes true at the group's header. */
static char *judge_line(Source *source, const ConfigRow *rows, gsize count, char *line,
                        guint number, bool *in_group)
{
    g_strstrip(line);
    if (line[0] == '[') {
        *in_group = strcmp(line, "[" GROUP "]") == 0;
        return *in_group ? NULL
                         : g_strdup_printf("unknown group %s; the only one is [issuer]", line);
    }
    char *equals = strchr(line, '=');
    if (equals == NULL || equals == line) {
        return g_strdup("neither a setting (key = value) nor a comment (#)");
    }
    *equals = '\0';
    g_strchomp(line);
    if (!*in_group) {
        return g_strdup_printf("setting '%s' stands before the group [issuer]", line);
    }
    if (find_row(rows, count, line) == NULL) {
        return g_strdup_printf("unknown setting '%s'; `issuer check` lists the known ones", line);
    }
    if (!g_hash_table_insert(source->lines, g_strdup(line), GUINT_TO_POINTER(number))) {
        return g_strdup_printf("setting '%s' stands here a second time", line);
    }
    return NULL;
}

static bool walk_lines(Source *source, const ConfigRow *rows, gsize count, const char *content,
                       GError **error)
{
    g_auto(GStrv) lines = g_strsplit(content, "\n", -1);
    bool in_group = false;
    for (guint i = 0; lines[i] != NULL; i++) {
        const char *start = lines[i] + strspn(lines[i], " \t\r");
        if (*start == '\0' || *start == '#') {
            continue;
        }
        g_autofree char *wrong = judge_line(source, rows, count, lines[i], i + 1, &in_group);
        if (wrong != NULL) {
            g_autofree char *message = text_one_line(wrong, 200);
            g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT, "%s:%u: %s", source->path, i + 1,
                        message);
            return false;
        }
    }
    return true;
}

static bool read_source(Source *source, const ConfigRow *rows, gsize count, GError **error)
{
    g_autofree char *content = NULL;
    gsize size = 0;
    g_autoptr(GError) cause = NULL;
    if (!g_file_get_contents(source->path, &content, &size, &cause)) {
        bool missing = g_error_matches(cause, G_FILE_ERROR, G_FILE_ERROR_NOENT);
        g_set_error(error, ISSUER_ERROR, missing ? ISSUER_ERROR_NOT_FOUND : ISSUER_ERROR_FAILED,
                    "cannot read the configuration: %s", cause->message);
        return false;
    }
    const char *stopped = NULL;
    if (!g_utf8_validate_len(content, size, &stopped)) {
        guint line = 1;
        for (const char *at = content; at < stopped; at++) {
            line += *at == '\n' ? 1 : 0;
        }
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT, "%s:%u: this is not UTF-8 text",
                    source->path, line);
        return false;
    }
    if (!walk_lines(source, rows, count, content, error)) {
        return false;
    }
    if (!g_key_file_load_from_data(source->keys, content, size, G_KEY_FILE_NONE, &cause)) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT, "%s: %s", source->path,
                    cause->message);
        return false;
    }
    return true;
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
    switch (row->type) {
    case CONFIG_TEXT:
    case CONFIG_PATH:
        return NULL;
    case CONFIG_LIST:
        value->list = split_list(text);
        return NULL;
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
static void resolve_path(Value *value, const char *config_path)
{
    if (value->text[0] == '\0' || g_path_is_absolute(value->text) || config_path == NULL) {
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

static bool load_row(Value *value, const ConfigRow *row, const Source *source, GError **error)
{
    g_autofree char *variable = variable_of(row->key);
    const char *override = g_getenv(variable);
    if (override != NULL) {
        g_autofree char *wrong = set_value(value, row, override);
        return wrong == NULL || refuse_value(row, variable, wrong, error);
    }
    guint line = GPOINTER_TO_UINT(g_hash_table_lookup(source->lines, row->key));
    g_autofree char *text = NULL;
    g_autofree char *wrong = NULL;
    if (line > 0) {
        g_autoptr(GError) cause = NULL;
        text = g_key_file_get_string(source->keys, GROUP, row->key, &cause);
        wrong = text == NULL ? g_strdup("has a wrong escape: a backslash is written \\\\") : NULL;
    }
    if (wrong == NULL) {
        wrong = set_value(value, row, text == NULL ? row->fallback : text);
    }
    if (wrong != NULL) {
        g_autofree char *place = line > 0 ? place_of(source, line) : g_strdup("built-in fallback");
        return refuse_value(row, place, wrong, error);
    }
    if (row->type == CONFIG_PATH) {
        resolve_path(value, source->path);
    }
    return true;
}

Config *config_load(const char *path, const ConfigRow *rows, gsize count, GError **error)
{
    g_autoptr(GKeyFile) keys = g_key_file_new();
    g_autoptr(GHashTable) lines = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    Source source = {.path = path, .keys = keys, .lines = lines};
    if (path != NULL && !read_source(&source, rows, count, error)) {
        return NULL;
    }
    g_autoptr(Config) config = g_new0(Config, 1);
    config->rows = rows;
    config->count = count;
    config->values = g_new0(Value, count);
    for (gsize i = 0; i < count; i++) {
        if (!load_row(&config->values[i], &rows[i], &source, error)) {
            return NULL;
        }
    }
    return g_steal_pointer(&config);
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
