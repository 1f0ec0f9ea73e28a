/* The log: one line an event on standard error, "what" and then fields "key=value". Under systemd
 * (JOURNAL_STREAM names standard error) a line begins with its level as <N>, else with the time.
 * What stands in a value may come from anywhere: it is made safe here, so that no value makes a
 * line of its own or hides one; and what log_mask() names is taken out of it. Other secrets are the
 * caller's to keep out. A line is written by a single call and is at most 4096 bytes long, so lines
 * of several processes do not mix. Rooms below service/ do not log. */
#ifndef ISSUER_BASE_LOG_H
#define ISSUER_BASE_LOG_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* The numbers are those of syslog (RFC 5424, section 6.2.1). */
typedef enum {
    LOG_LEVEL_ERROR = 3,   /* something does not work; a person must see to it */
    LOG_LEVEL_WARNING = 4, /* something does not work now and is tried again */
    LOG_LEVEL_NOTICE = 5,  /* starts, ends, changes of state */
    LOG_LEVEL_INFO = 6,    /* work that was done */
    LOG_LEVEL_DEBUG = 7,
} LogLevel;

typedef struct LogLine LogLine;

/* Sets for this process what is left out (levels above `most`) and who logs: `who` stands in each
 * line, as "post" or "drop:inbox"; NULL: nobody. Without a call: LOG_LEVEL_INFO, NULL. From then on
 * what libraries tell by g_log() comes here too, as "library". */
void log_open(LogLevel most, const char *who);

/* From then on each value passes through `mask`, in this process and those it forks: a copy of the
 * text, in which what no line may hold is covered (new string). NULL: as without a call, none. */
void log_mask(char *(*mask)(const char *text));

/* Reads "error", "warning", "notice", "info" or "debug"; anything else is a bug (aborts). */
LogLevel log_level_of(const char *name);

/* Begins a line: `what` happened, as "child-ended" (static). The caller ends it by log_end(). */
LogLine *log_begin(LogLevel level, const char *what);

/* Adds a field. `text` may have any bytes: where it is not one word it stands in quotation marks,
 * with
 * \" \\ \n \t, \xHH for bytes that are no UTF-8, and \uHHHH for what must not reach a terminal. It
 * is cut after 1000 characters, and NULL leaves the field out. */
void log_text(LogLine *line, const char *key, const char *text);
void log_number(LogLine *line, const char *key, int64_t number);

/* Writes the line and frees it. */
void log_end(LogLine *line);

/* All at once, with one field, or with `key` NULL none. */
void log_event(LogLevel level, const char *what, const char *key, const char *text);

#endif
