/* The program's settings: which keys issuer.conf may hold, and what they mean. */
#ifndef ISSUER_SERVICE_SETTINGS_H
#define ISSUER_SERVICE_SETTINGS_H

#include "base/config.h"
#include "core/digest.h"
#include "core/ready_words.h"
#include "core/rules.h"
#include "mail/mail_reader.h"

typedef struct Settings Settings;

/* Reads the settings. `path` NULL: the file named by ISSUER_CONFIG, else ./issuer.conf if it is
 * there, else /etc/issuer/issuer.conf if it is there, else the fallbacks and the environment.
 * Errors as config_load() and config_check_environment(). The caller owns it. */
Settings *settings_load(const char *path, GError **error);

/* Another reference to the same settings, which never change. settings_free() drops it. */
Settings *settings_ref(Settings *settings);

/* A reference to `given`, or where it is NULL what settings_load(path) reads. */
Settings *settings_given(Settings *given, const char *path, GError **error);

/* The table, for documentation and `issuer check`. Static. */
const ConfigTable *settings_table(void);

/* The values behind the keys. */
const Config *settings_config(const Settings *settings);

/* The settings that change decisions, as the rules want them, and the digest under which they are
 * recorded with each decision. */
Policy settings_policy(const Settings *settings);
Digest settings_policy_digest(const Settings *settings);

/* What the mail room needs; owned by the settings. */
const MailSettings *settings_mail(const Settings *settings);

/* The words by which a mail tells of a lost server, as mail_words_tell_of_loss() wants them; owned
 * by the settings. */
const char *const *settings_loss_words(const Settings *settings);

/* The words by which a mail asks for a ready answer; owned by the settings. */
const ReadyWords *settings_ready_words(const Settings *settings);

/* The mailbox that our replies come from: reply-from, else the first of own-addresses; NULL without
 * either. Owned by the settings. */
const char *settings_sender(const Settings *settings);

/* The same where there must be one: NULL with ISSUER_ERROR_INPUT says which setting is missing. */
const char *settings_require_sender(const Settings *settings, GError **error);

/* Whether replies go to the mail server of the settings, not into the folder (reply-by). */
bool settings_replies_by_smtp(const Settings *settings);

/* The file that was read, or NULL. */
const char *settings_path(const Settings *settings);

void settings_free(Settings *settings);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Settings, settings_free)

#endif
