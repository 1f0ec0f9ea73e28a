/* The C library's converters of character sets. It loads each from a file when it is first asked
 * for, which a confined parser cannot: so all that mail is read in are opened before. */
#ifndef ISSUER_MAIL_CONVERTERS_H
#define ISSUER_MAIL_CONVERTERS_H

/* Opens a converter into UTF-8 for each supported character set and keeps them open as long as the
 * process and those forked from it live. A set under another of its names is supported too. Gives
 * how many this system lacks: text in these is read as if it bore no label. */
unsigned converters_open(void);

/* The name under which the C library knows the character set that mail calls `label` (capital
 * letters): another one where programs have names of their own for it (the WHATWG's Encoding
 * Standard lists them), else the label itself. */
const char *converters_named(const char *label);

#endif
