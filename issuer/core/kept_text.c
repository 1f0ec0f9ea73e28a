#include "core/kept_text.h"

#define WINDOW       ((gsize)512) /* bytes that are judged together */
#define LEAST_DIGITS 24           /* in a window; lines of a code have one in three */

static void free_kept(gpointer data)
{
    KeptText *kept = data;
    g_free(kept->text);
    g_free(kept);
}

GPtrArray *kept_text_new(void)
{
    return g_ptr_array_new_with_free_func(free_kept);
}

static void keep(GPtrArray *texts, gsize *total, const char *text, gsize length, uint64_t place)
{
    if (length == 0 || length > KEPT_TEXT_MOST - *total) {
        return;
    }
    KeptText *kept = g_new(KeptText, 1);
    kept->text = g_memdup2(text, length);
    kept->length = length;
    kept->place = place;
    *total += length;
    g_ptr_array_add(texts, kept);
}

static gboolean may_be_code(const char *text, gsize length)
{
    gsize digits = 0;
    for (gsize i = 0; i < length; i++) {
        digits += text[i] >= '0' && text[i] <= '9';
    }
    return digits >= LEAST_DIGITS;
}

void kept_text_add(GPtrArray *texts, gsize *total, const char *text, gsize length, uint64_t place)
{
    if (*total + length <= KEPT_TEXT_WHOLE) {
        keep(texts, total, text, length, place);
        return;
    }
    /* Windows that may be code are kept with their neighbours, since lines lie across. */
    gsize from = 0; /* of what is to be kept next */
    gsize to = 0;
    for (gsize at = 0; at < length; at += WINDOW) {
        const gsize window = MIN(WINDOW, length - at);
        if (!may_be_code(text + at, window)) {
            continue;
        }
        const gsize begin = at >= WINDOW ? at - WINDOW : 0;
        if (begin > to) {
            keep(texts, total, text + from, to - from, place + from);
            from = begin;
        }
        to = MIN(length, at + 2 * WINDOW);
    }
    keep(texts, total, text + from, to - from, place + from);
}
