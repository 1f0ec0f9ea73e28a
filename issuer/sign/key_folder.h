/* The key folder: where the issuer's keys and certificates lie. keys/README.md is for people.
 *
 *   DEVELOPMENT              only where the keys are no customer's: says so
 *   anchors.pem              the roots' certificates, root 1 first: what Chariot pins
 *   denied.jws               the denied list, absent until a key was revoked
 *   roots/root-N.key.pem     private keys of the roots; absent where they are kept off this machine
 *   signing/KID.key.pem      private key of a signing key
 *   signing/KID.cert.pem     its certificate
 *
 * Folders are 0700 and private keys 0600, of this process's user or of root. */
#ifndef ISSUER_SIGN_KEY_FOLDER_H
#define ISSUER_SIGN_KEY_FOLDER_H

#include "core/denied_keys.h"
#include "sign/certificate.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define KEY_FOLDER_DEVELOPMENT "DEVELOPMENT"
#define KEY_FOLDER_ANCHORS     "anchors.pem"
#define KEY_FOLDER_DENIED      "denied.jws"
#define KEY_FOLDER_ROOTS       "roots"
#define KEY_FOLDER_SIGNING     "signing"

#define KEY_FOLDER_MOST 65536 /* bytes of any file in it */

typedef enum {
    KEY_STATE_ROOT,    /* a root that issued a signing key of this folder */
    KEY_STATE_SPARE,   /* a root that issued none yet */
    KEY_STATE_SIGNS,   /* the signing key in use: the newest that can be */
    KEY_STATE_RETIRED, /* could sign, but a newer one does */
    KEY_STATE_WAITING, /* not valid yet */
    KEY_STATE_EXPIRED, /* its certificate's time is over */
    KEY_STATE_DENIED,  /* revoked: it stands on the denied list */
    KEY_STATE_AWAY,    /* a signing key whose private half is not here */
} KeyState;

/* One key of the folder. */
typedef struct {
    bool is_root;
    unsigned number; /* of a root, from 1; 0 for a signing key */
    Certificate *certificate;
    char *key_path;   /* where its private half lies, or would lie */
    bool has_private; /* whether it lies there */
    KeyState state;
} KeyEntry;

/* The state as one word for tables and JSON: "root", "spare", "signs", … */
const char *key_state_text(KeyState state);

/* All keys: the roots in their order, then the signing keys, newest first, each state as of `now`
 * (seconds). Checks the folders' owner and mode, that roots are roots, that every signing key is
 * issued by one of them, and the denied list's signature. Private keys are not opened.
 * ISSUER_ERROR_NOT_FOUND where there are no keys, _DENIED for owner and mode, _INPUT for a file
 * that is not what it should be. The caller owns the array of KeyEntry. */
GPtrArray *key_folder_list(const char *path, int64_t now, GError **error);

/* The roots of the folder's anchors.pem, as Certificate; errors as key_folder_list(). */
GPtrArray *key_folder_anchors(const char *path, GError **error);

/* The folder's denied list, its signature checked against the folder's anchors; `denied` stays NULL
 * where there is none. ISSUER_ERROR_INPUT for a list that none of them signed. The caller owns it.
 */
bool key_folder_denied_keys(const char *path, DeniedKeys **denied, GError **error);

/* Whether the folder is marked as made for development. */
bool key_folder_is_development(const char *path);

#endif
