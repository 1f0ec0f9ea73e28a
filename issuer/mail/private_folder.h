/* A folder for the files of another program, for this user alone, that goes away with the process
 * that made it, however that ends. */
#ifndef ISSUER_MAIL_PRIVATE_FOLDER_H
#define ISSUER_MAIL_PRIVATE_FOLDER_H

#include <glib.h>

/* Makes one beside the system's other temporary files, and a process that removes it, with all that
 * is in it, as soon as this one has ended. Those that are left of a machine's crash are removed
 * first; never one that is in use, and none of another user's. A file descriptor of the folder,
 * which is closed on exec, or -1 with ISSUER_ERROR_FAILED: its message goes on "FILE …". To be
 * called in a process of one thread. */
int private_folder_make(GError **error);

#endif
