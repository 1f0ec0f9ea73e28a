/* Named days and the instants that they stand for. A day is a count of days since 1970-01-01 in the
 * proleptic Gregorian calendar; an instant is seconds since 1970 UTC. */
#ifndef ISSUER_CORE_DATES_H
#define ISSUER_CORE_DATES_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define DATES_NONE         (-1)    /* no day */
#define DATES_LAST_DAY     2932896 /* 9999-12-31; the first is 0, 1970-01-01 */
#define DATES_LAST_INSTANT (((int64_t)DATES_LAST_DAY + 1) * 86400 - 1) /* 9999-12-31 23:59:59 */

/* Reads "2027-03-31" and nothing else (ISO 8601 calendar date, extended format, 1970 to 9999);
 * false, with `day` untouched, if it is none. */
bool dates_read(const char *text, int32_t *day);

/* Reads a time as people and our own lists write it: "2027-03-31" (`whole_day` is set; its first
 * instant in UTC) or "2027-03-31T12:00:00Z", the seconds and the Z as one likes, a blank for the T;
 * all in UTC. False, with both untouched, if it is none. */
bool dates_read_time(const char *text, int64_t *instant, bool *whole_day);

/* A day of 0 to DATES_LAST_DAY as "2027-03-31". New string. */
char *dates_text(int32_t day);

/* The day of the calendar in UTC on which an instant of 1970 to 9999 lies; an earlier instant is
 * taken as the first day, a later one as the last. */
int32_t dates_day_of(int64_t instant);

/* The first instant at which `day` is over everywhere on earth: 12:00 UTC of the next day, in
 * seconds. What is valid "through" a day is valid below it. */
int64_t dates_end(int32_t day);

/* The way back: the last day that is over everywhere on earth at `instant`, as dates_day_of() does
 * at the ends of the range. */
int32_t dates_through(int64_t instant);

/* Whether an instant that somebody else wrote is one of 1970 to 9999, as all that is kept must be;
 * the very first, 0, stands for none. */
bool dates_is_instant(int64_t instant);

/* An instant as "2027-03-31 12:00 UTC" (seconds dropped), clamped as in dates_day_of(). New
 * string. */
char *dates_instant_text(int64_t instant);

#endif
