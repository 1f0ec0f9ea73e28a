/* Imports purchases from CSV (FORMATS.md, Purchases): the whole file or nothing. */
#ifndef ISSUER_SERVICE_IMPORT_H
#define ISSUER_SERVICE_IMPORT_H

#include "db/purchase_import.h"
#include "service/context.h"

#define IMPORT_PROBLEMS_SHOWN 1000

typedef struct {
    bool update;         /* book differences as new versions under the row's order */
    bool dry_run;        /* check everything, change nothing */
    const Digest *token; /* of who imports; NULL: nobody is named, the login alone judges */
} ImportOptions;

typedef struct {
    ImportResult result;
    GPtrArray *problems; /* of char *, "line 7: activations: …", in the order of the lines; at most
                            IMPORT_PROBLEMS_SHOWN */
    int64_t wrong_rows;  /* how many there are in truth */
} ImportReport;

/* Imports `path` ("-": standard input). NULL with ISSUER_ERROR_INPUT if the file does not
 * begin as a CSV of purchases, ISSUER_ERROR_NOT_FOUND if it is missing, or the database's errors. A
 * report with wrong_rows above 0 means that nothing was changed. The caller owns it. */
ImportReport *import_purchases(Context *context, const char *path, const ImportOptions *options,
                               GError **error);

void import_report_free(ImportReport *report);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImportReport, import_report_free)

#endif
