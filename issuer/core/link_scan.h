/* Looks for compact JWS of our kinds within links: in a query, a fragment or a path, as they are or
 * behind the escapes of URLs and of services that rewrite links. */
#ifndef ISSUER_CORE_LINK_SCAN_H
#define ISSUER_CORE_LINK_SCAN_H

#include <glib.h>
#include <stdint.h>

/* Appends to `found` (of CompactFind *) what stands in the links of `length` bytes at `text`, as
 * compact_scan_find() would if it stood alone. Read are the escapes of RFC 3986 section 2.1, also
 * where one link was put into another up to three times, and those of Proofpoint's second format,
 * which has "-" for "%" and "_" for "/". `place` is where the text begins. Linear in `length`. */
void link_scan_find(const char *text, gsize length, uint64_t place, GPtrArray *found);

#endif
