/* Is this usage license one of ours? Judged as a Chariot server would, by the roots and the denied
 * list, and then by the records. */
#ifndef ISSUER_SERVICE_VERIFY_H
#define ISSUER_SERVICE_VERIFY_H

#include "core/usage_license.h"

#include <glib.h>
#include <stdbool.h>

typedef enum {
    VERDICT_GOOD,          /* and the same bytes are on record */
    VERDICT_NOT_ON_RECORD, /* signed by our key, but not on record, or with other bytes there */
    VERDICT_NOT_ASKED,     /* good, but the database was not to be asked or is out of reach */
    VERDICT_NOT_GOOD,
} VerifyVerdict;

/* One usage license of the file. */
typedef struct {
    VerifyVerdict verdict;
    bool damaged;          /* its code is not whole, so there is no `license` */
    char *why;             /* one line; NULL: nothing to add */
    UsageLicense *license; /* what it says of itself, proven only if it is good; NULL: unreadable */
    char *state;           /* of its activation, by the records; NULL: not known */
} VerifiedLicense;

typedef struct {
    const char *path;    /* "-": standard input */
    const char *anchors; /* file with the roots (PEM); NULL: the key folder's */
    const char *denied;  /* file with a denied list; NULL: the key folder's if it has one; with
                            `anchors` of other keys: none */
    bool offline;        /* do not ask the database */
} VerifyOptions;

/* Verifies every usage license in a file, as license_file_read() finds them: at least one, of
 * VerifiedLicense. A database that cannot be asked is no error. ISSUER_ERROR_NOT_FOUND where file,
 * roots or denied list are missing, ISSUER_ERROR_INPUT where they are not what they should be. The
 * caller owns the array. */
GPtrArray *verify_file(const char *config_path, const VerifyOptions *options, GError **error);

/* The verdict in its fixed words: "good", "good, NOT ON RECORD", "good, database not asked", "not
 * good". Static. */
const char *verify_verdict_text(VerifyVerdict verdict);

/* Whether somebody has to look into it: it is not good, or not on record. */
bool verify_is_alarming(const VerifiedLicense *license);

#endif
