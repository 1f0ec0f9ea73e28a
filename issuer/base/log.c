#include "base/log.h"

#include "base/text.h"

#include <errno.h>
#include <stdio.h>

static gint log_level = LOG_NOTICE;

void log_set_level(LogLevel level)
{
    g_atomic_int_set(&log_level, (gint)level);
}

void log_line(LogLevel level, const char *format, ...)
{
    if ((gint)level > g_atomic_int_get(&log_level)) {
        return;
    }
    int saved = errno; /* a caller may log before it looks at errno */
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_autofree char *line = text_one_line(text, 0);
    /* One call, one write: lines of several threads or processes must not mix. */
    if (g_getenv("JOURNAL_STREAM") != NULL) {
        (void)fprintf(stderr, "<%d>%s\n", (int)level, line);
    } else {
        (void)fprintf(stderr, "%s\n", line);
    }
    errno = saved;
}
