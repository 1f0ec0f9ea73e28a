/* The grammar of Authentication-Results (RFC 8601 section 2.2), read with care: others write it. */
#include "mail/authentication.h"

#include <string.h>

#define DEPTH_MOST 16 /* of comments within comments */

typedef struct {
    const char *at;
    bool broken; /* once set, nothing more is read */
} Reader;

static void property_free(gpointer data)
{
    AuthenticationProperty *property = data;
    g_free(property->type);
    g_free(property->name);
    g_free(property->value);
    g_free(property);
}

static void result_free(gpointer data)
{
    AuthenticationResult *result = data;
    g_free(result->method);
    g_free(result->result);
    g_ptr_array_unref(result->properties);
    g_free(result);
}

void authentication_field_free(AuthenticationField *field)
{
    if (field == NULL) {
        return;
    }
    g_free(field->server);
    g_ptr_array_unref(field->results);
    g_free(field);
}

/* ---- tokens ---- */

static void skip_comment(Reader *reader)
{
    unsigned depth = 0;
    do {
        const char c = *reader->at;
        depth += c == '(' ? 1 : 0;
        depth -= c == ')' ? 1 : 0;
        if (c == '\\' && reader->at[1] != '\0') {
            reader->at++;
        }
        if (c == '\0' || depth > DEPTH_MOST) {
            reader->broken = true;
            return;
        }
        reader->at++;
    } while (depth > 0);
}

/* CFWS: comments and blanks. */
static void skip_blanks(Reader *reader)
{
    while (!reader->broken && (g_ascii_isspace(*reader->at) || *reader->at == '(')) {
        if (*reader->at == '(') {
            skip_comment(reader);
        } else {
            reader->at++;
        }
    }
}

static bool takes(Reader *reader, char c)
{
    skip_blanks(reader);
    if (reader->broken || *reader->at != c) {
        return false;
    }
    reader->at++;
    return true;
}

static void read_quoted(Reader *reader, GString *out)
{
    for (reader->at++; *reader->at != '"'; reader->at++) {
        if (*reader->at == '\\' && reader->at[1] != '\0') {
            reader->at++;
        }
        if (*reader->at == '\0') {
            reader->broken = true;
            return;
        }
        g_string_append_c(out, *reader->at);
    }
    reader->at++;
}

/* A value: a token, a quoted string, or an address whose local part may be quoted. Software writes
 * more characters without quotes than a token may have: what ends it is the grammar's own. New
 * string, never empty; NULL: there is none. */
static char *read_value(Reader *reader, const char *ends)
{
    g_autoptr(GString) out = g_string_new(NULL);
    skip_blanks(reader);
    bool quoted = false;
    while (!reader->broken && *reader->at != '\0' && !g_ascii_isspace(*reader->at) &&
           strchr(ends, *reader->at) == NULL) {
        if (*reader->at == '"') {
            read_quoted(reader, out);
            quoted = true;
        } else if (g_ascii_iscntrl(*reader->at)) {
            reader->broken = true;
        } else {
            g_string_append_c(out, *reader->at++);
        }
    }
    return reader->broken || (out->len == 0 && !quoted)
               ? NULL
               : g_string_free(g_steal_pointer(&out), FALSE);
}

/* A keyword (letters, digits and hyphens), lower case. New string, or NULL. */
static char *read_keyword(Reader *reader)
{
    skip_blanks(reader);
    const char *start = reader->at;
    while (!reader->broken &&
           (g_ascii_isalnum(*reader->at) || *reader->at == '-' || *reader->at == '_')) {
        reader->at++;
    }
    return reader->at > start ? g_ascii_strdown(start, reader->at - start) : NULL;
}

/* ---- the grammar ---- */

/* [ "/" version ]; false if it is another than 1. */
static bool reads_version_one(Reader *reader)
{
    g_autofree char *version = read_keyword(reader);
    return version != NULL && strcmp(version, "1") == 0;
}

/* One propspec, reasonspec, or a word that is neither. */
static void read_property(Reader *reader, AuthenticationResult *result)
{
    g_autofree char *type = read_keyword(reader);
    const bool has_name = takes(reader, '.');
    g_autofree char *name = has_name ? read_keyword(reader) : NULL;
    const bool has_value = takes(reader, '=');
    g_autofree char *value = has_value ? read_value(reader, ";(") : NULL;
    if (type == NULL || has_value != (value != NULL) || has_name != (name != NULL) ||
        result->properties->len >= AUTHENTICATION_RESULTS_MOST) {
        reader->broken = true;
        return;
    }
    if (name != NULL && value != NULL) {
        AuthenticationProperty *property = g_new0(AuthenticationProperty, 1);
        property->type = g_steal_pointer(&type);
        property->name = g_steal_pointer(&name);
        property->value = g_steal_pointer(&value);
        g_ptr_array_add(result->properties, property);
    }
}

/* One resinfo, without the ";" before it. "none" stands for no result at all, and adds none. */
static void read_result(Reader *reader, AuthenticationField *field)
{
    g_autofree char *method = read_keyword(reader);
    const bool known = !takes(reader, '/') || reads_version_one(reader);
    if (method != NULL && strcmp(method, "none") == 0 && field->results->len == 0 && known) {
        skip_blanks(reader);
        reader->broken = reader->broken || *reader->at != '\0';
        return;
    }
    g_autofree char *outcome = takes(reader, '=') ? read_keyword(reader) : NULL;
    if (method == NULL || outcome == NULL || field->results->len >= AUTHENTICATION_RESULTS_MOST) {
        reader->broken = true;
        return;
    }
    AuthenticationResult *result = g_new0(AuthenticationResult, 1);
    result->method = g_steal_pointer(&method);
    result->result = g_steal_pointer(&outcome);
    result->properties = g_ptr_array_new_with_free_func(property_free);
    g_ptr_array_add(field->results, result);
    for (skip_blanks(reader); !reader->broken && *reader->at != ';' && *reader->at != '\0';
         skip_blanks(reader)) {
        read_property(reader, result);
    }
    if (!known) { /* of a method's version that we do not know */
        g_ptr_array_set_size(field->results, (gint)field->results->len - 1);
    }
}

AuthenticationField *authentication_read(const char *value)
{
    Reader reader = {value, false};
    AuthenticationField *field = g_new0(AuthenticationField, 1);
    field->results = g_ptr_array_new_with_free_func(result_free);
    field->server = read_value(&reader, ";(");
    skip_blanks(&reader);
    if (*reader.at != ';' && *reader.at != '\0' && !reads_version_one(&reader)) {
        reader.broken = true;
    }
    while (!reader.broken && takes(&reader, ';')) {
        skip_blanks(&reader);
        if (*reader.at == '\0' && field->results->len > 0) {
            break; /* one too many at the end */
        }
        read_result(&reader, field);
    }
    skip_blanks(&reader);
    if (reader.broken || *reader.at != '\0' || field->server == NULL) {
        authentication_field_free(field);
        return NULL;
    }
    return field;
}

const char *authentication_property(const AuthenticationResult *result, const char *type,
                                    const char *name)
{
    for (guint i = 0; i < result->properties->len; i++) {
        const AuthenticationProperty *property = g_ptr_array_index(result->properties, i);
        if (strcmp(property->type, type) == 0 && strcmp(property->name, name) == 0) {
            return property->value;
        }
    }
    return NULL;
}
