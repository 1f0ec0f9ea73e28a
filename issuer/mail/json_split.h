/* Finds the objects in JSON of any length, without reading more of it than one object into memory.
 * What is one is told by braces and quotation marks alone; whether it is JSON shows when it is
 * read. */
#ifndef ISSUER_MAIL_JSON_SPLIT_H
#define ISSUER_MAIL_JSON_SPLIT_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef enum {
    JSON_SPLIT_OBJECT,
    JSON_SPLIT_TOO_LONG, /* an object that is longer, and so is one in it */
    JSON_SPLIT_CUT,      /* the file ends within an object or array */
    JSON_SPLIT_FAILED,   /* it cannot be read further */
    JSON_SPLIT_END,
} JsonSplitKind;

typedef struct JsonSplit JsonSplit;

/* A splitter over the regular file `fd`, which stays the caller's. Objects of up to `most` bytes
 * are given out; of a longer one the objects in its arrays. The caller owns it. */
JsonSplit *json_split_new(int fd, gsize most);

/* The next object: its bytes, valid until the next call, and where it stands in the file. */
JsonSplitKind json_split_next(JsonSplit *split, const char **data, gsize *size, uint64_t *offset);

void json_split_free(JsonSplit *split);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(JsonSplit, json_split_free)

#endif
