/* The reports as the database makes them: functions report_… of schema/repeat/. */
#ifndef ISSUER_DB_REPORT_QUERY_H
#define ISSUER_DB_REPORT_QUERY_H

#include "db/database.h"
#include "db/listing.h"

#include <stdint.h>

/* What is asked for: what is effective by the end of day `as_of`, as it was known. */
typedef struct {
    const char *zone;     /* IANA name: whose days */
    int64_t now;          /* seconds */
    int32_t as_of;        /* DATES_NONE: the day of `now` in the zone */
    const char *known_at; /* "2027-03-31T12:00:00.5Z", UTC; NULL: not said */
    int32_t known_day;    /* the end of this day in the zone; DATES_NONE: not said */
} ReportQuestion;

/* The same, settled: the same moment gives the same report, whenever it is asked for. */
typedef struct {
    char *zone;
    char *as_of;    /* "2027-03-31" */
    char *known_at; /* "2027-03-31T12:00:00.500000Z" */
    int32_t day;    /* the same day and time as numbers: days, microseconds since 1970 */
    int64_t micros;
} ReportMoment;

/* Whether the database knows that time zone; ISSUER_ERROR_INPUT if it does not. */
bool report_query_check_zone(Database *db, const char *zone, GError **error);

/* Since when the records may lack something that was recorded, where they are a standby's and that
 * is more than `seconds` ago: "2027-03-31T12:00:00Z" in `since`, a new string; else NULL. */
bool report_query_behind(Database *db, unsigned seconds, char **since, GError **error);

/* Notes for the standbys how far the records are. */
bool report_query_note_moment(Database *db, GError **error);

/* The zone of the views report_…_now, which the database has by a setting of its own. New string.
 */
char *report_query_views_zone(Database *db, GError **error);

/* Settles a question. What was known when is the moment before the oldest transaction that is still
 * open, unless it is said; a later one is ISSUER_ERROR_USAGE, since what was recorded by then can
 * still grow. ISSUER_ERROR_INPUT if the database knows no such zone. `moment` is cleared by the
 * caller. */
bool report_query_settle(Database *db, const ReportQuestion *question, ReportMoment *moment,
                         GError **error);

void report_query_moment_clear(ReportMoment *moment);

/* What is done with a piece of a report: its columns, and no row or some. False with an error: no
 * more is wanted. */
typedef bool (*ReportPiece)(const Listing *piece, gpointer data, GError **error);

/* A function of the moment, "report_licenses", and how it is best asked: see
 * database_for_reports(). */
typedef struct {
    const char *name;
    bool in_order;
} ReportFunction;

/* Runs a report and hands it over in pieces, at least one. */
bool report_query_run(Database *db, const ReportFunction *function, const ReportMoment *moment,
                      ReportPiece piece, gpointer data, GError **error);

#endif
