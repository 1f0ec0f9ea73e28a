/* Telling mails apart, by the cases of mail_kinds.txt, which a person who knows mail can read. */
#include "finder_fixture.h"

#include "mail/message.h"

static const char *const own[] = {"licenses@vendor.test", NULL};
static const char *const lists[] = {"licensing@vendor.test", NULL};

/* The cases, and what stands for the places in them. */
typedef struct {
    char **lines;
    char *code;
    char *quoted;
} Cases;

static ParsedMail *parse(const char *text)
{
    const MailSettings settings = {
        .own_addresses = own, .list_addresses = lists, .parsers = 1, .time_limit_ms = 1000};
    const MessageOrigin origin = {.from_mbox = false};
    g_autofree char *copy = g_strdup(text);
    return message_parse(copy, strlen(copy), &origin, &settings);
}

static bool has_field(const GPtrArray *header, const char *name)
{
    for (guint i = 0; i < header->len; i++) {
        const char *line = g_ptr_array_index(header, i);
        if (g_ascii_strncasecmp(line, name, strlen(name)) == 0) {
            return true;
        }
    }
    return false;
}

/* The mail with the fields that a case leaves out, and with the places filled. */
static char *whole_mail(const Cases *cases, const GPtrArray *header, const char *body)
{
    static const char *const usual[] = {"From: Ana <ana@northwind.example>",
                                        "To: licenses@vendor.test", "Subject: Offline activation",
                                        "Message-ID: <1@northwind.example>",
                                        "Date: Tue, 03 Jun 2025 08:00:00 +0200"};
    g_autoptr(GString) mail = g_string_new(NULL);
    for (guint i = 0; i < header->len; i++) {
        g_string_append_printf(mail, "%s\n", (const char *)g_ptr_array_index(header, i));
    }
    for (gsize i = 0; i < G_N_ELEMENTS(usual); i++) {
        g_autofree char *name = g_strndup(usual[i], strcspn(usual[i], ":") + 1);
        if (!has_field(header, name)) {
            g_string_append_printf(mail, "%s\n", usual[i]);
        }
    }
    g_string_append_printf(mail, "\n%s", body);
    g_string_replace(mail, "{code}", cases->code, 0);
    g_string_replace(mail, "{quoted code}", cases->quoted, 0);
    g_string_replace(mail, "{reply}", "reply-1.0123456789abcdef@vendor.test", 0);
    return g_string_free(g_steal_pointer(&mail), FALSE);
}

static const char *kind_of(const ParsedMail *mail)
{
    static const char *const names[] = {[MAIL_FROM_PERSON] = "person",
                                        [MAIL_AUTOMATIC] = "automatic",
                                        [MAIL_BOUNCE] = "bounce",
                                        [MAIL_LIST] = "list",
                                        [MAIL_OURS] = "ours",
                                        [MAIL_DELETED] = "deleted",
                                        [MAIL_UNREADABLE] = "unreadable"};
    if (mail->by_program) {
        return mail->tokens->len > 0 || strstr(mail->why, "ticket system") != NULL ? "for a person"
                                                                                   : "listed";
    }
    return names[mail->kind];
}

/* One case: `expected` is "person, 1 code: a part of the reason". */
static void check(const Cases *cases, const char *name, const char *expected,
                  const GPtrArray *header, const char *body)
{
    g_autofree char *text = whole_mail(cases, header, body);
    g_autoptr(ParsedMail) mail = parse(text);
    const char *colon = strchr(expected, ':');
    g_autofree char *wanted =
        colon != NULL ? g_strndup(expected, (gsize)(colon - expected)) : g_strdup(expected);
    g_autofree char *found = g_strdup_printf("%s, %u %s", kind_of(mail), mail->tokens->len,
                                             mail->tokens->len == 1 ? "code" : "codes");
    if (strcmp(found, wanted) != 0) {
        fail_msg("%s: %s, not %s (%s)", name, found, wanted, mail->why);
    }
    if (colon != NULL && (mail->why == NULL || strstr(mail->why, colon + 2) == NULL)) {
        fail_msg("%s: because of \"%s\", not \"%s\"", name, mail->why, colon + 2);
    }
    /* Nobody is answered but those that a person has written. */
    if ((mail->kind == MAIL_FROM_PERSON) != (mail->reply_to != NULL)) {
        fail_msg("%s: %s is answered", name, mail->reply_to);
    }
}

