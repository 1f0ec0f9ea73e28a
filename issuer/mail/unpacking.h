/* The containers that are open, one within the other: what comes out of the innermost one is a
 * mail, a trouble, or a file that may hold mails or be a container again. All stand under one
 * budget. A file that came out is called "FILE!NAME", of a container in a container
 * "FILE!NAME!NAME"; what is only compressed keeps its FILE's name. */
#ifndef ISSUER_MAIL_UNPACKING_H
#define ISSUER_MAIL_UNPACKING_H

#include "mail/nursery.h"
#include "mail/opened.h"

#define UNPACKING_MOST 8 /* containers within each other */

typedef struct Unpacking Unpacking;

/* No container is open. `nursery` must outlive it. The caller owns it. */
Unpacking *unpacking_new(Nursery *nursery, unsigned time_limit_ms);

/* Opens a container. True if that cannot be done: then `item` says why. */
bool unpacking_enter(Unpacking *unpacking, const Opened *opened, SourceItem *item);

bool unpacking_is_open(const Unpacking *unpacking);

typedef enum {
    UNPACKING_ITEM, /* `item` was filled */
    UNPACKING_FILE, /* `file` was filled: its descriptor is the caller's */
    UNPACKING_NONE, /* the innermost container has ended */
} UnpackingStep;

/* What comes out next. Its texts are valid until the next call. */
UnpackingStep unpacking_next(Unpacking *unpacking, SourceItem *item, OpenedFile *file);

void unpacking_free(Unpacking *unpacking);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Unpacking, unpacking_free)

#endif
