#include "cli/failure.h"

#include "base/error.h"
#include "base/text.h"
#include "core/finder.h"

#include <stdio.h>

static ExitCode exit_code(const GError *error)
{
    if (error->domain != ISSUER_ERROR) {
        return EXIT_NOT_DONE;
    }
    switch ((IssuerErrorCode)error->code) {
    case ISSUER_ERROR_USAGE:
        return EXIT_WRONG_USAGE;
    case ISSUER_ERROR_UNAVAILABLE:
        return EXIT_OUT_OF_REACH;
    case ISSUER_ERROR_INPUT:
    case ISSUER_ERROR_NOT_FOUND:
    case ISSUER_ERROR_DENIED:
    case ISSUER_ERROR_CONFLICT:
    case ISSUER_ERROR_STALE:
    case ISSUER_ERROR_FAILED:
        break;
    }
    return EXIT_NOT_DONE;
}

ExitCode failure_report(const GError *error)
{
    /* What was typed in a wrong place is said again here, and may be a license key. */
    g_autofree char *masked = finder_mask_license_keys(error->message);
    g_autofree char *line = text_one_line(masked, 0);
    (void)fflush(stdout); /* in a log of both, the output stands before what ended it */
    (void)fprintf(stderr, "issuer: %s\n", line);
    return exit_code(error);
}
