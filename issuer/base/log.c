#include "base/log.h"

#include "base/clock.h"
#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINE_MOST  4096 /* PIPE_BUF: what a pipe takes as one */
#define VALUE_MOST 1000

static struct {
    LogLevel most;
    char *who;
    char *(*mask)(const char *text); /* NULL: none */
    pid_t process;
} settings = {.most = LOG_LEVEL_INFO};

struct LogLine {
    GString *text;
    bool left_out;
};

static LogLevel level_of(GLogLevelFlags flags)
{
    if ((flags & (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL)) != 0) {
        return LOG_LEVEL_ERROR;
    }
    return (flags & G_LOG_LEVEL_WARNING) != 0 ? LOG_LEVEL_WARNING : LOG_LEVEL_DEBUG;
}

/* What libraries tell by way of GLib, in which anything may stand. */
static void take_over(const char *domain, GLogLevelFlags flags, const char *message, gpointer data)
{
    if (getpid() != settings.process) { /* forked to do something else, maybe less than we may */
        g_log_default_handler(domain, flags, message, data);
        return;
    }
    LogLine *line = log_begin(level_of(flags), "library");
    log_text(line, "library", domain);
    log_text(line, "says", message);
    log_end(line);
}

void log_open(LogLevel most, const char *who)
{
    settings.process = getpid();
    (void)g_log_set_default_handler(take_over, NULL);
    settings.most = most;
    g_free(settings.who);
    settings.who = g_strdup(who);
}

void log_mask(char *(*mask)(const char *text))
{
    settings.mask = mask;
}

LogLevel log_level_of(const char *name)
{
    static const char *const names[] = {"error", "warning", "notice", "info", "debug"};
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        if (strcmp(names[i], name) == 0) {
            return LOG_LEVEL_ERROR + (LogLevel)i;
        }
    }
    g_error("no level of the log: %s", name);
}

/* Whether standard error is what systemd says it has given us: whoever redirects it does not know
 * of the variable (systemd.exec(5), JOURNAL_STREAM). */
static bool is_journal(void)
{
    const char *stream = g_getenv("JOURNAL_STREAM");
    struct stat is;
    if (stream == NULL || fstat(STDERR_FILENO, &is) != 0) {
        return false;
    }
    g_autofree char *ours = g_strdup_printf("%" G_GUINT64_FORMAT ":%" G_GUINT64_FORMAT,
                                            (guint64)is.st_dev, (guint64)is.st_ino);
    return strcmp(stream, ours) == 0;
}

static bool is_word(const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        if (!g_ascii_isalnum(*c) && strchr("._:/@+-~,", *c) == NULL) {
            return false;
        }
    }
    return *text != '\0';
}

static void add_character(GString *out, gunichar c)
{
    if (c == '"' || c == '\\') {
        g_string_append_printf(out, "\\%c", (char)c);
    } else if (c == '\n') {
        g_string_append(out, "\\n");
    } else if (c == '\t') {
        g_string_append(out, "\\t");
    } else if (text_is_unsafe(c) || c == 0x2028 || c == 0x2029) {
        g_string_append_printf(out, "\\u%04x", c);
    } else {
        g_string_append_unichar(out, c);
    }
}

static char *value_of(const char *text)
{
    if (is_word(text)) {
        return g_strdup(text);
    }
    GString *out = g_string_new("\"");
    gsize count = 0;
    const char *at = text;
    for (; *at != '\0' && count < VALUE_MOST; count++) {
        const gunichar c = g_utf8_get_char_validated(at, -1);
        if (c == (gunichar)-1 || c == (gunichar)-2) {
            g_string_append_printf(out, "\\x%02x", (unsigned char)*at);
            at++;
        } else {
            add_character(out, c);
            at = g_utf8_next_char(at);
        }
    }
    g_string_append(out, *at != '\0' ? "…\"" : "\"");
    return g_string_free(out, FALSE);
}

static void add_head(GString *out, LogLevel level)
{
    static const char *const names[] = {"error", "warning", "notice", "info", "debug"};
    if (is_journal()) {
        g_string_append_printf(out, "<%d>", (int)level);
        return;
    }
    g_autoptr(GDateTime) now = g_date_time_new_from_unix_utc(clock_now());
    g_autofree char *time = g_date_time_format(now, "%Y-%m-%dT%H:%M:%SZ");
    g_string_append_printf(out, "%s %s ", time, names[level - LOG_LEVEL_ERROR]);
}

LogLine *log_begin(LogLevel level, const char *what)
{
    LogLine *line = g_new0(LogLine, 1);
    line->text = g_string_new(NULL);
    line->left_out = level > settings.most;
    if (line->left_out) {
        return line;
    }
    add_head(line->text, level);
    g_string_append(line->text, what);
    log_text(line, "who", settings.who);
    return line;
}

void log_text(LogLine *line, const char *key, const char *text)
{
    if (text == NULL || line->left_out) {
        return;
    }
    g_autofree char *masked = settings.mask != NULL ? settings.mask(text) : NULL;
    g_autofree char *value = value_of(masked != NULL ? masked : text);
    g_string_append_printf(line->text, " %s=%s", key, value);
}

void log_number(LogLine *line, const char *key, int64_t number)
{
    g_string_append_printf(line->text, " %s=%" G_GINT64_FORMAT, key, (gint64)number);
}

/* Whole characters of it. */
static void cut(GString *text)
{
    static const char end[] = "…";
    if (text->len < LINE_MOST) {
        return;
    }
    const char *last = g_utf8_find_prev_char(text->str, text->str + LINE_MOST - sizeof end);
    g_string_truncate(text, (gsize)(last - text->str));
    g_string_append(text, end);
}

void log_end(LogLine *line)
{
    if (!line->left_out) {
        cut(line->text);
        g_string_append_c(line->text, '\n');
        /* Whoever reads the log may be gone: then there is nobody to be told. */
        ssize_t put = 0;
        do {
            put = write(STDERR_FILENO, line->text->str, line->text->len);
        } while (put < 0 && errno == EINTR);
    }
    g_string_free(line->text, TRUE);
    g_free(line);
}

void log_event(LogLevel level, const char *what, const char *key, const char *text)
{
    LogLine *line = log_begin(level, what);
    if (key != NULL) {
        log_text(line, key, text);
    }
    log_end(line);
}
