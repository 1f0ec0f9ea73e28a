/* core/mail_words.h: License IDs and words of loss in what a person wrote. */
#include "core/mail_words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void check_id(const char *text, const char *expected)
{
    g_autofree char *id = mail_words_license_id(text);
    if (g_strcmp0(id, expected) != 0) {
        print_message("%s: %s\n", text, id);
    }
    assert_true(g_strcmp0(id, expected) == 0);
}

static void a_license_id_is_found_in_a_sentence(void **state)
{
    (void)state;
    check_id("Our server of LIC-00001042 burnt down.", "LIC-00001042");
    check_id("LIC-1", "LIC-1");
    check_id("(license LIC-2024.7-B, see order)", "LIC-2024.7-B");
    check_id("id=LIC-ACME_7;", "LIC-ACME_7");
    check_id("\"LIC-00001042\"", "LIC-00001042");
    check_id("Lizenz\xC2\xA0LIC-00001042\xE2\x80\xA6", "LIC-00001042");
    check_id("first\nLIC-00001042\nlast", "LIC-00001042");
}

static void what_software_makes_of_its_hyphen_does_not_matter(void **state)
{
    (void)state;
    check_id("LIC\xE2\x80\x91"
             "00001042",
             "LIC-00001042"); /* no-break hyphen */
    check_id("LIC\xE2\x80\x93"
             "00001042",
             "LIC-00001042"); /* en dash */
    check_id("LIC-\xE2\x80\x8B"
             "0000\xC2\xAD"
             "1042",
             "LIC-00001042"); /* unseen characters */
}

static void its_prefix_may_be_written_in_any_case(void **state)
{
    (void)state;
    check_id("our lic-00001042 please", "LIC-00001042");
    check_id("our Lic-abC9 please", "LIC-abC9");
}

static void the_first_of_several_counts(void **state)
{
    (void)state;
    check_id("LIC-7 was replaced by LIC-8", "LIC-7");
}

static void signs_at_its_end_are_the_sentences(void **state)
{
    (void)state;
    check_id("It is LIC-00001042.", "LIC-00001042");
    check_id("It is LIC-00001042...", "LIC-00001042");
    check_id("LIC-00001042- the one of the plant", "LIC-00001042");
    check_id("is it LIC-00001042?", "LIC-00001042");
}

static void what_only_looks_like_one_is_none(void **state)
{
    (void)state;
    check_id("", NULL);
    check_id("no license here", NULL);
    check_id("PUBLIC-00001042", NULL);
    check_id("LIC 00001042", NULL);
    check_id("LIC- and nothing", NULL);
    check_id("LIC-", NULL);
    check_id("LIC-...", NULL);
    check_id("LIC-\xC3\xA9tude", NULL);
    check_id("LIC--.--", NULL);
}

static void one_that_is_too_long_is_passed_over(void **state)
{
    (void)state;
    g_autofree char *digits = g_strnfill(61, '7');
    g_autofree char *over = g_strdup_printf("LIC-%s then LIC-5", digits);
    check_id(over, "LIC-5");
    digits[60] = '\0';
    g_autofree char *longest = g_strdup_printf("LIC-%s", digits);
    check_id(longest, longest);
}

static const char *const words[] = {"destroyed",
                                    "burnt down",
                                    "Verlust",
                                    "d\xC3\xA9truit",
                                    "\xCF\x87\xCE\xAC\xCE\xB8\xCE\xB7\xCE\xBA\xCE\xB5",
                                    NULL};

static bool tells(const char *text, const char *const *words_of_loss)
{
    g_auto(GStrv) folded = mail_words_fold(words_of_loss);
    return mail_words_tell_of_loss(text, (const char *const *)folded);
}

static void check_loss(const char *text, bool expected)
{
    if (tells(text, words) != expected) {
        print_message("in: %s\n", text);
    }
    assert_int_equal(tells(text, words), expected);
}

/* ASCII goes its own way through the folding; it must be the same way. */
static void ascii_is_folded_as_other_text_is(void **state)
{
    (void)state;
    static const char *const ascii[] = {"Burnt\t \v down",   "\f BURNT\r\n\n down",
                                        "x burnt \x1f down", "burnt down\x7f",
                                        " STRASSE ",         NULL};
    for (gsize i = 0; ascii[i] != NULL; i++) {
        g_autofree char *wide = g_strdup_printf("%s \xCE\xA7", ascii[i]);
        assert_int_equal(tells(ascii[i], words), tells(wide, words));
    }
    static const char *const sharp[] = {"stra\xC3\x9F"
                                        "e",
                                        NULL};
    assert_true(tells("STRASSE", sharp));
}

static void check_cases(const char *text, const char *expected)
{
    g_autoptr(GArray) numbers = mail_words_case_numbers(text);
    g_autoptr(GString) found = g_string_new(NULL);
    for (guint i = 0; i < numbers->len; i++) {
        g_string_append_printf(found, "%s%" G_GINT64_FORMAT, i > 0 ? " " : "",
                               g_array_index(numbers, int64_t, i));
    }
    assert_string_equal(found->str, expected);
}

