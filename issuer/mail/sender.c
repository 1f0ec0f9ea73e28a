#include "mail/sender.h"

#include "core/address.h"
#include "mail/address_form.h"
#include "mail/mime.h"

#include <string.h>

#define MAX_ADDRESSES 200

/* One mailbox as it is read. */
typedef struct {
    GPtrArray *found;
    GString *bare;  /* what stands outside of angle brackets and quotes */
    GString *angle; /* the address in angle brackets */
    bool in_angle;
    bool had_angle;
} Mailbox;

static void add_address(GPtrArray *found, const char *written)
{
    g_autofree char *address = address_form_plain(written);
    for (guint i = 0; i < found->len; i++) {
        if (g_ascii_strcasecmp(g_ptr_array_index(found, i), address) == 0) {
            return;
        }
    }
    if (address[0] != '\0' && found->len < MAX_ADDRESSES) {
        g_ptr_array_add(found, g_steal_pointer(&address));
    }
}

static void end_angle(Mailbox *mailbox)
{
    const char *address = mailbox->angle->str;
    address += strspn(address, "<"); /* <<ana@example.com>> */
    if (address[0] == '@' && strchr(address, ':') != NULL) {
        address = strrchr(address, ':') + 1; /* <@relay:ana@example.com> */
    }
    add_address(mailbox->found, address);
    g_string_truncate(mailbox->angle, 0);
    mailbox->in_angle = false;
    mailbox->had_angle = true;
}

/* A mailbox without angle brackets is the address alone; words beside it are somebody's mistake. */
static void end_mailbox(Mailbox *mailbox)
{
    if (mailbox->in_angle) {
        end_angle(mailbox); /* the closing bracket is missing */
    }
    g_auto(GStrv) words = g_strsplit_set(mailbox->bare->str, " \t", MAX_ADDRESSES);
    for (gsize i = 0; !mailbox->had_angle && words[i] != NULL; i++) {
        if (strchr(words[i], '@') != NULL) {
            add_address(mailbox->found, words[i]);
        }
    }
    g_string_truncate(mailbox->bare, 0);
    mailbox->had_angle = false;
}

/* Skips a quoted string or a comment that begins at `at`; returns its last character. */
static const char *skip_quoted(const char *at)
{
    char open = *at;
    unsigned depth = 1;
    while (depth > 0 && at[1] != '\0') {
        at++;
        if (*at == '\\' && at[1] != '\0') {
            at++;
        } else if (open == '"' ? *at == '"' : *at == ')') {
            depth--;
        } else if (open == '(' && *at == '(') {
            depth++;
        }
    }
    return at;
}

static void read_character(Mailbox *mailbox, char c)
{
    if (mailbox->in_angle) {
        if (c == '>') {
            end_angle(mailbox);
        } else if (!g_ascii_isspace(c)) {
            g_string_append_c(mailbox->angle, c);
        }
    } else if (c == '<') {
        mailbox->in_angle = true;
    } else if (c == ',' || c == ';') {
        end_mailbox(mailbox);
    } else if (c == ':' && strchr(mailbox->bare->str, '@') == NULL) {
        g_string_truncate(mailbox->bare, 0); /* a group's name */
    } else {
        g_string_append_c(mailbox->bare, c);
    }
}

/* The addresses in one field's value as it stands. */
static GPtrArray *addresses_as_written(const char *value)
{
    Mailbox mailbox = {.found = g_ptr_array_new_with_free_func(g_free),
                       .bare = g_string_new(NULL),
                       .angle = g_string_new(NULL)};
    for (const char *at = value; *at != '\0'; at++) {
        if ((*at == '"' || *at == '(') && !mailbox.in_angle) {
            at = skip_quoted(at);
        } else {
            read_character(&mailbox, *at);
        }
    }
    end_mailbox(&mailbox);
    g_string_free(mailbox.bare, TRUE);
    g_string_free(mailbox.angle, TRUE);
    return mailbox.found;
}

static bool has_valid(const GPtrArray *addresses)
{
    for (guint i = 0; i < addresses->len; i++) {
        if (address_is_valid(g_ptr_array_index(addresses, i))) {
            return true;
        }
    }
    return false;
}

/* The addresses in one field's value. Encoded words are no place for an address (RFC 2047 §5), but
 * some programs encode all of the value; and some write brackets that only look like brackets. */
static GPtrArray *addresses_in(const char *value)
{
    g_autoptr(GPtrArray) found = addresses_as_written(value);
    if (has_valid(found)) {
        return g_steal_pointer(&found);
    }
    g_autofree char *decoded = mime_decode_words(value);
    g_autofree char *bracketed = address_form_brackets(decoded);
    g_autoptr(GPtrArray) other = addresses_as_written(bracketed);
    return has_valid(other) ? g_steal_pointer(&other) : g_steal_pointer(&found);
}

GPtrArray *sender_of_fields(const Headers *headers, const char *name)
{
    GPtrArray *found = g_ptr_array_new_with_free_func(g_free);
    const char *value = headers_first(headers, name);
    for (guint i = 0; value != NULL; value = headers_nth(headers, name, ++i)) {
        g_autoptr(GPtrArray) addresses = addresses_in(value);
        for (guint j = 0; j < addresses->len; j++) {
            add_address(found, g_ptr_array_index(addresses, j));
        }
    }
    return found;
}

bool sender_is_among(const char *address, const char *const *addresses)
{
    for (gsize i = 0; addresses != NULL && addresses[i] != NULL; i++) {
        if (g_ascii_strcasecmp(address, addresses[i]) == 0) {
            return true;
        }
    }
    return false;
}
