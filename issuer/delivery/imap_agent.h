/* What runs in the process that speaks to a mailbox: it does what it is asked to, one thing after
 * another. */
#ifndef ISSUER_DELIVERY_IMAP_AGENT_H
#define ISSUER_DELIVERY_IMAP_AGENT_H

#include <glib.h>

/* Serves whoever is at the other end of `socket`, until nobody is. */
G_NORETURN void imap_agent_run(int socket);

#endif
