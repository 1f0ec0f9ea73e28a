/* What readpst says while it works: on standard output and error, and in its log. All of it may
 * hold the names of folders and items, so anything. */
#ifndef ISSUER_MAIL_PST_SAID_H
#define ISSUER_MAIL_PST_SAID_H

#include <glib.h>
#include <stdbool.h>

typedef struct PstSaid PstSaid;

/* Nothing said yet. The caller owns it. */
PstSaid *pst_said_new(void);

/* Takes the next bytes of its output and errors, or of its log. */
void pst_said_output(PstSaid *said, const char *text, gsize length);
void pst_said_log(PstSaid *said, const char *text, gsize length);

/* The last line that tells neither progress nor a count; NULL: none did. Owned by `said`. */
const char *pst_said_complaint(const PstSaid *said);

/* How many items it has passed over that may be mails: its own count, less those that its log calls
 * something else, such as tasks and Outlook's settings. */
unsigned pst_said_lost(const PstSaid *said);

/* Whether its log tells of damage, so nobody knows how many items it has not seen at all. */
bool pst_said_damage(const PstSaid *said);

void pst_said_free(PstSaid *said);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(PstSaid, pst_said_free)

#endif
