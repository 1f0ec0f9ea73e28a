/* What people do with keys: make them, replace a signing key, revoke one (keys/README.md). */
#ifndef ISSUER_SIGN_CEREMONY_H
#define ISSUER_SIGN_CEREMONY_H

#include "base/secret.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define CEREMONY_LEAST_PASSPHRASE 12 /* bytes */

/* Makes a key folder at `path` as of `now` (seconds): two roots, the second a spare, and a signing
 * key certified by the first. The roots' keys are encrypted under `passphrase`, of at least
 * CEREMONY_LEAST_PASSPHRASE bytes; with NULL they are not, and folder and certificates are marked
 * as made for development. All is there afterwards, or nothing. ISSUER_ERROR_CONFLICT where `path`
 * holds anything already: nothing is overwritten; _INPUT for a short passphrase, _NOT_FOUND where
 * the folder above is missing, _FAILED. */
bool ceremony_init(const char *path, const Secret *passphrase, int64_t now, GError **error);

/* Adds a signing key certified by root number `root` (from 1); from its certificate's beginning on
 * it signs, and the one before it is kept. That is `now`, or a second after the newest of those
 * that are not revoked: the newest signs, so it must be the newer one also where the clock was set
 * back. Until then it waits.
 * `passphrase` is the roots', NULL for development keys. Returns the new key's id, a new string.
 * ISSUER_ERROR_NOT_FOUND where the root's private key is away, _DENIED for the passphrase, owner
 * and mode, _USAGE for a number that no root has, _INPUT, _FAILED. */
char *ceremony_rotate(const char *path, unsigned root, const Secret *passphrase, int64_t now,
                      GError **error);

/* Adds the key `kid` to the denied list, signed by root number `root`, newer than the list before
 * it. The key need not be in the folder. ISSUER_ERROR_INPUT if `kid` is no key's id or
 * stands there already; else as ceremony_rotate(). Of two at once one waits for the other. */
bool ceremony_revoke(const char *path, const char *kid, unsigned root, const Secret *passphrase,
                     int64_t now, GError **error);

#endif
