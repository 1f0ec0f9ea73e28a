#include "mail/classify.h"

#include "base/text.h"
#include "core/address.h"
#include "core/finder.h"
#include "core/mail_words.h"
#include "core/reply_id.h"
#include "mail/gmail_labels.h"
#include "mail/machine_mail.h"
#include "mail/sender.h"

#include <string.h>

#define SHOWN_ADDRESS    100    /* code points */
#define MOZILLA_EXPUNGED 0x0008 /* of X-Mozilla-Status: deleted, not yet taken out of the file */

static bool value_contains(const Headers *headers, const char *name, const char *part)
{
    const char *value = headers_first(headers, name);
    return value != NULL && strcasestr(value, part) != NULL;
}

static const char *why_deleted(const Headers *headers, const MessageOrigin *origin)
{
    if (origin->deleted) {
        return "it is marked deleted in its mailbox";
    }
    if (!origin->from_mbox) {
        return NULL;
    }
    const char *mozilla = headers_first(headers, "x-mozilla-status");
    guint64 bits = 0;
    bool expunged = mozilla != NULL &&
                    g_ascii_string_to_unsigned(mozilla, 16, 0, G_MAXUINT16, &bits, NULL) &&
                    (bits & MOZILLA_EXPUNGED) != 0;
    if (gmail_labels_say_trash(headers_first(headers, "x-gmail-labels"))) {
        return "it lies in Gmail's trash";
    }
    const char *status = headers_first(headers, "status");
    const char *x_status = headers_first(headers, "x-status");
    if (expunged || (status != NULL && strchr(status, 'D') != NULL) ||
        (x_status != NULL && strchr(x_status, 'D') != NULL)) {
        return "it is marked deleted in its mailbox";
    }
    return NULL;
}

/* RFC 3834 §3.3: automatic replies have it too, so their own marks are looked for first. */
static const char *why_no_return(const Headers *headers)
{
    const char *path = headers_first(headers, "return-path");
    return path != NULL &&
                   (strcmp(path, "<>") == 0 || g_ascii_strcasecmp(path, "<mailer-daemon>") == 0)
               ? "its return path is empty, so no answer may go there"
               : NULL;
}

static bool is_through_our_list(const Headers *headers, const MailSettings *settings)
{
    for (gsize i = 0; settings->list_addresses != NULL && settings->list_addresses[i] != NULL;
         i++) {
        const char *address = settings->list_addresses[i];
        g_autofree char *id = g_strdelimit(g_strdup(address), "@", '.');
        if (value_contains(headers, "list-id", id) ||
            value_contains(headers, "list-post", address) ||
            value_contains(headers, "from", address) ||
            value_contains(headers, "sender", address)) {
            return true;
        }
    }
    return false;
}

static bool names_us(const Headers *headers, const char *field, const MailSettings *settings)
{
    g_autoptr(GPtrArray) addresses = sender_of_fields(headers, field);
    for (guint i = 0; i < addresses->len; i++) {
        const char *address = g_ptr_array_index(addresses, i);
        if (sender_is_among(address, settings->own_addresses) ||
            sender_is_among(address, settings->list_addresses)) {
            return true;
        }
    }
    return false;
}

static bool is_addressed_to_us(const Headers *headers, const MailSettings *settings)
{
    static const char *const fields[] = {"to", "cc", "delivered-to", "x-original-to", "resent-to"};
    for (gsize i = 0; i < G_N_ELEMENTS(fields); i++) {
        if (names_us(headers, fields[i], settings)) {
            return true;
        }
    }
    return false;
}

/* Whether the list belongs to the house of who wrote: its id (RFC 2919) is of the same domain, or
 * one beneath the other. */
static bool is_list_of(const Headers *headers, const char *author)
{
    const char *at = author != NULL ? strrchr(author, '@') : NULL;
    const char *value = headers_first(headers, "list-id");
    const char *open = value != NULL ? strrchr(value, '<') : NULL;
    if (at == NULL || open == NULL) {
        return false;
    }
    g_autofree char *id = g_strndup(open, strcspn(open, "> "));
    id[0] = '.';
    g_autofree char *domain = g_strdup_printf(".%s", at + 1);
    const char *parent = id; /* without the list's own name */
    parent = strchr(parent + 1, '.');
    return parent != NULL && strchr(parent + 1, '.') != NULL &&
           (g_ascii_strcasecmp(parent, domain) == 0 ||
            (strlen(parent) > strlen(domain) &&
             g_ascii_strcasecmp(parent + strlen(parent) - strlen(domain), domain) == 0) ||
            (strlen(domain) > strlen(parent) &&
             g_ascii_strcasecmp(domain + strlen(domain) - strlen(parent), parent) == 0));
}

