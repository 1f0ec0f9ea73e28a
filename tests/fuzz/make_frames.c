/* Seeds for the frames: reads each mail that is named and writes what a parser would send about it.
 *     make_frames FOLDER MAIL… */
#include "mail/frame.h"
#include "mail/message.h"

#include <stdio.h>
#include <stdlib.h>

static bool make_frame(const char *folder, const char *path, GError **error)
{
    static const char *const nobody[] = {NULL};
    const MailSettings settings = {
        .own_addresses = nobody, .list_addresses = nobody, .parsers = 1, .search_all = true};
    const MessageOrigin origin = {0};
    g_autofree char *data = NULL;
    gsize length = 0;
    if (!g_file_get_contents(path, &data, &length, error)) {
        return false;
    }
    g_autoptr(ParsedMail) mail = message_parse(data, length, &origin, &settings);
    g_autoptr(GByteArray) frame = frame_write(mail);
    g_autofree char *name = g_path_get_basename(path);
    g_autofree char *target = g_build_filename(folder, name, NULL);
    return g_file_set_contents(target, (const char *)frame->data, (gssize)frame->len, error);
}

int main(int argc, char **argv)
{
    message_init();
    for (int i = 2; i < argc; i++) {
        g_autoptr(GError) error = NULL;
        if (!make_frame(argv[1], argv[i], &error)) {
            (void)fprintf(stderr, "make_frames: %s\n", error->message);
            return EXIT_FAILURE;
        }
    }
    return EXIT_SUCCESS;
}
