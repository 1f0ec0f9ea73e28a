#include "mail/member_name.h"

#include <glib.h>
#include <string.h>

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

bool member_name_is_index(const char *name)
{
    static const char *const names[] = {"maildirfolder", "maildirsize", "subscriptions",
                                        "table_of_contents"};
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        if (strcmp(name, names[i]) == 0) {
            return true;
        }
    }
    return g_str_has_prefix(name, "dovecot") || g_str_has_prefix(name, "courierimap") ||
           g_str_has_suffix(name, ".msf");
}

bool member_name_is_trashed(const char *path)
{
    const char *flags = strstr(last_part(path), ":2,");
    return flags != NULL && strchr(flags, 'T') != NULL;
}

/* Whether the folder that the file stands in has this name. */
static bool stands_in(const char *path, const char *folder)
{
    const char *name = last_part(path);
    gsize length = strlen(folder);
    gsize above = (gsize)(name - path);
    return above > length && strncmp(name - 1 - length, folder, length) == 0 &&
           (above == length + 1 || name[-2 - (gssize)length] == '/');
}

bool member_name_in_maildir(const char *path)
{
    return stands_in(path, "cur") || stands_in(path, "new");
}

/* TIME.UNIQUE.HOST, as programs name what they deliver into a Maildir. */
static bool is_delivery_name(const char *name)
{
    gsize digits = strspn(name, "0123456789");
    return digits > 0 && name[digits] == '.' && strchr(name + digits + 1, '.') != NULL;
}

/* Whether a folder on the way to the file is hidden, or a Mac's. */
static bool is_in_hidden(const char *path)
{
    bool hidden = false;
    const char *end = NULL;
    for (const char *at = path; (end = strchr(at, '/')) != NULL; at = end + 1) {
        g_autofree char *part = g_strndup(at, (gsize)(end - at));
        if (strcmp(part, "__MACOSX") == 0) {
            return true;
        }
        hidden = hidden || (part[0] == '.' && strcmp(part, ".") != 0 && strcmp(part, "..") != 0);
    }
    // A Maildir's folders have hidden names: .Sent/cur/…
    return hidden && !member_name_in_maildir(path);
}

bool member_name_is_beside(const char *path)
{
    const char *name = last_part(path);
    return name[0] == '.' || member_name_is_index(name) || is_in_hidden(path) ||
           (stands_in(path, "tmp") && is_delivery_name(name));
}
