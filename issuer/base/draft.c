#include "base/draft.h"

#include "base/error.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

#define BLOCK ((gsize)65536) /* bytes read at once for the digest */

struct Draft {
    char *path;
    char *temporary; /* NULL once it has its name */
    FILE *stream;
};

static void fail(const Draft *draft, GError **error)
{
    const int saved = errno;
    const int code = saved == EEXIST   ? ISSUER_ERROR_CONFLICT
                     : saved == ENOENT ? ISSUER_ERROR_NOT_FOUND
                                       : ISSUER_ERROR_FAILED;
    if (saved == EEXIST) {
        g_set_error(error, ISSUER_ERROR, code,
                    "%s exists already and is never written over: name another file", draft->path);
    } else {
        g_set_error(error, ISSUER_ERROR, code, "cannot write %s: %s", draft->path,
                    g_strerror(saved));
    }
}

static bool begin(Draft *draft)
{
    if (g_access(draft->path, F_OK) == 0) {
        errno = EEXIST;
        return false;
    }
    /* Its final mode from the start, as the umask has it. */
    const int fd = g_mkstemp_full(draft->temporary, O_RDWR | O_CLOEXEC, 0666);
    if (fd < 0) {
        g_clear_pointer(&draft->temporary, g_free);
        return false;
    }
    draft->stream = fdopen(fd, "w+");
    return draft->stream != NULL;
}

Draft *draft_new(const char *path, GError **error)
{
    Draft *draft = g_new0(Draft, 1);
    draft->path = g_strdup(path);
    draft->temporary = g_strdup_printf("%s.XXXXXX", path);
    if (!begin(draft)) {
        fail(draft, error);
        draft_free(draft);
        return NULL;
    }
    return draft;
}

FILE *draft_stream(const Draft *draft)
{
    return draft->stream;
}

/* Of what stands in the file, not of what was meant to. NULL with errno. */
static char *digest_of(FILE *stream)
{
    g_autoptr(GChecksum) digest = g_checksum_new(G_CHECKSUM_SHA256);
    g_autofree guchar *block = g_malloc(BLOCK);
    rewind(stream);
    gsize read = 0;
    while ((read = fread(block, 1, BLOCK, stream)) > 0) {
        g_checksum_update(digest, block, (gssize)read);
    }
    return ferror(stream) ? NULL : g_strdup(g_checksum_get_string(digest));
}

char *draft_finish(Draft *draft, GError **error)
{
    g_autofree char *digest = NULL;
    /* A link, unlike a rename, takes nobody's place. */
    const bool done = fflush(draft->stream) == 0 && fsync(fileno(draft->stream)) == 0 &&
                      (digest = digest_of(draft->stream)) != NULL &&
                      link(draft->temporary, draft->path) == 0;
    if (!done) {
        fail(draft, error);
        return NULL;
    }
    (void)g_unlink(draft->temporary);
    g_clear_pointer(&draft->temporary, g_free);
    return file_sync_folder(draft->path, error) ? g_steal_pointer(&digest) : NULL;
}

void draft_free(Draft *draft)
{
    if (draft == NULL) {
        return;
    }
    if (draft->temporary != NULL) {
        (void)g_unlink(draft->temporary);
    }
    if (draft->stream != NULL) {
        (void)fclose(draft->stream);
    }
    g_free(draft->temporary);
    g_free(draft->path);
    g_free(draft);
}