/* A list to which people write; a newsletter has none of their addresses (RFC 2369). */
static bool takes_posts(const Headers *headers)
{
    return value_contains(headers, "list-post", "mailto:");
}

/* A list's mail that is not written to us. A customer's own list may stand in Cc of a request, or
 * have us among its members. */
static const char *why_list(const Headers *headers, const char *author,
                            const MailSettings *settings)
{
    bool listed = headers_first(headers, "list-id") != NULL ||
                  headers_first(headers, "list-unsubscribe") != NULL ||
                  headers_first(headers, "list-post") != NULL;
    if (!listed || is_through_our_list(headers, settings) ||
        is_addressed_to_us(headers, settings) ||
        (is_list_of(headers, author) && takes_posts(headers))) {
        return NULL;
    }
    return "it came through a mailing list and is not addressed to us";
}

/* The only address among `addresses` that is none of ours, if it can be answered. New string or
 * NULL. */
static char *only_stranger(const GPtrArray *addresses, const MailSettings *settings)
{
    const char *only = NULL;
    for (guint i = 0; i < addresses->len; i++) {
        const char *address = g_ptr_array_index(addresses, i);
        if (sender_is_among(address, settings->own_addresses) ||
            sender_is_among(address, settings->list_addresses)) {
            continue;
        }
        if (only != NULL && g_ascii_strcasecmp(only, address) != 0) {
            return NULL;
        }
        only = only == NULL ? address : only;
    }
    return only == NULL ? NULL : address_read(only, NULL);
}

static char *stranger_in(const Headers *headers, const char *const *fields,
                         const MailSettings *settings)
{
    for (gsize i = 0; fields[i] != NULL; i++) {
        if (headers_is_cut(headers, fields[i])) {
            return NULL;
        }
        g_autoptr(GPtrArray) addresses = sender_of_fields(headers, fields[i]);
        char *found = only_stranger(addresses, settings);
        if (found != NULL) {
            return found;
        }
    }
    return NULL;
}

/* One of our own lists has put its address into From: what it kept of the original counts. Not all
 * that stands there is of the list: some the sender may have written, so all must agree. */
static void take_original(ParsedMail *mail, const Headers *headers, const MailSettings *settings)
{
    static const char *const kept[] = {"x-original-from", "x-original-sender", "reply-to", NULL};
    g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(g_free);
    bool cut = false;
    for (gsize i = 0; kept[i] != NULL; i++) {
        g_autoptr(GPtrArray) addresses = sender_of_fields(headers, kept[i]);
        g_ptr_array_extend_and_steal(all, g_steal_pointer(&addresses));
        cut = cut || headers_is_cut(headers, kept[i]);
    }
    mail->from = cut ? NULL : only_stranger(all, settings);
    mail->reply_to = g_strdup(mail->from);
    mail->why =
        g_strdup(mail->from == NULL ? "our list rewrote From and kept no original address, or "
                                      "several that differ"
                                    : "our list rewrote From; the original counts");
}

/* Without From nobody vouches even for the claim of who wrote it. */
static void take_unproven(ParsedMail *mail, const Headers *headers, const MailSettings *settings)
{
    static const char *const others[] = {"sender", "return-path", NULL};
    mail->reply_to = stranger_in(headers, others, settings);
    mail->why = mail->reply_to == NULL
                    ? g_strdup("it has no From with an address")
                    : g_strdup_printf("it has no From; the sender %s is unproven", mail->reply_to);
}

/* A person can write to what this program cannot, and to what has a slip of the pen in it. */
static char *why_not_answered(const char *author)
{
    g_autofree char *masked = finder_mask_license_keys(author);
    g_autofree char *shown = text_one_line(masked, SHOWN_ADDRESS);
    const char *at = strchr(author, '@');
    const bool letters = at != NULL && !g_str_is_ascii(author);
    return g_strdup_printf("the address in From is none that can be answered from here%s: \"%s\"; "
                           "a person must",
                           letters ? " (it has letters that are not ASCII's)" : "", shown);
}

static void take_author(ParsedMail *mail, const Headers *headers, const char *author,
                        const MailSettings *settings)
{
    if (sender_is_among(author, settings->list_addresses)) {
        take_original(mail, headers, settings);
        return;
    }
    mail->from = address_read(author, NULL);
    mail->reply_to = g_strdup(mail->from);
    if (mail->from == NULL) {
        mail->why = why_not_answered(author);
    }
}

