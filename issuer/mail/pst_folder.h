/* What readpst has written. */
#ifndef ISSUER_MAIL_PST_FOLDER_H
#define ISSUER_MAIL_PST_FOLDER_H

#include <stdbool.h>

/* Sends the mails that stand in the folder, which is taken over, and in those below it, in the
 * order of their names and numbers; contacts and calendars are none. `any` tells whether there were
 * some. False if nobody is left at the other end. */
bool pst_folder_send(int folder, int socket, bool *any);

#endif
