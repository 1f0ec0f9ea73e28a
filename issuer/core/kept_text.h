/* The texts of one message, kept until it is known whether they are needed again: all of them up to
 * a size that mails of people do not reach, then only what may be code. */
#ifndef ISSUER_CORE_KEPT_TEXT_H
#define ISSUER_CORE_KEPT_TEXT_H

#include <glib.h>
#include <stdint.h>

#define KEPT_TEXT_WHOLE ((gsize)1024 * 1024) /* bytes kept whatever they are */
#define KEPT_TEXT_MOST  ((gsize)2048 * 1024) /* bytes kept at all */

typedef struct {
    char *text;
    gsize length;
    uint64_t place;
} KeptText;

/* An empty collection, of KeptText *. The caller owns it (g_ptr_array_unref). */
GPtrArray *kept_text_new(void);

/* Keeps a copy of the text or of its parts that hold many digits. `total` counts the bytes kept so
 * far, and is 0 before the first. */
void kept_text_add(GPtrArray *texts, gsize *total, const char *text, gsize length, uint64_t place);

#endif
