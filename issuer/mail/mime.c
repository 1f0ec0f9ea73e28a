#include "mail/mime.h"

#include "mail/mime_outline.h"

#include <gmime/gmime.h>
#include <string.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC(GMimeContentType, g_object_unref)

#define MAX_STACK 20000 /* parts that are still to be looked at */

/* A node of the tree that is still to be looked at. */
typedef struct {
    GMimeObject *object;
    int depth;
} Node;

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

/* Parses without copying: parts are stretches of `bytes`. */
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

/* Sets where in the mail the part's content stands, of which the outline has this. */
static void set_content(MimePart *part, const GMimeStream *content, const MimeOutline *outline)
{
    gsize length = 0;
    (void)mime_outline_bytes(outline, &length);
    const gsize start = MIN((gsize)MAX(content->bound_start, 0), length);
    const gsize bound = content->bound_end < 0 ? length : MIN((gsize)content->bound_end, length);
    const gsize first = mime_outline_start(outline, start);
    part->data += first;
    part->length = mime_outline_end(outline, MAX(bound, start)) - first;
}

static MimePart *part_new(GMimePart *object, const char *data, const MimeOutline *outline)
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
        set_content(part, stream, outline);
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

static const char *walk(GMimeObject *root, const char *data, const MimeOutline *outline,
                        GPtrArray *parts)
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
        if (parts->len >= MIME_MAX_PARTS || stack->len > MAX_STACK) {
            return "it has more than " G_STRINGIFY(MIME_MAX_PARTS) " parts";
        }
        if (GMIME_IS_PART(node.object)) {
            g_ptr_array_add(parts, part_new(GMIME_PART(node.object), data, outline));
        } else if (GMIME_IS_MULTIPART(node.object) || GMIME_IS_MESSAGE_PART(node.object)) {
            push_children(stack, &node);
        }
    }
    return NULL;
}

GPtrArray *mime_parts(const char *data, gsize length, const char **why)
{
    *why = NULL;
    g_autoptr(MimeOutline) outline = mime_outline_new(data, length);
    if (outline == NULL) {
        *why = "it has more than " G_STRINGIFY(MIME_MAX_PARTS) " parts";
        return NULL;
    }
    union {
        const char *given;
        guint8 *asked;
    } bytes = {NULL}; /* GMime only reads; its interface has no const */
    gsize size = 0;
    bytes.given = mime_outline_bytes(outline, &size);
    GByteArray whole = {.data = bytes.asked, .len = (guint)size};
    GMimeMessage *message = construct(&whole);
    g_autoptr(GPtrArray) parts = g_ptr_array_new_with_free_func((GDestroyNotify)mime_part_free);
    GMimeObject *root = message == NULL ? NULL : g_mime_message_get_mime_part(message);
    if (root != NULL) {
        *why = walk(root, data, outline, parts);
    }
    g_clear_object(&message);
    if (*why != NULL) {
        return NULL;
    }
    *why = mime_outline_is_short(outline) ? "most of what the headers of its parts say" : NULL;
    return g_steal_pointer(&parts);
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

/* Where the next encoded word begins behind one that is padded; NULL: nowhere. GMime joins words
 * before it decodes them, and loses what comes after the padding. */
static const char *behind_padded_word(const char *value)
{
    const char *at = value;
    while ((at = strstr(at, "=?=")) != NULL) {
        const char *next = at + 3;
        while (g_ascii_isspace(*next)) {
            next++;
        }
        if (next > at + 3 && g_str_has_prefix(next, "=?")) {
            return next;
        }
        at += 3;
    }
    return NULL;
}

char *mime_decode_words(const char *value)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (const char *next = NULL; value != NULL; value = next) {
        next = behind_padded_word(value);
        g_autofree char *words =
            next == NULL ? g_strdup(value) : g_strchomp(g_strndup(value, (gsize)(next - value)));
        g_autofree char *decoded = g_mime_utils_header_decode_text(NULL, words);
        g_string_append(text, decoded == NULL ? words : decoded);
    }
    return g_utf8_make_valid(text->str, (gssize)text->len);
}

bool mime_read_date(const char *value, gint64 *seconds)
{
    g_autoptr(GDateTime) date = g_mime_utils_header_decode_date(value);
    if (date != NULL) {
        *seconds = g_date_time_to_unix(date);
    }
    return date != NULL;
}
