#include "core/strict_json.h"

#include "base/error.h"
#include "base/text.h"

#include <jansson.h>
#include <string.h>

static bool refuse(GError **error, const char *why)
{
    g_set_error_literal(error, ISSUER_ERROR, ISSUER_ERROR_INPUT, why);
    return false;
}

/* ---- the text, before it is parsed: what jansson would take or forget ---- */

/* The end of the string whose opening quote is at `at`; `end` if it is never closed. */
static const char *skip_string(const char *at, const char *end)
{
    for (at++; at < end && *at != '"'; at++) {
        if (*at == '\\') {
            at++;
        }
    }
    return at < end ? at + 1 : end;
}

/* The end of the number at `at`; NULL if it is not written as a whole number: 1.0, 1e2 and -0 have
 * another form than their value, and a signature over them invites a second reading. */
static const char *skip_number(const char *at, const char *end)
{
    const char *digits = *at == '-' ? at + 1 : at;
    const char *to = digits;
    while (to < end && g_ascii_isdigit(*to)) {
        to++;
    }
    const bool fraction = to < end && (*to == '.' || *to == 'e' || *to == 'E');
    const bool minus_zero = digits > at && digits < end && *digits == '0';
    return fraction || minus_zero ? NULL : to;
}

static bool text_is_plain(const char *text, gsize size, GError **error)
{
    const char *at = text;
    const char *end = text + size;
    int level = 0;
    if (memchr(text, '\0', size) != NULL) {
        return refuse(error, "the JSON has a zero byte");
    }
    while (at != NULL && at < end) {
        if (*at == '"') {
            at = skip_string(at, end);
        } else if (*at == '-' || g_ascii_isdigit(*at)) {
            at = skip_number(at, end);
        } else {
            level += (*at == '{' || *at == '[') - (*at == '}' || *at == ']');
            at++;
        }
        if (level > STRICT_JSON_LEVELS) {
            return refuse(error, "the JSON is nested more than 8 levels deep");
        }
    }
    return at != NULL || refuse(error, "the JSON has a number that is not written as a whole one");
}

/* ---- the values ---- */

static bool string_is_plain(const char *text, gsize size, gsize most, GError **error)
{
    gsize count = 0;
    const char *end = text + size;
    for (const char *at = text; at < end; at = g_utf8_next_char(at), count++) {
        if (text_is_unsafe(g_utf8_get_char(at))) {
            return refuse(error, "the JSON has a control or bidirectional character in a string");
        }
    }
    if (count > most) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT,
                    "the JSON has a string of more than %" G_GSIZE_FORMAT " characters", most);
        return false;
    }
    return true;
}

/* The three that follow call each other, never deeper than STRICT_JSON_LEVELS: the text was judged
 * first. */
/* NOLINTBEGIN(misc-no-recursion) */
static bool value_is_plain(json_t *value, gsize most, GError **error);

static bool object_is_plain(json_t *object, gsize most, GError **error)
{
    const char *name = NULL;
    json_t *member = NULL;
    json_object_foreach(object, name, member)
    {
        if (!string_is_plain(name, strlen(name), most, error) ||
            !value_is_plain(member, most, error)) {
            return false;
        }
    }
    return true;
}

static bool array_is_plain(const json_t *array, gsize most, GError **error)
{
    for (size_t i = 0; i < json_array_size(array); i++) {
        if (!value_is_plain(json_array_get(array, i), most, error)) {
            return false;
        }
    }
    return true;
}

static bool value_is_plain(json_t *value, gsize most, GError **error)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return object_is_plain(value, most, error);
    case JSON_ARRAY:
        return array_is_plain(value, most, error);
    case JSON_STRING:
        return string_is_plain(json_string_value(value), json_string_length(value), most, error);
    case JSON_INTEGER:
        return (json_integer_value(value) <= STRICT_JSON_MOST &&
                json_integer_value(value) >= -STRICT_JSON_MOST) ||
               refuse(error, "the JSON has a number of 2^53 or more");
    case JSON_REAL: /* text_is_plain() lets none through */
        return refuse(error, "the JSON has a number that is not written as a whole one");
    case JSON_TRUE:
    case JSON_FALSE:
    case JSON_NULL:
        break;
    }
    return true;
}
/* NOLINTEND(misc-no-recursion) */

static StrictJson *parse(const char *text, gsize size, GError **error)
{
    json_error_t fault;
    StrictJson *value = json_loadb(text, size, JSON_REJECT_DUPLICATES, &fault);
    if (value != NULL) {
        return value;
    }
    switch (json_error_code(&fault)) {
    case json_error_duplicate_key:
        refuse(error, "the JSON names a member twice");
        break;
    case json_error_numeric_overflow:
        refuse(error, "the JSON has a number of 2^53 or more");
        break;
    case json_error_invalid_utf8:
        refuse(error, "the JSON is not valid UTF-8");
        break;
    case json_error_end_of_input_expected:
        refuse(error, "the JSON is followed by something");
        break;
    case json_error_null_character:
    case json_error_null_byte_in_key:
        refuse(error, "the JSON has a control or bidirectional character in a string");
        break;
    default:
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT,
                    "the JSON cannot be read (wrong at byte %d)", fault.position);
        break;
    }
    return NULL;
}

StrictJson *strict_json_read(const char *text, gsize size, gsize most_string, GError **error)
{
    if (size > STRICT_JSON_BODY) {
        refuse(error, "the JSON is longer than 16384 bytes");
        return NULL;
    }
    if (!text_is_plain(text, size, error)) {
        return NULL;
    }
    g_autoptr(StrictJson) value = parse(text, size, error);
    if (value == NULL || !value_is_plain(value, most_string, error)) {
        return NULL;
    }
    if (!json_is_object(value)) {
        refuse(error, "the JSON is no object");
        return NULL;
    }
    return g_steal_pointer(&value);
}

void strict_json_free(StrictJson *value)
{
    json_decref(value);
}
