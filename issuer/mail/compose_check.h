/* What may stand in the headers of a mail of ours. */
#ifndef ISSUER_MAIL_COMPOSE_CHECK_H
#define ISSUER_MAIL_COMPOSE_CHECK_H

#include <glib.h>
#include <stdbool.h>

/* Whether `address` is a bare address that needs no quoting (RFC 5322 §3.4.1: dot-atom on both
 * sides, at most 254 bytes), so that it cannot break a header or an SMTP command. NULL is none. */
bool compose_check_address(const char *address);

/* The id in `text`, without angle brackets, if it is one (RFC 5322 §3.6.4: id-left "@" id-right of
 * visible ASCII, at most 250 bytes, the domain possibly a literal); else NULL. Dots may stand
 * anywhere, as many programs write them. New string. */
char *compose_check_message_id(const char *text);

/* Whether `name` is a file name of letters, digits, '-', '_' and '.' that hides nothing. */
bool compose_check_file_name(const char *name);

/* Whether `text` is UTF-8 without control or bidirectional characters. */
bool compose_check_header_text(const char *text);

#endif
