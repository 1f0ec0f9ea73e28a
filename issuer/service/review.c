#include "service/review.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/json_writer.h"
#include "core/emergency.h"
#include "core/finder.h"
#include "db/intake_store.h"
#include "db/request_query.h"
#include "service/instructions.h"
#include "service/review_answer.h"
#include "service/review_result.h"
#include "service/stored_request.h"

#include <string.h>

#define PREVIEW "preview" /* the instruction that asks for one */

/* One order on its way. */
typedef struct {
    Context *context;
    const ReviewOrder *order;
    WaitingRequest *waiting;
    StoredRequest *stored;
    char *reason; /* the order's, as they may be kept */
    char *ticket;
    char *words;
    bool dry_run;
    ReviewResult *result; /* of the batch's last run */
} Review;

static const char *const kind_names[] = {
    [REVIEW_ISSUE] = "issue", [REVIEW_REFUSE] = "refuse", [REVIEW_KEEP] = "keep",
    [REVIEW_ASK] = "ask",     [REVIEW_RESEND] = "resend", [REVIEW_EMERGENCY] = "emergency",
};

static bool read_kind(const char *kind, ReviewKind *out)
{
    for (gsize i = 0; i < G_N_ELEMENTS(kind_names); i++) {
        if (strcmp(kind_names[i], kind) == 0) {
            *out = (ReviewKind)i;
            return true;
        }
    }
    return false;
}

/* What a person must do so that the hold lets the request pass; NULL if nothing helps. */
static const char *what_passes(const Decision *decision)
{
    gsize count = 0;
    const RuleText *rows = rules_table(&count);
    for (gsize i = 0; i < count; i++) {
        if (rows[i].number == decision->row && rows[i].outcome == OUTCOME_HELD &&
            g_strcmp0(rows[i].code, decision->code) == 0) {
            return rows[i].unless;
        }
    }
    return NULL;
}

static bool deny(const Review *review, const Decision *decision, GError **error)
{
    const char *request = review->result->request;
    if (decision->outcome == OUTCOME_ISSUED) { /* it was to be sent again */
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_DENIED,
                    "request %s cannot be sent again: no usage license was issued for it", request);
        return false;
    }
    if (review->order->kind == REVIEW_EMERGENCY) {
        const char *why = emergency_refusal(decision->code);
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_DENIED,
                    "request %s gets no emergency usage license: %s%s", request,
                    why != NULL ? why : "nobody can pass its refusal as ",
                    why != NULL ? "" : decision->code);
        return false;
    }
    const char *passes = decision->outcome == OUTCOME_HELD ? what_passes(decision) : NULL;
    g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_DENIED,
                "request %s cannot be %s: by the rules it is %s (%s)%s%s", request,
                review->order->kind == REVIEW_RESEND ? "sent again" : "issued",
                rules_outcome_name(decision->outcome), decision->code, passes != NULL ? "; " : "",
                passes != NULL ? passes : "");
    return false;
}

/* Words that the rules did not ask for would be lost, and something else than was said be done. */
static bool is_heard(const Review *review, const Decision *decision, GError **error)
{
    const PersonSays *person = &review->order->person;
    const char *unused = NULL;
    if (decision->outcome != OUTCOME_ISSUED) {
        return true;
    }
    if (person->continues != 0 && decision->continues != person->continues) {
        unused = "--continue";
    } else if (person->new_use && decision->continues != 0) {
        unused = "--new-use";
    } else if (person->replaces != 0 && decision->replaces != person->replaces) {
        unused = "--replace";
    }
    if (unused != NULL) {
        g_set_error(
            error, ISSUER_ERROR, ISSUER_ERROR_INPUT,
            "request %s: %s names what the rules do not ask for here, or no activation that "
            "fits; `issuer request preview %s` without it shows what would happen",
            review->result->request, unused, review->result->request);
    }
    return unused == NULL;
}

