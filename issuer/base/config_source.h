/* A configuration file as written: its keys, their texts and their lines. GKeyFile knows the texts
 * but no lines, and lets the last of several equal keys win silently; so the lines are walked too.
 */
#ifndef ISSUER_BASE_CONFIG_SOURCE_H
#define ISSUER_BASE_CONFIG_SOURCE_H

#include <glib.h>

#include <stdbool.h>

typedef struct ConfigSource ConfigSource;

/* What groups there may be: [KIND], or where they have names [KIND NAME], any number of them. */
typedef struct {
    const char *kind;
    const char *const *keys; /* the settings allowed in it, NULL-terminated */
    bool named;
} ConfigSourceKind;

/* A group [KIND NAME] as it stands in the file; owned by the source. */
typedef struct {
    const char *header; /* "KIND NAME" */
    const char *kind;
    const char *name;
    const char *place; /* "FILE:LINE" */
} ConfigSourceGroup;

/* Reads `path`. Another group or key than those of `kinds`, the same twice, or a line that is none
 * of these is ISSUER_ERROR_INPUT "FILE:LINE: …"; a missing file ISSUER_ERROR_NOT_FOUND. The caller
 * owns it. */
ConfigSource *config_source_read(const char *path, const ConfigSourceKind *kinds, gsize count,
                                 GError **error);

/* The groups that have names (of ConfigSourceGroup *), in the order of the file; owned by `source`.
 */
const GPtrArray *config_source_groups(const ConfigSource *source);

/* The text of `key` in the group [HEADER], escapes resolved, and in `place` where it stands
 * ("FILE:LINE"); both new strings. NULL without an error if the file does not set it;
 * ISSUER_ERROR_INPUT for a wrong escape. */
char *config_source_text(const ConfigSource *source, const char *header, const char *key,
                         char **place, GError **error);

void config_source_free(ConfigSource *source);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ConfigSource, config_source_free)

#endif
