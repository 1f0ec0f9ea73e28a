/* What the settings name for logging in to a mail server, of whatever protocol: the file of a
 * secret and the certificates that the server's must chain to. What is wrong is told with the place
 * of its setting. */
#ifndef ISSUER_SERVICE_LOGIN_H
#define ISSUER_SERVICE_LOGIN_H

#include "base/config.h"
#include "base/secret.h"

/* The first line of the private file that the setting `key` names. ISSUER_ERROR_INPUT: it cannot be
 * read, is not private, or is empty. The caller owns it. */
Secret *login_secret(const Config *config, const char *key, GError **error);

/* Whether the file of certificates that the setting `key` names can be read and holds one; it may
 * be set to none. ISSUER_ERROR_INPUT. */
bool login_check_authority(const Config *config, const char *key, GError **error);

#endif
