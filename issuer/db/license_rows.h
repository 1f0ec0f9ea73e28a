/* Rows of licenses as records in memory; between license_query.c and license_detail.c. */
#ifndef ISSUER_DB_LICENSE_ROWS_H
#define ISSUER_DB_LICENSE_ROWS_H

#include "db/license_query.h"

/* The summary of a License ID, case aside. ISSUER_ERROR_NOT_FOUND. */
LicenseSummary *license_rows_find(Database *db, const char *license_id, GError **error);

#endif
