/* Writes one JSON value on one line (RFC 8259): for programs that read what the command line
 * prints. Nothing is kept but the text; who calls it keeps the order of keys and values right. */
#ifndef ISSUER_BASE_JSON_WRITER_H
#define ISSUER_BASE_JSON_WRITER_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct JsonWriter JsonWriter;

/* An empty writer. The caller owns it. */
JsonWriter *json_writer_new(void);

/* Objects and arrays; each begin has its end. */
void json_writer_begin_object(JsonWriter *writer);
void json_writer_end_object(JsonWriter *writer);
void json_writer_begin_array(JsonWriter *writer);
void json_writer_end_array(JsonWriter *writer);

/* The key of the next value, within an object. */
void json_writer_key(JsonWriter *writer, const char *key);

/* Values. `text` may be NULL (null) and of any bytes: invalid UTF-8 becomes U+FFFD; controls and
 * bidirectional characters are escaped, so that the line is safe on a terminal and loses nothing.
 */
void json_writer_text(JsonWriter *writer, const char *text);
void json_writer_number(JsonWriter *writer, int64_t number);
void json_writer_flag(JsonWriter *writer, bool flag);
void json_writer_null(JsonWriter *writer);

/* A value that is JSON already, such as what another writer gave. */
void json_writer_raw(JsonWriter *writer, const char *json);

/* The text so far; owned by the writer, until its next call. */
const char *json_writer_peek(const JsonWriter *writer);

/* Frees the writer and returns its text, a new string. */
char *json_writer_finish(JsonWriter *writer);

void json_writer_free(JsonWriter *writer);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(JsonWriter, json_writer_free)

#endif
