/* What comes into a folder: names, as files are closed after writing or moved in (inotify(7)). A
 * convenience: what others write over a network shows nothing here, so who watches looks for itself
 * now and then too. */
#ifndef ISSUER_BASE_FOLDER_WATCH_H
#define ISSUER_BASE_FOLDER_WATCH_H

#include <glib.h>
#include <stdbool.h>

typedef struct FolderWatch FolderWatch;

/* Watches the folder `path`. ISSUER_ERROR_NOT_FOUND if it is not there, else ISSUER_ERROR_FAILED,
 * as where the system has no watches left. The caller owns it. */
FolderWatch *folder_watch_new(const char *path, GError **error);

/* Becomes readable when there is something; to be polled. Owned by the watch. */
int folder_watch_fd(const FolderWatch *watch);

/* What has come since it was last asked: names in the folder, of char *, in that order, each at
 * least once. Waits for none. `missed` is set if there was more than the system remembers, or the
 * folder itself has gone: then look for yourself. The caller owns the array. */
GPtrArray *folder_watch_read(FolderWatch *watch, bool *missed);

void folder_watch_free(FolderWatch *watch);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(FolderWatch, folder_watch_free)

#endif
