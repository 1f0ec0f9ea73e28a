#include "cli/cmd_run.h"

#include "http/role_watch.h"
#include "service/run.h"

static bool run_run(const CommandCall *call, GError **error)
{
    return run_daemon(call->config_path, &role_watch, error);
}

static const Command commands[] = {
    {.words = "run",
     .summary = "Do the desk's routine unattended, until SIGTERM",
     .run = run_run,
     .details =
         "Starts a process for each thing to be done and watches over them; `issuer status` lists "
         "what each watches\nand when it last worked. Logs to standard error. SIGHUP: the settings "
         "are read again, and stay as they\nwere if they are wrong. SIGTERM, or Ctrl-C: what is in "
         "hand is ended; a second time: at once. Nothing is\nlost by either, nor by a crash. "
         "Several may run at once, on one machine (each with a daemon-name of its\nown) or on "
         "several."},
};

const CommandGroup cmd_run = {commands, G_N_ELEMENTS(commands)};
