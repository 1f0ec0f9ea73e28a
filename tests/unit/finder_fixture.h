/* Codes to look for, and what is done to them. Shared by the tests of core/finder.h. */
#ifndef ISSUER_TESTS_FINDER_FIXTURE_H
#define ISSUER_TESTS_FINDER_FIXTURE_H

#include "core/armor.h"
#include "core/armor_text.h"
#include "core/base64url.h"
#include "core/crockford.h"
#include "core/finder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define KIBI ((gsize)1024)

/* A code as its instance shows it; nobody checks signatures here. */
typedef struct {
    ArmorKind kind;
    char *jws;
    char *armor;  /* title, first line, blocks, closing title; LF */
    char **lines; /* of `armor`, NULL-terminated: 0 the title, 1 the first line, 2 block 0 … */
    guint count;  /* of the lines CHAR… and blocks, so that lines[count] is the last block */
} Code;

/* Makes codes and keeps them for the length of a test program. */
typedef struct {
    GRand *random;
    GPtrArray *codes;
} Workshop;

static inline void random_base64url(GRand *random, gsize size, GString *out)
{
    g_autofree guint8 *bytes = g_malloc(size);
    for (gsize i = 0; i < size; i++) {
        bytes[i] = (guint8)g_rand_int_range(random, 0, 256);
    }
    g_autofree char *text = base64url_text(bytes, size);
    g_string_append(out, text);
}

