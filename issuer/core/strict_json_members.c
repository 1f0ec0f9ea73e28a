/* Looking at JSON that strict_json_read() has let through. */
#include "core/strict_json.h"

#include "base/error.h"
#include "core/base64url.h"

#include <jansson.h>
#include <string.h>

static bool refuse_member(GError **error, const char *name, const char *why)
{
    g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT, "the member \"%s\" %s", name, why);
    return false;
}

bool strict_json_has(const StrictJson *object, const char *name)
{
    return json_object_get(object, name) != NULL;
}

const char *strict_json_foreign_member(StrictJson *object, const char *const *names)
{
    for (void *at = json_object_iter(object); at != NULL; at = json_object_iter_next(object, at)) {
        if (!g_strv_contains(names, json_object_iter_key(at))) {
            return json_object_iter_key(at);
        }
    }
    return NULL;
}

/* The member, or NULL with an error that it is missing. */
static const json_t *need(const StrictJson *object, const char *name, GError **error)
{
    const json_t *member = json_object_get(object, name);
    if (member == NULL) {
        refuse_member(error, name, "is missing");
    }
    return member;
}

/* The text of a string that is not empty. */
static const char *take_text(const json_t *value, const char *name, GError **error)
{
    if (!json_is_string(value)) {
        refuse_member(error, name, "is no text");
        return NULL;
    }
    if (json_string_length(value) == 0) {
        refuse_member(error, name, "is empty");
        return NULL;
    }
    return json_string_value(value);
}

const char *strict_json_text(const StrictJson *object, const char *name, GError **error)
{
    const json_t *member = need(object, name, error);
    return member == NULL ? NULL : take_text(member, name, error);
}

bool strict_json_optional_text(const StrictJson *object, const char *name, const char **out,
                               GError **error)
{
    *out = NULL;
    if (strict_json_has(object, name)) {
        *out = strict_json_text(object, name, error);
        return *out != NULL;
    }
    return true;
}

bool strict_json_number(const StrictJson *object, const char *name, int64_t least, int64_t most,
                        int64_t *out, GError **error)
{
    const json_t *member = need(object, name, error);
    if (member == NULL) {
        return false;
    }
    const int64_t value = json_integer_value(member); /* 0 for another type */
    if (!json_is_integer(member) || value < least || value > most) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT,
                    "the member \"%s\" is no whole number from %" G_GINT64_FORMAT
                    " to %" G_GINT64_FORMAT,
                    name, least, most);
        return false;
    }
    *out = value;
    return true;
}

bool strict_json_optional_number(const StrictJson *object, const char *name, int64_t least,
                                 int64_t most, int64_t *out, GError **error)
{
    return !strict_json_has(object, name) ||
           strict_json_number(object, name, least, most, out, error);
}

bool strict_json_bytes(const StrictJson *object, const char *name, uint8_t *out, gsize size,
                       GError **error)
{
    const char *text = strict_json_text(object, name, error);
    if (text == NULL) {
        return false;
    }
    if (!base64url_read_exact(text, strlen(text), out, size)) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT,
                    "the member \"%s\" is no canonical base64url of %" G_GSIZE_FORMAT " bytes",
                    name, size);
        return false;
    }
    return true;
}

const StrictJson *strict_json_object(const StrictJson *object, const char *name, GError **error)
{
    const json_t *member = need(object, name, error);
    if (member != NULL && !json_is_object(member)) {
        refuse_member(error, name, "is no object");
        return NULL;
    }
    return member;
}

const StrictJson *strict_json_array(const StrictJson *object, const char *name, GError **error)
{
    const json_t *member = need(object, name, error);
    if (member != NULL && !json_is_array(member)) {
        refuse_member(error, name, "is no list");
        return NULL;
    }
    return member;
}

gsize strict_json_count(const StrictJson *array)
{
    return json_array_size(array);
}

const StrictJson *strict_json_element_object(const StrictJson *array, gsize index, const char *name,
                                             GError **error)
{
    const json_t *element = json_array_get(array, index);
    if (!json_is_object(element)) {
        refuse_member(error, name, "holds something that is no object");
        return NULL;
    }
    return element;
}

const char *strict_json_element_text(const StrictJson *array, gsize index, const char *name,
                                     GError **error)
{
    return take_text(json_array_get(array, index), name, error);
}

bool strict_json_version(const StrictJson *object, const char *what, GError **error)
{
    const json_t *version = need(object, "v", error);
    if (version == NULL) {
        return false;
    }
    if (!json_is_integer(version)) {
        return refuse_member(error, "v", "is no whole number");
    }
    if (json_integer_value(version) != 1) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT,
                    "the version %" JSON_INTEGER_FORMAT " of this %s is not known here",
                    json_integer_value(version), what);
        return false;
    }
    return true;
}
