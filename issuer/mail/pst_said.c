#include "mail/pst_said.h"

#include <string.h>

#define MAX_LINE 400 /* bytes of a line that are looked at */

struct PstSaid {
    GString *output; /* the line that is not ended */
    GString *log;
    char *complaint;
    guint64 skipped;
    guint64 no_mails;
    bool damage;
};

PstSaid *pst_said_new(void)
{
    PstSaid *said = g_new0(PstSaid, 1);
    said->output = g_string_new(NULL);
    said->log = g_string_new(NULL);
    return said;
}

void pst_said_free(PstSaid *said)
{
    if (said == NULL) {
        return;
    }
    g_string_free(said->output, TRUE);
    g_string_free(said->log, TRUE);
    g_free(said->complaint);
    g_free(said);
}

/* A count of items, news of its progress, or what may be a complaint. */
static void take_output_line(PstSaid *said, const char *line)
{
    static const char count[] = " items done, ";
    static const char *const news[] = {"Opening PST file", "Processing Folder"};
    const char *done = strstr(line, count);
    if (done != NULL) {
        said->skipped += MIN(g_ascii_strtoull(done + sizeof count - 1, NULL, 10), G_MAXUINT32);
        return;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(news); i++) {
        if (g_str_has_prefix(line, news[i])) {
            return;
        }
    }
    if (line[0] != '\0') {
        g_free(said->complaint);
        said->complaint = g_strdup(line);
    }
}

/* Whether items of a class (MS-OXOMSG, MS-OXOCFG and their like) are never mails. */
static bool is_no_mail(const char *class)
{
    static const char *const begins[] = {
        "IPM.Activity",     "IPM.Aggregation", "IPM.Appointment",  "IPM.Configuration",
        "IPM.Contact",      "IPM.DistList",    "IPM.ExtendedRule", "IPM.Microsoft",
        "IPM.Rule",         "IPM.StickyNote",  "IPM.Task",         "IPM.MessageManager",
        "IPM.Conversation", "IPM.AbchPerson",  "IPM.OLE.CLASS",    "IPC.",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(begins); i++) {
        if (g_ascii_strncasecmp(class, begins[i], strlen(begins[i])) == 0) {
            return true;
        }
    }
    return false;
}

/* What libpst writes where an index, a block or an item is not as it should be. */
static bool tells_damage(const char *line)
{
    static const char *const words[] = {
        "Must be corruption",  "does not match required", "Failed to read ",
        "too large, max is",   "is BEFORE the start",     "Error reading block id",
        "returned an error",   "pst_process() failed",    "pst_process() returned",
        "desc record is NULL", "ERROR error processing",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
        if (strstr(line, words[i]) != NULL) {
            return true;
        }
    }
    return false;
}

/* Why an item was passed over: its class stands in brackets. A message store is no item at all. */
static void take_log_line(PstSaid *said, const char *line)
{
    const char *unknown = strstr(line, "Unknown item type ");
    const char *class = unknown == NULL ? NULL : strchr(unknown, '(');
    const bool other = class != NULL && is_no_mail(class + 1);
    said->damage = said->damage || tells_damage(line);
    said->no_mails += other || strstr(line, "item with message store content") != NULL;
}

typedef void (*TakeLine)(PstSaid *said, const char *line);

static void take(PstSaid *said, GString *line, TakeLine take_line, const char *text, gsize length)
{
    for (gsize i = 0; i < length; i++) {
        if (text[i] == '\n') {
            take_line(said, line->str);
            g_string_truncate(line, 0);
        } else if (text[i] != '\0' && line->len < MAX_LINE) {
            g_string_append_c(line, text[i]);
        }
    }
}

void pst_said_output(PstSaid *said, const char *text, gsize length)
{
    take(said, said->output, take_output_line, text, length);
}

void pst_said_log(PstSaid *said, const char *text, gsize length)
{
    take(said, said->log, take_log_line, text, length);
}

const char *pst_said_complaint(const PstSaid *said)
{
    const char *unended = said->output->len > 0 ? said->output->str : NULL;
    return unended != NULL ? unended : said->complaint;
}

unsigned pst_said_lost(const PstSaid *said)
{
    const guint64 lost = said->skipped > said->no_mails ? said->skipped - said->no_mails : 0;
    return (unsigned)MIN(lost, G_MAXUINT32);
}

bool pst_said_damage(const PstSaid *said)
{
    return said->damage;
}
