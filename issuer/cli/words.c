#include "cli/words.h"

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"

bool words_are_given(const Options *options)
{
    return options_text(options, "text") != NULL || options_text(options, "text-file") != NULL;
}

static char *from_file(const char *path, GError **error)
{
    g_autoptr(GBytes) bytes = file_read_whole(path, (gsize)WORDS_MOST * 4, error);
    if (bytes == NULL) {
        return NULL;
    }
    gsize size = 0;
    const char *data = g_bytes_get_data(bytes, &size);
    g_autofree char *text = g_strndup(size > 0 ? data : "", size);
    const char *wrong = !g_utf8_validate(size > 0 ? data : "", (gssize)size, NULL)
                            ? "is no UTF-8 text"
                        : text_is_blank(text)                  ? "is empty"
                        : g_utf8_strlen(text, -1) > WORDS_MOST ? "is longer than 8000 characters"
                                                               : NULL;
    if (wrong != NULL) {
        g_autofree char *name = text_file_name(path);
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT, "%s %s", name, wrong);
        return NULL;
    }
    return g_steal_pointer(&text);
}

char *words_read(const Options *options, GError **error)
{
    const char *text = options_text(options, "text");
    const char *path = options_text(options, "text-file");
    if ((text == NULL) == (path == NULL)) {
        g_set_error_literal(error, ISSUER_ERROR, ISSUER_ERROR_USAGE,
                            text == NULL ? "say what to write: --text TEXT or --text-file FILE"
                                         : "--text and --text-file exclude each other");
        return NULL;
    }
    return text != NULL ? g_strdup(text) : from_file(path, error);
}
