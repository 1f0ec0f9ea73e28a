#include "service/review_answer.h"

#include "base/error.h"
#include "base/json_writer.h"
#include "core/rules.h"

#include <stddef.h>

typedef enum { TEXT, INT, UINT32, INT64, OUTCOME, TEXTS, SERIALS } FieldType;

/* A member that is absent is NULL or 0; lists stand as texts, with blanks between what has none. */
static const struct {
    const char *name;
    gsize offset;
    FieldType type;
} fields[] = {
    {"request", offsetof(ReviewResult, request), TEXT},
    {"host", offsetof(ReviewResult, host), TEXT},
    {"license_id", offsetof(ReviewResult, license_id), TEXT},
    {"customer", offsetof(ReviewResult, customer), TEXT},
    {"outcome", offsetof(ReviewResult, outcome), OUTCOME},
    {"code", offsetof(ReviewResult, code), TEXT},
    {"note", offsetof(ReviewResult, note), TEXT},
    {"rule", offsetof(ReviewResult, rule), INT},
    {"passed", offsetof(ReviewResult, passed), TEXTS},
    {"serial", offsetof(ReviewResult, serial), INT64},
    {"use", offsetof(ReviewResult, use_no), UINT32},
    {"continues", offsetof(ReviewResult, continues), INT64},
    {"activations", offsetof(ReviewResult, activations), UINT32},
    {"server", offsetof(ReviewResult, server_place), UINT32},
    {"supersedes", offsetof(ReviewResult, supersedes), SERIALS},
    {"version", offsetof(ReviewResult, grants.version), UINT32},
    {"valid_until", offsetof(ReviewResult, grants.valid_until), INT64},
    {"features", offsetof(ReviewResult, grants.features), TEXT},
    {"version_now", offsetof(ReviewResult, before.version), UINT32},
    {"until_now", offsetof(ReviewResult, before.valid_until), INT64},
    {"features_now", offsetof(ReviewResult, before.features), TEXT},
    {"vouched", offsetof(ReviewResult, vouched), TEXT},
    {"authentication", offsetof(ReviewResult, authentication), TEXT},
    {"preview", offsetof(ReviewResult, preview), TEXT},
};

/* ---- writing ---- */

static char *texts_joined(const GPtrArray *texts)
{
    GString *joined = g_string_new(NULL);
    for (guint i = 0; i < texts->len; i++) {
        const char *text = g_ptr_array_index(texts, i);
        g_string_append_printf(joined, "%s%s", i > 0 ? " " : "", text);
    }
    return g_string_free(joined, FALSE);
}

static char *serials_joined(const GArray *serials)
{
    GString *joined = g_string_new(NULL);
    for (guint i = 0; i < serials->len; i++) {
        g_string_append_printf(joined, "%s%" G_GINT64_FORMAT, i > 0 ? " " : "",
                               g_array_index(serials, int64_t, i));
    }
    return g_string_free(joined, FALSE);
}

/* New string; NULL: there is nothing to say. */
static char *text_of(gconstpointer field, FieldType type)
{
    switch (type) {
    case TEXT:
    case OUTCOME:
        return g_strdup(*(const char *const *)field);
    case TEXTS:
        return texts_joined(*(GPtrArray *const *)field);
    case SERIALS:
        return serials_joined(*(GArray *const *)field);
    case INT:
        return g_strdup_printf("%d", *(const int *)field);
    case UINT32:
        return g_strdup_printf("%u", *(const uint32_t *)field);
    case INT64:
    default:
        return g_strdup_printf("%" G_GINT64_FORMAT, *(const int64_t *)field);
    }
}

char *review_answer_write(const ReviewResult *result)
{
    g_autoptr(JsonWriter) json = json_writer_new();
    json_writer_begin_object(json);
    for (gsize i = 0; i < G_N_ELEMENTS(fields); i++) {
        g_autofree char *text = text_of((const char *)result + fields[i].offset, fields[i].type);
        if (text != NULL) {
            json_writer_key(json, fields[i].name);
            json_writer_text(json, text);
        }
    }
    json_writer_end_object(json);
    return g_strdup(json_writer_peek(json));
}

/* ---- reading ---- */

static GPtrArray *split_texts(const char *joined)
{
    GPtrArray *texts = g_ptr_array_new_with_free_func(g_free);
    g_auto(GStrv) parts = g_strsplit(joined != NULL ? joined : "", " ", -1);
    for (char **part = parts; *part != NULL; part++) {
        g_ptr_array_add(texts, g_strdup(*part));
    }
    return texts;
}

static GArray *split_serials(const char *joined)
{
    GArray *serials = g_array_new(FALSE, FALSE, sizeof(int64_t));
    g_auto(GStrv) parts = g_strsplit(joined != NULL ? joined : "", " ", -1);
    for (char **part = parts; *part != NULL; part++) {
        const int64_t serial = g_ascii_strtoll(*part, NULL, 10);
        g_array_append_val(serials, serial);
    }
    return serials;
}

static void fill(gpointer field, FieldType type, const char *text)
{
    const int64_t number = text != NULL ? g_ascii_strtoll(text, NULL, 10) : 0;
    switch (type) {
    case TEXT:
        *(char **)field = g_strdup(text);
        break;
    case OUTCOME:
        *(const char **)field = rules_outcome_name(rules_outcome_read(text));
        break;
    case TEXTS:
        *(GPtrArray **)field = split_texts(text);
        break;
    case SERIALS:
        *(GArray **)field = split_serials(text);
        break;
    case INT:
        *(int *)field = (int)number;
        break;
    case UINT32:
        *(uint32_t *)field = (uint32_t)number;
        break;
    case INT64:
    default:
        *(int64_t *)field = number;
        break;
    }
}

ReviewResult *review_answer_load(Database *database, int64_t instruction, GError **error)
{
    const char *names[G_N_ELEMENTS(fields) + 1] = {NULL};
    for (gsize i = 0; i < G_N_ELEMENTS(fields); i++) {
        names[i] = fields[i].name;
    }
    g_autoptr(GPtrArray) texts = instruction_store_answer(database, instruction, names, error);
    if (texts == NULL) {
        return NULL;
    }
    g_assert(texts->len == G_N_ELEMENTS(fields));
    ReviewResult *result = g_new0(ReviewResult, 1);
    for (gsize i = 0; i < G_N_ELEMENTS(fields); i++) {
        fill((char *)result + fields[i].offset, fields[i].type, g_ptr_array_index(texts, i));
    }
    return result;
}
