#include "base/config_source.h"

#include "base/error.h"
#include "base/text.h"

#include <string.h>

#define BYTE_ORDER_MARK "\xEF\xBB\xBF" /* which Windows editors put before UTF-8 text */
#define NAME_MOST       40             /* characters of a group's name */

/* A named group, owning its texts. */
typedef struct {
    ConfigSourceGroup seen; /* first: it is what others see */
    char *header;
    char *name;
    char *place;
} Group;

struct ConfigSource {
    char *path;
    GKeyFile *keys;
    GHashTable *lines; /* "HEADER\nKEY", or a header alone → line number */
    GPtrArray *groups; /* of Group */
};

/* Where the walk over the lines is. */
typedef struct {
    const ConfigSourceKind *kinds;
    gsize count;
    const ConfigSourceKind *kind; /* of the group at hand; NULL: before the first */
    char *header;
} Walk;

static void group_free(gpointer data)
{
    Group *group = data;
    g_free(group->header);
    g_free(group->name);
    g_free(group->place);
    g_free(group);
}

static bool is_good_name(const char *name)
{
    const gsize length = strlen(name);
    return length > 0 && length <= NAME_MOST &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") ==
               length;
}

/* The groups that there are, as a sentence names them. New string. */
static char *name_kinds(const Walk *walk)
{
    GString *names = g_string_new(NULL);
    for (gsize i = 0; i < walk->count; i++) {
        g_string_append_printf(names, "%s[%s%s]", i > 0 ? ", " : "", walk->kinds[i].kind,
                               walk->kinds[i].named ? " NAME" : "");
    }
    return g_string_free(names, FALSE);
}

static const ConfigSourceKind *find_kind(const Walk *walk, const char *word, bool named)
{
    for (gsize i = 0; i < walk->count; i++) {
        if (strcmp(walk->kinds[i].kind, word) == 0 && walk->kinds[i].named == named) {
            return &walk->kinds[i];
        }
    }
    return NULL;
}

static void add_group(ConfigSource *source, const Walk *walk, const char *name, guint number)
{
    Group *group = g_new0(Group, 1);
    group->header = g_strdup(walk->header);
    group->name = g_strdup(name);
    group->place = g_strdup_printf("%s:%u", source->path, number);
    group->seen = (ConfigSourceGroup){.header = group->header,
                                      .kind = walk->kind->kind,
                                      .name = group->name,
                                      .place = group->place};
    g_ptr_array_add(source->groups, group);
}

/* Begins the group of a line "[…]"; what is wrong with it (new string), or NULL. */
static char *begin_group(ConfigSource *source, Walk *walk, const char *line, guint number)
{
    const gsize length = strlen(line);
    g_free(walk->header);
    walk->header = g_strndup(line + 1, length >= 2 ? length - 2 : 0);
    g_auto(GStrv) words = g_strsplit(walk->header, " ", 2);
    const bool named = g_strv_length(words) == 2;
    walk->kind =
        line[length - 1] == ']' && words[0] != NULL ? find_kind(walk, words[0], named) : NULL;
    if (walk->kind == NULL) {
        g_autofree char *names = name_kinds(walk);
        return g_strdup_printf("unknown group %s; there are: %s", line, names);
    }
    if (named && !is_good_name(words[1])) {
        return g_strdup_printf("the name in %s must be of 1 to %d letters, digits, - _ .", line,
                               NAME_MOST);
    }
    const bool first =
        g_hash_table_insert(source->lines, g_strdup(walk->header), GUINT_TO_POINTER(number));
    if (named && !first) {
        return g_strdup_printf("the group %s stands here a second time", line);
    }
    if (named) {
        add_group(source, walk, words[1], number);
    }
    return NULL;
}

/* Judges one line that is no comment. */
static char *judge_line(ConfigSource *source, Walk *walk, char *line, guint number)
{
    g_strstrip(line);
    if (line[0] == '[') {
        return begin_group(source, walk, line, number);
    }
    char *equals = strchr(line, '=');
    if (equals == NULL || equals == line) {
        return g_strdup("neither a setting (key = value) nor a comment (#)");
    }
    *equals = '\0';
    g_strchomp(line);
    if (walk->kind == NULL) {
        return g_strdup_printf("setting '%s' stands before the group [%s]", line,
                               walk->kinds[0].kind);
    }
    if (!g_strv_contains(walk->kind->keys, line)) {
        return g_strdup_printf(
            "unknown setting '%s'; `issuer check --settings` lists the known ones", line);
    }
    if (!g_hash_table_insert(source->lines, g_strdup_printf("%s\n%s", walk->header, line),
                             GUINT_TO_POINTER(number))) {
        return g_strdup_printf("setting '%s' stands here a second time", line);
    }
    return NULL;
}

static bool walk_lines(ConfigSource *source, Walk *walk, const char *content, GError **error)
{
    g_auto(GStrv) lines = g_strsplit(content, "\n", -1);
    for (guint i = 0; lines[i] != NULL; i++) {
        const char *start = lines[i] + strspn(lines[i], " \t\r");
        if (*start == '\0' || *start == '#') {
            continue;
        }
        g_autofree char *wrong = judge_line(source, walk, lines[i], i + 1);
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

static bool read_text(ConfigSource *source, Walk *walk, const char *text, GError **error)
{
    g_autoptr(GError) cause = NULL;
    if (!walk_lines(source, walk, text, error)) {
        return false;
    }
    if (!g_key_file_load_from_data(source->keys, text, strlen(text), G_KEY_FILE_NONE, &cause)) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT, "%s: %s", source->path,
                    cause->message);
        return false;
    }
    return true;
}

static bool read_source(ConfigSource *source, Walk *walk, GError **error)
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
           read_text(source, walk, content + mark, error);
}

ConfigSource *config_source_read(const char *path, const ConfigSourceKind *kinds, gsize count,
                                 GError **error)
{
    ConfigSource *source = g_new0(ConfigSource, 1);
    source->path = g_strdup(path);
    source->keys = g_key_file_new();
    source->lines = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    source->groups = g_ptr_array_new_with_free_func(group_free);
    Walk walk = {.kinds = kinds, .count = count};
    const bool read = read_source(source, &walk, error);
    g_free(walk.header);
    if (!read) {
        config_source_free(source);
        return NULL;
    }
    return source;
}

const GPtrArray *config_source_groups(const ConfigSource *source)
{
    return source->groups;
}

char *config_source_text(const ConfigSource *source, const char *header, const char *key,
                         char **place, GError **error)
{
    g_autofree char *entry = g_strdup_printf("%s\n%s", header, key);
    guint line = GPOINTER_TO_UINT(g_hash_table_lookup(source->lines, entry));
    if (line == 0) {
        return NULL;
    }
    *place = g_strdup_printf("%s:%u", source->path, line);
    g_autoptr(GError) cause = NULL;
    g_autofree char *text = g_key_file_get_string(source->keys, header, key, &cause);
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
    g_ptr_array_unref(source->groups);
    g_free(source);
}
