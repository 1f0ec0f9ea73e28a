/* What receiving servers say of who sent a mail: the grammar of RFC 8601, and whose word counts. */
#include "mail/authentication.h"

// cmocka.h needs these before it
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static const char *const trusted[] = {"mx.vendor.example", "mx.google.com", NULL};

/* A field as "SERVER|method=result type.name=value …|…". New string, or NULL. */
static char *read_back(const char *value)
{
    g_autoptr(AuthenticationField) field = authentication_read(value);
    if (field == NULL) {
        return NULL;
    }
    GString *text = g_string_new(field->server);
    for (guint i = 0; i < field->results->len; i++) {
        const AuthenticationResult *result = g_ptr_array_index(field->results, i);
        g_string_append_printf(text, "|%s=%s", result->method, result->result);
        for (guint j = 0; j < result->properties->len; j++) {
            const AuthenticationProperty *property = g_ptr_array_index(result->properties, j);
            g_string_append_printf(text, " %s.%s=%s", property->type, property->name,
                                   property->value);
        }
    }
    return g_string_free(text, FALSE);
}

static void test_grammar(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"example.org 1; none", "example.org"},
        {"example.org; none", "example.org"},
        {"example.com; spf=pass smtp.mailfrom=example.net",
         "example.com|spf=pass smtp.mailfrom=example.net"},
        {"example.com;\r\n\tauth=pass (cram-md5) smtp.auth=sender@example.net;\r\n spf=pass "
         "smtp.mailfrom=example.net",
         "example.com|auth=pass smtp.auth=sender@example.net|spf=pass smtp.mailfrom=example.net"},
        {"foo.example.net (foobar) 1 (baz); dkim (Because I like it) / 1 (One yay) = (wait for it) "
         "fail policy (A dot can go here) . (like that) expired (this surprised me) = (as I wasn't "
         "expecting it) 1362471462",
         "foo.example.net|dkim=fail policy.expired=1362471462"},
        {"example.com; dkim=pass reason=\"good signature\" header.i=@mail-router.example.net; "
         "dkim=fail reason=\"bad; signature\" header.i=@newyork.example.com",
         "example.com|dkim=pass header.i=@mail-router.example.net|dkim=fail "
         "header.i=@newyork.example.com"},
        {"mx.google.com; dkim=pass header.i=@a.example header.s=x header.b=\"Ab/C+1=\"; spf=pass "
         "(google.com: domain of ana@a.example (ana; x) designates 192.0.2.1 as permitted sender) "
         "smtp.mailfrom=ana@a.example; dmarc=pass (p=NONE sp=NONE dis=NONE) header.from=a.example",
         "mx.google.com|dkim=pass header.i=@a.example header.s=x header.b=Ab/C+1=|spf=pass "
         "smtp.mailfrom=ana@a.example|dmarc=pass header.from=a.example"},
        {"mx.example; dkim=pass header.b=Ab/C+1= header.d=a.example;",
         "mx.example|dkim=pass header.b=Ab/C+1= header.d=a.example"},
        {"mx.example; dmarc=pass action=none header.from=a.example;compauth=pass reason=100",
         "mx.example|dmarc=pass header.from=a.example|compauth=pass"},
        {"\"mx of ours\"; spf=PASS smtp.MailFrom=\"a b\"@a.example",
         "mx of ours|spf=pass smtp.mailfrom=a b@a.example"},
        {"mx.example; dkim/2=pass header.d=a.example; spf=fail", "mx.example|spf=fail"},
        {"mx.example", "mx.example"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *found = read_back(cases[i][0]);
        if (g_strcmp0(found, cases[i][1]) != 0) {
            fail_msg("%s: %s", cases[i][0], found);
        }
    }
}

static void test_what_is_no_field(void **state)
{
    (void)state;
    static const char *const broken[] = {
        "",
        "; spf=pass",
        "mx.example 2; spf=pass",
        "mx.example spf=pass",
        "mx.example; spf",
        "mx.example; spf=",
        "mx.example; =pass",
        "mx.example; none; spf=pass",
        "mx.example; spf=pass (never closed",
        "mx.example; spf=pass smtp.mailfrom=\"never closed",
        "mx.example; spf=pass smtp.mailfrom=",
        "mx.example; spf=pass smtp.=x",
        "mx.example; spf=pass @",
        "mx.example;; spf=pass",
        "spf=pass smtp.mailfrom=a.example; dmarc=pass", /* no server is named */
        "mx.example; spf=pass smtp.mailfrom=a\x01@a.example",
        "(((((((((((((((((((((((((((((((((((((((((((((((((((((",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(broken); i++) {
        g_autoptr(AuthenticationField) field = authentication_read(broken[i]);
        if (field != NULL) {
            fail_msg("%s", broken[i]);
        }
    }
    g_autoptr(GString) many = g_string_new("mx.example");
    for (int i = 0; i < 10000; i++) {
        g_string_append(many, "; spf=pass smtp.mailfrom=a.example");
    }
    assert_null(authentication_read(many->str));
}

