#include "service/check_internal.h"
#include "service/drop_look.h"

static const char drop_thing[] = "drop folder";

/* What the daemon begins with. It makes nothing: whoever checks may be another user. */
static void check_one(GPtrArray *lines, const Config *config, guint index)
{
    const char *name = config_group_name(config, DROP_KIND, index);
    g_autoptr(Drop) drop = drop_new(config_group(config, DROP_KIND, index));
    g_autoptr(GError) problem = NULL;
    if (drop_judge(config, name, &problem) && drop_look_check(drop, &problem)) {
        check_add(lines, drop_thing, CHECK_OK, g_strdup_printf("%s: %s", name, drop->folder), NULL);
    } else {
        check_add(lines, drop_thing, CHECK_WRONG, g_strdup_printf("%s: %s", name, problem->message),
                  "see the settings [" DROP_KIND " NAME]");
    }
}

void check_drops(GPtrArray *lines, const Settings *settings)
{
    const Config *config = settings_config(settings);
    for (guint i = 0; i < config_group_count(config, DROP_KIND); i++) {
        check_one(lines, config, i);
    }
    check_add_wrong_groups(lines, drop_thing, config, DROP_KIND);
}