static bool is_comment(const char *line)
{
    return line[0] == '#';
}

/* Reads the case that begins at `at`, a line "== NAME", and checks it; the line after it. */
static gsize check_case(const Cases *cases, gsize at)
{
    const char *name = cases->lines[at] + 3;
    const char *expected = cases->lines[at + 1];
    g_autoptr(GPtrArray) header = g_ptr_array_new();
    g_autoptr(GString) body = g_string_new(NULL);
    gsize i = at + 2;
    for (; cases->lines[i][0] != '\0'; i++) {
        g_ptr_array_add(header, cases->lines[i]);
    }
    for (; cases->lines[i] != NULL && !g_str_has_prefix(cases->lines[i], "== "); i++) {
        if (!is_comment(cases->lines[i])) {
            g_string_append_printf(body, "%s\n", cases->lines[i]);
        }
    }
    check(cases, name, expected, header, body->str);
    return i;
}

static gsize first_case(const Cases *cases, const char *name)
{
    gsize at = 0;
    while (cases->lines[at] != NULL && !g_str_has_prefix(cases->lines[at], name)) {
        at++;
    }
    assert_non_null(cases->lines[at]);
    return at;
}

static void test_cases(void **state)
{
    const Cases *cases = *state;
    guint count = 0;
    const gsize end = first_case(cases, "== harmless");
    for (gsize at = first_case(cases, "== "); at < end; count++) {
        at = check_case(cases, at);
    }
    assert_true(count > 50);
}

/* Whatever one field a gateway or list adds to it, a person's mail is a person's, and who wrote it
 * is answered. */
static void test_harmless_fields(void **state)
{
    const Cases *cases = *state;
    static const char *const bodies[] = {"{code}\n", "How do I activate a server?\n"};
    for (gsize at = first_case(cases, "== harmless") + 1; cases->lines[at] != NULL; at++) {
        g_autoptr(GPtrArray) header = g_ptr_array_new();
        g_ptr_array_add(header, cases->lines[at]);
        for (gsize i = 0; cases->lines[at][0] != '\0' && i < G_N_ELEMENTS(bodies); i++) {
            check(cases, cases->lines[at], i == 0 ? "person, 1 code" : "person, 0 codes", header,
                  bodies[i]);
            g_autofree char *text = whole_mail(cases, header, bodies[i]);
            g_autoptr(ParsedMail) mail = parse(text);
            assert_string_equal(mail->from, "ana@northwind.example");
            assert_string_equal(mail->reply_to, "ana@northwind.example");
        }
    }
}

static int begin(void **state)
{
    Cases *cases = g_new0(Cases, 1);
    g_autofree char *text = NULL;
    if (!g_file_get_contents(TESTS_DIR "/unit/mail_kinds.txt", &text, NULL, NULL)) {
        return 1;
    }
    cases->lines = g_strsplit(text, "\n", -1);
    Workshop workshop = {g_rand_new_with_seed(7), g_ptr_array_new_with_free_func(free_code)};
    const Code *code = make_code(&workshop, ARMOR_USAGE_REQUEST);
    cases->code = g_strjoinv("\n", code->lines);
    g_autofree char *quoted = g_strjoinv("\n> ", code->lines);
    cases->quoted = g_strconcat("> ", quoted, NULL);
    g_ptr_array_unref(workshop.codes);
    g_rand_free(workshop.random);
    message_init();
    *state = cases;
    return 0;
}

static int end(void **state)
{
    Cases *cases = *state;
    g_strfreev(cases->lines);
    g_free(cases->code);
    g_free(cases->quoted);
    g_free(cases);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_harmless_fields),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
