#include "http/metrics.h"

#include "base/clock.h"
#include "core/rules.h"

#include <string.h>

typedef struct {
    const char *name;
    const char *value; /* NULL or empty: without this label */
} Label;

/* ---- the format ---- */

static void begin(GString *out, const char *name, const char *type, const char *help)
{
    g_string_append_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void add_value_of_label(GString *out, const char *value)
{
    g_autofree char *safe = g_utf8_make_valid(value, -1);
    for (const char *c = safe; *c != '\0'; c++) {
        if (*c == '\\' || *c == '"') {
            g_string_append_c(out, '\\');
            g_string_append_c(out, *c);
        } else if (*c == '\n') {
            g_string_append(out, "\\n");
        } else {
            g_string_append_c(out, *c);
        }
    }
}

/* The name and two labels; the number follows. */
static void add_head(GString *out, const char *name, const Label labels[2])
{
    bool any = false;
    g_string_append(out, name);
    for (guint i = 0; i < 2; i++) {
        if (labels != NULL && labels[i].value != NULL && *labels[i].value != '\0') {
            g_string_append_printf(out, "%s%s=\"", any ? "," : "{", labels[i].name);
            add_value_of_label(out, labels[i].value);
            g_string_append_c(out, '"');
            any = true;
        }
    }
    g_string_append(out, any ? "} " : " ");
}

static void add(GString *out, const char *name, const Label labels[2], int64_t number)
{
    add_head(out, name, labels);
    g_string_append_printf(out, "%" G_GINT64_FORMAT "\n", (gint64)number);
}

static void add_seconds(GString *out, const char *name, int64_t us)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    add_head(out, name, NULL);
    g_string_append_printf(out, "%s\n",
                           g_ascii_formatd(text, sizeof text, "%.6f", (double)us / G_USEC_PER_SEC));
}

/* A metric with one number. */
static void write_one(GString *out, const char *name, const char *type, const char *help,
                      int64_t number)
{
    begin(out, name, type, help);
    add(out, name, NULL, number);
}

/* ---- the daemon and its roles ---- */

typedef struct {
    guint place;
    const RoleBoard *board;
    RoleStanding standing;
} RoleSeen;

static int64_t role_up(const RoleSeen *role)
{
    return health_of_role(role->board, role->place, &role->standing) == HEALTH_RUNS;
}

static int64_t role_ready(const RoleSeen *role)
{
    return role->standing.ready;
}

static int64_t role_trouble(const RoleSeen *role)
{
    return role->standing.problem[0] != '\0';
}

static int64_t role_restarts(const RoleSeen *role)
{
    return role->standing.restarts;
}

static int64_t role_done(const RoleSeen *role)
{
    return role->standing.done;
}

static int64_t role_worked_at(const RoleSeen *role)
{
    return role->standing.worked_at;
}

static int64_t role_had_at(const RoleSeen *role)
{
    return role->standing.had_at;
}

static const struct {
    const char *name;
    const char *type;
    const char *help;
    int64_t (*number)(const RoleSeen *role);
    bool is_time; /* 0: never yet, and left out */
} role_metrics[] = {
    {"issuer_role_up", "gauge", "Whether a process of the role runs and was heard of in time.",
     role_up, false},
    {"issuer_role_ready", "gauge", "Whether it has what it needs.", role_ready, false},
    {"issuer_role_in_trouble", "gauge", "Whether something keeps it from its work.", role_trouble,
     false},
    {"issuer_role_restarts_total", "counter", "How often its process had to be started again.",
     role_restarts, false},
    {"issuer_role_things_total", "counter",
     "What it did: mails read, replies sent, instructions carried out, licenses signed.", role_done,
     false},
    {"issuer_role_worked_timestamp_seconds", "gauge", "When it last found all in order.",
     role_worked_at, true},
    {"issuer_role_had_timestamp_seconds", "gauge", "When it last had something to do.", role_had_at,
     true},
};

static void write_roles(GString *out, const RoleBoard *board)
{
    g_autoptr(GArray) roles = g_array_new(FALSE, FALSE, sizeof(RoleSeen));
    for (guint place = 0; place < ROLE_BOARD_MOST; place++) {
        const RoleSeen role = {place, board, role_board_read(board, place)};
        if (role.standing.used) {
            g_array_append_val(roles, role);
        }
    }
    for (gsize m = 0; m < G_N_ELEMENTS(role_metrics); m++) {
        begin(out, role_metrics[m].name, role_metrics[m].type, role_metrics[m].help);
        for (guint i = 0; i < roles->len; i++) {
            const RoleSeen *role = &g_array_index(roles, RoleSeen, i);
            const Label labels[2] = {{"role", role->standing.role},
                                     {"name", role->standing.instance}};
            const int64_t number = role_metrics[m].number(role);
            if (!role_metrics[m].is_time || number != 0) {
                add(out, role_metrics[m].name, labels, number);
            }
        }
    }
}

