#include "service/restorations.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/json_writer.h"
#include "core/finder.h"
#include "core/mail_words.h"
#include "db/request_query.h"
#include "service/instructions.h"
#include "service/operators.h"

#define CONFLICT_TRIES 5

static int64_t number_of(const char *typed, GError **error)
{
    const int64_t number = mail_words_case_typed(typed);
    if (number == 0) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_USAGE,
                    "'%s' is no case's number: `issuer restoration list` shows them", typed);
    }
    return number;
}

Listing *restorations_list(Context *context, bool all, GError **error)
{
    return restoration_store_list(context->database, all, RESTORATIONS_MOST, error);
}

RestorationDetail *restorations_show(Context *context, const char *typed, GError **error)
{
    const int64_t number = number_of(typed, error);
    return number != 0 ? restoration_store_show(context->database, number, clock_now(),
                                                RESTORATIONS_MOST, error)
                       : NULL;
}

int64_t restorations_open(Context *context, const RestorationOrder *order, GError **error)
{
    g_autofree char *wanted = g_strstrip(g_strdup(order->license_id));
    g_autofree char *reason = finder_mask_license_keys(order->reason);
    g_autofree char *ticket =
        order->ticket != NULL ? finder_mask_license_keys(order->ticket) : NULL;
    const RestorationOpening opening = {
        .token = operators_token_digest(order->token),
        .message_id = order->message_id,
        .license_id = wanted,
        .serial = order->serial,
        .reason = reason,
        .ticket = ticket,
        .now = clock_now(),
    };
    return restoration_store_open(context->database, &opening, error);
}

/* ---- approving ---- */

static void add_text(JsonWriter *json, const char *key, const char *text)
{
    g_autofree char *kept = text != NULL ? finder_mask_license_keys(text) : NULL;
    json_writer_key(json, key);
    json_writer_text(json, kept);
}

static void add_number(JsonWriter *json, const char *key, int64_t number)
{
    if (number != 0) {
        json_writer_key(json, key);
        json_writer_number(json, number);
    }
}

static char *arguments_of(const RestorationApprovalOrder *order, int64_t replacement)
{
    g_autoptr(JsonWriter) json = json_writer_new();
    json_writer_begin_object(json);
    add_text(json, "reason", order->reason);
    add_text(json, "ticket", order->ticket);
    add_number(json, "serial", order->serial);
    add_number(json, "replacement", replacement);
    json_writer_end_object(json);
    return g_strdup(json_writer_peek(json));
}

/* `here`: this process carries it out at once. */
static int64_t file(Context *context, const RestorationApprovalOrder *order, bool here,
                    GError **error)
{
    const int64_t number = number_of(order->number, error);
    int64_t replacement = 0;
    if (number != 0 && order->replacement != NULL) {
        replacement = request_query_find(context->database, order->replacement, error);
    }
    if (number == 0 || (order->replacement != NULL && replacement == 0)) {
        return 0;
    }
    g_autofree char *arguments = arguments_of(order, replacement);
    const int64_t now = clock_now();
    RestorationApproval approval = {
        .token = operators_token_digest(order->token),
        .number = number,
        .arguments = arguments,
        .lease_end = here ? now + INSTRUCTIONS_LEASE : 0,
        .now = now,
    };
    if (order->second != NULL) {
        approval.second = operators_token_digest(order->second);
    }
    return restoration_store_file(context->database, &approval, error);
}

/* Whoever was first goes first: then it is looked at again. */
static RestorationDone *try_to_carry_out(Context *context, int64_t instruction, GError **error)
{
    for (unsigned tries = CONFLICT_TRIES;; tries--) {
        g_autoptr(GError) failure = NULL;
        RestorationDone *done =
            restoration_store_carry_out(context->database, instruction, clock_now(), &failure);
        if (done != NULL) {
            return done;
        }
        if (tries > 1 && g_error_matches(failure, ISSUER_ERROR, ISSUER_ERROR_CONFLICT)) {
            continue;
        }
        g_propagate_error(error, g_steal_pointer(&failure));
        return NULL;
    }
}

/* Once it is approved that stands, whatever becomes of those that wait: where they cannot be
 * decided now, the next ingest finds that a use came back. */
static RestorationDone *carry_out(Context *context, Serials *serials, int64_t instruction,
                                  RedecideTotals *totals, GError **error)
{
    RestorationDone *done = try_to_carry_out(context, instruction, error);
    if (done != NULL) {
        g_autoptr(GArray) licenses = g_array_new(FALSE, FALSE, sizeof(int64_t));
        g_array_append_val(licenses, done->license_row);
        (void)redecide_run(context, serials, licenses, totals, NULL);
    }
    return done;
}

RestorationDone *restorations_approve(Context *context, const RestorationApprovalOrder *order,
                                      RedecideTotals *totals, GError **error)
{
    const int64_t instruction =
        context_record_signer(context, error) ? file(context, order, true, error) : 0;
    if (instruction == 0) {
        return NULL;
    }
    g_autoptr(GError) failure = NULL;
    g_autoptr(Serials) serials = serials_new(context->database);
    RestorationDone *done = carry_out(context, serials, instruction, totals, &failure);
    if (done == NULL) {
        instructions_refuse(context, instruction, failure);
        g_propagate_error(error, g_steal_pointer(&failure));
    }
    (void)serials_close(serials, NULL);
    return done;
}

bool restorations_carry_out_taken(Context *context, Serials *serials, int64_t instruction,
                                  GError **error)
{
    RedecideTotals totals = {0};
    RestorationDone *done = carry_out(context, serials, instruction, &totals, error);
    const bool good = done != NULL;
    restoration_done_free(done);
    return good;
}

bool restorations_file(Context *context, const RestorationApprovalOrder *order, unsigned seconds,
                       GError **error)
{
    const int64_t instruction = file(context, order, false, error);
    return instruction != 0 && instructions_wait(context, instruction, seconds, error);
}

char *restorations_deny(Context *context, const Secret *token, const char *typed,
                        const char *reason, GError **error)
{
    const int64_t number = number_of(typed, error);
    const Digest digest = operators_token_digest(token);
    g_autofree char *kept = finder_mask_license_keys(reason);
    return number != 0 ? restoration_store_deny(context->database, &digest, number, kept,
                                                clock_now(), error)
                       : NULL;
}
