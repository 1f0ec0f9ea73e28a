#include "cli/cmd_health.h"

#include "base/error.h"
#include "base/socket.h"
#include "http/http_client.h"

static bool find_address(const Settings *settings, struct sockaddr_storage *address,
                         socklen_t *size, GError **error)
{
    const Config *config = settings_config(settings);
    const char *text = config_text(config, "watch-address");
    return socket_read_loopback(text, address, size) ||
           config_refuse(config, "watch-address", error,
                         "the daemon is asked there, and it is not set");
}

static bool run_health(const CommandCall *call, GError **error)
{
    struct sockaddr_storage address;
    socklen_t size = 0;
    unsigned status = 0;
    g_autofree char *line = NULL;
    const char *path = options_flag(call->options, "ready") ? "/readyz" : "/healthz";
    g_autoptr(Settings) settings = command_settings(call, error);
    if (settings == NULL || !find_address(settings, &address, &size, error) ||
        !http_client_get(&address, size, path, &status, &line, error)) {
        return false;
    }
    printer_say(call->printer, "%s", line);
    return status == 200;
}

static const OptionRow options[] = {
    {.name = "ready",
     .type = OPTION_FLAG,
     .meaning = "whether it can issue, not only whether it lives"},
};

static const Command commands[] = {
    {.words = "health",
     .summary = "Whether the daemon of this machine lives",
     .run = run_health,
     .spec = {.options = options, .option_count = G_N_ELEMENTS(options)},
     .details =
         "Asks the daemon that has these settings, where watch-address says: \"ok\", or what "
         "is wrong (exit code 1).\nExit code 3: it does not answer. For containers, and "
         "whoever watches services from outside."},
};

const CommandGroup cmd_health = {commands, G_N_ELEMENTS(commands)};
