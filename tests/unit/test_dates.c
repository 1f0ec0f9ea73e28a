/* core/dates.h against GLib's calendar. */
#include "core/dates.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#define DAY 86400

/* Every day there is, both ways and against another calendar. */
static void all_days(void **state)
{
    (void)state;
    GDate date;
    g_date_clear(&date, 1);
    g_date_set_dmy(&date, 1, G_DATE_JANUARY, 1970);
    for (int32_t day = 0; day <= DATES_LAST_DAY; day++) {
        int32_t back = DATES_NONE;
        char expected[16];
        g_autofree char *text = dates_text(day);
        g_snprintf(expected, sizeof expected, "%04d-%02d-%02d", g_date_get_year(&date),
                   g_date_get_month(&date), g_date_get_day(&date));
        assert_string_equal(text, expected);
        assert_true(dates_read(text, &back));
        assert_int_equal(back, day);
        g_date_add_days(&date, 1);
    }
    assert_int_equal(g_date_get_year(&date), 10000);
}

static void other_texts_are_no_days(void **state)
{
    (void)state;
    const char *none[] = {
        "",           "2027",        "2027-3-31",   "2027-03-32",       "2027-02-29",
        "2100-02-29", "2027-00-10",  "2027-13-01",  "2027-04-31",       "1969-12-31",
        "2027/03/31", "31.03.2027",  "2027-03-31 ", " 2027-03-31",      "2027-03-3a",
        "+027-03-31", "10000-01-01", "2027-03-00",  "2027-03-31T00:00Z"};
    int32_t day = 77;
    for (gsize i = 0; i < G_N_ELEMENTS(none); i++) {
        if (dates_read(none[i], &day)) {
            fail_msg("\"%s\" was read", none[i]);
        }
    }
    assert_int_equal(day, 77);
    assert_true(dates_read("2000-02-29", &day));
    assert_true(dates_read("2028-02-29", &day));
}

/* Through a day anywhere on earth: 12:00 UTC of the next. */
static void a_day_ends_at_noon_of_the_next(void **state)
{
    (void)state;
    int32_t day = DATES_NONE;
    assert_true(dates_read("2026-11-25", &day));
    const int64_t end = dates_end(day);
    g_autofree char *text = dates_instant_text(end);
    assert_string_equal(text, "2026-11-26 12:00 UTC");
    assert_int_equal(end, 1795694400);
    assert_int_equal(dates_through(end), day);
    assert_int_equal(dates_through(end - 1), day - 1);
    assert_int_equal(dates_day_of(end), day + 1);
    assert_int_equal(dates_day_of((int64_t)day * DAY), day);
    assert_int_equal(dates_day_of((int64_t)day * DAY - 1), day - 1);
    for (int32_t each = 0; each < DATES_LAST_DAY; each += 37) {
        assert_int_equal(dates_through(dates_end(each)), each);
    }
    assert_int_equal(dates_through(dates_end(DATES_LAST_DAY)), DATES_LAST_DAY);
}

static void instants_beyond_the_range_are_clamped(void **state)
{
    (void)state;
    assert_int_equal(dates_day_of(-1), 0);
    assert_int_equal(dates_day_of(G_MININT64), 0);
    assert_int_equal(dates_day_of(G_MAXINT64), DATES_LAST_DAY);
    assert_int_equal(dates_through(0), 0);
    assert_int_equal(dates_through(G_MAXINT64), DATES_LAST_DAY);
    g_autofree char *first = dates_instant_text(G_MININT64);
    g_autofree char *last = dates_instant_text(G_MAXINT64);
    assert_string_equal(first, "1970-01-01 00:00 UTC");
    assert_string_equal(last, "9999-12-31 23:59 UTC");
}

static void times_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t instant;
        bool whole_day;
    } times[] = {
        {"1970-01-02", 86400, true},
        {"1970-01-02T00:00:01Z", 86401, false},
        {"1970-01-02 23:59", 86400 + 86340, false},
        {"9999-12-31T23:59:59", DATES_LAST_INSTANT, false},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(times); i++) {
        int64_t instant = -1;
        bool whole_day = !times[i].whole_day;
        assert_true(dates_read_time(times[i].text, &instant, &whole_day));
        assert_int_equal(instant, times[i].instant);
        assert_int_equal(whole_day, times[i].whole_day);
    }
    static const char *const wrong[] = {"",
                                        "2027",
                                        "2027-02-29",
                                        "2027-03-31T",
                                        "2027-03-31T24:00",
                                        "2027-03-31T12:60:00Z",
                                        "2027-03-31T12:00:60",
                                        "2027-03-31T12:00:00ZZ",
                                        "2027-03-31x12:00",
                                        "2027-03-31T1:00",
                                        "2027-03-31T12:00:00+01:00",
                                        "2027-03-31Z"};
    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
        int64_t instant = -1;
        bool whole_day = false;
        assert_false(dates_read_time(wrong[i], &instant, &whole_day));
        assert_int_equal(instant, -1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_read),
        cmocka_unit_test(all_days),
        cmocka_unit_test(other_texts_are_no_days),
        cmocka_unit_test(a_day_ends_at_noon_of_the_next),
        cmocka_unit_test(instants_beyond_the_range_are_clamped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
