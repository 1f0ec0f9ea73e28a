/* Writes codes as people mail them. */
#ifndef ISSUER_CORE_ARMOR_TEXT_H
#define ISSUER_CORE_ARMOR_TEXT_H

#include "core/armor.h"

/* The armored text of a body, its lines ended by LF, title lines included. New string. */
char *armor_text_write(ArmorKind kind, GBytes *body);

#endif
