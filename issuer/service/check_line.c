#include "service/check_line.h"

const char *check_state_text(CheckState state)
{
    static const char *const texts[] = {
        [CHECK_OK] = "ok",
        [CHECK_WARNING] = "warning",
        [CHECK_WRONG] = "wrong",
        [CHECK_NOT_ASKED] = "not asked",
    };
    return texts[state];
}

void check_add(GPtrArray *lines, const char *thing, CheckState state, char *finding,
               const char *advice)
{
    CheckLine *line = g_new0(CheckLine, 1);
    line->thing = thing;
    line->state = state;
    line->finding = finding;
    line->advice = g_strdup(advice);
    g_ptr_array_add(lines, line);
}

void check_add_error(GPtrArray *lines, const char *thing, GError *error)
{
    check_add(lines, thing, CHECK_WRONG, g_strdup(error->message), NULL);
    g_error_free(error);
}

void check_add_wrong_groups(GPtrArray *lines, const char *thing, const Config *config,
                            const char *kind)
{
    for (guint i = 0; i < config_wrong_count(config, kind); i++) {
        check_add(lines, thing, CHECK_WRONG,
                  g_strdup_printf("%s: %s", config_wrong_name(config, kind, i),
                                  config_wrong_problem(config, kind, i)->message),
                  NULL);
    }
}

void check_line_free(CheckLine *line)
{
    if (line != NULL) {
        g_free(line->finding);
        g_free(line->advice);
        g_free(line);
    }
}
