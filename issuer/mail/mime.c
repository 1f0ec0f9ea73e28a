#include "mail/mime.h"

#include <gmime/gmime.h>
#include <string.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC(GMimeContentType, g_object_unref)

#define LONG_LINE    1000  /* bytes; RFC 5322 allows 998 */
#define MAX_DASHED   20000 /* lines that may be boundaries: each costs GMime memory */
#define COLON_OFFSET 1     /* where in a long line a colon is put */

/* A node of the tree that is still to be looked at. */
typedef struct {
    GMimeObject *object;
    int depth;
} Node;

/* A byte of the mail that is another one for the time of the parse. */
typedef struct {
    gsize place;
    char byte;
} Swap;

void mime_init(void)
{
    g_mime_init();
}

void mime_part_free(MimePart *part)
{
    if (part == NULL) {
        return;
    }
    g_free(part->type);
    g_free(part->charset);
    g_free(part->encoding);
    g_free(part->name);
    g_free(part);
}

static void swap_bytes(char *data, GArray *swaps)
{
    for (guint i = 0; i < swaps->len; i++) {
        Swap *swap = &g_array_index(swaps, Swap, i);
        char byte = data[swap->place];
        data[swap->place] = swap->byte;
        swap->byte = byte;
    }
}

/* A header line of more than 4 kB without a colon makes GMime's parser stick for ever. So for the
 * time of the parse each long line that has none near its start gets one. Returns what
 * to swap, or NULL if the mail has too many lines that may be boundaries. */
static GArray *missing_colons(const char *data, gsize length)
{
    g_autoptr(GArray) swaps = g_array_new(FALSE, FALSE, sizeof(Swap));
    gsize dashed = 0;
    for (gsize at = 0; at < length;) {
        const char *end = memchr(data + at, '\n', length - at);
        gsize size = end == NULL ? length - at : (gsize)(end - (data + at));
        dashed += size > 2 && data[at] == '-' && data[at + 1] == '-' && data[at + 2] > ' ';
        if (size > LONG_LINE && memchr(data + at, ':', LONG_LINE) == NULL) {
            Swap swap = {at + COLON_OFFSET, ':'};
            g_array_append_val(swaps, swap);
        }
        at += size + 1;
    }
    return dashed > MAX_DASHED ? NULL : g_steal_pointer(&swaps);
}

/* Parses without copying the mail: its parts are stretches of `bytes`. */
static GMimeMessage *construct(GByteArray *bytes)
{
    GMimeStream *stream = g_mime_stream_mem_new_with_byte_array(bytes);
    g_mime_stream_mem_set_owner(GMIME_STREAM_MEM(stream), FALSE);
    GMimeParser *parser = g_mime_parser_new_with_stream(stream);
    GMimeMessage *message = g_mime_parser_construct_message(parser, NULL);
    g_object_unref(parser);
    g_object_unref(stream);
    return message;
}

static MimePart *part_new(GMimePart *object, const char *data, gsize length)
{
    MimePart *part = g_new0(MimePart, 1);
    GMimeObject *base = GMIME_OBJECT(object);
    GMimeStream *stream = NULL;
    GMimeDataWrapper *content = g_mime_part_get_content(object);
    if (content != NULL) {
        stream = g_mime_data_wrapper_get_stream(content);
    }
    part->data = data;
    if (stream != NULL) {
        gsize start = MIN((gsize)MAX(stream->bound_start, 0), length);
        gsize end = stream->bound_end < 0 ? length : MIN((gsize)stream->bound_end, length);
        part->data = data + start;
        part->length = end > start ? end - start : 0;
    }
    GMimeContentType *type = g_mime_object_get_content_type(base);
    g_autofree char *full = type == NULL ? NULL : g_mime_content_type_get_mime_type(type);
    part->type = g_ascii_strdown(full == NULL ? "text/plain" : full, -1);
    part->charset =
        g_strdup(type == NULL ? NULL : g_mime_content_type_get_parameter(type, "charset"));
    part->encoding = g_strdup(g_mime_object_get_header(base, "Content-Transfer-Encoding"));
    const char *name = g_mime_part_get_filename(object);
    part->name = name == NULL ? NULL : g_utf8_make_valid(name, -1);
    const char *disposition = g_mime_object_get_disposition(base);
    part->attached =
        name != NULL || (disposition != NULL && g_ascii_strcasecmp(disposition, "attachment") == 0);
    return part;
}

