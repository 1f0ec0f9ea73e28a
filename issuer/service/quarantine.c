#include "service/quarantine.h"

#include "base/clock.h"
#include "base/error.h"
#include "core/finder.h"
#include "db/intake_store.h"
#include "db/serial_store.h"
#include "mail/again.h"
#include "service/drop_settings.h"
#include "service/instructions.h"
#include "service/operators.h"

GPtrArray *quarantine_list(Context *context, bool all, unsigned most, bool *more, GError **error)
{
    GPtrArray *found = quarantine_store_list(context->database, all, most + 1, error);
    *more = found != NULL && found->len > most;
    if (*more) {
        g_ptr_array_set_size(found, (gint)most);
    }
    return found;
}

MessageDetail *quarantine_show(Context *context, int64_t id, GPtrArray **retries, GError **error)
{
    g_autoptr(MessageDetail) detail = message_query_show(context->database, id, error);
    if (detail != NULL && !detail->quarantined) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_NOT_FOUND,
                    "message %" G_GINT64_FORMAT " is not in quarantine; `issuer message show "
                    "%" G_GINT64_FORMAT "` shows it",
                    (gint64)id, (gint64)id);
        return NULL;
    }
    *retries = detail != NULL ? quarantine_store_retries(context->database, id, error) : NULL;
    return *retries != NULL ? g_steal_pointer(&detail) : NULL;
}

bool quarantine_drop(Context *context, const Secret *token, int64_t id, const char *reason,
                     GError **error)
{
    const MessageDeed deed = {
        .token = operators_token_digest(token), .message_id = id, .now = clock_now()};
    g_autofree char *kept = finder_mask_license_keys(reason);
    return quarantine_store_drop(context->database, &deed, kept, error);
}

/* ---- again ---- */

typedef struct {
    Context *context;
    Serials *serials;
    Again *again;
    const Secret *token;
} Retrying;

static ParsedMail *read_again(const Retrying *retrying, int64_t id, GError **error)
{
    g_autoptr(QuarantineMail) kept = quarantine_store_load(retrying->context->database, id, error);
    if (kept == NULL) {
        return NULL;
    }
    g_autofree char *called = NULL;
    g_autofree char *at =
        drop_find(settings_config(retrying->context->settings), kept->source, &called);
    const AgainPlace place = {.source = kept->source,
                              .at = at,
                              .called = called,
                              .offset = kept->offset,
                              .size = kept->size,
                              .raw = kept->raw,
                              .raw_digest = kept->raw_digest,
                              .marks = kept->marks};
    return again_read(retrying->again, &place, error);
}

/* `here`: this process carries it out at once. */
static int64_t file(Context *context, const Secret *token, int64_t id, bool here, GError **error)
{
    const MessageDeed deed = {
        .token = operators_token_digest(token), .message_id = id, .now = clock_now()};
    return quarantine_store_retry(context->database, &deed,
                                  here ? deed.now + INSTRUCTIONS_LEASE : 0, error);
}

typedef struct {
    Context *context;
    int64_t id;
    const IntakeItem *item;
    int64_t now;
} Leaving;

/* Where an earlier export was read, the record that it made is found again: then nothing of the
 * batch itself says that this one is done with. */
static bool leave(const Batch *batch, gpointer data, GError **error)
{
    const Leaving *leaving = data;
    (void)batch;
    return leaving->item->mail->kind == MAIL_UNREADABLE ||
           quarantine_store_leave(leaving->context->database, leaving->id,
                                  leaving->item->item.message_id, leaving->now, error);
}

static IntakeItem *carry_out(const Retrying *retrying, int64_t id, int64_t instruction,
                             GError **error)
{
    ParsedMail *mail = read_again(retrying, id, error);
    if (mail == NULL) {
        return NULL;
    }
    g_autoptr(IntakeItem) item = intake_item_new(mail, retrying->context->settings);
    Leaving leaving = {retrying->context, id, item, clock_now()};
    g_autoptr(Batch) batch = batch_new(retrying->context, retrying->serials, leaving.now, false);
    batch_add(batch, &item->item);
    batch_set_check(batch, leave, &leaving);
    return instructions_run_taken(retrying->context, retrying->serials, batch, instruction, error)
               ? g_steal_pointer(&item)
               : NULL;
}

/* The mail as it was read now, with what was decided; NULL if its bytes are not to be had, or if it
 * cannot be processed: `failure` says so. False with `error`: none can be tried. */
static bool retry_one(const Retrying *retrying, int64_t id, IntakeItem **item, GError **failure,
                      GError **error)
{
    const int64_t instruction = file(retrying->context, retrying->token, id, true, error);
    if (instruction == 0) {
        return false;
    }
    *item = carry_out(retrying, id, instruction, failure);
    if (*item == NULL) {
        instructions_refuse(retrying->context, instruction, *failure);
    }
    return true;
}

bool quarantine_carry_out_taken(Context *context, Serials *serials, Again *again,
                                const InstructionTaken *taken, GError **error)
{
    const Retrying retrying = {.context = context, .serials = serials, .again = again};
    g_autoptr(IntakeItem) item = carry_out(&retrying, taken->message_id, taken->id, error);
    return item != NULL;
}

