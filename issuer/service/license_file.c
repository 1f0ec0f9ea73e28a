#include "service/license_file.h"

#include "base/error.h"
#include "base/file.h"
#include "mail/charset.h"
#include "mail/sniff.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* What was found so far. */
typedef struct {
    GPtrArray *licenses; /* of FoundToken */
    bool intact;         /* one of them is */
    bool others;         /* codes of other kinds were there */
} Findings;

static bool stands_there(const GPtrArray *licenses, const FoundToken *token)
{
    for (guint i = 0; i < licenses->len; i++) {
        const FoundToken *other = g_ptr_array_index(licenses, i);
        if (g_strcmp0(other->jws, token->jws) == 0 &&
            g_strcmp0(other->problem, token->problem) == 0) {
            return true;
        }
    }
    return false;
}

/* Moves the usage licenses of `tokens` over. */
static void take(Findings *findings, GPtrArray *tokens)
{
    for (guint i = 0; i < tokens->len; i++) {
        FoundToken *token = g_ptr_array_index(tokens, i);
        if (token->kind != ARMOR_USAGE_LICENSE) {
            findings->others = true;
        } else if (!stands_there(findings->licenses, token)) {
            findings->intact |= token->problem == NULL;
            g_ptr_array_add(findings->licenses, token);
            tokens->pdata[i] = NULL;
        }
    }
}

/* As it stands: a code alone, and nearly every mail that was saved as text. */
static void search_text(Findings *findings, const char *data, gsize size)
{
    g_auto(CharsetText) text = charset_read(NULL, data, size);
    g_autoptr(Finder) finder = finder_new();
    finder_add_text(finder, text.text, text.length);
    g_autoptr(GPtrArray) tokens = finder_finish(finder);
    take(findings, tokens);
}

/* As mail: what a transfer encoding hides. What a parser cannot read has no license either. */
static bool search_mail(Findings *findings, const char *path, const MailSettings *settings,
                        GError **error)
{
    const char *const paths[] = {path, NULL};
    MailSettings all = *settings;
    all.search_all = true; /* a license comes in mail of ours, which intake passes over */
    g_autoptr(MailReader) reader = mail_reader_new(paths, &all);
    g_autoptr(GError) failure = NULL;
    ParsedMail *next = NULL;
    while ((next = mail_reader_next(reader, &failure)) != NULL) {
        g_autoptr(ParsedMail) mail = next;
        take(findings, mail->tokens);
    }
    if (failure != NULL) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return false;
    }
    return true;
}

/* The mail reader wants a path, but standard input cannot be read twice, nor can a pipe. */
static bool search_copy(Findings *findings, GBytes *content, const MailSettings *settings,
                        GError **error)
{
    gsize size = 0;
    const void *data = g_bytes_get_data(content, &size);
    int copy = memfd_create("mail", MFD_CLOEXEC);
    if (copy < 0 || !file_write_all(copy, data, size)) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_FAILED,
                    "no memory for a copy of the mail: %" G_GSIZE_FORMAT " bytes", size);
        if (copy >= 0) {
            (void)close(copy);
        }
        return false;
    }
    g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", copy);
    bool done = search_mail(findings, path, settings, error);
    (void)close(copy);
    return done;
}

static void free_token(gpointer token)
{
    found_token_free(token);
}

static GPtrArray *tokens_new(void)
{
    return g_ptr_array_new_with_free_func(free_token);
}

static bool is_mail(const char *data, gsize size)
{
    SniffKind kind = sniff_file(data, MIN(size, SNIFF_SIZE));
    return kind == SNIFF_MESSAGE || kind == SNIFF_MBOX;
}

/* What the mail gives takes the place of what its raw text did: the same code, but decoded. */
static bool search(Findings *findings, GBytes *content, const MailSettings *settings,
                   GError **error)
{
    gsize size = 0;
    const char *data = g_bytes_get_data(content, &size);
    search_text(findings, data, size);
    if (findings->intact || !is_mail(data, size)) {
        return true;
    }
    g_autoptr(GPtrArray) licenses = tokens_new();
    Findings decoded = {.licenses = licenses};
    if (!search_copy(&decoded, content, settings, error)) {
        return false;
    }
    findings->others |= decoded.others;
    if (licenses->len > 0) {
        g_ptr_array_set_size(findings->licenses, 0);
        take(findings, licenses);
    }
    return true;
}

static bool refuse(const char *name, const char *what, GError **error)
{
    g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT, "%s %s", name, what);
    return false;
}

static bool check(const Findings *findings, GBytes *content, const char *name, GError **error)
{
    if (findings->licenses->len > 0) {
        return true;
    }
    if (g_bytes_get_size(content) == 0) {
        return refuse(name, "is empty; give the file that came with the reply", error);
    }
    return refuse(name,
                  findings->others
                      ? "holds other codes, but no usage license; `issuer inspect` tells which"
                      : "holds no usage license; give the file that came with the reply, or the "
                        "whole mail",
                  error);
}

GPtrArray *license_file_read(const char *path, const MailSettings *settings, GError **error)
{
    const char *name = strcmp(path, "-") == 0 ? "standard input" : path;
    g_autoptr(GBytes) content = file_read_whole(path, MAIL_MAX_SIZE, error);
    if (content == NULL) {
        return NULL;
    }
    g_autoptr(GPtrArray) licenses = tokens_new();
    Findings findings = {.licenses = licenses};
    if (!search(&findings, content, settings, error) || !check(&findings, content, name, error)) {
        return NULL;
    }
    return g_steal_pointer(&licenses);
}
