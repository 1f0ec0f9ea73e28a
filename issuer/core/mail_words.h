/* What a person's own words in a mail may say: a License ID, a case, the loss of a server. */
#ifndef ISSUER_CORE_MAIL_WORDS_H
#define ISSUER_CORE_MAIL_WORDS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* The first License ID ("LIC-…", any case, any kind of hyphen) in `text`, upper-case prefix, at
 * most 64 characters, or NULL. New string. */
char *mail_words_license_id(const char *text);

/* A case's number as a person types it: "1001", "case 1001", "#1001"; 0: it is none. */
int64_t mail_words_case_typed(const char *text);

/* The numbers of cases that `text` (NULL: none) names, as our mails do ("case 1001", also "Case no.
 * 1001", "case #1001"): int64_t, each once, at most ten. New array. */
GArray *mail_words_case_numbers(const char *text);

/* The words (NULL-terminated) as mail_words_tell_of_loss() compares them: once for many mails. The
 * caller owns the new list. */
GStrv mail_words_fold(const char *const *words);

/* How many different ones of `folded_words` (of mail_words_fold()) stand in `text` (NULL: none), as
 * mail_words_tell_of_loss() compares them; a word within a longer one that stands there is none. */
guint mail_words_count(const char *text, const char *const *folded_words);

/* Whether one of `folded_words` (of mail_words_fold()) stands in `text` (NULL: none) as a whole
 * word, whatever its case. The parts of one that has several may stand in two lines. */
bool mail_words_tell_of_loss(const char *text, const char *const *folded_words);

#endif
