#include "sign/sign_guard.h"

#include "base/error.h"
#include "core/dates.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define MINUTES 61 /* an hour, wherever in its minute it begins */

static const char magic[8] = "ISIGNED1";

/* What was signed in one minute. */
typedef struct {
    int64_t minute; /* since 1970 */
    int64_t count;
} Minute;

/* The file, as it lies there: of this machine alone. */
typedef struct {
    char magic[8];
    int64_t last; /* seconds: the latest time that was signed */
    Minute minutes[MINUTES];
} Record;

struct SignGuard {
    char *path;
    int fd;
    uint32_t an_hour;
    Record record;
};

static bool fail(const SignGuard *guard, const char *doing, GError **error)
{
    const IssuerErrorCode code = errno == ENOENT        ? ISSUER_ERROR_NOT_FOUND
                                 : errno == EWOULDBLOCK ? ISSUER_ERROR_UNAVAILABLE
                                                        : ISSUER_ERROR_FAILED;
    g_set_error(error, ISSUER_ERROR, (gint)code,
                "%s, in which the signer counts, cannot be %s: %s; does its folder exist, and does "
                "no other daemon have it?",
                guard->path, doing, g_strerror(errno));
    return false;
}

/* In place, and all of it in one write. */
static bool store(const SignGuard *guard)
{
    ssize_t put = -1;
    do {
        put = pwrite(guard->fd, &guard->record, sizeof guard->record, 0);
    } while (put < 0 && errno == EINTR);
    return put == (ssize_t)sizeof guard->record;
}

static bool is_sound(const Record *record)
{
    bool sound = memcmp(record->magic, magic, sizeof magic) == 0 && record->last >= 0;
    for (gsize i = 0; sound && i < MINUTES; i++) {
        sound = record->minutes[i].minute >= 0 && record->minutes[i].count >= 0 &&
                record->minutes[i].count <= G_MAXUINT32;
    }
    return sound;
}

/* A file that was just made is empty, and stays so where its maker is killed. */
static bool load(SignGuard *guard, GError **error)
{
    Record *record = &guard->record;
    const ssize_t got = pread(guard->fd, record, sizeof *record, 0);
    if (got == 0) {
        *record = (Record){.last = 0};
        memcpy(record->magic, magic, sizeof magic);
        return store(guard) || fail(guard, "written", error);
    }
    if (got != (ssize_t)sizeof *record || !is_sound(record)) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT,
                    "%s is not what a signer has counted: see what has changed it, then delete it, "
                    "and the count begins anew",
                    guard->path);
        return false;
    }
    return true;
}

SignGuard *sign_guard_open(const char *path, uint32_t an_hour, GError **error)
{
    SignGuard *guard = g_new0(SignGuard, 1);
    guard->path = g_strdup(path);
    guard->an_hour = an_hour;
    guard->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    const bool good = guard->fd < 0                              ? fail(guard, "opened", error)
                      : flock(guard->fd, LOCK_EX | LOCK_NB) != 0 ? fail(guard, "locked", error)
                                                                 : load(guard, error);
    if (!good) {
        g_clear_pointer(&guard, sign_guard_free);
    }
    return guard;
}

int sign_guard_descriptor(const SignGuard *guard)
{
    return guard->fd;
}

/* ---- judging ---- */

static bool refuse(GError **error, const char *why)
{
    g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_UNAVAILABLE, "the signer signs nothing now: %s",
                why);
    return false;
}

static bool judge_clock(const SignWish *wish, GError **error)
{
    if (wish->database >= wish->clock - SIGN_GUARD_CLOCKS &&
        wish->database <= wish->clock + SIGN_GUARD_CLOCKS) {
        return true;
    }
    g_autofree char *own = dates_instant_text(wish->clock);
    g_autofree char *other = dates_instant_text(wish->database);
    g_autofree char *why = g_strdup_printf(
        "its clock says %s, the database's %s; set right the one that is wrong", own, other);
    return refuse(error, why);
}

/* The time that is signed is that at which the batch began. */
static bool judge_time(const SignWish *wish, GError **error)
{
    const int64_t age = wish->age_ms / 1000;
    if (age > SIGN_GUARD_LONGEST) {
        return refuse(error, "the batch has taken too long; it is to be done again");
    }
    if (wish->iat >= wish->now - age - SIGN_GUARD_CLOCKS &&
        wish->latest <= wish->now + SIGN_GUARD_CLOCKS) {
        return true;
    }
    const int64_t wrong = wish->latest > wish->now + SIGN_GUARD_CLOCKS ? wish->latest : wish->iat;
    g_autofree char *time = dates_instant_text(wrong);
    g_autofree char *why =
        g_strdup_printf("%s is to be signed, which is not the time; look at the clock", time);
    return refuse(error, why);
}

static bool judge_order(const SignGuard *guard, const SignWish *wish, GError **error)
{
    const int64_t last = guard->record.last;
    if (wish->iat >= last - wish->age_ms / 1000 - 1) {
        return true;
    }
    g_autofree char *signed_at = dates_instant_text(last);
    g_autofree char *why = g_strdup_printf(
        "it has signed at %s already, and the clock has gone back since; set the clock right, or, "
        "if it was ahead then, wait until that time or delete %s",
        signed_at, guard->path);
    return refuse(error, why);
}

/* A minute that is to come was counted by a clock that was ahead. */
static bool is_within(const Minute *minute, int64_t now)
{
    return minute->count > 0 && ABS(minute->minute - now) < MINUTES;
}

static bool judge_count(const SignGuard *guard, const SignWish *wish, GError **error)
{
    const int64_t now = wish->now / 60;
    int64_t sum = 0;
    int64_t first = now;
    for (gsize i = 0; i < MINUTES; i++) {
        const Minute *minute = &guard->record.minutes[i];
        if (is_within(minute, now)) {
            sum += minute->count;
            first = MIN(first, minute->minute);
        }
    }
    if (wish->count == 0 || sum + wish->count <= guard->an_hour) {
        return true;
    }
    g_autofree char *next = dates_instant_text((first + MINUTES) * 60);
    g_autofree char *why = g_strdup_printf(
        "%" G_GINT64_FORMAT " usage licenses within the hour, and %u more are asked for, of which "
        "licenses-an-hour allows %u; see whether so many are right, then raise it or wait until %s",
        (gint64)sum, wish->count, guard->an_hour, next);
    return refuse(error, why);
}

static void count(SignGuard *guard, const SignWish *wish)
{
    const int64_t now = wish->now / 60;
    Minute *minute = &guard->record.minutes[now % MINUTES];
    if (minute->minute != now) {
        *minute = (Minute){.minute = now};
    }
    minute->count += wish->count;
    guard->record.last = MAX(guard->record.last, wish->latest);
}

bool sign_guard_admit(SignGuard *guard, const SignWish *wish, GError **error)
{
    if (!judge_clock(wish, error) || !judge_time(wish, error) || !judge_order(guard, wish, error) ||
        !judge_count(guard, wish, error)) {
        return false;
    }
    count(guard, wish);
    if (!store(guard)) {
        g_autofree char *why = g_strdup_printf("%s, in which it counts, cannot be written: %s",
                                               guard->path, g_strerror(errno));
        return refuse(error, why);
    }
    return true;
}

void sign_guard_free(SignGuard *guard)
{
    if (guard == NULL) {
        return;
    }
    if (guard->fd >= 0) {
        (void)close(guard->fd);
    }
    g_free(guard->path);
    g_free(guard);
}