/* Whether the failure is one of all. */
static bool is_hopeless(const GError *failure)
{
    return g_error_matches(failure, ISSUER_ERROR, ISSUER_ERROR_UNAVAILABLE) ||
           g_error_matches(failure, ISSUER_ERROR, ISSUER_ERROR_DENIED);
}

static bool stays(const IntakeItem *item)
{
    return item == NULL || item->mail->kind == MAIL_UNREADABLE;
}

static bool retry_each(const Retrying *retrying, const GArray *ids, QuarantineReport report,
                       gpointer data, unsigned *left, GError **error)
{
    for (guint i = 0; i < ids->len; i++) {
        const int64_t id = g_array_index(ids, int64_t, i);
        g_autoptr(IntakeItem) item = NULL;
        g_autoptr(GError) failure = NULL;
        g_autoptr(GError) filing = NULL;
        if (!retry_one(retrying, id, &item, &failure, &filing)) {
            // Of many, one may have left meanwhile: the same bytes as an earlier one.
            if (ids->len > 1 && g_error_matches(filing, ISSUER_ERROR, ISSUER_ERROR_STALE)) {
                continue;
            }
            g_propagate_error(error, g_steal_pointer(&filing));
            return false;
        }
        if (failure != NULL && is_hopeless(failure)) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return false;
        }
        *left += stays(item);
        report(id, item, failure, data);
    }
    return true;
}

static GArray *which(Context *context, int64_t id, GError **error)
{
    if (id == 0) {
        return quarantine_store_open(context->database, error);
    }
    GArray *one = g_array_new(FALSE, FALSE, sizeof(int64_t));
    g_array_append_val(one, id);
    return one;
}

static bool retry_with(Retrying *retrying, const QuarantineRetryOrder *order,
                       QuarantineReport report, gpointer data, unsigned *left, GError **error)
{
    g_autoptr(GArray) ids = which(retrying->context, order->id, error);
    g_autoptr(Secret) token = ids != NULL ? order->ask(error) : NULL;
    if (token == NULL) {
        return false;
    }
    retrying->token = token;
    const bool done = retry_each(retrying, ids, report, data, left, error);
    return serials_close(retrying->serials, done ? error : NULL) && done;
}

/* Files an order for each, and waits for the last one: whoever has the key takes them in turn. */
static bool file_each(Context *context, const Secret *token, const GArray *ids, GError **error)
{
    int64_t last = 0;
    for (guint i = 0; i < ids->len; i++) {
        g_autoptr(GError) failure = NULL;
        const int64_t instruction =
            file(context, token, g_array_index(ids, int64_t, i), false, &failure);
        /* Of many, one may have left meanwhile. */
        if (instruction == 0 &&
            (ids->len == 1 || !g_error_matches(failure, ISSUER_ERROR, ISSUER_ERROR_STALE))) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return false;
        }
        last = instruction != 0 ? instruction : last;
    }
    return last == 0 || instructions_wait(context, last, INSTRUCTIONS_WAIT, error);
}

/* Where the key is not on this machine, whoever has it reads the mails again. */
static bool leave_it_filed(const QuarantineRetryOrder *order, GError **error)
{
    g_autoptr(Context) context =
        context_open(order->config_path, CONTEXT_DATABASE, "issuer quarantine retry", error);
    g_autoptr(GArray) ids = context != NULL ? which(context, order->id, error) : NULL;
    g_autoptr(Secret) token = ids != NULL ? order->ask(error) : NULL;
    return token != NULL && file_each(context, token, ids, error);
}

bool quarantine_retry_run(const QuarantineRetryOrder *order, QuarantineReport report, gpointer data,
                          QuarantineRetried *retried, GError **error)
{
    *retried = (QuarantineRetried){0};
    g_autoptr(Settings) settings = settings_load(order->config_path, error);
    /* First of all, so that the parsers hold neither a connection nor a key. */
    g_autoptr(Again) again = settings != NULL ? again_new(settings_mail(settings), error) : NULL;
    g_autoptr(GError) failure = NULL;
    if (again == NULL) {
        return false;
    }
    g_autoptr(Context) context = context_open(order->config_path, CONTEXT_DATABASE | CONTEXT_SIGNER,
                                              "issuer quarantine retry", &failure);
    if (context == NULL) {
        retried->elsewhere = g_error_matches(failure, ISSUER_ERROR, ISSUER_ERROR_NOT_FOUND);
        if (!retried->elsewhere) {
            g_propagate_error(error, g_steal_pointer(&failure));
        }
        return retried->elsewhere && leave_it_filed(order, error);
    }
    if (!intake_may(context->database, error) || !context_record_signer(context, error)) {
        return false;
    }
    g_autoptr(Serials) serials = serials_new(context->database);
    Retrying retrying = {.context = context, .serials = serials, .again = again};
    return retry_with(&retrying, order, report, data, &retried->left, error);
}