static void write_counts(GString *out, const RoleBoard *board)
{
    static const char *const names[ROLE_COUNTS] = {
        [ROLE_COUNT_ANSWERED] = "answered",
        [ROLE_COUNT_HELD] = "held",
        [ROLE_COUNT_CASES] = "case",
        [ROLE_COUNT_KNOWN] = "known",
        [ROLE_COUNT_UNRECOGNISED] = "unrecognised",
        [ROLE_COUNT_IGNORED] = "ignored",
        [ROLE_COUNT_QUARANTINED] = "quarantined",
        [ROLE_COUNT_UNREADABLE] = "unreadable",
        [ROLE_COUNT_OUTCOMES + OUTCOME_ISSUED] = "issued",
        [ROLE_COUNT_OUTCOMES + OUTCOME_RESENT] = "resent",
        [ROLE_COUNT_OUTCOMES + OUTCOME_REFUSED] = "refused",
        [ROLE_COUNT_OUTCOMES + OUTCOME_HELD] = "held",
        [ROLE_COUNT_OUTCOMES + OUTCOME_ACCEPTED] = "accepted",
    };
    static const char mails[] = "issuer_mails_total";
    static const char decisions[] = "issuer_decisions_total";
    begin(out, mails, "counter", "Mails that this daemon has taken in, by what became of them.");
    for (guint i = 0; i < ROLE_COUNTS; i++) {
        if (i == ROLE_COUNT_OUTCOMES) {
            begin(out, decisions, "counter", "Codes in them, by what was decided.");
        }
        const Label labels[2] = {{"outcome", names[i]}, {0}};
        add(out, i < ROLE_COUNT_OUTCOMES ? mails : decisions, labels,
            (int64_t)role_board_counted(board, (RoleCount)i));
    }
}

static void write_daemon(GString *out, const MetricsOf *of)
{
    static const char build[] = "issuer_build_info";
    const Label labels[2] = {{"version", ISSUER_VERSION}, {"policy", of->policy}};
    g_autofree char *not_live = health_not_live(of->board);
    g_autofree char *not_ready = health_not_ready(of->board, of->facts);
    begin(out, build, "gauge",
          "The program, and the digest of the settings that change decisions.");
    add(out, build, labels, 1);
    write_one(out, "issuer_start_time_seconds", "gauge", "When the daemon was started.",
              role_board_started(of->board));
    write_one(out, "issuer_live", "gauge", "Whether /healthz says so.", not_live == NULL);
    write_one(out, "issuer_ready", "gauge", "Whether /readyz says so.", not_ready == NULL);
}

/* ---- the records ---- */

static void write_look(GString *out, const RecordFacts *facts)
{
    g_autofree char *problem = health_of_records(facts);
    write_one(out, "issuer_database_up", "gauge",
              "Whether the records could be looked at, and are this program's.", problem == NULL);
    if (facts != NULL) {
        write_one(out, "issuer_database_looked_timestamp_seconds", "gauge",
                  "When they were last looked at; what follows is as of then.", facts->looked_at);
        begin(out, "issuer_database_look_seconds", "gauge", "How long that took.");
        add_seconds(out, "issuer_database_look_seconds", facts->took_us);
    }
}

static void write_waiting(GString *out, const GPtrArray *waiting)
{
    static const char count[] = "issuer_waiting";
    static const char oldest[] = "issuer_waiting_oldest_timestamp_seconds";
    begin(out, count, "gauge", "What waits, for a person or to be sent.");
    for (guint i = 0; i < waiting->len; i++) {
        const StatusWaiting *one = g_ptr_array_index(waiting, i);
        const Label labels[2] = {{"what", one->what}, {"code", one->code}};
        add(out, count, labels, one->count);
    }
    begin(out, oldest, "gauge", "Since when the oldest of them waits.");
    for (guint i = 0; i < waiting->len; i++) {
        const StatusWaiting *one = g_ptr_array_index(waiting, i);
        const Label labels[2] = {{"what", one->what}, {"code", one->code}};
        if (one->oldest != 0) {
            add(out, oldest, labels, one->oldest);
        }
    }
}

static void write_totals(GString *out, const StatusTotals *totals)
{
    static const char records[] = "issuer_records";
    begin(out, records, "gauge",
          "Rows on record; past 10000 by the database's statistics, as issuer status has them.");
    for (guint i = 0; i < totals->counts->len; i++) {
        const StatusCount *count = g_ptr_array_index(totals->counts, i);
        const Label labels[2] = {{"what", count->what}, {0}};
        add(out, records, labels, count->count);
    }
    if (totals->last_message != 0) {
        write_one(out, "issuer_last_mail_timestamp_seconds", "gauge",
                  "When the last mail was taken in.", totals->last_message);
    }
    if (totals->last_decision != 0) {
        write_one(out, "issuer_last_decision_timestamp_seconds", "gauge",
                  "When the last decision was made.", totals->last_decision);
    }
}

void metrics_write(GString *out, const MetricsOf *of)
{
    write_daemon(out, of);
    write_roles(out, of->board);
    write_counts(out, of->board);
    write_look(out, of->facts);
    if (of->facts != NULL && of->facts->problem == NULL) {
        write_waiting(out, of->facts->waiting);
        write_totals(out, &of->facts->totals);
    }
}
