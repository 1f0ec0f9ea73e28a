#include "core/reply_attachment.h"

#include "core/armor.h"
#include "core/armor_text.h"

#include <stdbool.h>
#include <string.h>

#define FILE_HOST_MOST 40 /* characters of a host's name in a file's name */

/* Nothing but letters, digits, '-' and '.' of ASCII, so that no mail program or file system has a
 * reason to change the name. */
static char *file_stem(const ReplyLine *line)
{
    GString *stem = g_string_new(NULL);
    const char *host = line->host != NULL ? line->host : "";
    for (; *host != '\0' && stem->len < FILE_HOST_MOST; host++) {
        if (g_ascii_isalnum(*host)) {
            g_string_append_c(stem, *host);
        } else if (stem->len > 0 && stem->str[stem->len - 1] != '-') {
            g_string_append_c(stem, *host == '.' ? '.' : '-');
        }
    }
    while (stem->len > 0 && !g_ascii_isalnum(stem->str[stem->len - 1])) {
        g_string_truncate(stem, stem->len - 1);
    }
    if (stem->len == 0) {
        g_string_append(stem, "server");
    }
    g_string_append_printf(stem, "-%s", line->serial != NULL ? line->serial : "usage-license");
    return g_string_free(stem, FALSE);
}

static bool name_taken(const GPtrArray *attachments, const char *name)
{
    for (guint i = 0; i < attachments->len; i++) {
        const ReplyAttachment *other = g_ptr_array_index(attachments, i);
        if (g_ascii_strcasecmp(other->name, name) == 0) {
            return true;
        }
    }
    return false;
}

static char *free_name(const GPtrArray *attachments, const ReplyLine *line)
{
    g_autofree char *stem = file_stem(line);
    char *name = g_strconcat(stem, ".txt", NULL);
    for (unsigned n = 2; name_taken(attachments, name); n++) {
        g_free(name);
        name = g_strdup_printf("%s-%u.txt", stem, n);
    }
    return name;
}

/* Armored for people; Chariot reads the bare JWS too, should it ever not fit the armor. */
static char *code_text(const char *jws)
{
    g_autoptr(GBytes) body = armor_body_from_jws(jws, strlen(jws), NULL);
    return body != NULL ? armor_text_write(ARMOR_USAGE_LICENSE, body)
                        : g_strconcat(jws, "\n", NULL);
}

void reply_attachment_free(gpointer data)
{
    ReplyAttachment *attachment = data;
    g_free(attachment->name);
    g_free(attachment->content);
    g_free(attachment);
}

const ReplyAttachment *reply_attachment_add(GPtrArray *attachments, const ReplyLine *line)
{
    ReplyAttachment *attachment = g_new0(ReplyAttachment, 1);
    attachment->name = free_name(attachments, line);
    attachment->content = code_text(line->jws);
    g_ptr_array_add(attachments, attachment);
    return attachment;
}
