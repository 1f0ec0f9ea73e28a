/* core/address.h */
#include "core/address.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

static void plain_addresses_are_taken(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"ops@example.com", "ops@example.com"},
        {"Ops.Team@Example.COM", "Ops.Team@example.com"},
        {"a+b_c'd/e=f@mail.plant-7.example", "a+b_c'd/e=f@mail.plant-7.example"},
        {"x@xn--wasserwerk-sd-4ob.example", "x@xn--wasserwerk-sd-4ob.example"},
        {"1@1.example", "1@1.example"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *address = address_read(rows[i][0], NULL);
        assert_string_equal(address, rows[i][1]);
    }
}

static void nothing_else_reaches_an_envelope(void **state)
{
    (void)state;
    const char *none[] = {"",
                          "@",
                          "ops",
                          "ops@",
                          "@example.com",
                          "ops@example",
                          "ops@@example.com",
                          "ops@exa@mple.com",
                          "<ops@example.com>",
                          "Ops <ops@example.com>",
                          "ops@example.com>",
                          "ops@example.com\r\nRCPT TO:<eve@example.org>",
                          "ops\n@example.com",
                          "ops@example.com\n",
                          "ops @example.com",
                          " ops@example.com",
                          "ops@example.com ",
                          "ops\t@example.com",
                          "o\x7fps@example.com",
                          "\"ops\"@example.com",
                          "ops,eve@example.com",
                          "ops;eve@example.com",
                          "ops@[192.0.2.1]",
                          "ops@192.0.2.1",
                          "ops@example.com.",
                          "ops@.example.com",
                          "ops@example..com",
                          "ops@-example.com",
                          "ops@example-.com",
                          "ops@exam_ple.com",
                          "ops@bücher.example",
                          "öps@example.com",
                          ".ops@example.com",
                          "ops.@example.com",
                          "o..ps@example.com",
                          "ops(team)@example.com",
                          "ops:eve@example.com"};
    for (gsize i = 0; i < G_N_ELEMENTS(none); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *address = address_read(none[i], &error);
        if (address != NULL) {
            fail_msg("\"%s\" was taken", none[i]);
        }
        assert_non_null(error);
        assert_false(address_is_valid(none[i]));
    }
}

static void lengths_are_those_of_the_standards(void **state)
{
    (void)state;
    g_autofree char *local = g_strnfill(64, 'a');
    g_autofree char *label = g_strnfill(63, 'b');
    g_autofree char *longest = g_strdup_printf("%s@%s.%s.%.61s", local, label, label, label);
    g_autofree char *longer = g_strdup_printf("%s@%s.%s.%.62s", local, label, label, label);
    g_autofree char *long_local = g_strdup_printf("a%s@example.com", local);
    g_autofree char *long_label = g_strdup_printf("a@b%s.example", label);
    assert_int_equal(strlen(longest), ADDRESS_MAX);
    assert_true(address_is_valid(longest));
    assert_false(address_is_valid(longer));
    assert_false(address_is_valid(long_local));
    assert_false(address_is_valid(long_label));
}

static void contacts_are_kept_in_lower_case(void **state)
{
    (void)state;
    g_autofree char *domain = address_read_contact("@Example.com", NULL);
    g_autofree char *person = address_read_contact("Ops@Example.com", NULL);
    assert_string_equal(domain, "@example.com");
    assert_string_equal(person, "ops@example.com");
}

static void domains_of_other_letters_are_kept_as_mail_servers_have_them(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"Ops@Bücher.Example", "ops@xn--bcher-kva.example"},
        {"@BÜCHER.example", "@xn--bcher-kva.example"},
        {"ops@xn--bcher-kva.example", "ops@xn--bcher-kva.example"},
        {"ops@例え.テスト", "ops@xn--r8jz45g.xn--zckzah"},
        {"ops@ｐｌａｎｔ。example", "ops@plant.example"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *contact = address_read_contact(rows[i][0], NULL);
        assert_string_equal(contact, rows[i][1]);
    }
    // Before the @, or where two standards differ, nothing is guessed; and it is said what to do.
    const char *const none[] = {"öps@example.com", "ops@straße.example", "@\xFF.example"};
    for (gsize i = 0; i < G_N_ELEMENTS(none); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *contact = address_read_contact(none[i], &error);
        assert_null(contact);
        assert_non_null(strstr(error->message, "xn--"));
    }
}

static void public_providers_are_no_firms(void **state)
{
    (void)state;
    const char *const everybodys[] = {"@gmail.com",    "@GMX.de",      "@hotmail.co.uk",
                                      "@yahoo.fr",     "@web.de",      "@t-online.de",
                                      "@qq.com",       "@outlook.com", "@live.nl",
                                      "@yahoo.com.br", "@icloud.com",  "@wp.pl"};
    for (gsize i = 0; i < G_N_ELEMENTS(everybodys); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *contact = address_read_contact(everybodys[i], &error);
        assert_null(contact);
        assert_non_null(strstr(error->message, "anybody can have an address"));
    }
    const char *const firms[] = {"@live.example.com", "@yahoo.plant.example", "@mygmail.com",
                                 "someone@gmail.com"};
    for (gsize i = 0; i < G_N_ELEMENTS(firms); i++) {
        g_autofree char *contact = address_read_contact(firms[i], NULL);
        assert_non_null(contact);
    }
    const char *const none[] = {"", "@", "@com", "example.com", "@@example.com", "@*.example.com"};
    for (gsize i = 0; i < G_N_ELEMENTS(none); i++) {
        g_autofree char *contact = address_read_contact(none[i], NULL);
        assert_null(contact);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_addresses_are_taken),
        cmocka_unit_test(nothing_else_reaches_an_envelope),
        cmocka_unit_test(lengths_are_those_of_the_standards),
        cmocka_unit_test(contacts_are_kept_in_lower_case),
        cmocka_unit_test(domains_of_other_letters_are_kept_as_mail_servers_have_them),
        cmocka_unit_test(public_providers_are_no_firms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