static bool is_what_was_ordered(const Review *review, const Matter *matter, GError **error)
{
    const Outcome outcome = matter->decision.outcome;
    const char *request = review->result->request;
    switch (review->order->kind) {
    case REVIEW_ISSUE:
        if (outcome == OUTCOME_RESENT) {
            g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_STALE,
                        "request %s was issued before: `issuer request resend %s` sends the same "
                        "usage license again",
                        request, request);
            return false;
        }
        return outcome == OUTCOME_ISSUED || deny(review, &matter->decision, error);
    case REVIEW_EMERGENCY:
        return outcome == OUTCOME_ISSUED || deny(review, &matter->decision, error);
    case REVIEW_RESEND:
        return outcome == OUTCOME_RESENT || deny(review, &matter->decision, error);
    case REVIEW_REFUSE:
    case REVIEW_KEEP:
    case REVIEW_ASK:
    default:
        if (!matter->waited) {
            g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_STALE,
                        "request %s does not wait for a person: it is %s (%s)", request,
                        rules_outcome_name(review->waiting->outcome), review->waiting->code);
        }
        return matter->waited;
    }
}

/* What was approved is what was previewed. */
static bool is_as_previewed(const Review *review, GError **error)
{
    char approved[12];
    if (review->order->preview == NULL ||
        (statement_short_form_read(review->order->preview, approved) &&
         g_strcmp0(approved, review->result->preview) == 0)) {
        return true;
    }
    g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_STALE,
                "preview-stale: what would happen to request %s is not what was previewed as %s; "
                "look at `issuer request preview %s` again",
                review->result->request, review->order->preview, review->result->request);
    return false;
}

static bool check(const Batch *batch, gpointer data, GError **error)
{
    Review *review = data;
    g_clear_pointer(&review->result, review_result_free);
    review->result = review_result_new(batch, review->stored->matter, review->context->database,
                                       review->dry_run, error);
    if (review->result == NULL) {
        return false;
    }
    review->result->vouched = g_strdup(review->waiting->sender_vouched);
    review->result->authentication = g_strdup(review->waiting->sender_says);
    if (!is_heard(review, &review->stored->matter->decision, error)) {
        return false;
    }
    return review->dry_run || (is_what_was_ordered(review, review->stored->matter, error) &&
                               is_as_previewed(review, error));
}

/* A refusal by a person stands until the request comes in a new mail. */
static bool may_be_issued(const Review *review, GError **error)
{
    if ((review->order->kind != REVIEW_ISSUE && review->order->kind != REVIEW_EMERGENCY) ||
        g_strcmp0(review->waiting->code, MATTER_REFUSED_BY_PERSON) != 0) {
        return true;
    }
    g_autofree char *short_form = matter_short_form(review->stored->matter);
    g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_DENIED,
                "request %s was refused by a person, and that stands until it comes in a new mail",
                review->order->request != NULL ? review->order->request : short_form);
    return false;
}

/* A license key may be typed or pasted anywhere, and is never stored. New string, or NULL. */
static char *kept_text(const char *text)
{
    return text != NULL ? finder_mask_license_keys(text) : NULL;
}

static bool begin_with(Review *review, int64_t id, GError **error)
{
    review->waiting = id != 0 ? waiting_load(review->context->database, id, error) : NULL;
    review->stored = review->waiting != NULL ? stored_request_new(review->waiting, error) : NULL;
    if (review->stored == NULL || !may_be_issued(review, error)) {
        return false;
    }
    Matter *matter = review->stored->matter;
    const ReviewOrder *order = review->order;
    matter->person = order->person;
    matter->person.issues = order->kind == REVIEW_ISSUE || order->kind == REVIEW_RESEND;
    matter->refuses = order->kind == REVIEW_REFUSE;
    matter->emergency = order->kind == REVIEW_EMERGENCY;
    matter->keeps = order->kind == REVIEW_KEEP;
    matter->standing_code = g_strdup(review->waiting->code);
    review->reason = kept_text(order->reason);
    review->ticket = kept_text(order->ticket);
    review->words = kept_text(order->words);
    matter->question = review->words;
    matter->reason = review->reason;
    matter->ticket = review->ticket;
    return true;
}

