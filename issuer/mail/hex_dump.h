/* Texts that somebody sent as hexadecimal digits: of xxd, hexdump, od, a debugger, a database's
 * export, or in lines of digits alone. */
#ifndef ISSUER_MAIL_HEX_DUMP_H
#define ISSUER_MAIL_HEX_DUMP_H

#include "mail/unpacked.h"

/* Whether something in `text` looks like a dump as long as one of a code. Looks at one byte in
 * eight. */
bool hex_dump_is_in(const char *text, gsize length);

/* Adds the text of each dump in which a code may begin: what else is written so, such as a key's
 * fingerprint or a trace, tells nothing here. Offsets before the digits and characters behind them
 * are passed over, and so are marks of quoting. Returns the text with empty lines in the place of
 * these dumps, for what stands beside the digits looks like a code whose lines are wrong; NULL if
 * there was none. New string. Linear in `length`. */
GString *hex_dump_unpack(const char *text, gsize length, Unpacked *unpacked);

#endif
