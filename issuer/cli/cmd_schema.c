#include "cli/cmd_schema.h"

#include "service/schema.h"

static bool run_migrate(const CommandCall *call, GError **error)
{
    static const PrinterColumn columns[] = {{"applied", COLUMN_TEXT}};
    g_autoptr(Context) context =
        context_open(call->config_path, CONTEXT_DATABASE | CONTEXT_ANY_SCHEMA, "migrate", error);
    if (context == NULL) {
        return false;
    }
    g_autoptr(GPtrArray) applied = g_ptr_array_new_with_free_func(g_free);
    if (!schema_migrate(context, applied, error)) {
        return false;
    }
    if (applied->len == 0) {
        printer_say(call->printer, "The schema is up to date.");
        return true;
    }
    printer_begin(call->printer, columns, G_N_ELEMENTS(columns));
    for (guint i = 0; i < applied->len; i++) {
        printer_text(call->printer, g_ptr_array_index(applied, i));
    }
    return true;
}

static const Command commands[] = {
    {.words = "migrate",
     .summary = "Bring the database's schema up to date, as the database's owner",
     .run = run_migrate,
     .details = "Safe when two run at once; again it does nothing."},
};

const CommandGroup cmd_schema = {commands, G_N_ELEMENTS(commands)};
