#include "service/intake_item.h"

#include "core/license_reading.h"
#include "core/mail_words.h"
#include "core/reply_id.h"

#include <string.h>

static const char *class_of_tokens(const GPtrArray *matters)
{
    const char *found = NULL;
    for (guint i = 0; i < matters->len; i++) {
        const Matter *matter = g_ptr_array_index(matters, i);
        if (matter->kind == ARMOR_USAGE_REQUEST) {
            return "request";
        }
        if (matter->kind == ARMOR_DEACTIVATION) {
            found = "deactivation";
        }
    }
    return found;
}

static bool names_our_mail(const ParsedMail *mail, const MailSettings *settings)
{
    if (reply_id_may_be_ours(mail->in_reply_to, settings->own_addresses)) {
        return true;
    }
    for (guint i = 0; mail->references != NULL && i < mail->references->len; i++) {
        if (reply_id_may_be_ours(g_ptr_array_index(mail->references, i), settings->own_addresses)) {
            return true;
        }
    }
    return false;
}

/* What names no license as it should may still be read as one, and a form that is attached may name
 * it; what happened, the sender's own words must tell, for a log is full of losses. */
static const char *class_of_person(IntakeItem *item)
{
    const char *by_tokens = class_of_tokens(item->item.matters);
    if (by_tokens != NULL) {
        return by_tokens;
    }
    g_autofree char *all = g_strconcat(item->words, "\n", item->mail->beside, NULL);
    item->readings = license_reading_find(all);
    g_autofree char *license_id = mail_words_license_id(all);
    return license_id != NULL || item->readings->len > 0 ? "about-license" : "unrecognised";
}

/* A bounce that names a mail of ours is worth a class of its own; others are machine mail. */
static const char *class_of(IntakeItem *item, const MailSettings *settings)
{
    const ParsedMail *mail = item->mail;
    switch (mail->kind) {
    case MAIL_FROM_PERSON:
        return class_of_person(item);
    case MAIL_BOUNCE:
        return names_our_mail(mail, settings) ? "bounce" : "ignored";
    case MAIL_UNREADABLE:
        return mail->absent ? "not-read" : "quarantined"; /* of no mail there can be a record */
    case MAIL_AUTOMATIC:
    case MAIL_LIST:
    case MAIL_OURS:
    case MAIL_DELETED:
    default:
        return "ignored";
    }
}

/* Deactivations come before requests, so that a move in one mail works; else the mail's order. */
static void read_tokens(IntakeItem *item)
{
    static const ArmorKind order[] = {ARMOR_DEACTIVATION, ARMOR_USAGE_REQUEST, ARMOR_USAGE_LICENSE};
    const GPtrArray *tokens = item->mail->tokens;
    for (gsize k = 0; k < G_N_ELEMENTS(order); k++) {
        for (guint i = 0; tokens != NULL && i < tokens->len; i++) {
            const FoundToken *token = g_ptr_array_index(tokens, i);
            if (token->kind == order[k]) {
                g_ptr_array_add(item->item.matters, matter_new(token));
            }
        }
    }
}

/* What a person wrote says more than a picture, which may be a signature's, or than what cannot be
 * read. */
static ReadyAnswer ready_answer_for(const IntakeItem *item, const Settings *settings)
{
    const ParsedMail *mail = item->mail;
    const bool unrecognised = g_strcmp0(item->item.class_name, "unrecognised") == 0;
    if (!unrecognised && g_strcmp0(item->item.class_name, "about-license") != 0) {
        return READY_NONE;
    }
    if (mail->license_key_seen) {
        return READY_KEY_INSTEAD_OF_REQUEST;
    }
    if (item->item.tells_of_loss) {
        return unrecognised && mail->picture_only ? READY_PICTURE : READY_NONE;
    }
    const ReadyAnswer found = ready_words_find(item->words, settings_ready_words(settings));
    if (found != READY_NONE || !(mail->encrypted_only || (unrecognised && mail->picture_only))) {
        return found;
    }
    return mail->encrypted_only ? READY_ENCRYPTED : READY_PICTURE;
}

/* What its sender wrote: the text without quotes, and the subject unless that is an earlier mail's.
 * New string. */
static char *own_words(const ParsedMail *mail)
{
    const char *subject = mail->subject != NULL ? mail->subject : "";
    const bool answers =
        mail->in_reply_to != NULL || (mail->references != NULL && mail->references->len > 0) ||
        g_ascii_strncasecmp(subject, "re:", 3) == 0 || g_ascii_strncasecmp(subject, "aw:", 3) == 0;
    return g_strconcat(answers ? "" : subject, "\n", mail->text != NULL ? mail->text : "", NULL);
}

IntakeItem *intake_item_new(ParsedMail *mail, const Settings *settings)
{
    IntakeItem *item = g_new0(IntakeItem, 1);
    item->mail = mail;
    item->item.mail = mail;
    item->item.matters = g_ptr_array_new_with_free_func((GDestroyNotify)matter_free);
    item->words = own_words(mail);
    if (mail->kind == MAIL_FROM_PERSON) {
        read_tokens(item);
        item->item.sender = mail->reply_to;
        item->item.vouched = mail->sender_check == SENDER_VOUCHED;
        item->item.tells_of_loss =
            !mail->by_program &&
            mail_words_tell_of_loss(item->words, settings_loss_words(settings));
    }
    item->item.class_name = class_of(item, settings_mail(settings));
    item->item.why = mail->why;
    if (item->item.tells_of_loss) {
        item->item.readings = item->readings;
    }
    item->item.ready = ready_answer_for(item, settings);
    return item;
}

void intake_item_list_codes(IntakeItem *item)
{
    if (item->item.matters->len == 0) {
        read_tokens(item);
    }
}

void intake_item_quarantine(IntakeItem *item, const char *why)
{
    g_free(item->mail->why);
    item->mail->why = g_strdup(why);
    item->mail->kind = MAIL_UNREADABLE;
    item->item.class_name = "quarantined";
    item->item.why = item->mail->why;
    item->item.ready = READY_NONE;
    item->item.readings = NULL;
    g_ptr_array_set_size(item->item.matters, 0);
}

void intake_item_empty(IntakeItem *item)
{
    ParsedMail *mail = item->mail;
    g_clear_pointer(&mail->message_id, g_free);
    g_clear_pointer(&mail->in_reply_to, g_free);
    g_clear_pointer(&mail->from, g_free);
    g_clear_pointer(&mail->reply_to, g_free);
    g_clear_pointer(&mail->subject, g_free);
    g_clear_pointer(&mail->text, g_free);
    item->item.sender = NULL;
}

void intake_item_free(IntakeItem *item)
{
    if (item == NULL) {
        return;
    }
    g_ptr_array_unref(item->item.matters);
    g_clear_pointer(&item->readings, g_array_unref);
    parsed_mail_free(item->mail);
    g_free(item->words);
    g_free(item);
}
