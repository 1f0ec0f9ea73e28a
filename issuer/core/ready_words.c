#include "core/ready_words.h"

#include "core/mail_words.h"

#define FLOATING_LEAST 2 /* what such a server shows: host, fingerprint, seats */
#define UPGRADE_LEAST  2

ReadyAnswer ready_words_find(const char *text, const ReadyWords *words)
{
    if (mail_words_count(text, words->floating) >= FLOATING_LEAST) {
        return READY_FLOATING_SERVER;
    }
    const guint wishes = mail_words_count(text, words->upgrade);
    g_autofree char *license_id = wishes > 0 ? mail_words_license_id(text) : NULL;
    return wishes >= UPGRADE_LEAST || license_id != NULL ? READY_UPGRADE_WISH : READY_NONE;
}
