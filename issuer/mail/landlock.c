#include "mail/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define READING                                                                                    \
    (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)

/* All that the first version knows: what it does not handle is not denied. */
#define EVERYTHING                                                                                 \
    (READING | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |                     \
     LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR | \
     LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |   \
     LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM)

typedef struct {
    const char *path;
    uint64_t access;
} Place;

/* What programs of the system are made of, and what their start looks for. */
static const Place system_places[] = {
    {"/usr", READING},
    {"/lib", READING},
    {"/lib64", READING},
    {"/bin", READING},
    {"/etc/ld.so.cache", LANDLOCK_ACCESS_FS_READ_FILE},
    {"/etc/ld.so.preload", LANDLOCK_ACCESS_FS_READ_FILE},
    {"/dev/null", LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE},
};

/* glibc has no functions for these. */
static int make_ruleset(const struct landlock_ruleset_attr *ruleset, gsize size, uint32_t flags)
{
    return (int)syscall(SYS_landlock_create_ruleset, ruleset, size, flags);
}

static bool allow(int rules, int parent, uint64_t access)
{
    const struct landlock_path_beneath_attr beneath = {.allowed_access = access,
                                                       .parent_fd = parent};
    /* What stands in no folder, such as a file in memory, is never denied. */
    return syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) == 0 ||
           errno == EBADFD;
}

/* A place that is not there need not be allowed. */
static bool allow_path(int rules, const Place *place)
{
    const int parent = open(place->path, O_PATH | O_CLOEXEC);
    if (parent < 0) {
        return errno == ENOENT;
    }
    const bool allowed = allow(rules, parent, place->access);
    (void)close(parent);
    return allowed;
}

static bool allow_all(int rules, const LandlockPlaces *places)
{
    const Place program = {places->program,
                           LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE};
    bool allowed = allow(rules, places->folder, EVERYTHING) &&
                   allow(rules, places->file, LANDLOCK_ACCESS_FS_READ_FILE) &&
                   allow_path(rules, &program);
    for (gsize i = 0; allowed && i < G_N_ELEMENTS(system_places); i++) {
        allowed = allow_path(rules, &system_places[i]);
    }
    return allowed;
}

bool landlock_possible(void)
{
    return make_ruleset(NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) >= 1;
}

bool landlock_close(const LandlockPlaces *places)
{
    if (!landlock_possible()) {
        return true;
    }
    const struct landlock_ruleset_attr handled = {.handled_access_fs = EVERYTHING};
    const int rules = make_ruleset(&handled, sizeof handled, 0);
    const bool closed = rules >= 0 && allow_all(rules, places) &&
                        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
                        syscall(SYS_landlock_restrict_self, rules, 0) == 0;
    if (rules >= 0) {
        (void)close(rules);
    }
    return closed;
}
