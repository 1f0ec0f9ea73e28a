#include "service/role_signer.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "sign/sign_cell.h"
#include "sign/sign_server.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define REST_MS   10000 /* how long it waits at a time */
#define FORGET_US ((int64_t)90 * G_USEC_PER_SEC)

char *role_signer_watches(const Settings *settings, const char *instance)
{
    (void)instance;
    const Config *config = settings_config(settings);
    return g_strdup_printf(
        "usage licenses to be signed by the key in %s, at most %" G_GINT64_FORMAT " an hour",
        config_text(config, "key-folder"), (gint64)config_number(config, "licenses-an-hour"));
}

/* What it has signed is counted for each daemon by itself: one that hangs keeps no other. */
static SignGuard *open_guard(const Config *config, GError **error)
{
    const char *folder = config_text(config, "state-folder");
    const char *name = config_text(config, "daemon-name");
    if (mkdir(folder, S_IRWXU) != 0 && errno != EEXIST) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_FAILED,
                    "state-folder %s, in which the signer counts, cannot be made: %s", folder,
                    g_strerror(errno));
        return NULL;
    }
    g_autofree char *file = *name != '\0' ? g_strconcat("signed.", name, NULL) : g_strdup("signed");
    g_autofree char *path = g_build_filename(folder, file, NULL);
    return sign_guard_open(path, (uint32_t)config_number(config, "licenses-an-hour"), error);
}

/* Whether it has just refused to sign at all, which is told as its trouble. */
static bool tell_trouble(RoleCall *call, SignServer *server)
{
    bool not_now = false;
    g_autofree char *trouble = sign_server_trouble(server, &not_now);
    if (trouble == NULL) {
        return false;
    }
    if (not_now) {
        role_hampered(call, trouble);
    } else {
        log_event(LOG_LEVEL_WARNING, "refused", "why", trouble);
    }
    return not_now;
}

/* What was signed is told once nobody asks for more. Who was refused asks again, more often than
 * a trouble takes to be forgotten. */
static void serve(RoleCall *call, SignServer *server)
{
    guint64 done = 0;
    bool more = false;
    int64_t hampered_us = 0; /* when it last refused; 0: not lately */
    while (!role_stops(call)) {
        struct pollfd fd = {.fd = sign_server_descriptor(server), .events = POLLIN};
        const RoleWake wake = role_wait(call, &fd, 1, more ? 0 : REST_MS);
        done += sign_server_turn(server, &more);
        if (tell_trouble(call, server)) {
            hampered_us = clock_monotonic_us();
        } else if (done > 0 || clock_monotonic_us() - hampered_us > FORGET_US) {
            hampered_us = 0;
        }
        if (!more && hampered_us == 0 && (done > 0 || wake == ROLE_WAKE_TIME)) {
            role_worked(call, done);
            done = 0;
        }
    }
}

/* All that needs files, then none any more. */
static SignServer *open_server(const RoleCall *call, const Signer *signer, SignGuard *guard,
                               GError **error)
{
    const int listener = role_seat(call)->listener;
    g_autoptr(SignServer) server = sign_server_new(signer, guard, listener, error);
    if (server == NULL || !signer_warm(signer, error) ||
        !sign_cell_close(listener, sign_guard_descriptor(guard), error)) {
        return NULL;
    }
    log_event(LOG_LEVEL_INFO, "signs", "key", signer_kid(signer));
    return g_steal_pointer(&server);
}

static bool open_and_serve(RoleCall *call, GError **error)
{
    const Config *config = settings_config(role_seat(call)->settings);
    g_autoptr(Signer) signer =
        signer_open(config_text(config, "key-folder"),
                    config_flag(config, "allow-development-keys"), clock_now(), error);
    g_autoptr(SignGuard) guard = signer != NULL ? open_guard(config, error) : NULL;
    g_autoptr(SignServer) server = guard != NULL ? open_server(call, signer, guard, error) : NULL;
    if (server == NULL) {
        return false;
    }
    role_worked(call, 0);
    serve(call, server);
    return true;
}

/* It serves once: a confined process opens nothing again. And it ends where it is: exit() would
 * have libraries look at files. */
bool role_signer_live(RoleCall *call, GError **error)
{
    if (!sign_cell_prepare()) {
        log_event(LOG_LEVEL_INFO, "memory-not-locked", "why",
                  "the limit of locked memory (LimitMEMLOCK) is too low; keys are locked");
    }
    while (!role_stops(call)) {
        g_autoptr(GError) problem = NULL;
        if (open_and_serve(call, &problem)) {
            _exit(EXIT_SUCCESS);
        }
        if (!role_put_off(call, &problem, error)) {
            return false;
        }
    }
    return true;
}
