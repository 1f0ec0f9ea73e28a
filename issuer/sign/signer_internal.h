/* A signer, for the files of this room: its key is here or elsewhere. */
#ifndef ISSUER_SIGN_SIGNER_INTERNAL_H
#define ISSUER_SIGN_SIGNER_INTERNAL_H

#include "sign/key_pair.h"
#include "sign/sign_link.h"

struct Signer {
    KeyPair *pair;  /* NULL: it is elsewhere, */
    SignLink *link; /* where this leads to */
    Certificate *certificate;
    bool development;
};

#endif