/* ---- whose word counts ---- */

#define OURS    "Received: from mail.northwind.example by mx.vendor.example with ESMTPS; today\n"
#define INNER   "Received: by store.vendor.example (Dovecot) with LMTP; today\n"
#define LOCAL   "Received: from localhost (localhost [127.0.0.1]) by localhost (Postfix); today\n"
#define GOOGLE  "Received: by 2002:a05:7300:1234::1 with SMTP id x; today\n"
#define FOREIGN "Received: from pc (by mx.vendor.example) by mail.evil.example; today\n"
#define PASS    "Authentication-Results: mx.vendor.example; dmarc=pass header.from=northwind.example\n"

static void check(const char *header, SenderCheck check, const char *says)
{
    g_autofree char *text = g_strdup_printf("%sFrom: ana@northwind.example\n\n", header);
    g_autoptr(Headers) headers = headers_read(text, strlen(text));
    ParsedMail mail = {.from = g_strdup("ana@northwind.example")};
    authentication_judge(&mail, headers, trusted);
    if (mail.sender_check != check || g_strcmp0(mail.sender_says, says) != 0) {
        fail_msg("%s: %d, %s", header, (int)mail.sender_check, mail.sender_says);
    }
    g_free(mail.from);
    g_free(mail.sender_says);
}

static void vouched(const char *header, const char *says)
{
    check(header, SENDER_VOUCHED, says);
}

static void unchecked(const char *header)
{
    check(header, SENDER_UNCHECKED, NULL);
}

static void test_the_trace(void **state)
{
    (void)state;
    const char *says = "mx.vendor.example: dmarc=pass";
    vouched(PASS OURS, says);
    vouched(OURS PASS, says);
    vouched(INNER LOCAL PASS OURS FOREIGN, says);
    vouched(GOOGLE LOCAL OURS PASS FOREIGN, says);
    vouched("Authentication-Results: mx.evil.example; dmarc=fail\n" PASS OURS, says);
    vouched("AUTHENTICATION-RESULTS: MX.Vendor.Example 1;\n\tdmarc=pass\n header.from=Northwind."
            "example\n",
            "MX.Vendor.Example: dmarc=pass");
    unchecked("");
    unchecked(OURS);
    unchecked(OURS FOREIGN PASS); /* whoever sent it has written that */
    unchecked(FOREIGN PASS);
    unchecked("Authentication-Results: mx.vendor.example.evil.example; dmarc=pass "
              "header.from=northwind.example\n");
    unchecked("Authentication-Results: (mx.vendor.example) mx.evil.example; dmarc=pass "
              "header.from=northwind.example\n");
    unchecked("ARC-Authentication-Results: i=1; mx.vendor.example; dmarc=pass "
              "header.from=northwind.example\n" OURS);
    /* What is below the end of our trace changes nothing either way. */
    vouched(OURS PASS FOREIGN "Authentication-Results: mx.vendor.example; dmarc=fail\n", says);
}

/* The results of one field of ours. */
static char *of_ours(const char *results)
{
    return g_strdup_printf("Authentication-Results: mx.vendor.example; %s\n" OURS, results);
}

