#include "service/instructions.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/json_writer.h"
#include "service/operators.h"
#include "service/redecide.h"

#include <poll.h>

#define CHANNEL  "issuer_answer" /* as the trigger in schema/repeat/notify.sql says it */
#define SWEEP_MS 1000            /* at most, between two looks at a filed instruction */

int64_t instructions_file(Context *context, const Secret *token, bool here,
                          InstructionNew *instruction, GError **error)
{
    const int64_t now = clock_now();
    instruction->token = operators_token_digest(token);
    instruction->lease_end = here ? now + INSTRUCTIONS_LEASE : 0;
    return instruction_store_file(context->database, instruction, now, error);
}

/* That this cannot be recorded either is no news to who waits for the reason. */
void instructions_refuse(Context *context, int64_t instruction, const GError *why)
{
    g_autoptr(JsonWriter) answer = json_writer_new();
    json_writer_begin_object(answer);
    json_writer_key(answer, "why");
    json_writer_text(answer, why->message);
    json_writer_end_object(answer);
    (void)instruction_store_end(context->database, instruction, false, json_writer_peek(answer),
                                clock_now(), NULL);
}

bool instructions_run_taken(Context *context, Serials *serials, Batch *batch, int64_t instruction,
                            GError **error)
{
    batch_set_instruction(batch, instruction);
    if (!batch_run(batch, error)) {
        return false;
    }
    /* The instruction is carried out, whatever becomes of those that wait: where they cannot be
     * decided now, the next ingest finds that uses came back. */
    if (instruction != 0 && batch_given_back(batch)->len > 0) {
        RedecideTotals totals = {0};
        (void)redecide_run(context, serials, batch_given_back(batch), &totals, NULL);
    }
    return true;
}

bool instructions_run(Context *context, Serials *serials, Batch *batch, int64_t instruction,
                      GError **error)
{
    g_autoptr(GError) failure = NULL;
    if (instructions_run_taken(context, serials, batch, instruction, &failure)) {
        return true;
    }
    if (instruction != 0) {
        instructions_refuse(context, instruction, failure);
    }
    g_propagate_error(error, g_steal_pointer(&failure));
    return false;
}

/* A notice may be lost, so that it is looked now and then in any case. */
static bool wait_for_notice(Database *database, int64_t most_us, GError **error)
{
    bool called = false;
    if (!database_notified(database, &called, error)) {
        return false;
    }
    if (!called) {
        struct pollfd fd = {.fd = database_socket(database), .events = POLLIN};
        (void)poll(&fd, 1, (int)CLAMP(most_us / 1000, 1, SWEEP_MS));
    }
    return true;
}

static bool is_open(const char *state)
{
    return g_strcmp0(state, "filed") == 0 || g_strcmp0(state, "taken") == 0;
}

bool instructions_await(Context *context, int64_t instruction, unsigned seconds, bool *done,
                        GError **error)
{
    const int64_t deadline = clock_monotonic_us() + (int64_t)seconds * G_USEC_PER_SEC;
    *done = false;
    if (!database_listen(context->database, CHANNEL, error)) {
        return false;
    }
    for (;;) {
        g_autofree char *state = NULL;
        g_autofree char *answer = NULL;
        if (!instruction_store_look(context->database, instruction, &state, &answer, error)) {
            return false;
        }
        *done = g_strcmp0(state, "done") == 0;
        const int64_t left = deadline - clock_monotonic_us();
        if (*done || (is_open(state) && left <= 0)) {
            return true;
        }
        if (!is_open(state)) {
            g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_DENIED,
                        "instruction %" G_GINT64_FORMAT " was not carried out (%s): %s",
                        instruction, state, answer != NULL ? answer : "its time is over");
            return false;
        }
        if (!wait_for_notice(context->database, left, error)) {
            return false;
        }
    }
}

bool instructions_wait(Context *context, int64_t instruction, unsigned seconds, GError **error)
{
    bool done = false;
    if (instructions_await(context, instruction, seconds, &done, error) && !done) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_UNAVAILABLE,
                    "the signing key is not on this machine, and nobody who has it carried out "
                    "instruction %" G_GINT64_FORMAT " yet; it stays filed for 24 hours",
                    instruction);
    }
    return done;
}