static bool begin(Review *review, GError **error)
{
    return begin_with(review,
                      request_query_find(review->context->database, review->order->request, error),
                      error);
}

static void end(Review *review)
{
    stored_request_free(review->stored);
    waiting_request_free(review->waiting);
    review_result_free(review->result);
    g_free(review->reason);
    g_free(review->ticket);
    g_free(review->words);
}

static Batch *new_batch(Review *review, Serials *serials)
{
    Batch *batch = batch_new(review->context, serials, clock_now(), review->dry_run);
    batch_add(batch, &review->stored->item);
    batch_set_check(batch, check, review);
    return batch;
}

static ReviewResult *rehearse(Review *review, GError **error)
{
    g_autoptr(Batch) batch = new_batch(review, NULL);
    return batch_run(batch, error) ? g_steal_pointer(&review->result) : NULL;
}

ReviewResult *review_preview(Context *context, const ReviewOrder *order, GError **error)
{
    Review review = {.context = context, .order = order, .dry_run = true};
    ReviewResult *result = begin(&review, error) ? rehearse(&review, error) : NULL;
    end(&review);
    return result;
}

/* ---- carrying out ---- */

static char *arguments_of(const Review *review)
{
    const ReviewOrder *order = review->order;
    g_autoptr(JsonWriter) json = json_writer_new();
    json_writer_begin_object(json);
    json_writer_key(json, "reason");
    json_writer_text(json, review->reason);
    json_writer_key(json, "ticket");
    json_writer_text(json, review->ticket);
    json_writer_key(json, "words");
    json_writer_text(json, review->words);
    json_writer_key(json, "preview");
    json_writer_text(json, order->preview);
    json_writer_key(json, "continue");
    json_writer_number(json, order->person.continues);
    json_writer_key(json, "new_use");
    json_writer_flag(json, order->person.new_use);
    json_writer_key(json, "replace");
    json_writer_number(json, order->person.replaces);
    if (review->dry_run) {
        json_writer_key(json, "would");
        json_writer_text(json, kind_names[order->kind]);
    }
    json_writer_end_object(json);
    return g_strdup(json_writer_peek(json));
}

/* A preview is of no case: it keeps nobody from deciding. */
static int64_t file_preview(const Review *review, GError **error)
{
    g_autofree char *arguments = arguments_of(review);
    InstructionNew instruction = {
        .kind = PREVIEW,
        .request_id = review->waiting->request_id,
        .arguments = arguments,
    };
    return instructions_file(review->context, review->order->token, false, &instruction, error);
}

static int64_t file(const Review *review, bool here, GError **error)
{
    g_autofree char *arguments = arguments_of(review);
    InstructionNew instruction = {
        .kind = kind_names[review->order->kind],
        .request_id = review->waiting->request_id,
        .hold_id = review->waiting->case_number,
        .arguments = arguments,
    };
    return instructions_file(review->context, review->order->token, here, &instruction, error);
}

static bool run(Review *review, int64_t instruction, Serials *serials, GError **error)
{
    g_autoptr(Batch) batch = new_batch(review, serials);
    if (!instructions_run(review->context, serials, batch, instruction, error)) {
        return false;
    }
    review->result->serial = review->stored->matter->serial;
    return request_query_told(review->context->database, review->stored->matter->decision_id,
                              &review->result->to, error);
}

static bool carry_out(Review *review, GError **error)
{
    const int64_t instruction = file(review, true, error);
    if (instruction == 0) {
        return false;
    }
    review->stored->matter->operator_id =
        instruction_store_operator(review->context->database, instruction, error);
    if (review->stored->matter->operator_id == 0) {
        return false;
    }
    g_autoptr(Serials) serials = serials_new(review->context->database);
    const bool done = run(review, instruction, serials, error);
    return serials_close(serials, done ? error : NULL) && done;
}

ReviewResult *review_carry_out(Context *context, const ReviewOrder *order, GError **error)
{
    Review review = {.context = context, .order = order};
    ReviewResult *result = NULL;
    if (begin(&review, error) && context_record_signer(context, error) &&
        carry_out(&review, error)) {
        result = g_steal_pointer(&review.result);
    }
    end(&review);
    return result;
}

