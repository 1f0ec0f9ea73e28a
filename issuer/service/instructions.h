/* What an operator tells the program to do: filed by token, carried out by a batch, ended with it.
 */
#ifndef ISSUER_SERVICE_INSTRUCTIONS_H
#define ISSUER_SERVICE_INSTRUCTIONS_H

#include "base/secret.h"
#include "db/instruction_store.h"
#include "service/batch.h"

#define INSTRUCTIONS_LEASE 60 /* seconds in which whoever files one carries it out, or is gone */
#define INSTRUCTIONS_WAIT  30 /* seconds that a command waits for whoever has the signing key */

/* Files `instruction` (its token and lease_end are set here) in the name of the operator who has
 * `token`. `here`: this process carries it out at once; else whoever has the signing key does.
 * Errors and result as instruction_store_file(). */
int64_t instructions_file(Context *context, const Secret *token, bool here,
                          InstructionNew *instruction, GError **error);

/* Runs the batch that carries out `instruction` (0: none, of a dry run), and decides what waits for
 * uses that it gave back, or leaves that to the next ingest. An instruction that cannot be carried
 * out ends as refused, with the reason. Errors of batch_run(). */
bool instructions_run(Context *context, Serials *serials, Batch *batch, int64_t instruction,
                      GError **error);

/* The same for one that was taken: where it fails, who has taken it ends it or gives it back. */
bool instructions_run_taken(Context *context, Serials *serials, Batch *batch, int64_t instruction,
                            GError **error);

/* Ends an instruction that cannot be carried out as refused, with the reason. */
void instructions_refuse(Context *context, int64_t instruction, const GError *why);

/* Waits up to `seconds` for whoever carries it out: `done` tells whether that was in time.
 * ISSUER_ERROR_DENIED with the answer if it was refused. */
bool instructions_await(Context *context, int64_t instruction, unsigned seconds, bool *done,
                        GError **error);

/* The same, where it is ISSUER_ERROR_UNAVAILABLE that it stays filed. */
bool instructions_wait(Context *context, int64_t instruction, unsigned seconds, GError **error);

#endif
