/* Exports of help desks for the tests of their readers. */
#ifndef ISSUER_TESTS_DESK_FIXTURE_H
#define ISSUER_TESTS_DESK_FIXTURE_H

#include "mail/desk_out.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

typedef struct {
    GPtrArray *mails; /* of char *: "ours", "partial" and the mail's bytes */
    GString *troubles;
} DeskTaken;

static bool desk_take_mail(gpointer data, const DeskMail *mail)
{
    DeskTaken *taken = data;
    g_ptr_array_add(taken->mails,
                    g_strdup_printf("%s%s%s%.*s", mail->ours ? "[ours]" : "",
                                    mail->partial ? "[partial]" : "",
                                    mail->deleted ? "[deleted]" : "", (int)mail->bytes->len,
                                    (const char *)mail->bytes->data));
    return true;
}

static bool desk_take_trouble(gpointer data, const char *why)
{
    DeskTaken *taken = data;
    g_string_append_printf(taken->troubles, "%s|", why);
    return true;
}

/* Has `read` read these bytes as a file. */
static DeskTaken desk_read(void (*read)(int fd, const DeskOut *out), const char *bytes, gsize size)
{
    DeskTaken taken = {g_ptr_array_new_with_free_func(g_free), g_string_new(NULL)};
    int fd = memfd_create("export", MFD_CLOEXEC);
    assert_true(fd >= 0 && write(fd, bytes, size) == (ssize_t)size);
    const DeskOut out = {&taken, desk_take_mail, desk_take_trouble};
    read(fd, &out);
    (void)close(fd);
    return taken;
}

static void desk_free(DeskTaken *taken)
{
    g_ptr_array_unref(taken->mails);
    (void)g_string_free(taken->troubles, TRUE);
}

/* The `i`th mail has all of these in it. */
static void desk_assert_mail(const DeskTaken *taken, guint i, const char *const *wanted)
{
    assert_true(i < taken->mails->len);
    const char *mail = g_ptr_array_index(taken->mails, i);
    for (gsize n = 0; wanted[n] != NULL; n++) {
        if (strstr(mail, wanted[n]) == NULL) {
            fail_msg("no \"%s\" in mail %u:\n%s", wanted[n], i, mail);
        }
    }
}

#define DESK_HAS(...) ((const char *const[]){__VA_ARGS__, NULL})

#endif
