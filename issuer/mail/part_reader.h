/* Reads one part of a mail: tells what it is, undoes its encodings, and puts its text into the
 * sink. What it encloses is put aside, to be read as parts in its turn. */
#ifndef ISSUER_MAIL_PART_READER_H
#define ISSUER_MAIL_PART_READER_H

#include "mail/html_text.h"
#include "mail/mime.h"
#include "mail/text_sink.h"
#include "mail/unpacked.h"

/* The reading of a mail's parts; what stands in it belongs to the owner. */
typedef struct {
    TextSink sink;
    Unpacked *unpacked; /* what is enclosed and still to be read */
    unsigned depth;     /* of packings around what is read now; 0: none */
    bool only_search;   /* what is read now is neither shown nor digested */
    bool has_picture;
    HtmlWork pages;
    char *unsearched;    /* the first part that could not be searched, and what it is; or NULL */
    const char *trouble; /* static; why not all could be followed, or NULL */
} PartReader;

void part_reader_init(PartReader *reader, bool search, bool digest);
void part_reader_clear(PartReader *reader);

/* Takes note of something that is not searched, unless there is a first one; NULL: nothing. Copied.
 */
void part_reader_note(PartReader *reader, const char *what);

/* Reads a part; false if it holds bytes that were not read and may be text as they stand. */
bool part_reader_read(PartReader *reader, const MimePart *part);

/* Reads what stands between the parts of a mail: base64 there is parts that were encoded together
 * (RFC 2045 section 6.4 forbids it, gateways do it). */
void part_reader_read_between(PartReader *reader, const char *data, gsize length);

/* Reads a part that came out of a packing, and is no mail (UNPACKED_ENTITY). */
void part_reader_read_unpacked(PartReader *reader, const UnpackedPart *part);

#endif
