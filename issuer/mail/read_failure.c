#include "mail/read_failure.h"

#include <glib.h>

char *read_failure_text(uint64_t offset, int failure)
{
    if (failure == 0) {
        return g_strdup_printf("has become shorter while it was read, and ends at byte %llu; give "
                               "it again when nobody changes it any more",
                               (unsigned long long)offset);
    }
    return g_strdup_printf("cannot be read at byte %llu: %s; the fault is not the mail's own: see "
                           "to it, or take another copy, and give it again",
                           (unsigned long long)offset, g_strerror(failure));
}
