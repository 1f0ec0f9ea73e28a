/* Base64url as JOSE uses it (RFC 4648 §5, RFC 7515 §2): no padding, no line breaks, and read only
 * in its one canonical form, so that a text and its bytes stand for each other. */
#ifndef ISSUER_CORE_BASE64URL_H
#define ISSUER_CORE_BASE64URL_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* How many characters `size` bytes take, and how many bytes `length` characters hold. */
gsize base64url_length(gsize size);
gsize base64url_size(gsize length);

/* Writes base64url_length(size) characters; no zero byte after them. */
void base64url_write(const void *data, gsize size, char *out);

/* The same as a new string. */
char *base64url_text(const void *data, gsize size);

/* Reads `length` characters into base64url_size(length) bytes at `out`. False for a character
 * outside the alphabet (padding too), an impossible length, or fill bits that are not zero; `out`
 * may then hold part of it. */
bool base64url_read(const char *text, gsize length, uint8_t *out);

/* The same for a text that must hold exactly `size` bytes. */
bool base64url_read_exact(const char *text, gsize length, uint8_t *out, gsize size);

#endif
