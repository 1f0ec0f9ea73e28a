/* Undoes content transfer encodings (RFC 2045 §6), reading on where strict decoders stop: mail is
 * damaged on its way, and what can still be read must not be lost. */
#ifndef ISSUER_MAIL_TRANSFER_H
#define ISSUER_MAIL_TRANSFER_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef enum {
    TRANSFER_AS_IS,
    TRANSFER_BASE64,
    TRANSFER_QUOTED_PRINTABLE,
} TransferEncoding;

/* What a Content-Transfer-Encoding value means: blanks, comments, quotes and case do not matter.
 * NULL and unknown values: as it is. */
TransferEncoding transfer_encoding_read(const char *value);

/* Finds lines that can be base64 only, in text whose encoding was lost: sets `at` and `size` to the
 * next run of them at or after `*at`. False if there are no more. Linear over all calls. */
bool transfer_find_base64(const char *data, gsize length, gsize *at, gsize *size);

/* Finds a word within a line that can be base64 only, as a string of JSON, an attribute or prose
 * has it, with the lines that it goes on in: sets `at` and `size` to the next one at or after
 * `*at`. False if there are no more. Of text without long words it looks at a few bytes only. */
bool transfer_find_base64_word(const char *data, gsize length, gsize *at, gsize *size);

/* The word without the escapes that a string of JSON has for line ends and signs. New string. */
GString *transfer_unescape_word(const char *word, gsize length);

/* A text without the numbers that a program has put before its lines ("12: ", " 12  ", "12) ");
 * NULL if hardly any line has one. New string. */
GString *transfer_without_numbers(const char *data, gsize length);

/* Whether a text is quoted-printable, though nothing calls it so: nearly all of its equals signs
 * are escapes or soft line breaks, those of a title aside. */
bool transfer_looks_quoted(const char *data, gsize length);

/* A decoder for one part, to be given the part in pieces. */
typedef struct {
    TransferEncoding encoding;
    uint32_t bits;  /* base64: bits not yet given out */
    unsigned count; /* base64: how many symbols they come from, 0 to 3 */
} TransferDecoder;

/* Decodes `length` bytes and appends them to `out`. Pieces must end behind a line's end if the
 * part has lines at all (transfer_piece_length()).
 * Base64: padding, also in the middle, ends a run and the next begins; missing padding is fine;
 * characters outside the alphabet are passed over; a line that cannot be base64 (a footer) is
 * copied as text. Quoted-printable: blanks at the ends of lines do not count, hex digits in either
 * case, a "=" that begins no code stays. */
void transfer_decode(TransferDecoder *decoder, const char *data, gsize length, GByteArray *out);

/* How many of `length` bytes at `data` make a piece of about `most` bytes. */
gsize transfer_piece_length(const char *data, gsize length, gsize most);

#endif
