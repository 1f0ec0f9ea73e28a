#include "service/work_queue.h"

struct WorkQueue {
    GMutex lock;
    GCond changed;
    GQueue items; /* of IntakeItem * */
    guint most;
    gsize bytes_most;
    gsize bytes;
    bool finished;
    bool stopped;
    GError *error;
};

static gsize weight(const IntakeItem *item)
{
    return item->mail->raw != NULL ? g_bytes_get_size(item->mail->raw) : 0;
}

WorkQueue *work_queue_new(guint most, gsize bytes)
{
    WorkQueue *queue = g_new0(WorkQueue, 1);
    g_mutex_init(&queue->lock);
    g_cond_init(&queue->changed);
    g_queue_init(&queue->items);
    queue->most = most;
    queue->bytes_most = bytes;
    return queue;
}

static bool is_full(const WorkQueue *queue)
{
    return queue->items.length >= queue->most || queue->bytes >= queue->bytes_most;
}

bool work_queue_push(WorkQueue *queue, IntakeItem *item)
{
    g_mutex_lock(&queue->lock);
    while (!queue->stopped && is_full(queue)) {
        g_cond_wait(&queue->changed, &queue->lock);
    }
    bool taken = !queue->stopped;
    if (taken) {
        g_queue_push_tail(&queue->items, item);
        queue->bytes += weight(item);
        g_cond_broadcast(&queue->changed);
    }
    g_mutex_unlock(&queue->lock);
    if (!taken) {
        intake_item_free(item);
    }
    return taken;
}

void work_queue_finish(WorkQueue *queue, GError *error)
{
    g_mutex_lock(&queue->lock);
    queue->finished = true;
    queue->error = error;
    g_cond_broadcast(&queue->changed);
    g_mutex_unlock(&queue->lock);
}

IntakeItem *work_queue_pop(WorkQueue *queue, gint64 deadline_us)
{
    g_mutex_lock(&queue->lock);
    bool waiting = true;
    while (waiting && queue->items.length == 0 && !queue->finished) {
        if (deadline_us < 0) {
            g_cond_wait(&queue->changed, &queue->lock);
        } else {
            waiting = g_cond_wait_until(&queue->changed, &queue->lock, deadline_us);
        }
    }
    IntakeItem *item = g_queue_pop_head(&queue->items);
    if (item != NULL) {
        queue->bytes -= weight(item);
        g_cond_broadcast(&queue->changed);
    }
    g_mutex_unlock(&queue->lock);
    return item;
}

bool work_queue_is_over(WorkQueue *queue)
{
    g_mutex_lock(&queue->lock);
    const bool over = queue->finished && queue->items.length == 0;
    g_mutex_unlock(&queue->lock);
    return over;
}

GError *work_queue_steal_error(WorkQueue *queue)
{
    g_mutex_lock(&queue->lock);
    GError *error = g_steal_pointer(&queue->error);
    g_mutex_unlock(&queue->lock);
    return error;
}

void work_queue_stop(WorkQueue *queue)
{
    g_mutex_lock(&queue->lock);
    queue->stopped = true;
    g_cond_broadcast(&queue->changed);
    g_mutex_unlock(&queue->lock);
}

void work_queue_free(WorkQueue *queue)
{
    if (queue == NULL) {
        return;
    }
    g_queue_clear_full(&queue->items, (GDestroyNotify)intake_item_free);
    g_clear_error(&queue->error);
    g_cond_clear(&queue->changed);
    g_mutex_clear(&queue->lock);
    g_free(queue);
}
