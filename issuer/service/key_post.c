#include "service/key_post.h"

#include "base/clock.h"
#include "base/error.h"
#include "core/dates.h"
#include "core/key_mail.h"
#include "core/license_key.h"
#include "db/sale_store.h"
#include "mail/compose.h"
#include "service/operators.h"

#define ID_BYTES 10 /* of a digest, in our message id */

/* It tells the mails of two keys apart, and nothing of the key. */
static char *message_id(const Mailer *mailer, const Digest *public_key)
{
    const Digest digest = digest_sha256(public_key->bytes, DIGEST_SIZE);
    GString *id = g_string_new("key-");
    for (gsize i = 0; i < ID_BYTES; i++) {
        g_string_append_printf(id, "%02x", digest.bytes[i]);
    }
    g_string_append_printf(id, "@%s", mailer->domain);
    return g_string_free(id, FALSE);
}

/* What of a mail is the same for all addresses. */
typedef struct {
    Mailer *mailer;
    const Secret *key;
    char *subject;
    char *text; /* with the placeholder */
    char *id;
    int64_t now;
} Letter;

static void letter_clear(Letter *letter)
{
    g_free(letter->subject);
    g_free(letter->text);
    g_free(letter->id);
}

static bool send_to(const Letter *letter, const char *address, GError **error)
{
    const ComposeMail mail = {
        .from = letter->mailer->from,
        .to = address,
        .subject = letter->subject,
        .message_id = letter->id,
        .date = letter->now,
        .text = letter->text,
        .unasked = true,
    };
    g_autoptr(GBytes) composed = compose_mail(&mail, error);
    if (composed == NULL) {
        return false;
    }
    gsize size = 0;
    const void *data = g_bytes_get_data(composed, &size);
    g_autoptr(Secret) filled = key_mail_fill(data, size, letter->key);
    if (filled == NULL) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_FAILED, "the key has no place in its mail");
        return false;
    }
    return smtp_send(letter->mailer->smtp, letter->mailer->address, address, secret_peek(filled),
                     size, error) == SMTP_TAKEN;
}

static void send_all(const Letter *letter, const GPtrArray *addresses, const KeyPosted *posted)
{
    for (guint i = 0; i < addresses->len; i++) {
        const char *address = g_ptr_array_index(addresses, i);
        g_autoptr(GError) failure = NULL;
        if (send_to(letter, address, &failure)) {
            g_ptr_array_add(posted->accepted, g_strdup(address));
        } else {
            g_ptr_array_add(posted->refused, g_strdup_printf("%s: %s", address, failure->message));
        }
    }
}

static void record(Context *context, const KeyPost *post, const Secret *normal, KeyPosted *posted)
{
    const DeliveredOrder order = {
        .token = operators_token_digest(post->token),
        .license_id = post->license_id,
        .mailed = normal,
        .day = DATES_NONE,
        .now = clock_now(),
    };
    g_autoptr(GError) failure = NULL;
    g_autofree char *done = sale_store_delivered(context->database, &order, &failure);
    posted->unrecorded = done == NULL ? g_strdup(failure->message) : NULL;
}

static SalePost *load(Context *context, const char *license_id, GError **error)
{
    g_autoptr(SalePost) post = sale_store_post(context->database, license_id, error);
    if (post != NULL && post->addresses->len == 0) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT,
                    "no contact of %s is a mail address that its key can go to: add one with "
                    "`issuer contact add`",
                    license_id);
        return NULL;
    }
    return g_steal_pointer(&post);
}

bool key_post_check(Context *context, const char *license_id, GError **error)
{
    g_autoptr(SalePost) post = load(context, license_id, error);
    return post != NULL;
}

KeyPosted *key_post_send(Context *context, Mailer *mailer, const KeyPost *post, GError **error)
{
    g_autoptr(Secret) normal = license_key_read(secret_peek(post->key), error);
    g_autoptr(SalePost) known = normal != NULL ? load(context, post->license_id, error) : NULL;
    if (known == NULL) {
        return NULL;
    }
    const Digest public_key = license_key_public(normal);
    const KeyMailFacts facts = {
        .vendor = config_text(settings_config(context->settings), "vendor"),
        .license_id = post->license_id,
        .customer = known->customer,
        .address = mailer->address,
        .replaces = post->replaces,
    };
    Letter letter = {
        .mailer = mailer,
        .key = post->key,
        .subject = key_mail_subject(&facts),
        .text = key_mail_text(&facts),
        .id = message_id(mailer, &public_key),
        .now = clock_now(),
    };
    KeyPosted *posted = g_new0(KeyPosted, 1);
    posted->accepted = g_ptr_array_new_with_free_func(g_free);
    posted->refused = g_ptr_array_new_with_free_func(g_free);
    send_all(&letter, known->addresses, posted);
    letter_clear(&letter);
    if (posted->accepted->len > 0) {
        record(context, post, normal, posted);
    }
    return posted;
}

void key_posted_free(KeyPosted *posted)
{
    if (posted == NULL) {
        return;
    }
    g_ptr_array_unref(posted->accepted);
    g_ptr_array_unref(posted->refused);
    g_free(posted->unrecorded);
    g_free(posted);
}
