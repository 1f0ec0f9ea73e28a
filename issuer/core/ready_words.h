/* Which ready answer a mail without a usable code may be given, by what its sender wrote. */
#ifndef ISSUER_CORE_READY_WORDS_H
#define ISSUER_CORE_READY_WORDS_H

#include "core/reply.h"

/* Words of the settings, as mail_words_fold() gives them; NULL-terminated. */
typedef struct {
    const char *const *floating; /* two of them tell of a floating license server */
    const char *const *upgrade;  /* one of them beside a License ID, or two, tell of an upgrade */
} ReadyWords;

/* READY_FLOATING_SERVER, READY_UPGRADE_WISH or READY_NONE. `text`: the sender's own words, nothing
 * that is quoted. */
ReadyAnswer ready_words_find(const char *text, const ReadyWords *words);

#endif
