#include "service/status.h"

#include "base/clock.h"
#include "service/keys_internal.h"

#include <string.h>

#define GONE_SHOWN (7 * INT64_C(86400)) /* seconds for which what is watched no more is shown */
#define SILENT     60                   /* seconds; a daemon is heard of every 10 */

/* The kinds in the order in which they are told, the gravest first; with a code: one that is told
 * also where nothing of it waits. */
static const struct {
    const char *what;
    const char *code;
} kinds[] = {
    {"alert", NULL},
    {"hold", NULL},
    {"lost-server", NULL},
    {"quarantine", NULL},
    {"message", "answer"}, /* to a case that is open */
    {"message", "about-license"},
    {"message", "unrecognised"},
    {"reply", "undelivered"},
    {"reply", "listed"},
    {"reply", "queued"},
    {"instruction", NULL},
    {"notice", NULL},
};

static bool is_of_kind(const StatusWaiting *found, gsize kind)
{
    return strcmp(found->what, kinds[kind].what) == 0 &&
           (kinds[kind].code == NULL || g_strcmp0(found->code, kinds[kind].code) == 0);
}

static GPtrArray *in_order(const GPtrArray *found)
{
    GPtrArray *waiting = g_ptr_array_new_with_free_func((GDestroyNotify)status_waiting_free);
    for (gsize kind = 0; kind < G_N_ELEMENTS(kinds); kind++) {
        guint before = waiting->len;
        for (guint i = 0; i < found->len; i++) {
            const StatusWaiting *one = g_ptr_array_index(found, i);
            if (is_of_kind(one, kind)) {
                g_ptr_array_add(waiting,
                                status_waiting_new(one->what, one->code, one->count, one->oldest));
            }
        }
        if (waiting->len == before) {
            g_ptr_array_add(waiting, status_waiting_new(kinds[kind].what, kinds[kind].code, 0, 0));
        }
    }
    return waiting;
}

static void take_key(Status *status, const char *kid, int64_t until)
{
    status->signing_key = g_strdup(kid);
    status->signs_until = until;
}

static void find_key_on_record(Status *status, const GPtrArray *records)
{
    int64_t now = clock_now();
    for (guint i = 0; i < records->len && status->signing_key == NULL; i++) {
        const SigningKeyRecord *record = g_ptr_array_index(records, i);
        if (record->revoked_at == 0 && record->not_before <= now && now <= record->not_after) {
            take_key(status, record->kid, record->not_after);
        }
    }
}

/* Who looks after requests may have no key folder at all. */
static bool find_key(Status *status, Context *context, GError **error)
{
    g_auto(Keys) keys = {0};
    keys.records = signing_key_store_list(context->database, false, error);
    if (keys.records == NULL) {
        return false;
    }
    keys.entries = key_folder_list(keys_folder(context), clock_now(), NULL);
    if (keys.entries == NULL) {
        find_key_on_record(status, keys.records);
        return true;
    }
    const KeyEntry *signs = keys_find_signing(&keys);
    const SigningKeyRecord *record =
        signs != NULL ? keys_find_record(&keys, certificate_kid(signs->certificate)) : NULL;
    if (signs != NULL && (record == NULL || record->revoked_at == 0)) {
        take_key(status, certificate_kid(signs->certificate),
                 certificate_not_after(signs->certificate));
    }
    return true;
}

static bool read_all(Status *status, Context *context, GError **error)
{
    g_autoptr(GPtrArray) found = status_store_waiting(context->database, error);
    if (found == NULL || !status_store_totals(context->database, &status->totals, error)) {
        return false;
    }
    status->waiting = in_order(found);
    status->watched = watch_store_list(context->database, clock_now() - GONE_SHOWN, error);
    if (status->watched == NULL) {
        return false;
    }
    return find_key(status, context, error);
}

const char *status_of_watched(const Watched *watched, int64_t now)
{
    if (watched->ended_at != 0) {
        return "ended";
    }
    if (now - watched->seen_at > SILENT) {
        return "silent";
    }
    if (watched->problem != NULL) {
        return "trouble";
    }
    return watched->worked_at < watched->started_at || watched->worked_at == 0 ? "starts" : "works";
}

Status *status_read(Context *context, GError **error)
{
    Status *status = g_new0(Status, 1);
    if (!read_all(status, context, error)) {
        status_free(status);
        return NULL;
    }
    return status;
}

void status_free(Status *status)
{
    if (status != NULL) {
        g_clear_pointer(&status->waiting, g_ptr_array_unref);
        g_clear_pointer(&status->watched, g_ptr_array_unref);
        status_totals_clear(&status->totals);
        g_free(status->signing_key);
        g_free(status);
    }
}
