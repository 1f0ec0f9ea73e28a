/* A file or folder on its way through a drop folder: taken, that is moved into the folder `taken`
 * and locked there (flock), read, and moved into `done` or `failed` with its report beside it. A
 * lock ends with its process, so what was taken by one that died is taken again. Names are never
 * taken twice: the second a.mbox is called a.mbox~2. */
#ifndef ISSUER_SERVICE_DROP_ITEM_H
#define ISSUER_SERVICE_DROP_ITEM_H

#include "service/drop_settings.h"

#include <stdint.h>

typedef struct {
    const Drop *drop;
    char *name;     /* that it has now */
    char *path;     /* where it is now */
    char *called;   /* as it is told of: in the drop folder, by that name */
    char *trouble;  /* why it is not to be read at all; NULL: it is */
    char *identity; /* members of a JSON object that no other file has at the same time */
    int lock;
    bool once_more; /* a process has died while it had it */
} DropItem;

/* Takes what is complete. NULL without an error: another was first, or it is being written again.
 * ISSUER_ERROR_DENIED, _FAILED: it cannot be moved. `drop` must outlive the result, which the
 * caller owns. */
DropItem *drop_item_take(const Drop *drop, const char *name, GError **error);

/* Takes again something, of what is large or of all else, that a process which has died had taken.
 * What has seen several die already is passed over unless `stubborn`. NULL: there is none. */
DropItem *drop_item_take_again(const Drop *drop, bool large, bool stubborn);

/* Where the report is written while the item is being read; new string. */
char *drop_item_draft(const DropItem *item);

/* Whether its whole report is in its place already: a process has died between that and the item's
 * own move. `failed` is set. */
bool drop_item_is_reported(const DropItem *item, bool *failed);

/* Moves the draft of the report, which is on the disk, beside the place of the item, and the item
 * after it: `name` is set to what it is called there (new string). ISSUER_ERROR_FAILED. */
bool drop_item_end(const DropItem *item, bool failed, char **name, GError **error);

/* Moves the item alone, for one that is reported. */
bool drop_item_follow(const DropItem *item, bool failed, GError **error);

void drop_item_free(DropItem *item);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(DropItem, drop_item_free)

#endif
