#include "core/reply_id.h"

#include <string.h>

#define START       "reply-"
#define DIGITS_MOST 18

char *reply_id_text(int64_t reply, const char *tag, const char *domain)
{
    return g_strdup_printf(START "%" G_GINT64_FORMAT ".%s@%s", reply, tag, domain);
}

bool reply_id_read(const char *text, ReplyId *id)
{
    if (g_ascii_strncasecmp(text, START, strlen(START)) != 0) {
        return false;
    }
    const char *number = text + strlen(START);
    const gsize digits = strspn(number, "0123456789");
    if (digits == 0 || digits > DIGITS_MOST || number[digits] != '.') {
        return false;
    }
    const char *tag = number + digits + 1;
    if (strspn(tag, "0123456789abcdef") != REPLY_ID_TAG || tag[REPLY_ID_TAG] != '@') {
        return false;
    }
    id->reply = g_ascii_strtoll(number, NULL, 10);
    memcpy(id->tag, tag, REPLY_ID_TAG);
    id->tag[REPLY_ID_TAG] = '\0';
    return true;
}

bool reply_id_may_be_ours(const char *message_id, const char *const *own)
{
    ReplyId id;
    const char *domain = message_id == NULL ? NULL : strrchr(message_id, '@');
    for (gsize i = 0; domain != NULL && own[i] != NULL; i++) {
        const char *own_domain = strrchr(own[i], '@');
        if (own_domain != NULL && g_ascii_strcasecmp(own_domain, domain) == 0) {
            return true;
        }
    }
    return message_id != NULL && reply_id_read(message_id, &id);
}

const char *reply_id_find(const char *text, gsize length, const char *from)
{
    /* What is read ends within the text, whether or not a zero byte follows it. */
    const gsize longest = strlen(START) + DIGITS_MOST + 1 + REPLY_ID_TAG + 1;
    const char *end = text + length;
    for (const char *at = from; (at = memmem(at, (gsize)(end - at), START, strlen(START))) != NULL;
         at++) {
        g_autofree char *copy = g_strndup(at, MIN(longest, (gsize)(end - at)));
        ReplyId id;
        if (reply_id_read(copy, &id)) {
            return at;
        }
    }
    return NULL;
}
