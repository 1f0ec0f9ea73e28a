/* Looks for license keys in a text (FORMATS.md, License key), so that they can be masked before
 * the text is kept. Only keys of ours can be told: five groups of five symbols whose check symbol
 * fits, with hyphens or blanks between them, or nothing: then all in one case. */
#ifndef ISSUER_CORE_LICENSE_KEY_SCAN_H
#define ISSUER_CORE_LICENSE_KEY_SCAN_H

#include <glib.h>
#include <stdbool.h>

#define LICENSE_KEY_SCAN_SYMBOLS 25

/* Where the symbols of one key stand, in bytes. */
typedef struct {
    gsize at[LICENSE_KEY_SCAN_SYMBOLS];
} LicenseKeySpot;

/* Appends to `spots` (of LicenseKeySpot) every key in `length` bytes at `text`. Lines of armored
 * codes are passed over, also where they are split into groups. Linear. */
void license_key_scan_find(const char *text, gsize length, GArray *spots);

/* Whether there is one. */
bool license_key_scan_has(const char *text, gsize length);

#endif
