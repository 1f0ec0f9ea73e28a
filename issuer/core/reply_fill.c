#include "core/reply_fill.h"

#include "base/text.h"
#include "core/dates.h"

#include <string.h>

#define FOREIGN_MOST 64 /* code points of a foreign word in a sentence */
#define PROBLEM_MOST 160

char *reply_fill_host(const ReplyLine *line)
{
    g_autofree char *host =
        line->host != NULL ? g_strstrip(text_one_line(line->host, FOREIGN_MOST)) : NULL;
    return g_strdup(host != NULL && *host != '\0' ? host : "unnamed server");
}

char *reply_fill_until(int64_t instant)
{
    if (instant == 0) {
        return g_strdup("without end (perpetual)");
    }
    g_autofree char *text = dates_instant_text(instant);
    const int32_t day = dates_through(instant);
    if (dates_end(day) != instant) {
        return g_steal_pointer(&text);
    }
    g_autofree char *name = dates_text(day);
    return g_strdup_printf("the end of %s anywhere on earth (%s)", name, text);
}

static char *foreign(const char *text, gsize most, const char *fallback)
{
    return text != NULL ? text_one_line(text, most) : g_strdup(fallback);
}

static char *server_words(const ReplyLine *line)
{
    if (line->host == NULL || *line->host == '\0') {
        return g_strdup("the server");
    }
    g_autofree char *host = reply_fill_host(line);
    return g_strdup_printf("server %s", host);
}

static char *server_words_first(const ReplyLine *line)
{
    char *words = server_words(line);
    words[0] = g_ascii_toupper(words[0]);
    return words;
}

static char *other_server_words(const ReplyLine *line)
{
    const ReplyLine other = {.host = line->other_host};
    g_autofree char *server = line->other_host != NULL && *line->other_host != '\0'
                                  ? server_words(&other)
                                  : g_strdup("another server");
    return line->other_serial != NULL
               ? g_strdup_printf("%s (usage license %s)", server, line->other_serial)
               : g_steal_pointer(&server);
}

static char *other_license_words(const ReplyLine *line)
{
    return line->other_license != NULL ? g_strdup_printf("license %s", line->other_license)
                                       : g_strdup("another license");
}

static char *request_words(const ReplyLine *line, const char *noun)
{
    return line->request_short != NULL ? g_strdup_printf("%s %s", noun, line->request_short)
                                       : g_strdup_printf("%s without a short form", noun);
}

static char *case_words(const ReplyLine *line)
{
    return line->case_number > 0 ? g_strdup_printf("case %" G_GINT64_FORMAT, line->case_number)
                                 : g_strdup("your request's short form");
}

static char *fill_request(const ReplyLine *line)
{
    return request_words(line, "request");
}

static char *fill_request_first(const ReplyLine *line)
{
    return request_words(line, "Request");
}

static char *fill_code_name(const ReplyLine *line)
{
    return g_strdup(line->kind == STATEMENT_DEACTIVATION ? "deactivation code" : "usage request");
}

static char *fill_license(const ReplyLine *line)
{
    return line->license_id != NULL ? g_strdup_printf("license %s", line->license_id)
                                    : g_strdup("the license");
}

static char *fill_serial(const ReplyLine *line)
{
    return foreign(line->serial, FOREIGN_MOST, "");
}

static char *fill_product(const ReplyLine *line)
{
    return foreign(line->product, FOREIGN_MOST, "another product");
}

static char *fill_request_product(const ReplyLine *line)
{
    return foreign(line->request_product, FOREIGN_MOST, "another product");
}

static char *fill_problem(const ReplyLine *line)
{
    return foreign(line->problem, PROBLEM_MOST, "it is not whole");
}

static char *fill_expires(const ReplyLine *line)
{
    return line->license_expires != 0 ? reply_fill_until(line->license_expires)
                                      : g_strdup("some time ago");
}

static char *fill_used(const ReplyLine *line)
{
    return g_strdup_printf("%u", line->activations_used);
}

static char *fill_allowed(const ReplyLine *line)
{
    return g_strdup_printf("%u", line->activations_allowed);
}

static const struct {
    const char *name;
    char *(*fill)(const ReplyLine *line);
} places[] = {
    {"server", server_words},
    {"Server", server_words_first},
    {"other-server", other_server_words},
    {"other-license", other_license_words},
    {"request", fill_request},
    {"Request", fill_request_first},
    {"code-name", fill_code_name},
    {"license", fill_license},
    {"serial", fill_serial},
    {"product", fill_product},
    {"request-product", fill_request_product},
    {"problem", fill_problem},
    {"expires", fill_expires},
    {"used", fill_used},
    {"allowed", fill_allowed},
    {"case", case_words},
};

static void append_place(GString *out, const char *name, gsize length, const ReplyLine *line)
{
    for (gsize i = 0; i < G_N_ELEMENTS(places); i++) {
        if (strlen(places[i].name) == length && strncmp(places[i].name, name, length) == 0) {
            g_autofree char *value = places[i].fill(line);
            g_string_append(out, value);
            return;
        }
    }
    g_assert_not_reached(); /* our own sentences name no other place; a test fills them all */
}

char *reply_fill(const char *sentences, const ReplyLine *line)
{
    GString *out = g_string_new(NULL);
    const char *at = sentences;
    while (*at != '\0') {
        const gsize plain = strcspn(at, "{");
        g_string_append_len(out, at, (gssize)plain);
        at += plain;
        if (*at == '{') {
            const gsize length = strcspn(at + 1, "}");
            append_place(out, at + 1, length, line);
            at += 1 + length + 1;
        }
    }
    return g_string_free(out, FALSE);
}