/* ---- leaving it to whoever has the key ---- */

bool review_file(Context *context, const ReviewOrder *order, unsigned seconds, GError **error)
{
    Review review = {.context = context, .order = order};
    const int64_t instruction = begin(&review, error) ? file(&review, false, error) : 0;
    end(&review);
    return instruction != 0 && instructions_wait(context, instruction, seconds, error);
}

bool review_is_elsewhere(Context *context, bool *elsewhere, GError **error)
{
    g_autoptr(GError) failure = NULL;
    *elsewhere = !intake_may(context->database, &failure);
    if (failure != NULL && !g_error_matches(failure, ISSUER_ERROR, ISSUER_ERROR_DENIED)) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return false;
    }
    return true;
}

ReviewResult *review_ask_preview(Context *context, const ReviewOrder *order, unsigned seconds,
                                 GError **error)
{
    Review review = {.context = context, .order = order, .dry_run = true};
    const int64_t instruction = begin(&review, error) ? file_preview(&review, error) : 0;
    bool done = false;
    end(&review);
    if (instruction == 0 || !instructions_await(context, instruction, seconds, &done, error)) {
        return NULL;
    }
    if (!done) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_UNAVAILABLE,
                    "this database login cannot look ahead, and no daemon has answered in %u s: "
                    "does one run (issuer status)? Then ask again",
                    seconds);
        return NULL;
    }
    return review_answer_load(context->database, instruction, error);
}

/* ---- by whoever has it ---- */

/* What was said was said of a case, not of another that came after it. */
static bool is_of_this_case(const Review *review, const InstructionTaken *taken, GError **error)
{
    if (taken->case_number == 0 || taken->case_number == review->waiting->case_number) {
        return true;
    }
    g_autofree char *short_form = matter_short_form(review->stored->matter);
    g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_STALE,
                "case %" G_GINT64_FORMAT " has ended since: look at request %s again",
                (gint64)taken->case_number, short_form);
    return false;
}

static bool run_taken(Review *review, const InstructionTaken *taken, Serials *serials,
                      GError **error)
{
    review->stored->matter->operator_id = taken->operator_id;
    g_autoptr(Batch) batch = new_batch(review, serials);
    return instructions_run_taken(review->context, serials, batch, taken->id, error);
}

static ReviewOrder order_of(const InstructionTaken *taken)
{
    return (ReviewOrder){
        .reason = taken->reason,
        .ticket = taken->ticket,
        .words = taken->words,
        .preview = taken->preview,
        .person = {.continues = taken->continues,
                   .new_use = taken->new_use,
                   .replaces = taken->replaces},
    };
}

bool review_carry_out_taken(Context *context, Serials *serials, const InstructionTaken *taken,
                            GError **error)
{
    ReviewOrder order = order_of(taken);
    const bool known = read_kind(taken->kind, &order.kind);
    g_assert(known);
    Review review = {.context = context, .order = &order};
    const bool done = begin_with(&review, taken->request_id, error) &&
                      is_of_this_case(&review, taken, error) &&
                      run_taken(&review, taken, serials, error);
    end(&review);
    return done;
}

bool review_answer_taken(Context *context, const InstructionTaken *taken, GError **error)
{
    ReviewOrder order = order_of(taken);
    Review review = {.context = context, .order = &order, .dry_run = true};
    order.kind = g_strcmp0(taken->would, kind_names[REVIEW_EMERGENCY]) == 0 ? REVIEW_EMERGENCY
                                                                            : REVIEW_ISSUE;
    g_autoptr(ReviewResult) result =
        begin_with(&review, taken->request_id, error) ? rehearse(&review, error) : NULL;
    end(&review);
    g_autofree char *answer = result != NULL ? review_answer_write(result) : NULL;
    return answer != NULL &&
           instruction_store_judge(context->database, taken->id, clock_now(), error) &&
           instruction_store_end(context->database, taken->id, true, answer, clock_now(), error);
}
