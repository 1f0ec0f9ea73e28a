/* The signer as a process of its own: it waits for those who ask, on a socket that it was given,
 * judges what they ask for, renders, signs and verifies, a few usage licenses of each in turn. A
 * client that sends what is no request is hung up on. It has one thread, and waits for no client:
 * who does not fetch an answer keeps nobody else. */
#ifndef ISSUER_SIGN_SIGN_SERVER_H
#define ISSUER_SIGN_SIGN_SERVER_H

#include "sign/sign_guard.h"
#include "sign/signer.h"

typedef struct SignServer SignServer;

/* `listener` is a listening socket (SOCK_SEQPACKET) that stays the caller's, and so do `signer`,
 * whose key is opened here, and `guard`. ISSUER_ERROR_FAILED. The caller owns it. */
SignServer *sign_server_new(const Signer *signer, SignGuard *guard, int listener, GError **error);

/* A descriptor that becomes readable when there is something to do. */
int sign_server_descriptor(const SignServer *server);

/* Does what there is to do, without waiting, and returns after some of it: how many usage licenses
 * were signed. `more`: there is more at once. */
guint sign_server_turn(SignServer *server, bool *more);

/* What was refused or went wrong since this was last asked, one line for the log; NULL: nothing.
 * `not_now`: it keeps the signer from signing now. New string. */
char *sign_server_trouble(SignServer *server, bool *not_now);

void sign_server_free(SignServer *server);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(SignServer, sign_server_free)

#endif
