/* The boxes are read one after another by ingest's reading thread, as one feed; what became of
 * their mails is told them on the thread that decides. */
#include "service/fetch.h"

#include "base/error.h"
#include "base/text.h"

#include <string.h>

typedef struct {
    const FetchOptions *options;
    Settings *settings;
    GPtrArray *boxes; /* of FetchBox */
    guint at;         /* the box that is read */
    guint64 given;    /* mails */
} Fetch;

static void free_box(gpointer box)
{
    fetch_box_free(box);
}

static bool is_wanted(const FetchOptions *options, const char *name)
{
    return options->mailboxes[0] == NULL || g_strv_contains(options->mailboxes, name);
}

static bool check_names(const FetchOptions *options, const Config *config, GError **error)
{
    const char *place = config_place(config);
    if (config_group_count(config, MAILBOX_KIND) + config_wrong_count(config, MAILBOX_KIND) == 0) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT,
                    "%s: no mailbox is set: add a group [" MAILBOX_KIND " NAME]%s; "
                    "`issuer check --settings` lists what it takes",
                    place != NULL ? place : "no settings file",
                    place != NULL ? "" : " to issuer.conf");
        return false;
    }
    for (gsize i = 0; options->mailboxes[i] != NULL; i++) {
        if (!config_has_group(config, MAILBOX_KIND, options->mailboxes[i])) {
            g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_USAGE, "no mailbox %s is set in %s",
                        options->mailboxes[i], place);
            return false;
        }
    }
    return true;
}

static void make_box(Fetch *fetch, const Config *config, guint index)
{
    const char *name = config_group_name(config, MAILBOX_KIND, index);
    if (!is_wanted(fetch->options, name)) {
        return;
    }
    g_autoptr(GError) problem = NULL;
    Mailbox *set = mailbox_new(config, index, &problem);
    FetchBox *box = set != NULL ? fetch_box_new(set, fetch->boxes->len + 1, &problem) : NULL;
    g_ptr_array_add(fetch->boxes, box != NULL ? box : fetch_box_new_failed(name, problem));
}

/* The passwords are read when the parsers have been forked, which need not see them; the processes
 * that use them are forked before the key is opened. */
static void prepare(gpointer data)
{
    Fetch *fetch = data;
    const Config *config = settings_config(fetch->settings);
    for (guint i = 0; i < config_group_count(config, MAILBOX_KIND); i++) {
        make_box(fetch, config, i);
    }
    for (guint i = 0; i < config_wrong_count(config, MAILBOX_KIND); i++) {
        const char *name = config_wrong_name(config, MAILBOX_KIND, i);
        if (is_wanted(fetch->options, name)) {
            const GError *problem = config_wrong_problem(config, MAILBOX_KIND, i);
            g_ptr_array_add(fetch->boxes, fetch_box_new_failed(name, problem));
        }
    }
}

static bool begin(Context *context, gpointer data, GError **error)
{
    const Fetch *fetch = data;
    bool begun = true;
    for (guint i = 0; begun && i < fetch->boxes->len; i++) {
        begun = fetch_box_begin(g_ptr_array_index(fetch->boxes, i), context->database,
                                fetch->options->dry_run ? FETCH_DRY : FETCH_ONCE, error);
    }
    return begun;
}

static bool next_mail(gpointer data, FedMail *mail)
{
    Fetch *fetch = data;
    if (fetch->options->limit != 0 && fetch->given == fetch->options->limit) {
        return false;
    }
    while (fetch->at < fetch->boxes->len) {
        if (fetch_box_next(g_ptr_array_index(fetch->boxes, fetch->at), mail)) {
            fetch->given++;
            return true;
        }
        fetch->at++;
    }
    return false;
}

static bool record(Database *database, const GPtrArray *items, gpointer data, GError **error)
{
    const Fetch *fetch = data;
    bool done = true;
    for (guint i = 0; done && i < fetch->boxes->len; i++) {
        done = fetch_box_record(g_ptr_array_index(fetch->boxes, i), database, items, error);
    }
    return done;
}

static bool settle(Context *context, const GPtrArray *items, gpointer data, GError **error)
{
    const Fetch *fetch = data;
    bool done = true;
    for (guint i = 0; done && i < fetch->boxes->len; i++) {
        done =
            fetch_box_settle(g_ptr_array_index(fetch->boxes, i), context->database, items, error);
    }
    return done;
}

static bool run(Fetch *fetch, const FetchReports *reports, IngestTotals *totals, GError **error)
{
    const IntakeFeed feed = {
        .next = next_mail, .data = fetch, .begin = begin, .record = record, .settle = settle};
    const IngestOptions options = {
        .settings = fetch->settings,
        .feed = &feed,
        .prepare = prepare,
        .purpose = "issuer fetch",
        .dry_run = fetch->options->dry_run,
        .allow_development_keys = fetch->options->allow_development_keys,
    };
    const bool done = ingest_run(&options, reports->mail, reports->data, totals, error);
    /* Mails that others took away before they were read: the mailbox tells how many. */
    totals->read -= totals->unreadable;
    totals->unreadable = 0;
    for (guint i = 0; i < fetch->boxes->len; i++) {
        reports->mailbox(g_ptr_array_index(fetch->boxes, i), reports->data);
    }
    return done;
}

bool fetch_run(const FetchOptions *options, const FetchReports *reports, IngestTotals *totals,
               GError **error)
{
    g_autoptr(Settings) settings = settings_given(options->settings, options->config_path, error);
    if (settings == NULL || !check_names(options, settings_config(settings), error)) {
        return false;
    }
    Fetch fetch = {.options = options,
                   .settings = settings,
                   .boxes = g_ptr_array_new_with_free_func(free_box)};
    const bool done = run(&fetch, reports, totals, error);
    g_ptr_array_unref(fetch.boxes);
    return done;
}
