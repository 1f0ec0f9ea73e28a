/* Instructions: what operators have decided, on its way to being carried out. */
#ifndef ISSUER_DB_INSTRUCTION_STORE_H
#define ISSUER_DB_INSTRUCTION_STORE_H

#include "core/digest.h"
#include "db/database.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct {
    Digest token;          /* SHA-256 of the operator's token */
    const char *kind;      /* "issue", "refuse", "keep", "resend" or "add" */
    int64_t request_id;    /* 0: none on record yet */
    int64_t hold_id;       /* case number, 0: none */
    const char *arguments; /* JSON */
    int64_t lease_end;     /* seconds: the caller carries it out until then; 0: the daemon shall */
} InstructionNew;

/* Files an instruction at `now` (seconds), by the operator that the token proves, and returns its
 * number. 0 on an error: ISSUER_ERROR_DENIED (the token, or the role), ISSUER_ERROR_STALE (the case
 * is being decided by somebody else). Outside a transaction. */
int64_t instruction_store_file(Database *database, const InstructionNew *instruction, int64_t now,
                               GError **error);

/* The operator of an instruction; 0 on an error. */
int64_t instruction_store_operator(Database *database, int64_t id, GError **error);

/* Ends an instruction that is filed or taken: `done`, else refused. `answer` is JSON.
 * ISSUER_ERROR_STALE if it has ended meanwhile. */
bool instruction_store_end(Database *database, int64_t id, bool done, const char *answer,
                           int64_t now, GError **error);

/* What became of an instruction so far: its state ("filed", "taken", "done", "refused", "expired")
 * and its answer (JSON; NULL: none yet). New strings. */
bool instruction_store_look(Database *database, int64_t id, char **state, char **answer,
                            GError **error);

#endif
