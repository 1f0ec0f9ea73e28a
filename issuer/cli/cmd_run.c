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
         "Starts a process for each thing to be done (a drop folder, a mailbox, the replies, …) "
         "and "
         "watches over\nthem; `issuer status` lists what each watches and when it last worked. "
         "Logs "
         "to standard error. SIGHUP:\nthe settings are read again, and stay as they were if they "
         "are "
         "wrong. SIGTERM, or Ctrl-C: what is in hand\nis ended; a second time: at once. Nothing is "
         "lost by either, nor by a crash. Several may run at once, on\none machine (each with a "
         "daemon-name of its own) or on several."},
};

const CommandGroup cmd_run = {commands, G_N_ELEMENTS(commands)};
