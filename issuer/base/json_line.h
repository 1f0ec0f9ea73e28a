/* Writes one JSON value on one line (RFC 8259): for programs that read what the command line
 * prints. Nothing is kept but the text; who calls it keeps the order of keys and values right. */
#ifndef ISSUER_BASE_JSON_LINE_H
#define ISSUER_BASE_JSON_LINE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct JsonLine JsonLine;

/* An empty writer. The caller owns it. */
JsonLine *json_line_new(void);

/* Objects and arrays; each begin has its end. */
void json_line_begin_object(JsonLine *writer);
void json_line_end_object(JsonLine *writer);
void json_line_begin_array(JsonLine *writer);
void json_line_end_array(JsonLine *writer);

/* The key of the next value, within an object. */
void json_line_key(JsonLine *writer, const char *key);

/* Values. `text` may be NULL (null) and of any bytes: invalid UTF-8 becomes U+FFFD; controls and
 * bidirectional characters are escaped, so that the line is safe on a terminal and loses nothing.
 */
void json_line_text(JsonLine *writer, const char *text);
void json_line_number(JsonLine *writer, int64_t number);
void json_line_flag(JsonLine *writer, bool flag);
void json_line_null(JsonLine *writer);

/* A value that is JSON already, such as what another writer gave. */
void json_line_raw(JsonLine *writer, const char *json);

/* The text so far; owned by the writer, until its next call. */
const char *json_line_peek(const JsonLine *writer);

/* Frees the writer and returns its text, a new string. */
char *json_line_finish(JsonLine *writer);

void json_line_free(JsonLine *writer);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(JsonLine, json_line_free)

#endif
