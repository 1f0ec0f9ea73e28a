#include "service/messages.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "core/finder.h"
#include "core/mail_words.h"
#include "service/operators.h"

GPtrArray *messages_list(Context *context, MessageChoice choice, unsigned most, bool *more,
                         GError **error)
{
    GPtrArray *found = message_query_list(context->database, choice, most + 1, error);
    *more = found != NULL && found->len > most;
    if (*more) {
        g_ptr_array_set_size(found, (gint)most);
    }
    return found;
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

/* ---- what people do with them ---- */

static const struct {
    const char *name;
    ReadyAnswer ready;
} ready_answers[] = {
    {"no-code", READY_NONE},
    {"key-instead-of-request", READY_KEY_INSTEAD_OF_REQUEST},
    {"picture", READY_PICTURE},
    {"floating-server", READY_FLOATING_SERVER},
    {"upgrade-wish", READY_UPGRADE_WISH},
    {"encrypted", READY_ENCRYPTED},
};

bool messages_ready_read(const char *name, ReadyAnswer *ready)
{
    for (gsize i = 0; i < G_N_ELEMENTS(ready_answers); i++) {
        if (g_strcmp0(ready_answers[i].name, name) == 0) {
            *ready = ready_answers[i].ready;
            return true;
        }
    }
    return false;
}

const char *messages_ready_name(ReadyAnswer ready)
{
    for (gsize i = 0; i < G_N_ELEMENTS(ready_answers); i++) {
        if (ready_answers[i].ready == ready) {
            return ready_answers[i].name;
        }
    }
    return NULL;
}

static MessageDeed deed_of(const Secret *token, int64_t id)
{
    return (MessageDeed){
        .token = operators_token_digest(token), .message_id = id, .now = clock_now()};
}

bool messages_answer(Context *context, const Secret *token, int64_t id, const MessageAnswer *answer,
                     MessageAnswered *answered, GError **error)
{
    const MessageDeed deed = deed_of(token, id);
    g_autofree char *words = answer->words != NULL ? finder_mask_license_keys(answer->words) : NULL;
    const MessageAnswer kept = {.ready = answer->ready, .words = words};
    return message_store_answer(context->database, &deed, &kept, answered, error);
}

char *messages_to_case(Context *context, const Secret *token, int64_t id, const char *typed,
                       GError **error)
{
    const int64_t case_number = mail_words_case_typed(typed);
    if (case_number == 0) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_USAGE,
                    "'%s' is no case's number: `issuer request list` shows those of requests",
                    typed);
        return NULL;
    }
    const MessageDeed deed = deed_of(token, id);
    return message_store_to_case(context->database, &deed, case_number, error);
}

bool messages_drop(Context *context, const Secret *token, int64_t id, const char *reason,
                   GError **error)
{
    const MessageDeed deed = deed_of(token, id);
    g_autofree char *kept = finder_mask_license_keys(reason);
    return message_store_drop(context->database, &deed, kept, error);
}
