/* The house's one error domain. A refusal is a value and a damaged input is a value; a GError is
 * something that could not be done. The message says what, where and what to do next, in one line.
 */
#ifndef ISSUER_BASE_ERROR_H
#define ISSUER_BASE_ERROR_H

#include <glib.h>

#define ISSUER_ERROR (issuer_error_quark())

typedef enum {
    ISSUER_ERROR_USAGE,       /* the command line or an argument is wrong (exit 2) */
    ISSUER_ERROR_INPUT,       /* a file, row, key or token that cannot be used as it is (exit 1) */
    ISSUER_ERROR_NOT_FOUND,   /* what was named is not on record (exit 1) */
    ISSUER_ERROR_DENIED,      /* the operator or the process may not do this (exit 1) */
    ISSUER_ERROR_CONFLICT,    /* another writer was first: read again, decide again */
    ISSUER_ERROR_STALE,       /* what was approved is no longer what would happen (exit 1) */
    ISSUER_ERROR_UNAVAILABLE, /* a needed service is out of reach: "not now" (exit 3) */
    ISSUER_ERROR_FAILED,      /* the rest: the system, a file, a bug (exit 1) */
} IssuerErrorCode;

/* The quark of ISSUER_ERROR. */
GQuark issuer_error_quark(void);

#endif
