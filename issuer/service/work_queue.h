/* A queue between the thread that reads mail and the one that decides: bounded by number and by
 * bytes, so that memory stays flat whatever the mailbox's size. */
#ifndef ISSUER_SERVICE_WORK_QUEUE_H
#define ISSUER_SERVICE_WORK_QUEUE_H

#include "service/intake_item.h"

typedef struct WorkQueue WorkQueue;

/* `most` items, or `bytes` of stored mail, whichever is reached first (one item always fits). */
WorkQueue *work_queue_new(guint most, gsize bytes);

/* Waits for room; false (and the item freed) when the reader of the queue has stopped. */
bool work_queue_push(WorkQueue *queue, IntakeItem *item);

/* No more will be pushed. `error` (taken over, may be NULL) is given to the reader at the end. */
void work_queue_finish(WorkQueue *queue, GError *error);

/* The next item: waits until `deadline_us` (monotonic; -1: without end). NULL at the deadline and
 * at the end. */
IntakeItem *work_queue_pop(WorkQueue *queue, gint64 deadline_us);

/* Whether no item is left, and none will come. */
bool work_queue_is_over(WorkQueue *queue);

/* The writer's error, after the end. New reference for the caller, or NULL. */
GError *work_queue_steal_error(WorkQueue *queue);

/* The reader stops: pushes fail from here on. */
void work_queue_stop(WorkQueue *queue);

void work_queue_free(WorkQueue *queue);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(WorkQueue, work_queue_free)

#endif
