#include "service/drop_settings.h"

#include <string.h>

/* The constant counts them for settings.c, which cannot. */
const ConfigRow drop_rows[DROP_ROWS] = {
    {.key = "bulk-size",
     .type = CONFIG_NUMBER,
     .fallback = "4194304",
     .least = 1,
     .most = G_MAXINT64,
     .meaning = "bytes from which on a file is large: read apart, so that no single mail waits"},
    {.key = "folder", .type = CONFIG_PATH, .meaning = "folder that mails and exports are put into"},
};

static char *absolute(const Config *group)
{
    return g_canonicalize_filename(config_text(group, "folder"), NULL);
}

Drop *drop_new(const Config *group)
{
    Drop *drop = g_new0(Drop, 1);
    drop->folder = absolute(group);
    drop->taken = g_build_filename(drop->folder, "taken", NULL);
    drop->done = g_build_filename(drop->folder, "done", NULL);
    drop->failed = g_build_filename(drop->folder, "failed", NULL);
    drop->bulk = config_number(group, "bulk-size");
    return drop;
}

/* What of `path` follows the folder that it is or lies in: "" or "/…"; NULL: it does not. */
static const char *below(const char *path, const char *folder)
{
    const gsize length = strcmp(folder, "/") == 0 ? 0 : strlen(folder);
    const bool fits = strncmp(path, folder, length) == 0 &&
                      (path[length] == '\0' || path[length] == G_DIR_SEPARATOR);
    return fits ? path + length : NULL;
}

bool drop_judge(const Config *config, const char *name, GError **error)
{
    const Config *own = NULL;
    for (guint i = 0; own == NULL && i < config_group_count(config, DROP_KIND); i++) {
        own = strcmp(config_group_name(config, DROP_KIND, i), name) == 0
                  ? config_group(config, DROP_KIND, i)
                  : NULL;
    }
    if (own == NULL || *config_text(own, "folder") == '\0') {
        return config_refuse(own != NULL ? own : config, "folder", error,
                             "must be a folder for the mails of " DROP_KIND " %s", name);
    }
    g_autofree char *folder = absolute(own);
    for (guint i = 0; i < config_group_count(config, DROP_KIND); i++) {
        const Config *other = config_group(config, DROP_KIND, i);
        g_autofree char *its = absolute(other);
        if (other != own && below(folder, its) != NULL) {
            return config_refuse(own, "folder", error,
                                 "%s is, or lies within, the folder of " DROP_KIND
                                 " %s: give each its own",
                                 folder, config_group_name(config, DROP_KIND, i));
        }
    }
    return true;
}

static char *find_in(const Drop *drop, const char *rest, char **called)
{
    const char *const places[] = {drop->failed, drop->done, drop->taken};
    const char *end = strchr(rest + 1, G_DIR_SEPARATOR);
    g_autofree char *name =
        end != NULL ? g_strndup(rest + 1, (gsize)(end - rest - 1)) : g_strdup(rest + 1);
    for (char *mark = name + strlen(name); mark != NULL; mark = strrchr(name, '!')) {
        *mark = '\0'; /* of "FILE!NAME", the file */
        for (gsize i = 0; *name != '\0' && i < G_N_ELEMENTS(places); i++) {
            g_autofree char *path = g_build_filename(places[i], name, NULL);
            if (g_file_test(path, G_FILE_TEST_EXISTS)) {
                *called = g_build_filename(drop->folder, name, NULL);
                return g_steal_pointer(&path);
            }
        }
    }
    return NULL;
}

char *drop_find(const Config *config, const char *source, char **called)
{
    g_autofree char *path = g_strdup(source);
    char *mark = strrchr(path, '#');
    char *found = NULL;
    *called = NULL;
    if (mark != NULL) {
        *mark = '\0';
    }
    for (guint i = 0; found == NULL && i < config_group_count(config, DROP_KIND); i++) {
        Drop *drop = drop_new(config_group(config, DROP_KIND, i));
        const char *rest = below(path, drop->folder);
        found = rest != NULL && *rest != '\0' ? find_in(drop, rest, called) : NULL;
        drop_free(drop);
    }
    return found;
}

void drop_free(Drop *drop)
{
    if (drop == NULL) {
        return;
    }
    g_free(drop->folder);
    g_free(drop->taken);
    g_free(drop->done);
    g_free(drop->failed);
    g_free(drop);
}
