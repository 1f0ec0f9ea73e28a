/* A usage request or deactivation that reached support by another way than the mailbox: a ticket, a
 * telephone, a stick. It is taken in as a mail from the person who sent it. */
#ifndef ISSUER_SERVICE_PASTE_H
#define ISSUER_SERVICE_PASTE_H

#include "base/secret.h"
#include "service/intake_item.h"

typedef struct {
    const char *config_path;        /* or NULL */
    const char *path;               /* of the text; "-": standard input */
    const char *from;               /* address of the person who sent it; address_is_valid() */
    const char *ticket;             /* where it came in; or NULL */
    Secret *(*ask)(GError **error); /* for the operator's token; not in a dry run. Only once the
                                       text is parsed: whoever parses it must not have the token */
    bool dry_run;                   /* decide, write nothing */
} PasteOrder;

/* Decides the codes in the text as those of a mail from `from`; the same text from the same person
 * again changes nothing. ISSUER_ERROR_INPUT: no code in the text. Errors of
 * context_open(), instruction_store_file() and batch_run() besides. The caller owns the result. */
IntakeItem *paste_run(const PasteOrder *order, GError **error);

#endif
