/* For LD_PRELOAD: the time of day of a process, and of all that it starts, is as many seconds off
 * as the file named in SHIFTED_CLOCK says, from the instant at which somebody writes them there.
 * The file is in memory before anything is confined, so that also a process sees it which may open
 * nothing any more. Clocks for durations are left alone, as by a real jump. */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *shift; /* seconds; NULL: none */
static int (*real_clock_gettime)(clockid_t clock, struct timespec *now);

/* C knows no way from dlsym()'s result to a function but by its bytes. */
static void find_real(void)
{
    void *found = dlsym(RTLD_NEXT, "clock_gettime");
    memcpy(&real_clock_gettime, &found, sizeof found);
}

__attribute__((constructor)) static void open_shift(void)
{
    const char *path = getenv("SHIFTED_CLOCK");
    const int fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    void *mapped = fd >= 0 ? mmap(NULL, sizeof *shift, PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;
    if (mapped == MAP_FAILED) {
        abort(); /* a test must not go on by the true clock */
    }
    shift = mapped;
    (void)close(fd);
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    if (real_clock_gettime == NULL) { /* asked before anything of ours has run */
        find_real();
    }
    const int result = real_clock_gettime(clock, now);
    if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE) &&
        shift != NULL) {
        now->tv_sec += *shift;
    }
    return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    (void)zone;
    struct timespec found;
    const int result = clock_gettime(CLOCK_REALTIME, &found);
    now->tv_sec = found.tv_sec;
    now->tv_usec = found.tv_nsec / 1000;
    return result;
}

time_t time(time_t *now)
{
    struct timespec found;
    (void)clock_gettime(CLOCK_REALTIME, &found);
    if (now != NULL) {
        *now = found.tv_sec;
    }
    return found.tv_sec;
}
