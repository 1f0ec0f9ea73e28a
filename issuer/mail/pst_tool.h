/* Runs readpst over a .pst. */
#ifndef ISSUER_MAIL_PST_TOOL_H
#define ISSUER_MAIL_PST_TOOL_H

#include <glib.h>
#include <stdbool.h>

typedef struct {
    char *trouble; /* what kept it from its end, a clause: "readpst crashed (SIGSEGV)"; or NULL */
    bool damage;   /* it tells of damage: items may be missing of which nobody knows */
    unsigned lost; /* items that it has passed over, and that may be mails */
} PstToolEnd;

/* Has readpst unpack `file` (open for reading) into a private folder, one file a mail, until it
 * ends; ends it, and this process, if nobody is left at the other end of `socket`. A descriptor of
 * the folder, with whatever has come out; -1 with ISSUER_ERROR_FAILED, if readpst could not be
 * started: its message goes on "FILE …". */
int pst_tool_run(int socket, int file, PstToolEnd *end, GError **error);

#endif
