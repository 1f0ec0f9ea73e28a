/* How many answers a contact entry may cause: past the limit its mails are decided as ever, but the
 * answer waits for a person, so that two programs which answer each other come to an end. */
#include "service/batch_internal.h"

#define ALERT_KIND "too-many-answers"

/* As why_listed() goes through them. */
static const struct {
    const char *setting;
    const char *within;
} limits[] = {
    {"answers-an-hour", "within an hour"},
    {"answers-a-day", "within a day"},
    {"repeats-an-hour", "within an hour that brought nothing new"},
};

/* One contact entry: an address or a domain. */
typedef struct {
    char *entry;
    int64_t contact_id; /* of one that has it; 0: none is on record any more */
    unsigned in_hour;   /* answers, those of this batch counted in */
    unsigned in_day;
    unsigned repeats; /* of the hour's those that brought nothing new */
    bool told;        /* an alert was raised by this batch */
} Entry;

static void entry_free(gpointer data)
{
    Entry *entry = data;
    g_free(entry->entry);
    g_free(entry);
}

static unsigned limit(const Batch *batch, const char *setting)
{
    return (unsigned)config_number(settings_config(batch->context->settings), setting);
}

static void ask(GArray *asked, GHashTable *seen, const char *address, int64_t license_id)
{
    if (g_hash_table_add(seen, batch_contact_key(license_id, address != NULL ? address : ""))) {
        AnswerCount count = {.address = address, .license_id = license_id};
        g_array_append_val(asked, count);
    }
}

/* Whoever may be answered because of what came by mail: its sender, and the contacts of the
 * licenses whose codes it carries. */
static GArray *ask_all(const Batch *batch)
{
    GArray *asked = g_array_new(FALSE, TRUE, sizeof(AnswerCount));
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < batch->items->len; i++) {
        const BatchItem *item = g_ptr_array_index(batch->items, i);
        for (guint j = 0; item->mail != NULL && j < item->matters->len; j++) {
            const Matter *matter = g_ptr_array_index(item->matters, j);
            if (!matter->decided || matter->known) {
                continue;
            }
            if (item->sender != NULL) {
                ask(asked, seen, item->sender, 0);
            }
            if (matter->license_id != 0 &&
                !batch_knows_contact(batch, matter->license_id, item->sender)) {
                ask(asked, seen, NULL, matter->license_id);
            }
        }
    }
    return asked;
}

static Entry *entry_of(Batch *batch, const AnswerCount *count)
{
    Entry *entry = g_hash_table_lookup(batch->entries, count->entry);
    if (entry == NULL) {
        entry = g_new0(Entry, 1);
        *entry = (Entry){.entry = g_strdup(count->entry),
                         .contact_id = count->contact_id,
                         .in_hour = count->in_hour,
                         .in_day = count->in_day,
                         .repeats = count->repeats};
        g_hash_table_insert(batch->entries, entry->entry, entry);
    }
    return entry;
}

bool batch_limits_load(Batch *batch, GError **error)
{
    batch->entries = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, entry_free);
    batch->entry_of = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GArray) asked = ask_all(batch);
    unsigned most = 0;
    for (gsize i = 0; i < G_N_ELEMENTS(limits); i++) {
        most = MAX(most, limit(batch, limits[i].setting));
    }
    if (!intake_count_by_entry(batch->context->database, asked, most, batch->now, error)) {
        return false;
    }
    for (guint i = 0; i < asked->len; i++) {
        AnswerCount *count = &g_array_index(asked, AnswerCount, i);
        const char *address = count->address != NULL ? count->address : "";
        if (count->entry != NULL) {
            g_hash_table_insert(batch->entry_of, batch_contact_key(count->license_id, address),
                                entry_of(batch, count));
        }
        g_free(count->entry);
    }
    return true;
}

/* Once: while the alert is open, no other is raised for the entry. It names no address, for those
 * stand with the contacts alone. */
static void raise_alert(Batch *batch, Entry *entry, const ReplyRow *row)
{
    if (entry->told || row->decisions->len == 0) {
        return;
    }
    char *detail = g_strdup_printf("%s; `issuer message list` shows the mails that wait", row->why);
    g_ptr_array_add(batch->texts, detail);
    AlertRow alert = {.decision_id = g_array_index(row->decisions, int64_t, 0),
                      .kind = ALERT_KIND,
                      .detail = detail,
                      .contact_id = entry->contact_id};
    g_array_append_val(batch->limit_alerts, alert);
    entry->told = true;
}

/* Whether the reply brings something new, as answer_is_fresh() of the records tells it. */
static bool is_fresh(const BatchItem *item, const ReplyRow *row)
{
    for (guint i = 0; i < item->matters->len; i++) {
        const Matter *matter = g_ptr_array_index(item->matters, i);
        const Decision *decision = &matter->decision;
        bool told = false;
        for (guint j = 0; j < row->decisions->len; j++) {
            told |= g_array_index(row->decisions, int64_t, j) == matter->decision_id;
        }
        if (told && (decision->outcome == OUTCOME_ISSUED ||
                     (decision->outcome == OUTCOME_ACCEPTED &&
                      g_strcmp0(decision->code, "repeated-deactivation") != 0))) {
            return true;
        }
    }
    return false;
}

/* Why no further answer may go there, or NULL. */
static const char *why_listed(const Batch *batch, const Entry *entry, bool fresh)
{
    const unsigned counts[] = {entry->in_hour, entry->in_day, fresh ? 0 : entry->repeats};
    for (gsize i = 0; i < G_N_ELEMENTS(limits); i++) {
        const unsigned most = limit(batch, limits[i].setting);
        if (counts[i] >= most) {
            char *why = g_strdup_printf("this contact entry had %u answers %s (%s)", most,
                                        limits[i].within, limits[i].setting);
            g_ptr_array_add(batch->texts, why);
            return why;
        }
    }
    return NULL;
}

void batch_limits_apply(Batch *batch, const BatchItem *item, ReplyRow *row)
{
    if (item->mail == NULL || (row->recipient == NULL && row->contact_of == 0)) {
        return;
    }
    g_autofree char *key = batch_contact_key(row->recipient != NULL ? 0 : row->contact_of,
                                             row->recipient != NULL ? row->recipient : "");
    Entry *entry = g_hash_table_lookup(batch->entry_of, key);
    if (entry == NULL) {
        return; /* a license without a contact's address */
    }
    const bool fresh = is_fresh(item, row);
    const char *why = why_listed(batch, entry, fresh);
    if (why == NULL) {
        entry->in_hour++;
        entry->in_day++;
        entry->repeats += fresh ? 0 : 1;
        return;
    }
    row->recipient = NULL;
    row->contact_of = 0;
    row->why = why;
    raise_alert(batch, entry, row);
}
