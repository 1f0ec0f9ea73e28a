/* The armor in which codes travel by mail (formats.md: Armor): Crockford base32 in checked blocks.
 * Writing only; reading is core/finder.h. */
#ifndef ISSUER_CORE_ARMOR_H
#define ISSUER_CORE_ARMOR_H

#include <glib.h>

typedef enum {
    ARMOR_USAGE_REQUEST, /* letter Q */
    ARMOR_USAGE_LICENSE, /* letter G */
    ARMOR_DEACTIVATION,  /* letter D */
} ArmorKind;

#define ARMOR_BLOCK_SIZE 35 /* bytes in a full block */

/* The kind's letter, and its title ("CHARIOT USAGE REQUEST"). */
char armor_kind_letter(ArmorKind kind);
const char *armor_kind_title(ArmorKind kind);

/* The kind's largest body in bytes. */
gsize armor_kind_max_body(ArmorKind kind);

/* A compact JWS as the body that armor carries: three parts with two lengths. NULL with
 * ISSUER_ERROR_INPUT if it is no canonical compact JWS or too long. */
GBytes *armor_body_from_jws(const char *jws, gsize length, GError **error);

/* The way back, byte for byte. NULL with ISSUER_ERROR_INPUT for a body with wrong lengths or
 * trailing bytes. New string. */
char *armor_body_to_jws(GBytes *body, GError **error);

/* The armored text, its lines ended by LF, title lines included. New string. */
char *armor_encode(ArmorKind kind, GBytes *body);

#endif
