/* URLs of mail servers: a scheme and where the server is, and no more. A path would become our
 * greeting, a user's name would be shown with the settings. */
#ifndef ISSUER_DELIVERY_SERVER_URL_H
#define ISSUER_DELIVERY_SERVER_URL_H

#include <glib.h>
#include <stdbool.h>

/* Whether `url` is SCHEME://HOST, SCHEMEs://HOST (TLS from the start), or either with [ADDRESS] in
 * the host's place or :PORT behind it; `scheme` is "smtp" or "imap". */
bool server_url_is_plain(const char *url, const char *scheme);

/* What follows the scheme in a URL that is plain: the host, and its port where it has one; NULL for
 * one of another scheme. Part of `url`. */
const char *server_url_place(const char *url, const char *scheme);

/* The host alone, without brackets; NULL likewise. New string. */
char *server_url_host(const char *url, const char *scheme);

/* What is wrong with a name to log in with, in words that follow its setting's name, or NULL: a
 * line break or a control character has no place in it, and blanks around it are mistyped. New
 * string. */
char *server_judge_user(const char *text);

#endif
