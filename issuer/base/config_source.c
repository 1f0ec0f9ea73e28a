#include "base/config_source.h"

#include "base/error.h"
#include "base/text.h"

#include <string.h>

#define GROUP           "issuer"
#define BYTE_ORDER_MARK "\xEF\xBB\xBF" /* which Windows editors put before UTF-8 text */

struct ConfigSource {
    char *path;
    GKeyFile *keys;
    GHashTable *lines; /* key → line number */
};

/* Judges one line that is no comment. `in_group` becomes true at the group's header. */
static char *judge_line(ConfigSource *source, const char *const *known, char *line, guint number,
                        bool *in_group)
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
    if (!g_strv_contains(known, line)) {
        return g_strdup_printf(
            "unknown setting '%s'; `issuer check --settings` lists the known ones", line);
    }
    if (!g_hash_table_insert(source->lines, g_strdup(line), GUINT_TO_POINTER(number))) {
        return g_strdup_printf("setting '%s' stands here a second time", line);
    }
    return NULL;
}

static bool walk_lines(ConfigSource *source, const char *const *known, const char *content,
                       GError **error)
{
    g_auto(GStrv) lines = g_strsplit(content, "\n", -1);
    bool in_group = false;
    for (guint i = 0; lines[i] != NULL; i++) {
        const char *start = lines[i] + strspn(lines[i], " \t\r");
        if (*start == '\0' || *start == '#') {
            continue;
        }
        g_autofree char *wrong = judge_line(source, known, lines[i], i + 1, &in_group);
        if (wrong != NULL) {
            g_autofree char *message = text_one_line(wrong, 200);
            g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT, "%s:%u: %s", source->path, i + 1,
                        message);
            return false;
        }
    }
    return true;
}

static bool check_utf8(const char *path, const char *content, gsize size, GError **error)
{
    const char *stopped = NULL;
    if (g_utf8_validate_len(content, size, &stopped)) {
        return true;
    }
    guint line = 1;
    for (const char *at = content; at < stopped; at++) {
        line += *at == '\n' ? 1 : 0;
    }
    g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT, "%s:%u: this is not UTF-8 text", path,
                line);
    return false;
}

static bool read_text(ConfigSource *source, const char *const *known, const char *text,
                      GError **error)
{
    g_autoptr(GError) cause = NULL;
    if (!walk_lines(source, known, text, error)) {
        return false;
    }
    if (!g_key_file_load_from_data(source->keys, text, strlen(text), G_KEY_FILE_NONE, &cause)) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT, "%s: %s", source->path,
                    cause->message);
        return false;
    }
    return true;
}

static bool read_source(ConfigSource *source, const char *const *known, GError **error)
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
    const gsize mark = g_str_has_prefix(content, BYTE_ORDER_MARK) ? strlen(BYTE_ORDER_MARK) : 0;
    return check_utf8(source->path, content, size, error) &&
           read_text(source, known, content + mark, error);
}

ConfigSource *config_source_read(const char *path, const char *const *known, GError **error)
{
    ConfigSource *source = g_new0(ConfigSource, 1);
    source->path = g_strdup(path);
    source->keys = g_key_file_new();
    source->lines = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    if (!read_source(source, known, error)) {
        config_source_free(source);
        return NULL;
    }
    return source;
}

char *config_source_text(const ConfigSource *source, const char *key, char **place, GError **error)
{
    guint line = GPOINTER_TO_UINT(g_hash_table_lookup(source->lines, key));
    if (line == 0) {
        return NULL;
    }
    *place = g_strdup_printf("%s:%u", source->path, line);
    g_autoptr(GError) cause = NULL;
    g_autofree char *text = g_key_file_get_string(source->keys, GROUP, key, &cause);
    if (cause != NULL) { /* GLib may return a text and an error together */
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT,
                    "%s: setting '%s' has a wrong escape: a backslash is written \\\\", *place,
                    key);
        return NULL;
    }
    return g_steal_pointer(&text);
}

void config_source_free(ConfigSource *source)
{
    if (source == NULL) {
        return;
    }
    g_free(source->path);
    g_key_file_free(source->keys);
    g_hash_table_unref(source->lines);
    g_free(source);
}
