#include "mail/unpacked.h"

#include "core/first_look.h"
#include "mail/sniff.h"
#include "mail/transfer.h"

#include <string.h>

struct Unpacked {
    GQueue parts; /* of UnpackedPart, still to be taken */
    guint count;  /* of all that were added */
    gsize total;  /* bytes of them */
    gsize own;    /* bytes of those of the packing that was opened last */
    gsize most;   /* bytes that may come out of it */
    unsigned depth;
    bool full;      /* a cap was hit */
    bool encrypted; /* something in the mail is */
    char *trouble;
};

Unpacked *unpacked_new(void)
{
    Unpacked *unpacked = g_new0(Unpacked, 1);
    g_queue_init(&unpacked->parts);
    return unpacked;
}

bool unpacked_begin(Unpacked *unpacked, gsize size, unsigned depth)
{
    unpacked->depth = depth + 1;
    unpacked->own = 0;
    g_clear_pointer(&unpacked->trouble, g_free);
    unpacked->most = MAX(size * UNPACKED_MAX_RATIO, UNPACKED_ANY_RATIO);
    unpacked->full = unpacked->depth > UNPACKED_MAX_DEPTH;
    if (unpacked->full) {
        unpacked_fail(unpacked,
                      "it is packed more than " G_STRINGIFY(UNPACKED_MAX_DEPTH) " times over");
    }
    return !unpacked->full;
}

gsize unpacked_room(const Unpacked *unpacked)
{
    return MIN(unpacked->most - unpacked->own, UNPACKED_MAX_SIZE - unpacked->total);
}

Budget unpacked_budget(const Unpacked *unpacked)
{
    const gsize room = unpacked_room(unpacked);
    const BudgetCaps caps = {UNPACKED_MAX_PARTS - unpacked->count, room, room, UNPACKED_MAX_RATIO,
                             UNPACKED_ANY_RATIO};
    return budget_new(caps, unpacked->most / UNPACKED_MAX_RATIO);
}

static const char *cap_hit(const Unpacked *unpacked, gsize size)
{
    if (unpacked->count >= UNPACKED_MAX_PARTS) {
        return "there are more than " G_STRINGIFY(UNPACKED_MAX_PARTS) " files in it";
    }
    if (size > UNPACKED_MAX_SIZE - unpacked->total) {
        return "it is more than 64 MiB when it is unpacked";
    }
    if (size > unpacked->most - unpacked->own) {
        return "it is more than " G_STRINGIFY(UNPACKED_MAX_RATIO) " times as long when it is "
                                                                  "unpacked";
    }
    return NULL;
}

/* Sets type and charset from a Content-Type value. */
static void take_type(UnpackedPart *part, const char *value)
{
    static const char parameter[] = "charset=";
    const gsize length = value == NULL ? 0 : strcspn(value, "; \t");
    part->type = g_ascii_strdown(value == NULL ? "" : value, (gssize)length);
    const char *charset = value == NULL ? NULL : strcasestr(value + length, parameter);
    if (charset != NULL) {
        charset += strlen(parameter);
        charset += strspn(charset, "\"' ");
        part->charset = g_strndup(charset, strcspn(charset, "\"'; "));
    }
}

static void push(Unpacked *unpacked, UnpackedPart *part)
{
    unpacked->count++;
    unpacked->total += part->data->len;
    unpacked->own += part->data->len;
    g_queue_push_tail(&unpacked->parts, part);
}

bool unpacked_add(Unpacked *unpacked, UnpackedAs as, const char *name, const char *type,
                  GByteArray *data)
{
    const char *cap = cap_hit(unpacked, data->len);
    if (cap != NULL) {
        unpacked_fail(unpacked, cap);
        unpacked->full = true;
    }
    if (unpacked->full) {
        g_byte_array_unref(data);
        return false;
    }
    UnpackedPart *part = g_new0(UnpackedPart, 1);
    part->as = as;
    part->name = name == NULL ? NULL : g_utf8_make_valid(name, -1);
    part->data = data;
    part->depth = unpacked->depth;
    take_type(part, type);
    push(unpacked, part);
    return true;
}

bool unpacked_add_mail(Unpacked *unpacked, GByteArray *data, unsigned depth)
{
    if (!unpacked_begin(unpacked, data->len, depth)) {
        g_byte_array_unref(data);
        return false;
    }
    unpacked->depth = depth;
    return unpacked_add(unpacked, UNPACKED_ENTITY, NULL, "message/rfc822", data);
}

void unpacked_fail(Unpacked *unpacked, const char *why)
{
    if (unpacked->trouble == NULL) {
        unpacked->trouble = g_strdup(why);
    }
}

const char *unpacked_trouble(const Unpacked *unpacked)
{
    return unpacked->trouble;
}

void unpacked_meet_encrypted(Unpacked *unpacked)
{
    unpacked->encrypted = true;
}

bool unpacked_has_encrypted(const Unpacked *unpacked)
{
    return unpacked->encrypted;
}

bool unpacked_may_hold_code(const char *data, gsize length)
{
    gsize at = 0;
    gsize size = 0;
    return sniff_is_text(data, length) &&
           (first_look_may_begin(data, length) || transfer_find_base64(data, length, &at, &size));
}

UnpackedPart *unpacked_take(Unpacked *unpacked)
{
    return g_queue_pop_head(&unpacked->parts);
}

void unpacked_part_free(UnpackedPart *part)
{
    if (part == NULL) {
        return;
    }
    g_free(part->name);
    g_free(part->type);
    g_free(part->charset);
    g_byte_array_unref(part->data);
    g_free(part);
}

static void free_part(gpointer part)
{
    unpacked_part_free(part);
}

void unpacked_free(Unpacked *unpacked)
{
    if (unpacked != NULL) {
        g_queue_clear_full(&unpacked->parts, free_part);
        g_free(unpacked->trouble);
        g_free(unpacked);
    }
}
