/* The sentences of replies: one row for each code that can be decided. Sentences hold {places} that
 * core/reply.c fills; paragraphs are divided by LF, "- " begins an item. */
#ifndef ISSUER_CORE_REPLY_WORDS_H
#define ISSUER_CORE_REPLY_WORDS_H

#include "core/reply.h"

#include <stdbool.h>

typedef struct {
    const char *code;
    Outcome outcome;
    bool tells_license; /* the sender may hear License ID, serials and counts */
    const char *title;  /* a few words, for the subject and the overview */
    const char *what;   /* what was decided */
    const char *why;    /* in plain words; may be NULL */
    const char *next;   /* what to do; NULL where nothing is to be done */
} ReplyWords;

/* The row of `code` decided as `outcome`, else the row of `code` whatever its outcome; NULL if
 * there is none. Static. */
const ReplyWords *reply_words_find(const char *code, Outcome outcome);

/* What a notice says. Static; never NULL for a kind but NOTICE_NONE. */
const ReplyWords *reply_words_notice(NoticeKind kind);

/* What is said of a usage license that is not sent, for it was superseded or ended since. Static.
 */
const ReplyWords *reply_words_voided(void);

/* The same for a hold that has ended since. */
const ReplyWords *reply_words_settled(void);

/* What is said of an outcome whose code has no row. Static, never NULL. */
const ReplyWords *reply_words_generic(Outcome outcome);

/* What stands around a question that a person asks about a held request: `what` before it, `next`
 * behind. Static. */
const ReplyWords *reply_words_question(void);

/* The sentences that a note adds; NULL if there are none. Static. */
const char *reply_words_note(const char *note);

/* The answer to a mail without a usable code: `title`, `what` and `next`. Static, never NULL. */
const ReplyWords *reply_words_ready(ReadyAnswer ready);

/* How a usage license is installed. Static. */
const char *reply_words_install(void);

#endif