/* Sets the kind if `why` is given, and says whether it was. */
static bool is_kind(ParsedMail *mail, MailKind kind, const char *why)
{
    if (why != NULL) {
        mail->kind = kind;
        g_free(mail->why);
        mail->why = g_strdup(why);
    }
    return why != NULL;
}

/* A reply of ours keeps the Message-ID that nobody else can make. */
static const char *why_ours(const ParsedMail *mail, const MessageOrigin *origin, const char *author,
                            const MailSettings *settings)
{
    ReplyId id;
    if (origin->ours) {
        return "the help desk wrote it itself, its export says";
    }
    if (author != NULL && sender_is_among(author, settings->own_addresses)) {
        return "one of our own addresses sent it";
    }
    return mail->message_id != NULL && reply_id_read(mail->message_id, &id)
               ? "it is one of our own mails that came back"
               : NULL;
}

/* What is to be judged by what the mail carries. */
static MailDoubt doubt_of(const Headers *headers, const MailSettings *settings)
{
    const char *why = machine_mail_why_perhaps(headers);
    const bool generated = g_strcmp0(why, MACHINE_MAIL_GENERATED) == 0;
    if (why == NULL || (!generated && is_through_our_list(headers, settings))) {
        return (MailDoubt){.why = NULL};
    }
    const char *system = machine_mail_ticket_system(headers);
    return (MailDoubt){
        .why = why,
        .system = system,
        .undecided = generated && system == NULL && !machine_mail_is_passed_on(headers),
    };
}

/* Who wrote a person's mail, and who may be answered. */
static void take_person(ParsedMail *mail, const Headers *headers, const GPtrArray *authors,
                        const MailSettings *settings)
{
    mail->kind = MAIL_FROM_PERSON;
    if (headers_is_cut(headers, "from")) {
        mail->why = g_strdup("its From is too long to be read, or there are too many: nobody is "
                             "answered");
    } else if (authors->len > 1) {
        mail->why = g_strdup("its From names more than one author: nobody is answered");
    } else if (authors->len == 0) {
        take_unproven(mail, headers, settings);
    } else {
        take_author(mail, headers, g_ptr_array_index(authors, 0), settings);
    }
}

MailDoubt classify_mail(ParsedMail *mail, const Headers *headers, const MessageOrigin *origin,
                        const MailSettings *settings)
{
    g_autoptr(GPtrArray) authors = sender_of_fields(headers, "from");
    const char *author = authors->len == 1 ? g_ptr_array_index(authors, 0) : NULL;
    const char *automatic = machine_mail_why_automatic(headers, mail->subject, settings);
    const char *list = why_list(headers, author, settings);
    const bool of_theirs = list != NULL && is_list_of(headers, author);
    if (is_kind(mail, MAIL_DELETED, why_deleted(headers, origin)) ||
        is_kind(mail, MAIL_OURS, why_ours(mail, origin, author, settings)) ||
        is_kind(mail, MAIL_BOUNCE, machine_mail_why_report(headers, author)) ||
        is_kind(mail, MAIL_AUTOMATIC, automatic) ||
        is_kind(mail, MAIL_BOUNCE, why_no_return(headers)) ||
        is_kind(mail, MAIL_LIST, of_theirs ? NULL : list)) {
        mail->from = author == NULL ? NULL : address_read(author, NULL);
        return (MailDoubt){.why = NULL};
    }
    take_person(mail, headers, authors, settings);
    return of_theirs ? (MailDoubt){.why = list, .list = true} : doubt_of(headers, settings);
}

void classify_settle(ParsedMail *mail, const MailDoubt *doubt)
{
    g_autofree char *license_id = mail_words_license_id(mail->text);
    if (doubt->system == NULL && mail->tokens->len == 0 && license_id == NULL) {
        g_clear_pointer(&mail->reply_to, g_free);
        is_kind(mail, doubt->list ? MAIL_LIST : MAIL_AUTOMATIC, doubt->why);
        return;
    }
    const bool put_aside = doubt->undecided && mail->tokens->len > 0;
    mail->by_program = !doubt->list;
    if (put_aside) {
        g_ptr_array_set_size(mail->tokens, 0);
    }
    if (mail->why == NULL || put_aside) {
        g_free(mail->why);
        mail->why = put_aside ? g_strdup_printf("%s, and it carries a code: a person decides what "
                                                "it is",
                                                doubt->why)
                              : g_strdup(doubt->system != NULL ? doubt->system : doubt->why);
    }
}
