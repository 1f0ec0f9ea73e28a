#include "mail/mail_reader.h"

void parsed_mail_free(ParsedMail *mail)
{
    if (mail == NULL) {
        return;
    }
    g_free(mail->source);
    g_clear_pointer(&mail->raw, g_bytes_unref);
    g_free(mail->why);
    g_free(mail->from);
    g_free(mail->reply_to);
    g_free(mail->sender_says);
    g_free(mail->subject);
    g_free(mail->date);
    g_free(mail->message_id);
    g_free(mail->in_reply_to);
    g_clear_pointer(&mail->references, g_ptr_array_unref);
    g_free(mail->text);
    g_free(mail->beside);
    g_clear_pointer(&mail->tokens, g_ptr_array_unref);
    g_free(mail);
}
