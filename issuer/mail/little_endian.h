/* Numbers as Microsoft's files have them: the least byte first, wherever they stand. */
#ifndef ISSUER_MAIL_LITTLE_ENDIAN_H
#define ISSUER_MAIL_LITTLE_ENDIAN_H

#include <glib.h>

/* The number in the two, or four, bytes at `bytes`. */
static inline guint32 little_endian_u16(const guint8 *bytes)
{
    return (guint32)bytes[0] | (guint32)bytes[1] << 8;
}

static inline guint32 little_endian_u32(const guint8 *bytes)
{
    return little_endian_u16(bytes) | little_endian_u16(bytes + 2) << 16;
}

#endif
