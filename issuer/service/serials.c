#include "service/serials.h"

#include "db/serial_store.h"

#define DRAWS_MOST                                                                                 \
    256 /* blocks that are open: each holds a lock, and the server has room for some thousands */

typedef struct {
    int64_t first;
    int64_t end; /* one past the last */
} Range;

struct Serials {
    Database *database;
    GArray *ranges; /* of Range: drawn, not used, lowest first */
    GArray *taken;  /* of int64_t: given out since the last keep or give back */
    guint draws;    /* blocks that are open */
    bool in_use;
};

Serials *serials_new(Database *database)
{
    Serials *serials = g_new0(Serials, 1);
    serials->database = database;
    serials->ranges = g_array_new(FALSE, FALSE, sizeof(Range));
    serials->taken = g_array_new(FALSE, FALSE, sizeof(int64_t));
    return serials;
}

uint32_t serials_at_hand(const Serials *serials)
{
    int64_t count = 0;
    for (guint i = 0; i < serials->ranges->len; i++) {
        const Range *range = &g_array_index(serials->ranges, Range, i);
        count += range->end - range->first;
    }
    return (uint32_t)count;
}

bool serials_in_use(const Serials *serials)
{
    return serials->in_use;
}

bool serials_reserve(Serials *serials, uint32_t count, GError **error)
{
    uint32_t have = serials_at_hand(serials);
    if (have >= count) {
        return true;
    }
    if (serials->draws >= DRAWS_MOST) {
        if (!serials_close(serials, error)) {
            return false;
        }
        have = 0;
    }
    Range range = {0};
    if (!serial_draw(serials->database, count - have, &range.first, error)) {
        return false;
    }
    range.end = range.first + (count - have);
    g_array_append_val(serials->ranges, range);
    serials->draws++;
    return true;
}

int64_t serials_next(Serials *serials)
{
    g_assert(serials->ranges->len > 0); /* reserve comes first */
    Range *range = &g_array_index(serials->ranges, Range, 0);
    int64_t serial = range->first++;
    if (range->first == range->end) {
        g_array_remove_index(serials->ranges, 0);
    }
    g_array_append_val(serials->taken, serial);
    return serial;
}

void serials_keep(Serials *serials)
{
    serials->in_use = serials->taken->len > 0;
    g_array_set_size(serials->taken, 0);
}

/* From the last back to the first, so that the ranges stay in order and grow together again. */
void serials_give_back(Serials *serials)
{
    for (guint i = serials->taken->len; i > 0; i--) {
        int64_t serial = g_array_index(serials->taken, int64_t, i - 1);
        Range *first = serials->ranges->len > 0 ? &g_array_index(serials->ranges, Range, 0) : NULL;
        if (first != NULL && first->first == serial + 1) {
            first->first = serial;
        } else {
            Range range = {.first = serial, .end = serial + 1};
            g_array_prepend_val(serials->ranges, range);
        }
    }
    g_array_set_size(serials->taken, 0);
}

void serials_waste(Serials *serials)
{
    g_array_set_size(serials->taken, 0);
}

bool serials_close(Serials *serials, GError **error)
{
    if (serials->draws == 0) {
        return true;
    }
    serials->draws = 0;
    g_array_set_size(serials->ranges, 0);
    return serial_close(serials->database, error);
}

void serials_free(Serials *serials)
{
    if (serials == NULL) {
        return;
    }
    g_array_unref(serials->ranges);
    g_array_unref(serials->taken);
    g_free(serials);
}
