#include "cli/terminal.h"

#include "base/error.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define SECRET_MOST 1024

/* Reads one line of the terminal, byte by byte so that nothing stays in a buffer. */
static Secret *read_line(int fd)
{
    char line[SECRET_MOST];
    gsize size = 0;
    char c = 0;
    ssize_t got = 0;
    while ((got = read(fd, &c, 1)) == 1 && c != '\n') {
        if (size < sizeof line) {
            line[size++] = c;
        }
    }
    Secret *secret = got < 0 ? NULL : secret_new_copy(line, size);
    secret_wipe(line, sizeof line);
    return secret;
}

static void put(int fd, const char *text)
{
    gsize left = strlen(text);
    while (left > 0) {
        ssize_t done = write(fd, text, left);
        if (done <= 0) {
            return; /* a prompt that cannot be shown stops nothing */
        }
        text += done;
        left -= (gsize)done;
    }
}

static Secret *ask_unseen(int fd, const char *prompt, GError **error)
{
    struct termios shown;
    if (tcgetattr(fd, &shown) != 0) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_FAILED, "cannot set up the terminal: %s",
                    g_strerror(errno));
        return NULL;
    }
    struct termios hidden = shown;
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    (void)tcsetattr(fd, TCSAFLUSH, &hidden); /* drops what was typed ahead, while it showed */
    put(fd, prompt);
    put(fd, ": ");
    Secret *secret = read_line(fd);
    (void)tcsetattr(fd, TCSAFLUSH, &shown);
    put(fd, "\n");
    if (secret == NULL) {
        g_set_error_literal(error, ISSUER_ERROR, ISSUER_ERROR_FAILED,
                            "the terminal gave no answer");
    }
    return secret;
}

Secret *terminal_ask(const char *prompt, const char *instead, GError **error)
{
    int fd = open("/dev/tty", O_RDWR | O_CLOEXEC);
    if (fd < 0) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_DENIED, "no terminal to ask for the %s: %s",
                    prompt, instead);
        return NULL;
    }
    Secret *secret = ask_unseen(fd, prompt, error);
    (void)close(fd);
    return secret;
}

static bool equal(const Secret *a, const Secret *b)
{
    return secret_size(a) == secret_size(b) &&
           memcmp(secret_peek(a), secret_peek(b), secret_size(a)) == 0;
}

Secret *terminal_ask_new(const char *prompt, const char *instead, GError **error)
{
    g_autoptr(Secret) first = terminal_ask(prompt, instead, error);
    if (first == NULL) {
        return NULL;
    }
    if (secret_size(first) == 0) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT, "the %s may not be empty", prompt);
        return NULL;
    }
    g_autofree char *again = g_strdup_printf("%s again", prompt);
    g_autoptr(Secret) second = terminal_ask(again, instead, error);
    if (second == NULL) {
        return NULL;
    }
    if (!equal(first, second)) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT,
                    "the two answers differ; nothing was done");
        return NULL;
    }
    return g_steal_pointer(&first);
}

Secret *terminal_read_file(const char *path, GError **error)
{
    g_autoptr(Secret) content = file_read_private(path, SECRET_MOST, error);
    if (content == NULL) {
        return NULL;
    }
    gsize size = strcspn(secret_peek(content), "\r\n");
    if (size == 0) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT,
                    "%s: the first line is empty; it must hold the secret", path);
        return NULL;
    }
    return secret_new_copy(secret_peek(content), size);
}

Secret *terminal_token(GError **error)
{
    const char *path = g_getenv("ISSUER_TOKEN_FILE");
    if (path != NULL) {
        return terminal_read_file(path, error);
    }
    return terminal_ask("operator's token", "name its file in ISSUER_TOKEN_FILE", error);
}
