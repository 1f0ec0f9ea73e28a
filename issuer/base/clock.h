/* The one clock of the program. core/ takes the time as an argument; everybody else asks here, so
 * that a test can put a fixed time in its place. */
#ifndef ISSUER_BASE_CLOCK_H
#define ISSUER_BASE_CLOCK_H

#include <stdint.h>

/* Seconds since 1970 UTC. The environment variable ISSUER_NOW (seconds), meant for tests, fixes
 * it. */
int64_t clock_now(void);

/* Microseconds of a clock that never runs back; for durations only. */
int64_t clock_monotonic_us(void);

#endif
