/* JSON from outside, read strictly (FORMATS.md): valid UTF-8 without NUL, no duplicate members, at
 * most 8 levels, bounded strings without control or bidirectional characters, numbers that are
 * whole and below 2^53, nothing after the end. What passes is looked at through the functions
 * below, which all answer false (or NULL) with ISSUER_ERROR_INPUT naming the member. */
#ifndef ISSUER_CORE_STRICT_JSON_H
#define ISSUER_CORE_STRICT_JSON_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define STRICT_JSON_LEVELS 8
#define STRICT_JSON_STRING 255                      /* code points */
#define STRICT_JSON_BODY   16384                    /* bytes */
#define STRICT_JSON_MOST   (((int64_t)1 << 53) - 1) /* greatest number, and least negated */

/* A JSON value; members and elements belong to the value that was read. */
typedef struct json_t StrictJson;

/* Reads one JSON object of `size` bytes, its strings (member names too) at most `most_string` code
 * points long. NULL with ISSUER_ERROR_INPUT. Freed by strict_json_free(). */
StrictJson *strict_json_read(const char *text, gsize size, gsize most_string, GError **error);

/* Whether the object has the member. */
bool strict_json_has(const StrictJson *object, const char *name);

/* A member's name that is not one of `names` (NULL-terminated), owned by the object; NULL if all
 * are. */
const char *strict_json_foreign_member(StrictJson *object, const char *const *names);

/* A string that is not empty; owned by the object. */
const char *strict_json_text(const StrictJson *object, const char *name, GError **error);

/* The same, where the member may be absent: then `out` is NULL. */
bool strict_json_optional_text(const StrictJson *object, const char *name, const char **out,
                               GError **error);

/* A number from `least` to `most`. */
bool strict_json_number(const StrictJson *object, const char *name, int64_t least, int64_t most,
                        int64_t *out, GError **error);

/* The same, where the member may be absent: then `out` keeps its value. */
bool strict_json_optional_number(const StrictJson *object, const char *name, int64_t least,
                                 int64_t most, int64_t *out, GError **error);

/* Exactly `size` bytes in base64url. */
bool strict_json_bytes(const StrictJson *object, const char *name, uint8_t *out, gsize size,
                       GError **error);

/* An object. */
const StrictJson *strict_json_object(const StrictJson *object, const char *name, GError **error);

/* An array, and how many elements it has. */
const StrictJson *strict_json_array(const StrictJson *object, const char *name, GError **error);
gsize strict_json_count(const StrictJson *array);

/* An element that is an object or a string that is not empty; `name` is the array's, for the
 * message. */
const StrictJson *strict_json_element_object(const StrictJson *array, gsize index, const char *name,
                                             GError **error);
const char *strict_json_element_text(const StrictJson *array, gsize index, const char *name,
                                     GError **error);

/* Whether the member `v` is 1; the message calls the thing by `what` ("request"). */
bool strict_json_version(const StrictJson *object, const char *what, GError **error);

void strict_json_free(StrictJson *value);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(StrictJson, strict_json_free)

#endif
