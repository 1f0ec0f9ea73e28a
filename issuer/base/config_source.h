/* A configuration file as written: its keys, their texts and their lines. GKeyFile knows the texts
 * but no lines, and lets the last of several equal keys win silently; so the lines are walked too.
 */
#ifndef ISSUER_BASE_CONFIG_SOURCE_H
#define ISSUER_BASE_CONFIG_SOURCE_H

#include <glib.h>

typedef struct ConfigSource ConfigSource;

/* Reads `path`, group [issuer]. `known`: the keys allowed, NULL-terminated. Another key, the same
 * key twice, another group or a line that is none of these is ISSUER_ERROR_INPUT "FILE:LINE: …"; a
 * missing file ISSUER_ERROR_NOT_FOUND. The caller owns it. */
ConfigSource *config_source_read(const char *path, const char *const *known, GError **error);

/* The text of `key`, escapes resolved, and in `place` where it stands ("FILE:LINE"); both new
 * strings. NULL without an error if the file does not set it; ISSUER_ERROR_INPUT for a wrong
 * escape. */
char *config_source_text(const ConfigSource *source, const char *key, char **place, GError **error);

void config_source_free(ConfigSource *source);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ConfigSource, config_source_free)

#endif
