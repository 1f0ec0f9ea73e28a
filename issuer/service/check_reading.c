/* Whether mail can be read here, and what could not be. */
#include "core/dates.h"
#include "db/quarantine_store.h"
#include "mail/converters.h"
#include "mail/landlock.h"
#include "mail/sandbox.h"
#include "service/check_internal.h"

static const char parsers_thing[] = "mail parsers";
static const char outlook_thing[] = "Outlook data files";
static const char quarantine_thing[] = "quarantine";

static void check_outlook(GPtrArray *lines)
{
    g_autofree char *program = g_find_program_in_path("readpst");
    if (program != NULL && !landlock_possible()) {
        check_add(lines, outlook_thing, CHECK_WARNING,
                  g_strdup("this kernel has no Landlock, so readpst, which unpacks them, may open "
                           "every file that issuer may (it reaches no network)"),
                  "run issuer on Linux 5.13 or later with landlock among the security modules "
                  "(/sys/kernel/security/lsm), or take in no .pst of strangers");
    }
}

void check_parsers(GPtrArray *lines)
{
    GError *problem = NULL;
    check_outlook(lines);
    if (!sandbox_possible(&problem)) {
        check_add_error(lines, parsers_thing, problem);
        return;
    }
    const unsigned missing = converters_open();
    if (missing > 0) {
        check_add(lines, parsers_thing, CHECK_WARNING,
                  g_strdup_printf("%u character sets have no converter here: mail in these is hard "
                                  "to read",
                                  missing),
                  "install the C library's converters (on Debian a part of libc6, or of "
                  "libc-gconv-extra)");
        return;
    }
    check_add(lines, parsers_thing, CHECK_OK,
              g_strdup("confined by the kernel, with all character sets"), NULL);
}

bool check_quarantine(GPtrArray *lines, Context *context, GError **error)
{
    g_autoptr(GArray) open = quarantine_store_open(context->database, error);
    g_autoptr(GPtrArray) first =
        open != NULL ? quarantine_store_list(context->database, false, 1, error) : NULL;
    if (first == NULL) {
        return false;
    }
    if (open->len == 0 || first->len == 0) {
        check_add(lines, quarantine_thing, CHECK_OK, g_strdup("empty"), NULL);
        return true;
    }
    const QuarantineRow *oldest = g_ptr_array_index(first, 0);
    g_autofree char *day = dates_text(dates_day_of(oldest->since));
    check_add(lines, quarantine_thing, CHECK_WARNING,
              g_strdup_printf("%u mails that nobody could read, since %s", open->len, day),
              "see `issuer quarantine list`; after an update of issuer, `issuer quarantine retry "
              "--all`");
    return true;
}
