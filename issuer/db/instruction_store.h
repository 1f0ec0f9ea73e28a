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

/* One that was taken to be carried out; what it does not say is NULL, 0 or false. */
typedef struct {
    int64_t id;
    char *kind;
    int64_t operator_id;
    int64_t request_id;
    int64_t case_number; /* that was open for the request */
    char *reason;
    char *ticket;
    char *words;
    char *preview;
    int64_t continues; /* serials */
    int64_t replaces;
    bool new_use;
    char *would;        /* "preview": what would be done, "issue" or "emergency" */
    int64_t message_id; /* "retry": the mail to be read again */
} InstructionTaken;

/* Takes the next one that nobody carries out, for a minute, and unless `signing` one that signs
 * nothing; `*taken` is NULL if there is none. What is older than 24 hours ends as expired first, as
 * refused what was begun thrice by processes that were gone before its end. Outside a transaction.
 * The caller owns `*taken`. */
bool instruction_store_take(Database *database, bool signing, int64_t now, InstructionTaken **taken,
                            GError **error);

/* It cannot be carried out now: somebody takes it again, others before it. */
bool instruction_store_give_back(Database *database, int64_t id, int64_t now, GError **error);

/* ISSUER_ERROR_DENIED if who has filed it may not do so any more: to be asked within the
 * transaction that carries it out. */
bool instruction_store_judge(Database *database, int64_t id, int64_t now, GError **error);

void instruction_taken_free(InstructionTaken *taken);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(InstructionTaken, instruction_taken_free)

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

/* The members of the answer of an instruction that is done, by their `names` (NULL-terminated): of
 * char *, NULL for one that is not there. The caller owns it. */
GPtrArray *instruction_store_answer(Database *database, int64_t id, const char *const *names,
                                    GError **error);

#endif
