/* Compact JSON into a string, for what is signed by us: the caller writes members in sorted order
 * and sets the braces and commas; here is what must be escaped right. The bytes are those of
 * jansson's JSON_COMPACT. */
#ifndef ISSUER_CORE_COMPACT_JSON_H
#define ISSUER_CORE_COMPACT_JSON_H

#include <glib.h>
#include <stdint.h>

/* Appends "name": for a name that needs no escaping. */
void compact_json_name(GString *json, const char *name);

/* Appends a string (valid UTF-8) with its quotes. */
void compact_json_text(GString *json, const char *text);

/* Appends bytes as a string in base64url. */
void compact_json_bytes(GString *json, const void *data, gsize size);

/* Appends a number. */
void compact_json_number(GString *json, int64_t number);

#endif
