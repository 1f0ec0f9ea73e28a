#include "service/drop_report.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json_writer.h"
#include "base/text.h"
#include "service/mail_report.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define FLUSH_SIZE ((gsize)1024 * 1024)
#define KEPT_MOST  ((gsize)64 * 1024 * 1024)
#define MODE       0640

struct DropReport {
    const DropItem *item;
    int64_t began;
    GString *lines; /* not yet written */
    int fd;         /* -1: not yet open */
    off_t size;     /* of what is written, in whole lines */
    guint64 left_out;
};

DropReport *drop_report_new(const DropItem *item)
{
    DropReport *report = g_new0(DropReport, 1);
    report->item = item;
    report->began = clock_now();
    report->lines = g_string_new(NULL);
    report->fd = -1;
    return report;
}

void drop_report_free(DropReport *report)
{
    if (report == NULL) {
        return;
    }
    if (report->fd >= 0) {
        (void)close(report->fd);
    }
    (void)g_string_free(report->lines, TRUE);
    g_free(report);
}

void drop_report_restart(DropReport *report)
{
    (void)g_string_truncate(report->lines, 0);
    report->size = 0;
    report->left_out = 0;
}

static bool open_draft(DropReport *report)
{
    g_autofree char *path = drop_item_draft(report->item);
    if (report->fd < 0) {
        report->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, MODE);
    }
    return report->fd >= 0;
}

/* Half of what could not be written whole is taken back, so the file ends with a line. */
static bool flush(DropReport *report)
{
    if (!open_draft(report) || lseek(report->fd, report->size, SEEK_SET) < 0 ||
        ftruncate(report->fd, report->size) != 0) {
        return false;
    }
    if (!file_write_all(report->fd, report->lines->str, report->lines->len)) {
        const int saved = errno;
        (void)ftruncate(report->fd, report->size);
        errno = saved;
        return false;
    }
    report->size += (off_t)report->lines->len;
    (void)g_string_truncate(report->lines, 0);
    return true;
}

void drop_report_mail(DropReport *report, const IntakeItem *item)
{
    if (report->lines->len >= FLUSH_SIZE && !flush(report) && report->lines->len >= KEPT_MOST) {
        report->left_out++;
        return;
    }
    g_autofree char *line = mail_report_json(item, true);
    g_string_append_printf(report->lines, "%s\n", line);
}

/* ---- the last line ---- */

static void member_count(JsonWriter *json, const char *key, guint64 count)
{
    json_writer_key(json, key);
    json_writer_number(json, (int64_t)count);
}

static void member_text(JsonWriter *json, const char *key, const char *text)
{
    json_writer_key(json, key);
    json_writer_text(json, text);
}

static void member_time(JsonWriter *json, const char *key, int64_t at)
{
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(at);
    g_autofree char *text = g_date_time_format(time, "%Y-%m-%dT%H:%M:%SZ");
    member_text(json, key, text);
}

static void write_outcomes(JsonWriter *json, const char *key, const guint64 *outcomes)
{
    json_writer_key(json, key);
    json_writer_begin_object(json);
    for (int i = 0; i <= OUTCOME_ACCEPTED; i++) {
        member_count(json, rules_outcome_name((Outcome)i), outcomes[i]);
    }
    json_writer_end_object(json);
}

static void write_totals(JsonWriter *json, const IngestTotals *totals)
{
    member_count(json, "mails", totals->messages);
    member_count(json, "known", totals->known);
    member_count(json, "answered", totals->answered);
    member_count(json, "held", totals->held);
    member_count(json, "cases", totals->cases);
    member_count(json, "unrecognised", totals->unrecognised);
    member_count(json, "ignored", totals->ignored);
    member_count(json, "quarantined", totals->quarantined);
    member_count(json, "unreadable", totals->unreadable);
    write_outcomes(json, "codes", totals->outcomes);
    write_outcomes(json, "again", totals->again.outcomes);
}

static char *last_line(const DropReport *report, const DropResult *result)
{
    JsonWriter *json = json_writer_new();
    g_autofree char *name = text_file_name(report->item->called);
    json_writer_begin_object(json);
    member_text(json, "file", name);
    member_text(json, "result", result->failed ? "failed" : "done");
    member_text(json, "why", result->why);
    member_time(json, "began", report->began);
    member_time(json, "ended", clock_now());
    write_totals(json, result->totals);
    member_count(json, "left_out", report->left_out);
    json_writer_end_object(json);
    /* What tells the file comes first, in words that can be compared. */
    g_autofree char *members = json_writer_finish(json);
    return g_strdup_printf("{\"part\":\"totals\",%s,%s", report->item->identity, members + 1);
}

/* A last line that did not come to the disk is taken back with its end. */
static bool write_last(DropReport *report, const char *line)
{
    if (report->lines->len > 0 && !flush(report)) {
        return false;
    }
    const off_t before = report->size;
    g_string_append_printf(report->lines, "%s\n", line);
    if (flush(report) && fsync(report->fd) == 0) {
        return true;
    }
    const int saved = errno;
    (void)g_string_truncate(report->lines, 0);
    report->size = before;
    errno = saved;
    return false;
}

bool drop_report_end(DropReport *report, const DropResult *result, GError **error)
{
    g_autofree char *line = last_line(report, result);
    if (write_last(report, line)) {
        return true;
    }
    g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_UNAVAILABLE,
                "the report on %s cannot be written: %s; its mails are on record, and it is tried "
                "again",
                report->item->called, g_strerror(errno));
    return false;
}
