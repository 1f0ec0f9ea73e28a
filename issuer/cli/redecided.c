#include "cli/redecided.h"

#include "service/redecide.h"

bool redecided_tell(const CommandCall *call)
{
    RedecideTotals totals = {0};
    const bool done = redecide_after_change(call->config_path, &totals, NULL);
    g_autofree char *text = redecide_text(&totals);
    if (text != NULL) {
        printer_say(call->printer, "%s", text);
    }
    return done;
}
