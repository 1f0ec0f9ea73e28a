/* Outlook's data files (.pst), unpacked by readpst: a process that starts it in a private folder
 * and sends the mails that it has written there, as an unpacker does (unpack_process.h). readpst
 * itself is confined as a tool (sandbox.h): no network, no other process, limits of memory and
 * files, no environment. */
#ifndef ISSUER_MAIL_PST_PROCESS_H
#define ISSUER_MAIL_PST_PROCESS_H

#include <glib.h>
#include <stdbool.h>

/* Whether this begins as a .pst does. */
bool pst_process_begins(const char *data, gsize length);

/* Unpacks `file`, a regular file open for reading, into `socket`. Never returns; its end, and that
 * of readpst and the private folder, comes with the process's however it ends. */
G_NORETURN void pst_process_run(int socket, int file);

/* Whether a mail of that name ("Personal Folders/Deleted Items/3.eml") stood in a folder for what
 * has been deleted, as Outlook calls it in the languages that it speaks most. */
bool pst_process_is_deleted(const char *name);

#endif
