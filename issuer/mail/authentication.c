#include "mail/authentication.h"

#include "mail/sender.h"

#include <libpsl.h>
#include <string.h>

#define SAID_MOST 200 /* bytes of what the servers say, as it is kept */

/* ---- domains ---- */

/* The organizational domain of a name (RFC 7489 section 3.2), by the public suffix list that the
 * library brings; of one that is itself a public suffix, or no name at all, the whole. New string,
 * lower case. */
static char *organization(const char *domain)
{
    g_autofree char *lower = g_ascii_strdown(domain, -1);
    const psl_ctx_t *list = psl_builtin();
    const char *found = list != NULL ? psl_registrable_domain(list, lower) : NULL;
    return g_strdup(found != NULL ? found : lower);
}

static bool are_aligned(const char *one, const char *other)
{
    g_autofree char *first = organization(one);
    g_autofree char *second = organization(other);
    return first[0] != '\0' && strcmp(first, second) == 0;
}

/* What stands behind the last "@" of a value, else all of it. */
static const char *domain_in(const char *value)
{
    const char *at = strrchr(value, '@');
    return at != NULL ? at + 1 : value;
}

/* ---- which fields count ---- */

/* The host that a Received field says it was written by (RFC 5321 section 4.4); empty where none
 * can be read. New string. */
static char *receiving_host(const char *value)
{
    g_autoptr(GString) plain = g_string_new(" ");
    unsigned depth = 0;
    for (const char *at = value; *at != '\0'; at++) {
        depth += *at == '(' ? 1 : 0;
        if (depth == 0) {
            g_string_append_c(plain, *at);
        }
        depth -= *at == ')' && depth > 0 ? 1 : 0;
    }
    const char *by = strcasestr(plain->str, " by ");
    by = by != NULL ? by + 4 + strspn(by + 4, " ") : "";
    return g_strndup(by, strcspn(by, " ;"));
}

/* Hops within a house often name no host that the outside would know. */
static bool is_nameless(const char *host)
{
    return strchr(host, '.') == NULL || host[0] == '[' || strchr(host, ':') != NULL ||
           g_hostname_is_ip_address(host) ||
           g_ascii_strncasecmp(host, "localhost.", strlen("localhost.")) == 0;
}

static bool is_of_ours(const char *host, const char *const *trusted)
{
    for (gsize i = 0; trusted[i] != NULL; i++) {
        if (g_ascii_strcasecmp(host, trusted[i]) == 0 || are_aligned(host, trusted[i])) {
            return true;
        }
    }
    return false;
}

/* Where in the header the trace of our own servers ends. */
static guint end_of_trace(const Headers *headers, const char *const *trusted)
{
    const char *value = headers_first(headers, "received");
    for (guint i = 0; value != NULL; value = headers_nth(headers, "received", ++i)) {
        g_autofree char *host = receiving_host(value);
        if (!is_nameless(host) && !is_of_ours(host, trusted)) {
            return headers_place(headers, "received", i);
        }
    }
    return G_MAXUINT;
}

/* The fields that count: of AuthenticationField. New array. */
static GPtrArray *fields_of(const Headers *headers, const char *const *trusted)
{
    static const char name[] = "authentication-results";
    GPtrArray *fields = g_ptr_array_new_with_free_func((GDestroyNotify)authentication_field_free);
    const guint end = end_of_trace(headers, trusted);
    const char *value = headers_is_cut(headers, name) ? NULL : headers_first(headers, name);
    for (guint i = 0; value != NULL && headers_place(headers, name, i) < end;
         value = headers_nth(headers, name, ++i)) {
        AuthenticationField *field = authentication_read(value);
        if (field != NULL && sender_is_among(field->server, trusted)) {
            g_ptr_array_add(fields, field);
        } else {
            authentication_field_free(field);
        }
    }
    return fields;
}

/* ---- what they say ---- */

/* What is heard of a domain. */
typedef struct {
    const char *domain;   /* of the address in From */
    bool dmarc_fails;     /* the domain's own policy speaks against it */
    const char *vouching; /* the method that passed: static, or NULL */
    GString *said;
} Hearing;

static bool is(const AuthenticationResult *result, const char *method, const char *outcome)
{
    return strcmp(result->method, method) == 0 && strcmp(result->result, outcome) == 0;
}

static bool names(const char *value, const char *domain)
{
    return value != NULL && g_ascii_strcasecmp(domain_in(value), domain) == 0;
}

static bool aligns(const char *value, const char *domain)
{
    return value != NULL && are_aligned(domain_in(value), domain);
}

static void hear_result(Hearing *hearing, const AuthenticationResult *result)
{
    const char *from = authentication_property(result, "header", "from");
    const char *signer = authentication_property(result, "header", "d");
    signer = signer != NULL ? signer : authentication_property(result, "header", "i");
    const char *envelope = authentication_property(result, "smtp", "mailfrom");
    if (is(result, "dmarc", "fail") && (from == NULL || names(from, hearing->domain))) {
        hearing->dmarc_fails = true;
    } else if (is(result, "dmarc", "pass") && names(from, hearing->domain)) {
        hearing->vouching = "dmarc=pass";
    } else if (hearing->vouching == NULL && is(result, "dkim", "pass") &&
               aligns(signer, hearing->domain)) {
        hearing->vouching = "dkim=pass";
    } else if (hearing->vouching == NULL && is(result, "spf", "pass") &&
               aligns(envelope, hearing->domain)) {
        hearing->vouching = "spf=pass";
    }
    if (hearing->said->len < SAID_MOST) {
        g_string_append_printf(hearing->said, "%s %.20s=%.20s", hearing->said->len > 0 ? "," : "",
                               result->method, result->result);
    }
}

static void hear(Hearing *hearing, const GPtrArray *fields)
{
    for (guint i = 0; i < fields->len; i++) {
        const AuthenticationField *field = g_ptr_array_index(fields, i);
        for (guint j = 0; j < field->results->len; j++) {
            hear_result(hearing, g_ptr_array_index(field->results, j));
        }
    }
}

void authentication_judge(ParsedMail *mail, const Headers *headers, const char *const *trusted)
{
    const char *at = mail->from != NULL ? strrchr(mail->from, '@') : NULL;
    if (at == NULL || trusted == NULL || trusted[0] == NULL) {
        return;
    }
    g_autoptr(GPtrArray) fields = fields_of(headers, trusted);
    if (fields->len == 0) {
        return;
    }
    Hearing hearing = {.domain = at + 1, .said = g_string_new(NULL)};
    hear(&hearing, fields);
    const bool vouched = hearing.vouching != NULL && !hearing.dmarc_fails;
    const AuthenticationField *first = g_ptr_array_index(fields, 0);
    mail->sender_check = vouched ? SENDER_VOUCHED : SENDER_NOT_VOUCHED;
    g_free(mail->sender_says);
    g_autofree char *server = g_utf8_make_valid(first->server, -1);
    mail->sender_says = g_strdup_printf("%s:%s%s", server, vouched ? " " : "",
                                        vouched                 ? hearing.vouching
                                        : hearing.said->len > 0 ? hearing.said->str
                                                                : " none");
    g_string_free(hearing.said, TRUE);
}
