/* The log: one line an event on standard error, with a "<N>" level prefix under systemd
 * (JOURNAL_STREAM set). Control and bidirectional characters of foreign text never reach it. Only
 * service/ and cli/ log. */
#ifndef ISSUER_BASE_LOG_H
#define ISSUER_BASE_LOG_H

#include <glib.h>

typedef enum {
    LOG_ERROR = 3,
    LOG_WARNING = 4,
    LOG_NOTICE = 5,
    LOG_INFO = 6,
    LOG_DEBUG = 7,
} LogLevel;

/* Lines above `level` are dropped; LOG_NOTICE at the start. */
void log_set_level(LogLevel level);

/* One line, printf style. */
void log_line(LogLevel level, const char *format, ...) G_GNUC_PRINTF(2, 3);

#endif
