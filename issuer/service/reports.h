/* Reports for finance and the desk. What each tells is computed by the database's functions of the
 * same names, so that other programs see the same figures. */
#ifndef ISSUER_SERVICE_REPORTS_H
#define ISSUER_SERVICE_REPORTS_H

#include "db/report_query.h"
#include "service/context.h"
#include "service/listings.h"

typedef struct {
    const char *name;     /* "support-years" */
    const char *function; /* "report_support_years" */
    const char *rows;     /* function with a row for each thing that is counted; NULL: none */
    bool hashed;          /* it joins what no index has in one order */
} Report;

/* The report of that name; NULL: there is none. Static. */
const Report *reports_find(const char *name);

/* What a person asks for. */
typedef struct {
    const Report *report;
    const char *as_of;    /* a day; NULL: today in finance-zone */
    const char *known_at; /* a time in UTC, or a day to its end in finance-zone; NULL: the latest
                             that can be repeated */
    bool rows;            /* each thing, not sums */
} ReportOrder;

/* Settles what is asked for. ISSUER_ERROR_USAGE if a time is none or too late, or the report has no
 * rows; ISSUER_ERROR_INPUT if finance-zone is no zone. `moment` is cleared by the caller with
 * report_query_moment_clear(). */
bool reports_settle(Context *context, const ReportOrder *order, ReportMoment *moment,
                    GError **error);

/* Runs it: see report_query_run(). */
bool reports_run(Context *context, const ReportOrder *order, const ReportMoment *moment,
                 ReportPiece piece, gpointer data, GError **error);

#endif
