#include "service/health.h"

#include "base/clock.h"
#include "service/role_internal.h"

#include <string.h>

HealthOfRole health_of_role(const RoleBoard *board, guint place, const RoleStanding *standing)
{
    if (standing->pid == 0) {
        return HEALTH_AWAY;
    }
    const int64_t due = role_board_due(board, place);
    return due != 0 && clock_monotonic_us() > due ? HEALTH_HANGS : HEALTH_RUNS;
}

static char *title_of(const RoleStanding *standing)
{
    const Role role = {.name = standing->role};
    return role_title(&role, standing->instance);
}

static char *describe(const RoleStanding *standing, const char *otherwise)
{
    g_autofree char *title = title_of(standing);
    return g_strdup_printf("%s: %s", title,
                           standing->problem[0] != '\0' ? standing->problem : otherwise);
}

char *health_not_live(const RoleBoard *board)
{
    const int64_t silence = (clock_monotonic_us() - role_board_seen(board)) / G_USEC_PER_SEC;
    if (silence > HEALTH_SUPERVISOR_MOST) {
        return g_strdup_printf("the supervisor was last heard of %" G_GINT64_FORMAT " s ago",
                               (gint64)silence);
    }
    for (guint place = 0; place < ROLE_BOARD_MOST && !role_board_ends(board); place++) {
        const RoleStanding standing = role_board_read(board, place);
        const HealthOfRole health =
            standing.used ? health_of_role(board, place, &standing) : HEALTH_RUNS;
        if (health == HEALTH_AWAY) {
            return describe(&standing, "no process of it runs");
        }
        if (health == HEALTH_HANGS) {
            return describe(&standing, "its process hangs");
        }
    }
    return NULL;
}

char *health_of_records(const RecordFacts *facts)
{
    if (facts == NULL) {
        return g_strdup("the records were not looked at yet");
    }
    const int64_t age = (clock_monotonic_us() - facts->looked_us) / G_USEC_PER_SEC;
    if (age > RECORD_LOOK_OLD) {
        return g_strdup_printf("the database has not answered for %" G_GINT64_FORMAT " s",
                               (gint64)age);
    }
    return g_strdup(facts->problem);
}

static bool issues(const RoleStanding *standing)
{
    gsize count = 0;
    const Role *roles = role_table(&count);
    for (gsize i = 0; i < count; i++) {
        if (strcmp(roles[i].name, standing->role) == 0) {
            return roles[i].is_signer || roles[i].asks_signer;
        }
    }
    return false;
}

static char *describe_issuing(const RoleBoard *board)
{
    for (guint place = 0; place < ROLE_BOARD_MOST; place++) {
        const RoleStanding standing = role_board_read(board, place);
        if (standing.used && !standing.ready && issues(&standing)) {
            return describe(&standing, "is not ready yet");
        }
    }
    return NULL;
}

char *health_not_ready(const RoleBoard *board, const RecordFacts *facts)
{
    if (role_board_ends(board)) {
        return g_strdup("the daemon is about to end");
    }
    char *problem = health_not_live(board);
    problem = problem != NULL ? problem : health_of_records(facts);
    return problem != NULL ? problem : describe_issuing(board);
}