static inline GString *make_header(GRand *random, ArmorKind kind)
{
    static const char *const types[] = {"chariot-usage-request+jws", "chariot-usage-license+jws",
                                        "chariot-deactivation+jws"};
    GString *header = g_string_new(NULL);
    if (kind == ARMOR_USAGE_LICENSE) {
        g_string_append(header, "{\"alg\":\"EdDSA\",\"kid\":\"");
        random_base64url(random, 32, header);
        g_string_append_printf(header, "\",\"typ\":\"%s\",\"x5c\":[\"", types[kind]);
        random_base64url(random, 420, header);
        g_string_append(header, "\"]}");
        return header;
    }
    g_string_append(header,
                    "{\"alg\":\"EdDSA\",\"jwk\":{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"");
    random_base64url(random, 32, header);
    g_string_append_printf(header, "\"},\"typ\":\"%s\"}", types[kind]);
    return header;
}

static inline GString *make_payload(GRand *random)
{
    GString *payload =
        g_string_new("{\"iat\":1795600000,\"instance\":{\"fingerprint\":{\"board\":\"");
    random_base64url(random, 16, payload);
    g_string_append(payload, "\",\"cpu\":\"");
    random_base64url(random, 16, payload);
    g_string_append_printf(payload, "\"},\"host\":\"pump-%d\"},\"license\":\"",
                           g_rand_int_range(random, 1, 1000000));
    random_base64url(random, 32, payload);
    g_string_append(payload, "\",\"product\":\"chariot\",\"proof\":\"");
    random_base64url(random, 64, payload);
    g_string_append(payload, "\",\"purpose\":\"activate\",\"v\":1,\"version\":\"2.5.");
    g_string_append_printf(payload, "%d\"}", g_rand_int_range(random, 0, 2000));
    return payload;
}

static inline void free_code(gpointer data)
{
    Code *code = data;
    g_free(code->jws);
    g_free(code->armor);
    g_strfreev(code->lines);
    g_free(code);
}

/* A new code with this payload, owned by the workshop. */
static inline const Code *make_code_with(const Workshop *workshop, ArmorKind kind,
                                         const GString *payload)
{
    GRand *random = workshop->random;
    g_autoptr(GString) jws = g_string_new(NULL);
    g_autoptr(GString) header = make_header(random, kind);
    g_autofree char *first = base64url_text((const guint8 *)header->str, header->len);
    g_autofree char *second = base64url_text((const guint8 *)payload->str, payload->len);
    g_string_append_printf(jws, "%s.%s.", first, second);
    random_base64url(random, 64, jws);
    g_autoptr(GBytes) body = armor_body_from_jws(jws->str, jws->len, NULL);
    assert_non_null(body);
    Code *code = g_new0(Code, 1);
    code->kind = kind;
    code->jws = g_strdup(jws->str);
    code->armor = armor_text_write(kind, body);
    g_autofree char *trimmed = g_strchomp(g_strdup(code->armor));
    code->lines = g_strsplit(trimmed, "\n", -1);
    code->count = g_strv_length(code->lines) - 2;
    g_ptr_array_add(workshop->codes, code);
    return code;
}

/* A new code, owned by the workshop. */
static inline const Code *make_code(const Workshop *workshop, ArmorKind kind)
{
    g_autoptr(GString) payload = make_payload(workshop->random);
    return make_code_with(workshop, kind, payload);
}

/* A new code in one of whose lines `word` can be read: symbols in normal form, at most 56. */
static inline const Code *make_code_that_spells(const Workshop *workshop, ArmorKind kind,
                                                const char *word)
{
    GRand *random = workshop->random;
    g_autoptr(GString) payload = make_payload(random);
    g_autoptr(GString) header = make_header(random, kind);
    guint8 bytes[ARMOR_BLOCK_SIZE];
    char symbols[ARMOR_BLOCK_SIZE / 5 * 8];
    const gsize used = (strlen(word) + 7) / 8; /* eight symbols are five bytes */
    memset(symbols, '7', sizeof symbols);
    memcpy(symbols, word, strlen(word));
    assert_true(crockford_decode(symbols, used * 8, bytes));
    /* The payload stands behind the header and two lengths of two bytes. */
    const gsize before = header->len + 4;
    const gsize first = before / ARMOR_BLOCK_SIZE + 1;
    const gsize last = (before + payload->len) / ARMOR_BLOCK_SIZE;
    const gsize block = first + (gsize)g_rand_int_range(random, 0, (gint32)(last - first));
    const gint32 places = (gint32)(ARMOR_BLOCK_SIZE / 5 - used + 1);
    const gsize within = 5 * (gsize)g_rand_int_range(random, 0, places);
    memcpy(payload->str + block * ARMOR_BLOCK_SIZE + within - before, bytes, used * 5);
    return make_code_with(workshop, kind, payload);
}

/* A line that is none of the code, although its check fits as that of block `number`. New string.
 */
static inline char *make_chance_line(const Workshop *workshop, const Code *code, guint number)
{
    char symbols[61] = "";
    guint8 bytes[ARMOR_BLOCK_SIZE];
    for (gsize i = 0; i < sizeof bytes; i++) {
        bytes[i] = (guint8)g_rand_int_range(workshop->random, 0, 256);
    }
    const char letter = armor_kind_letter(code->kind);
    const uint32_t hash = armor_block_hash(letter, code->lines[1] + 10, bytes, sizeof bytes);
    crockford_encode(bytes, sizeof bytes, symbols);
    crockford_put((hash + number) & 0xFFFFFU, ARMOR_CHECK, symbols + 60 - ARMOR_CHECK);
    return g_strdup(symbols);
}

/* Takes the seed from SEED, else draws one; prints it. */
static inline guint32 choose_seed(void)
{
    const char *given = g_getenv("SEED");
    const guint32 seed =
        given != NULL ? (guint32)g_ascii_strtoull(given, NULL, 10) : g_random_int();
    print_message("SEED=%u\n", seed);
    return seed;
}

static inline Workshop *open_workshop(guint32 seed)
{
    Workshop *workshop = g_new(Workshop, 1);
    workshop->random = g_rand_new_with_seed(seed);
    workshop->codes = g_ptr_array_new_with_free_func(free_code);
    return workshop;
}

static inline void close_workshop(Workshop *workshop)
{
    g_rand_free(workshop->random);
    g_ptr_array_unref(workshop->codes);
    g_free(workshop);
}

/* One symbol of a line read wrongly, look-alikes aside. */
static inline void spoil(char *line, gsize at)
{
    line[at] = line[at] == '7' ? '4' : '7';
}

/* What is found in a single text. */
static inline GPtrArray *find_in(const char *text)
{
    g_autoptr(Finder) finder = finder_new();
    finder_add_text(finder, text, strlen(text));
    return finder_finish(finder);
}

static inline const FoundToken *token_at(const GPtrArray *tokens, guint index)
{
    assert_true(index < tokens->len);
    return g_ptr_array_index(tokens, index);
}

static inline void assert_intact(const GPtrArray *tokens, guint index, const Code *code)
{
    const FoundToken *token = token_at(tokens, index);
    assert_null(token->problem);
    assert_string_equal(token->jws, code->jws);
    assert_int_equal(token->kind, code->kind);
}

static inline void assert_problem(const GPtrArray *tokens, guint index, const char *problem)
{
    const FoundToken *token = token_at(tokens, index);
    assert_null(token->jws);
    assert_string_equal(token->problem, problem);
}

#endif
