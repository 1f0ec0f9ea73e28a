#include "cli/cmd_status.h"

#include "base/clock.h"
#include "service/status.h"

#define MINUTE 60LL /* seconds */
#define HOUR   3600LL
#define DAY    86400LL

/* For people: "12 min", "7 h", "3 d"; a time ahead is no age. */
static char *age_text(int64_t since, int64_t now)
{
    int64_t age = MAX(now - since, 0);
    if (age < 2 * HOUR) {
        return g_strdup_printf("%" G_GINT64_FORMAT " min", (gint64)(age / MINUTE));
    }
    if (age < 2 * DAY) {
        return g_strdup_printf("%" G_GINT64_FORMAT " h", (gint64)(age / HOUR));
    }
    return g_strdup_printf("%" G_GINT64_FORMAT " d", (gint64)(age / DAY));
}

static void print_waiting(Printer *printer, const GPtrArray *all)
{
    static const PrinterColumn columns[] = {
        {"waits", COLUMN_TEXT},  {"code", COLUMN_TEXT}, {"count", COLUMN_NUMBER},
        {"oldest", COLUMN_TIME}, {"age", COLUMN_TEXT},
    };
    int64_t now = clock_now();
    printer_begin(printer, columns, G_N_ELEMENTS(columns));
    for (guint i = 0; i < all->len; i++) {
        const StatusWaiting *waiting = g_ptr_array_index(all, i);
        g_autofree char *age = waiting->count > 0 ? age_text(waiting->oldest, now) : NULL;
        printer_text(printer, waiting->what);
        printer_text(printer, waiting->code);
        printer_number(printer, waiting->count);
        printer_time(printer, waiting->oldest);
        printer_text(printer, age);
    }
}

static void print_count(Printer *printer, const StatusCount *count)
{
    printer_text(printer, count->what);
    printer_number(printer, count->count);
    printer_none(printer);
    printer_text(printer, count->exact ? NULL : "about");
}

static void print_time(Printer *printer, const char *what, int64_t at, const char *detail)
{
    printer_text(printer, what);
    printer_none(printer);
    printer_time(printer, at);
    printer_text(printer, detail);
}

static void print_totals(Printer *printer, const Status *status)
{
    static const PrinterColumn columns[] = {
        {"what", COLUMN_TEXT},
        {"count", COLUMN_NUMBER},
        {"at", COLUMN_TIME},
        {"detail", COLUMN_TEXT},
    };
    const StatusTotals *totals = &status->totals;
    printer_begin_part(printer, "so far", columns, G_N_ELEMENTS(columns));
    print_time(printer, "last message taken in", totals->last_message, NULL);
    print_time(printer, "last decision", totals->last_decision, totals->last_code);
    for (guint i = 0; i < totals->counts->len; i++) {
        print_count(printer, g_ptr_array_index(totals->counts, i));
    }
    print_time(printer, "signing key until", status->signs_until, status->signing_key);
    if (status->signing_key == NULL) {
        printer_say(printer, "No key can sign; issuer check says why.");
    }
}

static void print_watched(Printer *printer, const GPtrArray *all)
{
    static const PrinterColumn columns[] = {
        {"daemon", COLUMN_TEXT},     {"role", COLUMN_TEXT},    {"name", COLUMN_TEXT},
        {"watches", COLUMN_TEXT},    {"state", COLUMN_TEXT},   {"worked_at", COLUMN_TIME},
        {"had_at", COLUMN_TIME},     {"done", COLUMN_NUMBER},  {"restarts", COLUMN_NUMBER},
        {"started_at", COLUMN_TIME}, {"seen_at", COLUMN_TIME}, {"problem_at", COLUMN_TIME},
        {"problem", COLUMN_TEXT},
    };
    const int64_t now = clock_now();
    printer_begin_part(printer, "watched", columns, G_N_ELEMENTS(columns));
    for (guint i = 0; i < all->len; i++) {
        const Watched *row = g_ptr_array_index(all, i);
        printer_text(printer, row->daemon);
        printer_text(printer, row->role);
        printer_text(printer, *row->instance != '\0' ? row->instance : NULL);
        printer_text(printer, row->watches);
        printer_text(printer, status_of_watched(row, now));
        printer_time(printer, row->worked_at);
        printer_time(printer, row->had_at);
        printer_number(printer, row->done);
        printer_number(printer, row->restarts);
        printer_time(printer, row->started_at);
        printer_time(printer, row->seen_at);
        printer_time(printer, row->problem_at);
        printer_text(printer, row->problem);
    }
    if (all->len == 0) {
        printer_say(printer, "No daemon runs; issuer run starts one.");
    }
}

static bool run_status(const CommandCall *call, GError **error)
{
    g_autoptr(Context) context =
        context_open(call->config_path, CONTEXT_DATABASE, "issuer status", error);
    g_autoptr(Status) status = context != NULL ? status_read(context, error) : NULL;
    if (status == NULL) {
        return false;
    }
    print_waiting(call->printer, status->waiting);
    print_totals(call->printer, status);
    print_watched(call->printer, status->watched);
    return true;
}

static const Command commands[] = {
    {.words = "status",
     .summary = "What waits now, what has been so far, and what the daemons watch",
     .run = run_status,
     .details =
         "Waits for a person: alerts, holds by their code, quarantine, messages, replies "
         "undelivered or listed\n(nobody may be answered by mail). Waits for the program: "
         "replies queued, instructions,\nstaff notices that nobody was told yet. Of what daemons "
         "watch: when each last found\nall in order (worked_at) and last had something to do "
         "(had_at), "
         "and its problem; silent: its daemon was\nnot heard of for a minute. --csv has what waits "
         "alone."},
};

const CommandGroup cmd_status = {commands, G_N_ELEMENTS(commands)};
