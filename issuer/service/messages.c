#include "service/messages.h"

#include "base/error.h"
#include "base/text.h"

#define PAGE 1000 /* mails asked for at once */

bool messages_list(Context *context, MessageChoice choice, MessagesReport report, gpointer data,
                   GError **error)
{
    int64_t after = 0;
    guint got = PAGE;
    while (got == PAGE) {
        g_autoptr(GPtrArray) page =
            message_query_list(context->database, choice, after, PAGE, error);
        if (page == NULL) {
            return false;
        }
        got = page->len;
        for (guint i = 0; i < got; i++) {
            const MessageSummary *message = g_ptr_array_index(page, i);
            after = message->id;
            report(message, data);
        }
    }
    return true;
}

bool messages_number(const char *text, int64_t *id, GError **error)
{
    if (text_read_number(text, 1, G_MAXINT64, id)) {
        return true;
    }
    g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_USAGE,
                "'%s' is no message's number: `issuer message list` shows them", text);
    return false;
}

MessageDetail *messages_show(Context *context, int64_t id, GError **error)
{
    return message_query_show(context->database, id, error);
}

MessageDetail *messages_show_quarantined(Context *context, int64_t id, GError **error)
{
    g_autoptr(MessageDetail) detail = message_query_show(context->database, id, error);
    if (detail != NULL && !detail->quarantined) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_NOT_FOUND,
                    "message %" G_GINT64_FORMAT " is not in quarantine; `issuer message show "
                    "%" G_GINT64_FORMAT "` shows it",
                    (gint64)id, (gint64)id);
        return NULL;
    }
    return g_steal_pointer(&detail);
}
