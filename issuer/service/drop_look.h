/* What stands in a drop folder, and which of it is complete: a file that was closed after writing
 * or moved in, or that nobody writes and that has not changed for two seconds; a folder in which
 * nothing has changed for ten. What is named as the unfinished are (hidden, .tmp, .part, .filepart,
 * NAME~) waits until it is renamed. */
#ifndef ISSUER_SERVICE_DROP_LOOK_H
#define ISSUER_SERVICE_DROP_LOOK_H

#include "service/drop_settings.h"

#include <stdint.h>

#define DROP_SWEEP_US                                                                              \
    ((int64_t)10 * G_USEC_PER_SEC) /* what makes no notice is seen within that                     \
                                    */

typedef struct DropLook DropLook;

/* What is large (drop->bulk), or all else. `drop` must outlive the result, which the caller owns.
 */
DropLook *drop_look_new(const Drop *drop, bool large);

/* Whether the folder, and what of taken, done and failed is in it already, can be used. Makes
 * nothing. ISSUER_ERROR_UNAVAILABLE as below. */
bool drop_look_check(const Drop *drop, GError **error);

/* Makes the folders taken, done and failed where they lack, and watches. ISSUER_ERROR_UNAVAILABLE
 * while the folder is not there or cannot be used; its words say what to do. */
bool drop_look_open(DropLook *look, GError **error);

/* To be polled; -1 where the system gives no notice: then looking now and then has to do. */
int drop_look_fd(const DropLook *look);

/* The name of something complete, as a new string: of what stood there together the oldest first.
 * NULL if nothing is, or with ISSUER_ERROR_UNAVAILABLE if the folder cannot be read any more. */
char *drop_look_next(DropLook *look, GError **error);

/* For how long, in milliseconds, nothing can become complete without a notice. */
int64_t drop_look_pause_ms(const DropLook *look);

/* How much is in a file or folder, in bytes; what cannot be looked at has none. */
int64_t drop_look_size(const char *path);

void drop_look_free(DropLook *look);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(DropLook, drop_look_free)

#endif
