#include "service/schema.h"

#include "db/migrate.h"

static const char *role_prefix(const Context *context)
{
    return config_text(settings_config(context->settings), "role-prefix");
}

bool schema_migrate(Context *context, GPtrArray *applied, GError **error)
{
    return migrate_run(context->database, role_prefix(context), applied, error);
}

bool schema_check(Context *context, GError **error)
{
    return migrate_check(context->database, role_prefix(context), error);
}
