/* The one clock of the program. core/ takes the time as an argument; everybody else asks here, so
 * that a test can put a fixed time in its place. */
#ifndef ISSUER_BASE_CLOCK_H
#define ISSUER_BASE_CLOCK_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* Whether ISSUER_NOW, if it is set, is a time in seconds. ISSUER_ERROR_INPUT. Asked once, before
 * anything is done: a time that was meant to be fixed must not be the real one. */
bool clock_check(GError **error);

/* Seconds since 1970 UTC. The environment variable ISSUER_NOW (seconds), meant for tests, fixes
 * it. */
int64_t clock_now(void);

/* Seconds since 1970 UTC by this machine's clock, whatever ISSUER_NOW says: to be compared with
 * another machine's. */
int64_t clock_machine(void);

/* Microseconds of a clock that never runs back; for durations only. */
int64_t clock_monotonic_us(void);

#endif
