#include "service/instructions.h"

#include "base/clock.h"
#include "base/json_writer.h"
#include "service/operators.h"
#include "service/redecide.h"

#define LEASE_SECONDS 60 /* in which whoever files an instruction carries it out, or is gone */

int64_t instructions_file(Context *context, const Secret *token, bool here,
                          InstructionNew *instruction, GError **error)
{
    const int64_t now = clock_now();
    instruction->token = operators_token_digest(token);
    instruction->lease_end = here ? now + LEASE_SECONDS : 0;
    return instruction_store_file(context->database, instruction, now, error);
}

/* That this cannot be recorded either is no news to who waits for the reason. */
static void record_refusal(Context *context, int64_t instruction, const GError *why)
{
    g_autoptr(JsonWriter) answer = json_writer_new();
    json_writer_begin_object(answer);
    json_writer_key(answer, "why");
    json_writer_text(answer, why->message);
    json_writer_end_object(answer);
    (void)instruction_store_end(context->database, instruction, false, json_writer_peek(answer),
                                clock_now(), NULL);
}

bool instructions_run(Context *context, Serials *serials, Batch *batch, int64_t instruction,
                      GError **error)
{
    batch_set_instruction(batch, instruction);
    g_autoptr(GError) failure = NULL;
    if (!batch_run(batch, &failure)) {
        if (instruction != 0) {
            record_refusal(context, instruction, failure);
        }
        g_propagate_error(error, g_steal_pointer(&failure));
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