/* Puts a node's children on the stack, the first on top. */
static void push_children(GArray *stack, const Node *node)
{
    if (GMIME_IS_MESSAGE_PART(node->object)) {
        GMimeMessage *message = g_mime_message_part_get_message(GMIME_MESSAGE_PART(node->object));
        GMimeObject *root = message == NULL ? NULL : g_mime_message_get_mime_part(message);
        Node child = {root, node->depth + 1};
        if (root != NULL) {
            g_array_append_val(stack, child);
        }
        return;
    }
    GMimeMultipart *multipart = GMIME_MULTIPART(node->object);
    for (int i = g_mime_multipart_get_count(multipart) - 1; i >= 0; i--) {
        Node child = {g_mime_multipart_get_part(multipart, i), node->depth + 1};
        g_array_append_val(stack, child);
    }
}

static const char *walk(GMimeObject *root, const char *data, gsize length, GPtrArray *parts)
{
    g_autoptr(GArray) stack = g_array_new(FALSE, FALSE, sizeof(Node));
    Node first = {root, 0};
    g_array_append_val(stack, first);
    while (stack->len > 0) {
        Node node = g_array_index(stack, Node, stack->len - 1);
        g_array_set_size(stack, stack->len - 1);
        if (node.depth > MIME_MAX_DEPTH) {
            return "it is nested more than " G_STRINGIFY(MIME_MAX_DEPTH) " levels deep";
        }
        if (parts->len >= MIME_MAX_PARTS || stack->len > MAX_DASHED) {
            return "it has more than " G_STRINGIFY(MIME_MAX_PARTS) " parts";
        }
        if (GMIME_IS_PART(node.object)) {
            g_ptr_array_add(parts, part_new(GMIME_PART(node.object), data, length));
        } else if (GMIME_IS_MULTIPART(node.object) || GMIME_IS_MESSAGE_PART(node.object)) {
            push_children(stack, &node);
        }
    }
    return NULL;
}

GPtrArray *mime_parts(char *data, gsize length, const char **why)
{
    *why = NULL;
    g_autoptr(GArray) swaps = missing_colons(data, length);
    if (swaps == NULL) {
        *why = "it has more than " G_STRINGIFY(MIME_MAX_PARTS) " parts";
        return NULL;
    }
    GByteArray whole = {.data = (guint8 *)data, .len = (guint)length};
    swap_bytes(data, swaps);
    GMimeMessage *message = construct(&whole);
    swap_bytes(data, swaps);
    g_autoptr(GPtrArray) parts = g_ptr_array_new_with_free_func((GDestroyNotify)mime_part_free);
    GMimeObject *root = message == NULL ? NULL : g_mime_message_get_mime_part(message);
    if (root != NULL) {
        *why = walk(root, data, length, parts);
    }
    g_clear_object(&message);
    return *why == NULL ? g_steal_pointer(&parts) : NULL;
}

bool mime_is_type(const char *content_type, const char *type, const char *subtype)
{
    const gsize length = strlen(type);
    if (g_ascii_strncasecmp(content_type, type, length) != 0 || content_type[length] != '/') {
        return false; /* most mails: nothing need be parsed */
    }
    g_autoptr(GMimeContentType) parsed = g_mime_content_type_parse(NULL, content_type);
    return parsed != NULL && g_mime_content_type_is_type(parsed, type, subtype);
}

char *mime_parameter(const char *content_type, const char *name)
{
    g_autoptr(GMimeContentType) parsed = g_mime_content_type_parse(NULL, content_type);
    return parsed == NULL ? NULL : g_strdup(g_mime_content_type_get_parameter(parsed, name));
}

char *mime_decode_words(const char *value)
{
    g_autofree char *decoded = g_mime_utils_header_decode_text(NULL, value);
    return g_utf8_make_valid(decoded == NULL ? value : decoded, -1);
}

bool mime_read_date(const char *value, gint64 *seconds)
{
    g_autoptr(GDateTime) date = g_mime_utils_header_decode_date(value);
    if (date != NULL) {
        *seconds = g_date_time_to_unix(date);
    }
    return date != NULL;
}
