/* What the signer refuses though its key could sign it: whoever asks may have been taken over, or a
 * clock be wrong. What it has signed is counted in a file, so that an end and a new start change
 * nothing. All refusals are ISSUER_ERROR_UNAVAILABLE, "not now": no single mail is to blame. */
#ifndef ISSUER_SIGN_SIGN_GUARD_H
#define ISSUER_SIGN_SIGN_GUARD_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define SIGN_GUARD_CLOCKS  60  /* seconds by which two clocks may differ */
#define SIGN_GUARD_LONGEST 600 /* seconds that a batch may take */

typedef struct SignGuard SignGuard;

/* A batch that wants to be signed. */
typedef struct {
    int64_t now;      /* seconds; as clock_now() */
    int64_t clock;    /* seconds, as this machine's clock says it (clock_machine()) */
    int64_t database; /* seconds, as the database's clock says it */
    uint32_t age_ms;  /* how long ago the batch began, whose beginning is the time signed */
    uint32_t count;   /* usage licenses to be counted; 0: they were, with an earlier part */
    int64_t iat;      /* seconds; the earliest time that is to be signed, */
    int64_t latest;   /* and the latest */
} SignWish;

/* Opens the file `path`, or makes it, with mode 0600, on which at most `an_hour` usage licenses are
 * signed within any hour. One process has it at a time: ISSUER_ERROR_UNAVAILABLE while another has.
 * ISSUER_ERROR_NOT_FOUND without the folder, _INPUT for a file that is none of ours, _FAILED. The
 * caller owns it. */
SignGuard *sign_guard_open(const char *path, uint32_t an_hour, GError **error);

/* The descriptor of its file, which is all that it needs from now on. */
int sign_guard_descriptor(const SignGuard *guard);

/* Whether all of that may be signed now; then it is counted, and remembered before it is signed. */
bool sign_guard_admit(SignGuard *guard, const SignWish *wish, GError **error);

void sign_guard_free(SignGuard *guard);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(SignGuard, sign_guard_free)

#endif
