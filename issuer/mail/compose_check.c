#include "mail/compose_check.h"

#include "base/text.h"
#include "core/address.h"

#include <string.h>

#define ID_MOST        250
#define FILE_NAME_MOST 100

static bool is_atoms(const char *text, gsize length)
{
    for (gsize i = 0; i < length; i++) {
        if (!address_is_atext(text[i]) && text[i] != '.') {
            return false;
        }
    }
    return length > 0;
}

static bool dots_divide(const char *text, gsize length)
{
    return text[0] != '.' && text[length - 1] != '.' &&
           g_strstr_len(text, (gssize)length, "..") == NULL;
}

/* RFC 5322 §3.6.4 no-fold-literal: "[" dtext "]" */
static bool is_literal(const char *text, gsize length)
{
    if (length < 3 || text[0] != '[' || text[length - 1] != ']') {
        return false;
    }
    for (gsize i = 1; i + 1 < length; i++) {
        if (!g_ascii_isgraph(text[i]) || strchr("[]\\<>", text[i]) != NULL) {
            return false;
        }
    }
    return true;
}

bool compose_check_address(const char *address)
{
    const char *at = address != NULL ? strchr(address, '@') : NULL;
    if (at == NULL || strlen(address) > ADDRESS_MAX) {
        return false;
    }
    const gsize left = (gsize)(at - address);
    const gsize right = strlen(at + 1);
    return is_atoms(address, left) && dots_divide(address, left) && is_atoms(at + 1, right) &&
           dots_divide(at + 1, right);
}

char *compose_check_message_id(const char *text)
{
    if (text == NULL) {
        return NULL;
    }
    g_autofree char *id = g_strstrip(g_strdup(text));
    gsize length = strlen(id);
    if (length >= 2 && id[0] == '<' && id[length - 1] == '>') {
        memmove(id, id + 1, length - 2);
        length -= 2;
        id[length] = '\0';
    }
    const char *at = strchr(id, '@');
    if (at == NULL || length > ID_MOST) {
        return NULL;
    }
    const gsize right = strlen(at + 1);
    if (!is_atoms(id, (gsize)(at - id)) ||
        (!is_atoms(at + 1, right) && !is_literal(at + 1, right))) {
        return NULL;
    }
    return g_steal_pointer(&id);
}

bool compose_check_file_name(const char *name)
{
    const gsize length = name != NULL ? strlen(name) : 0;
    if (length == 0 || length > FILE_NAME_MOST || name[0] == '.') {
        return false;
    }
    return strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") ==
           length;
}

bool compose_check_header_text(const char *text)
{
    if (!g_utf8_validate(text, -1, NULL)) {
        return false;
    }
    for (const char *at = text; *at != '\0'; at = g_utf8_find_next_char(at, NULL)) {
        if (text_is_unsafe(g_utf8_get_char(at))) {
            return false;
        }
    }
    return true;
}