static void test_what_vouches(void **state)
{
    (void)state;
    static const char *const good[][2] = {
        {"dmarc=pass header.from=northwind.example", "dmarc=pass"},
        {"dkim=pass header.d=northwind.example", "dkim=pass"},
        {"dkim=pass header.i=@mail.northwind.example", "dkim=pass"},
        {"dkim=fail header.d=northwind.example; dkim=pass header.d=northwind.example", "dkim=pass"},
        {"spf=pass smtp.mailfrom=bounces@northwind.example", "spf=pass"},
        {"spf=pass smtp.mailfrom=northwind.example", "spf=pass"},
        {"spf=pass smtp.mailfrom=northwind.example; dmarc=none header.from=northwind.example",
         "spf=pass"},
        {"dkim=pass header.d=northwind.example; dmarc=pass header.from=northwind.example",
         "dmarc=pass"},
        {"dmarc=fail header.from=other.example; dkim=pass header.d=northwind.example", "dkim=pass"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(good); i++) {
        g_autofree char *header = of_ours(good[i][0]);
        g_autofree char *says = g_strdup_printf("mx.vendor.example: %s", good[i][1]);
        vouched(header, says);
    }
}

static void test_what_does_not(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        {"none", "none"},
        {"dmarc=fail header.from=northwind.example", "dmarc=fail"},
        {"dmarc=pass", "dmarc=pass"},
        {"dmarc=pass header.from=evil.example", "dmarc=pass"},
        {"dkim=pass header.d=evil.example", "dkim=pass"},
        {"dkim=pass header.d=example", "dkim=pass"},
        {"dkim=pass header.d=northwind.example.evil.test", "dkim=pass"},
        {"dkim=pass", "dkim=pass"},
        {"dkim=pass policy.d=northwind.example", "dkim=pass"},
        {"spf=pass smtp.helo=northwind.example", "spf=pass"},
        {"spf=pass smtp.mailfrom=\"ana@northwind.example\"@evil.example", "spf=pass"},
        {"spf=softfail smtp.mailfrom=northwind.example", "spf=softfail"},
        {"auth=pass smtp.auth=ana@northwind.example", "auth=pass"},
        {"x=pass (dmarc=pass header.from=northwind.example)", "x=pass"},
        {"x=pass reason=\"; dmarc=pass header.from=northwind.example\"", "x=pass"},
        {"dmarc=fail header.from=northwind.example; dkim=pass header.d=northwind.example",
         "dmarc=fail, dkim=pass"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autofree char *header = of_ours(bad[i][0]);
        g_autofree char *says = g_strdup_printf("mx.vendor.example: %s", bad[i][1]);
        check(header, SENDER_NOT_VOUCHED, says);
    }
}

/* Domains under which anybody may register are nobody's organization. */
static void test_public_suffixes(void **state)
{
    (void)state;
    g_autofree char *text = of_ours("dkim=pass header.d=evil.co.uk");
    g_autoptr(Headers) headers = headers_read(text, strlen(text));
    ParsedMail mail = {.from = g_strdup("ana@northwind.co.uk")};
    authentication_judge(&mail, headers, trusted);
    assert_int_equal(mail.sender_check, SENDER_NOT_VOUCHED);
    g_free(mail.from);
    g_free(mail.sender_says);
}

/* Whatever stands there, nothing breaks, and nothing vouches for what it does not name. */
static void test_any_bytes(void **state)
{
    (void)state;
    static const char *const pieces[] = {"mx.vendor.example",
                                         ";",
                                         "dmarc",
                                         "=",
                                         "pass",
                                         " ",
                                         "header",
                                         ".",
                                         "from",
                                         "(",
                                         ")",
                                         "\"",
                                         "\\",
                                         "@",
                                         "evil.example",
                                         "dkim",
                                         "d",
                                         "/",
                                         "1",
                                         "none",
                                         "\n ",
                                         "spf",
                                         "smtp.mailfrom"};
    g_autoptr(GRand) random = g_rand_new_with_seed(3);
    for (int round = 0; round < 20000; round++) {
        g_autoptr(GString) header = g_string_new("Authentication-Results: ");
        const int length = g_rand_int_range(random, 0, 40);
        for (int i = 0; i < length; i++) {
            g_string_append(header,
                            pieces[g_rand_int_range(random, 0, (gint32)G_N_ELEMENTS(pieces))]);
        }
        g_string_append(header, "\n\n");
        g_autoptr(Headers) headers = headers_read(header->str, header->len);
        ParsedMail mail = {.from = g_strdup("ana@northwind.example")};
        authentication_judge(&mail, headers, trusted);
        assert_int_not_equal(mail.sender_check, SENDER_VOUCHED);
        g_free(mail.from);
        g_free(mail.sender_says);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_grammar),       cmocka_unit_test(test_what_is_no_field),
        cmocka_unit_test(test_the_trace),     cmocka_unit_test(test_what_vouches),
        cmocka_unit_test(test_what_does_not), cmocka_unit_test(test_public_suffixes),
        cmocka_unit_test(test_any_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
