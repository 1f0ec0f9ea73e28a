#include "http/role_watch.h"

#include "base/socket.h"
#include "http/http_server.h"
#include "http/metrics.h"
#include "service/health.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct {
    RoleCall *call;
    RecordLook *look;
    char *policy;
    HttpServer *server; /* NULL: to be opened */
} Watch;

static const char *address_of(const Settings *settings)
{
    return config_text(settings_config(settings), "watch-address");
}

static bool is_wanted(const Settings *settings)
{
    return *address_of(settings) != '\0';
}

static char *watches(const Settings *settings, const char *instance)
{
    (void)instance;
    return g_strdup_printf("metrics and health asked for at %s", address_of(settings));
}

/* ---- what is asked ---- */

static const RoleBoard *board_of(const Watch *watch)
{
    return role_seat(watch->call)->board;
}

static void answer_metrics(HttpAnswer *answer, gpointer data)
{
    const Watch *watch = data;
    g_autoptr(RecordFacts) facts = record_look_facts(watch->look);
    const MetricsOf of = {.board = board_of(watch), .policy = watch->policy, .facts = facts};
    answer->type = METRICS_TYPE;
    metrics_write(answer->body, &of);
}

static void answer_problem(HttpAnswer *answer, const char *problem)
{
    answer->status = problem == NULL ? 200 : 503;
    g_string_append_printf(answer->body, "%s\n", problem == NULL ? "ok" : problem);
}

static void answer_live(HttpAnswer *answer, gpointer data)
{
    const Watch *watch = data;
    g_autofree char *problem = health_not_live(board_of(watch));
    answer_problem(answer, problem);
}

static void answer_ready(HttpAnswer *answer, gpointer data)
{
    const Watch *watch = data;
    g_autoptr(RecordFacts) facts = record_look_facts(watch->look);
    g_autofree char *problem = health_not_ready(board_of(watch), facts);
    answer_problem(answer, problem);
}

static const HttpRoute routes[] = {
    {"/metrics", answer_metrics},
    {"/healthz", answer_live},
    {"/readyz", answer_ready},
};

/* ---- its life ---- */

static bool open_server(Watch *watch, GError **error)
{
    const char *text = address_of(role_seat(watch->call)->settings);
    const HttpTable table = {.routes = routes, .count = G_N_ELEMENTS(routes), .data = watch};
    struct sockaddr_storage address;
    socklen_t size = 0;
    (void)socket_read_loopback(text, &address, &size); /* the settings have judged it */
    watch->server = http_server_open(&address, size, &table, error);
    if (watch->server == NULL) {
        g_prefix_error(error, "watch-address %s cannot be listened at: ", text);
        return false;
    }
    role_worked(watch->call, 0);
    return true;
}

static void turn(const Watch *watch)
{
    struct pollfd fds[HTTP_DESCRIPTORS];
    http_server_poll(watch->server, fds);
    (void)role_wait(watch->call, fds, HTTP_DESCRIPTORS, http_server_pause_ms(watch->server));
    role_worked(watch->call, http_server_turn(watch->server));
}

static bool serve(Watch *watch, GError **error)
{
    bool good = true;
    while (good && !role_stops(watch->call)) {
        g_autoptr(GError) problem = NULL;
        if (watch->server != NULL || open_server(watch, &problem)) {
            turn(watch);
        } else {
            good = role_put_off(watch->call, &problem, error);
        }
    }
    return good;
}

static bool live(RoleCall *call, GError **error)
{
    Settings *settings = role_seat(call)->settings;
    Watch watch = {
        .call = call,
        .look = record_look_new(settings),
        .policy = config_digest(settings_config(settings)),
    };
    const bool good = serve(&watch, error);
    http_server_free(watch.server);
    g_free(watch.policy);
    if (!record_look_end(watch.look)) {
        _exit(good ? EXIT_SUCCESS : EXIT_FAILURE);
    }
    return good;
}

/* It tells how the others end, so it ends last. */
const Role role_watch = {
    .name = "watch",
    .stage = ROLE_STAGE_RECORD,
    .wanted = is_wanted,
    .watches = watches,
    .live = live,
};
