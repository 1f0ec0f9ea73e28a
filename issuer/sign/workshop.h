/* A folder in which a key folder is made, beside the place where it will stand, so that the
 * finished one appears there whole or not at all. */
#ifndef ISSUER_SIGN_WORKSHOP_H
#define ISSUER_SIGN_WORKSHOP_H

#include <glib.h>
#include <stdbool.h>

typedef struct Workshop Workshop;

/* Opens "PATH.unfinished", mode 0700, with the key folder's empty subfolders; what an interrupted
 * run left there is deleted first. ISSUER_ERROR_CONFLICT where `path` exists and is no empty
 * folder, or where another process is at work there; _NOT_FOUND where the folder above is missing,
 * _FAILED. The caller owns it. */
Workshop *workshop_open(const char *path, GError **error);

/* The folder to fill; owned by the workshop. */
const char *workshop_folder(const Workshop *workshop);

/* Brings all to the disk and moves the folder to its place. ISSUER_ERROR_CONFLICT if something
 * stands there by now, _FAILED. */
bool workshop_deliver(Workshop *workshop, GError **error);

/* Deletes what was not delivered; NULL is fine. */
void workshop_free(Workshop *workshop);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Workshop, workshop_free)

#endif
