#include "mail/json_split.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define WINDOW_SIZE (64UL * 1024)
#define MAX_OPENED  4 /* objects in each other that are too long to be given out whole */

struct JsonSplit {
    int fd;
    gsize most;
    char window[WINDOW_SIZE];
    uint64_t base; /* of the window in the file */
    gsize length;  /* of what is in it */
    uint64_t at;   /* the next byte */
    bool in_string;
    bool escaped;
    uint64_t depth;              /* of braces and brackets before that byte */
    uint64_t opened[MAX_OPENED]; /* the depths within objects that were too long */
    guint opened_count;
    bool in_object;
    bool passing;   /* over the object: it is not kept */
    uint64_t start; /* of the object */
    uint64_t outer; /* the depth that it stands at */
    GByteArray *object;
};

JsonSplit *json_split_new(int fd, gsize most)
{
    JsonSplit *split = g_new0(JsonSplit, 1);
    split->fd = fd;
    split->most = most;
    split->object = g_byte_array_new();
    return split;
}

void json_split_free(JsonSplit *split)
{
    if (split == NULL) {
        return;
    }
    g_byte_array_unref(split->object);
    g_free(split);
}

/* Has the window hold the next byte. 1, 0 at the end of the file, -1 if it cannot be read. */
static int look(JsonSplit *split)
{
    if (split->at >= split->base && split->at < split->base + split->length) {
        return 1;
    }
    ssize_t got = -1;
    do {
        got = pread(split->fd, split->window, WINDOW_SIZE, (off_t)split->at);
    } while (got < 0 && errno == EINTR);
    split->base = split->at;
    split->length = got > 0 ? (gsize)got : 0;
    return got > 0 ? 1 : (int)got;
}

static void begin_object(JsonSplit *split)
{
    split->in_object = true;
    split->passing = false;
    split->start = split->at;
    split->outer = split->depth;
    g_byte_array_set_size(split->object, 0);
}

/* Leaves an object that is too long, to look for those in it; where that was done too often, it is
 * passed over. */
static void open_object(JsonSplit *split)
{
    g_byte_array_set_size(split->object, 0);
    if (split->opened_count >= MAX_OPENED) {
        split->passing = true;
        return;
    }
    split->in_object = false;
    split->at = split->start + 1;
    split->depth = split->outer + 1;
    split->opened[split->opened_count++] = split->depth;
    split->in_string = false;
    split->escaped = false;
}

static void close_bracket(JsonSplit *split)
{
    if (split->opened_count > 0 && split->opened[split->opened_count - 1] == split->depth) {
        split->opened_count--;
    }
    split->depth -= split->depth > 0;
}

/* A line break within a string is no JSON: the object ends there, broken, and the next line may
 * begin another. */
static bool step_in_string(JsonSplit *split, char c)
{
    if (split->escaped) {
        split->escaped = false;
    } else if (c == '\\') {
        split->escaped = true;
    } else if (c == '"' || c == '\n') {
        split->in_string = false;
    }
    bool broken = c == '\n' && split->in_object;
    if (broken) {
        split->depth = split->outer;
    }
    return broken;
}

/* Moves over one byte; whether an object ends with it. */
static bool step(JsonSplit *split, char c)
{
    if (split->in_string) {
        return step_in_string(split, c);
    }
    switch (c) {
    case '"':
        split->in_string = true;
        return false;
    case '{':
    case '[':
        if (c == '{' && !split->in_object) {
            begin_object(split);
        }
        split->depth++;
        return false;
    case '}':
    case ']':
        close_bracket(split);
        return split->in_object && split->depth <= split->outer;
    default:
        return false;
    }
}

/* Goes through the window; whether an object ended. */
static bool step_through(JsonSplit *split)
{
    gsize from = (gsize)(split->at - split->base);
    const char *data = split->window;
    bool was_in = split->in_object;
    bool ended = false;
    gsize i = from;
    while (i < split->length && !ended && split->in_object == was_in) {
        ended = step(split, data[i]);
        split->at++;
        i++;
    }
    gsize keep = was_in ? from : i - 1; // the brace that begins an object is one byte back
    if (split->in_object && !split->passing) {
        g_byte_array_append(split->object, (const guint8 *)data + keep, (guint)(i - keep));
    }
    return ended;
}

static JsonSplitKind finish(JsonSplit *split, int state)
{
    bool cut = split->in_object || split->depth > 0;
    split->in_object = false;
    split->depth = 0;
    if (state < 0) {
        return JSON_SPLIT_FAILED;
    }
    return cut ? JSON_SPLIT_CUT : JSON_SPLIT_END;
}

JsonSplitKind json_split_next(JsonSplit *split, const char **data, gsize *size, uint64_t *offset)
{
    int state = 0;
    while ((state = look(split)) > 0) {
        if (step_through(split)) {
            split->in_object = false;
            *data = (const char *)split->object->data;
            *size = split->object->len;
            *offset = split->start;
            return split->passing ? JSON_SPLIT_TOO_LONG : JSON_SPLIT_OBJECT;
        }
        if (split->in_object && !split->passing && split->object->len > split->most) {
            open_object(split);
        }
    }
    *offset = split->in_object ? split->start : split->at;
    return finish(split, state);
}
