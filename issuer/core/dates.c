#include "core/dates.h"

#include <string.h>

#define DAY_SECONDS  ((int64_t)86400)
#define NOON         (DAY_SECONDS / 2)
#define ERA_DAYS     146097 /* 400 years */
#define DAYS_TO_1970 719468 /* from 0000-03-01 */

typedef struct {
    int32_t year;
    int32_t month; /* 1 to 12 */
    int32_t day;   /* 1 to 31 */
} Civil;

static bool is_leap(int32_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int32_t days_in_month(int32_t year, int32_t month)
{
    static const int8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && is_leap(year));
}

/* Years are counted from March, so that the leap day is the last of its year; then whole eras of
 * 400 years are alike. For years from 1970 on nothing here is negative. */
static int32_t day_of(Civil civil)
{
    const int32_t year = civil.month <= 2 ? civil.year - 1 : civil.year;
    const int32_t era = year / 400;
    const int32_t year_of_era = year % 400;
    const int32_t month = (civil.month + 9) % 12; /* March is 0 */
    const int32_t day_of_year = (153 * month + 2) / 5 + civil.day - 1;
    const int32_t day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * ERA_DAYS + day_of_era - DAYS_TO_1970;
}

static Civil civil_of(int32_t day)
{
    const int32_t shifted = day + DAYS_TO_1970;
    const int32_t day_of_era = shifted % ERA_DAYS;
    const int32_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    const int32_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - //
                                              year_of_era / 100);
    const int32_t month = (5 * day_of_year + 2) / 153; /* March is 0 */
    const int32_t year = shifted / ERA_DAYS * 400 + year_of_era;
    return (Civil){
        .year = month >= 10 ? year + 1 : year,
        .month = month >= 10 ? month - 9 : month + 3,
        .day = day_of_year - (153 * month + 2) / 5 + 1,
    };
}

/* `count` decimal digits at `text`; -1 if they are none. */
static int32_t read_digits(const char *text, int count)
{
    int32_t value = 0;
    for (int i = 0; i < count; i++) {
        if (!g_ascii_isdigit(text[i])) {
            return -1;
        }
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

bool dates_read(const char *text, int32_t *day)
{
    /* The length first, so that no place looked at lies behind the closing zero byte. */
    if (strlen(text) != strlen("2027-03-31") || text[4] != '-' || text[7] != '-') {
        return false;
    }
    const Civil civil = {read_digits(text, 4), read_digits(text + 5, 2), read_digits(text + 8, 2)};
    if (civil.year < 1970 || civil.month < 1 || civil.month > 12 || civil.day < 1 ||
        civil.day > days_in_month(civil.year, civil.month)) {
        return false;
    }
    *day = day_of(civil);
    return true;
}

/* "12:00" or "12:00:59" in seconds; -1 if it is none. */
static int32_t read_clock(const char *text)
{
    const gsize length = strlen(text);
    if ((length != 5 && length != 8) || text[2] != ':' || (length == 8 && text[5] != ':')) {
        return -1;
    }
    const int32_t hour = read_digits(text, 2);
    const int32_t minute = read_digits(text + 3, 2);
    const int32_t second = length == 8 ? read_digits(text + 6, 2) : 0;
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) {
        return -1;
    }
    return hour * 3600 + minute * 60 + second;
}

bool dates_read_time(const char *text, int64_t *instant, bool *whole_day)
{
    const gsize day_length = strlen("2027-03-31");
    g_autofree char *day_text = g_strndup(text, day_length);
    int32_t day = 0;
    if (!dates_read(day_text, &day)) {
        return false;
    }
    const char *rest = text + day_length;
    int32_t seconds = 0;
    if (*rest != '\0') {
        g_autofree char *clock = g_strdup(rest + 1);
        if (g_str_has_suffix(clock, "Z")) {
            clock[strlen(clock) - 1] = '\0';
        }
        seconds = *rest == 'T' || *rest == ' ' ? read_clock(clock) : -1;
    }
    if (seconds < 0) {
        return false;
    }
    *instant = day * DAY_SECONDS + seconds;
    *whole_day = *rest == '\0';
    return true;
}

char *dates_text(int32_t day)
{
    const Civil civil = civil_of(CLAMP(day, 0, DATES_LAST_DAY));
    return g_strdup_printf("%04d-%02d-%02d", civil.year, civil.month, civil.day);
}

/* The day on which `seconds` after the start of 1970-01-01 lie, within the range. */
static int32_t clamp_day(int64_t seconds)
{
    return seconds < 0 ? 0 : (int32_t)MIN(seconds / DAY_SECONDS, (int64_t)DATES_LAST_DAY);
}

int32_t dates_day_of(int64_t instant)
{
    return clamp_day(instant);
}

int64_t dates_end(int32_t day)
{
    return ((int64_t)day + 1) * DAY_SECONDS + NOON;
}

int32_t dates_through(int64_t instant)
{
    return instant < DAY_SECONDS + NOON ? 0 : clamp_day(instant - DAY_SECONDS - NOON);
}

bool dates_is_instant(int64_t instant)
{
    return instant > 0 && instant <= DATES_LAST_INSTANT;
}

char *dates_instant_text(int64_t instant)
{
    const int64_t clamped = CLAMP(instant, 0, DATES_LAST_INSTANT);
    const int64_t of_day = clamped % DAY_SECONDS;
    g_autofree char *day = dates_text(dates_day_of(clamped));
    return g_strdup_printf("%s %02d:%02d UTC", day, (int)(of_day / 3600),
                           (int)(of_day % 3600 / 60));
}
