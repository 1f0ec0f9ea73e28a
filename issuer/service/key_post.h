/* Mails a new license key to the contacts of its license: from memory, at once, and never again. */
#ifndef ISSUER_SERVICE_KEY_POST_H
#define ISSUER_SERVICE_KEY_POST_H

#include "base/secret.h"
#include "service/context.h"
#include "service/mailer.h"

typedef struct {
    const Secret *token;    /* of the operator */
    const Secret *key;      /* as people read it; on record as the license's current one */
    const char *license_id; /* as it is on record */
    bool replaces;          /* another key was there before */
} KeyPost;

/* What became of it. */
typedef struct {
    GPtrArray *accepted; /* of char *: the addresses whose mail the server took */
    GPtrArray *refused;  /* of char *: "ana@example.com: why" */
    char *unrecorded;    /* why the delivery is not on record although mail went out; else NULL */
} KeyPosted;

/* Whether the license has a contact that mail can go to: ISSUER_ERROR_INPUT if not. */
bool key_post_check(Context *context, const char *license_id, GError **error);

/* Mails the key to each contact that is an address, each by itself, and puts on record that the key
 * was delivered once one was taken. NULL where it could not even be tried. The caller owns it. */
KeyPosted *key_post_send(Context *context, Mailer *mailer, const KeyPost *post, GError **error);

void key_posted_free(KeyPosted *posted);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(KeyPosted, key_posted_free)

#endif
