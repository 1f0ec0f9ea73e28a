/* The desk: carries out what people have filed where the signing key is not at hand. Which kinds of
 * instruction there are, and who carries them out, is one table. Several desks share the work; one
 * that is killed leaves an instruction to the next, which carries it out unless it was done. */
#ifndef ISSUER_SERVICE_DESK_H
#define ISSUER_SERVICE_DESK_H

#include "service/context.h"

typedef struct Desk Desk;

/* Forks a parser's parent, so it comes before anything is opened. `signer` is the socket on which
 * the signing key is asked; NULL: the key is opened here. Both must outlive the result, which the
 * caller owns. Errors of again_new(). */
Desk *desk_new(Settings *settings, const char *signer, GError **error);

/* Opens the database, unless it is open, and has the session hear of instructions and of keys that
 * are revoked. Errors of context_open(); ISSUER_ERROR_DENIED if the login may not do this work. */
bool desk_open(Desk *desk, GError **error);

/* Closes it, and the key. */
void desk_close(Desk *desk);

/* Why nothing can be signed, as the last desk_turn() found it: the key is not to be had, or
 * revoked. NULL: it can. Owned by the desk. */
const char *desk_problem(const Desk *desk);

/* While it is open. */
Database *desk_database(const Desk *desk);

/* What became of an instruction. */
typedef enum {
    DESK_NONE,     /* none waits */
    DESK_DONE,     /* carried out */
    DESK_REFUSED,  /* it cannot be: `why`, which its author is told */
    DESK_NOT_NOW,  /* it was given back; the error says why */
    DESK_HOPELESS, /* no instruction could be taken; the error says why */
} DeskEnd;

typedef struct {
    int64_t instruction;
    char *kind;
    char *why; /* NULL unless it was refused */
} DeskLine;

/* Takes the next instruction, while nothing can be signed of those that need it not, and carries it
 * out. `line` is filled but for DESK_NONE and
 * DESK_HOPELESS, and cleared by desk_line_clear(). */
DeskEnd desk_turn(Desk *desk, DeskLine *line, GError **error);

void desk_line_clear(DeskLine *line);

void desk_free(Desk *desk);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Desk, desk_free)

#endif
