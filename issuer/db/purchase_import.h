/* Books purchases: rows are staged, checked against each other and the records, then booked, all
 * within the caller's transaction and by whole sets (schema/repeat/import.sql). */
#ifndef ISSUER_DB_PURCHASE_IMPORT_H
#define ISSUER_DB_PURCHASE_IMPORT_H

#include "core/digest.h"
#include "core/purchase.h"
#include "db/database.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct {
    unsigned line; /* of the file, from 1 */
    const Purchase *purchase;
} ImportRow;

/* What may be known of a license key that stands in a row. */
typedef struct {
    unsigned line; /* of the file, from 1 */
    Digest public_half;
    char hint[5];
    bool weak; /* it looks numbered, or is short */
} ImportKey;

typedef struct {
    unsigned line;
    char *text; /* begins with the column's name */
} ImportProblem;

typedef struct {
    int64_t rows;
    int64_t added;     /* licenses that were not on record */
    int64_t changed;   /* differences booked */
    int64_t same;      /* nothing to do */
    int64_t customers; /* new ones */
    int64_t orders;    /* new ones */
    int64_t weak_keys; /* of the licenses added: keys that look numbered or short */
    int64_t unlimited; /* licenses that got a metered feature: a file gives it no limit */
} ImportResult;

typedef struct {
    Digest file; /* SHA-256 of what was read */
    int64_t rows;
    const Digest *token; /* of who imports; NULL: nobody is named */
    int64_t now;         /* seconds */
} ImportStamp;

/* Makes room for the rows and keeps other imports waiting until the transaction ends. */
bool purchase_import_begin(Database *db, GError **error);

/* Adds rows (of ImportRow), without their license keys. */
bool purchase_import_stage(Database *db, const GArray *rows, GError **error);

/* What is stored of the license key in that line: it cannot be turned back into the key. Some 25
 * microseconds of work; any thread may do it. */
ImportKey purchase_import_key(unsigned line, const Secret *key);

/* Looks up what of the rows is on record; after it no more rows can be added. The check does it
 * where it was not done before: apart from it, it needs no keys. */
bool purchase_import_look_up(Database *db, GError **error);

/* Adds the keys (of ImportKey) of rows, one for a line. */
bool purchase_import_stage_keys(Database *db, const GArray *keys, GError **error);

/* What is wrong, by line: up to `most` ImportProblem * in `problems` (with a free function);
 * `total` how many there are. With `update`, a row that differs from what was last imported for its
 * license is none. */
bool purchase_import_check(Database *db, bool update, unsigned most, GPtrArray *problems,
                           int64_t *total, GError **error);

/* Books what was checked. */
bool purchase_import_book(Database *db, const ImportStamp *stamp, ImportResult *result,
                          GError **error);

void import_problem_free(ImportProblem *problem);

#endif