static void numbers_of_cases_are_found(void **state)
{
    (void)state;
    check_cases("Re: Offline activation [case 1001, case 1002]", "1001 1002");
    check_cases("Case: 1001\nCASE NO. 1002, case #1003, Case number 1004. Case-1005",
                "1001 1002 1003 1004 1005");
    check_cases("case 1001 and case\n1001 again", "1001");
    check_cases("case\xC2\xAD 1001", "1001"); /* a hyphen that nobody sees */
    check_cases("showcase 1001, in case 5 servers fail, case 2026A, case 1234567890, case nothing",
                "");
    check_cases("no word of it: 1001", "");
    check_cases(NULL, "");
}

static void a_case_is_read_as_people_type_it(void **state)
{
    (void)state;
    assert_int_equal(mail_words_case_typed("1001"), 1001);
    assert_int_equal(mail_words_case_typed(" case 1001 "), 1001);
    assert_int_equal(mail_words_case_typed("Case #1001"), 1001);
    assert_int_equal(mail_words_case_typed("#1001"), 1001);
    assert_int_equal(mail_words_case_typed("1001 and more"), 0);
    assert_int_equal(mail_words_case_typed("7K2QW-9M3XA"), 0);
    assert_int_equal(mail_words_case_typed("0123456789"), 0); /* a request's short form */
    assert_int_equal(mail_words_case_typed(""), 0);
}

static void a_word_of_loss_is_found_whole(void **state)
{
    (void)state;
    check_loss("The server was destroyed by the flood.", true);
    check_loss("destroyed", true);
    check_loss("(destroyed)", true);
    check_loss("our host (burnt down, sadly)", true);
    check_loss("it is not undestroyed", false);
    check_loss("the destroyedness", false);
    check_loss("destroyed2 is our host's name", false);
    check_loss("all is well", false);
    check_loss("", false);
    check_loss(NULL, false);
}

static void a_part_of_a_word_does_not_hide_the_word_behind_it(void **state)
{
    (void)state;
    check_loss("undestroyed, then destroyed", true);
}

static void case_does_not_matter_in_any_alphabet(void **state)
{
    (void)state;
    check_loss("DESTROYED", true);
    check_loss("totaler VERLUST des Servers", true);
    check_loss("le serveur est D\xC3\x89TRUIT", true);
    check_loss("\xCE\xA7\xCE\x86\xCE\x98\xCE\x97\xCE\x9A\xCE\x95", true);
}

static void accents_may_be_written_in_either_way(void **state)
{
    (void)state;
    check_loss("le serveur est de\xCC\x81truit", true); /* e and a combining accent */
}

static void words_of_several_parts_stand_over_a_line_break(void **state)
{
    (void)state;
    check_loss("the plant has burnt\ndown last night", true);
    check_loss("the plant has burnt\r\n  down last night", true);
    check_loss("burnt\xC2\xA0"
               "down",
               true);
    check_loss("burntdown", false);
    check_loss("burnt, down", false);
}

static void letters_of_other_alphabets_bound_no_word(void **state)
{
    (void)state;
    check_loss("\xD0\xB6"
               "destroyed",
               false);
    check_loss("destroyed\xD0\xB6", false);
    check_loss("\xE2\x80\x9C"
               "destroyed\xE2\x80\x9D",
               true);
}

static void bytes_that_are_no_text_do_no_harm(void **state)
{
    (void)state;
    check_loss("\xFF\xFE destroyed \xC3", true);
    check_loss("\xFF\xFE\x80\x80", false);
}

static void no_words_tell_of_nothing(void **state)
{
    (void)state;
    static const char *const none[] = {NULL};
    static const char *const empty[] = {"", " ", NULL};
    assert_false(tells("the server was destroyed", none));
    assert_false(tells("the server was destroyed", empty));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_license_id_is_found_in_a_sentence),
        cmocka_unit_test(what_software_makes_of_its_hyphen_does_not_matter),
        cmocka_unit_test(its_prefix_may_be_written_in_any_case),
        cmocka_unit_test(the_first_of_several_counts),
        cmocka_unit_test(signs_at_its_end_are_the_sentences),
        cmocka_unit_test(what_only_looks_like_one_is_none),
        cmocka_unit_test(one_that_is_too_long_is_passed_over),
        cmocka_unit_test(numbers_of_cases_are_found),
        cmocka_unit_test(a_case_is_read_as_people_type_it),
        cmocka_unit_test(a_word_of_loss_is_found_whole),
        cmocka_unit_test(ascii_is_folded_as_other_text_is),
        cmocka_unit_test(a_part_of_a_word_does_not_hide_the_word_behind_it),
        cmocka_unit_test(case_does_not_matter_in_any_alphabet),
        cmocka_unit_test(accents_may_be_written_in_either_way),
        cmocka_unit_test(words_of_several_parts_stand_over_a_line_break),
        cmocka_unit_test(letters_of_other_alphabets_bound_no_word),
        cmocka_unit_test(bytes_that_are_no_text_do_no_harm),
        cmocka_unit_test(no_words_tell_of_nothing),
    };
    return cmocka_run_group_tests_name("mail words", tests, NULL, NULL);
}
