#include "cli/terminal.h"

#include "base/error.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define SECRET_MOST    1024
#define TOKEN_VARIABLE "ISSUER_TOKEN_FILE"

static const int held_back[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};

static volatile sig_atomic_t caught; /* which of them has come; 0: none */

static void note_signal(int number)
{
    caught = number;
}

/* What ends or stops the program is held back while nothing shows: it would leave the terminal
 * mute.
 */
typedef struct {
    sigset_t mask; /* as it was */
    struct sigaction action[G_N_ELEMENTS(held_back)];
} Signals;

static void hold_signals(Signals *before)
{
    struct sigaction note = {.sa_handler = note_signal};
    sigset_t held;
    (void)sigemptyset(&held);
    caught = 0;
    for (gsize i = 0; i < G_N_ELEMENTS(held_back); i++) {
        (void)sigaddset(&held, held_back[i]);
    }
    (void)sigprocmask(SIG_BLOCK, &held, &before->mask);
    for (gsize i = 0; i < G_N_ELEMENTS(held_back); i++) {
        (void)sigaction(held_back[i], NULL, &before->action[i]);
        if (before->action[i].sa_handler != SIG_IGN) {
            (void)sigaction(held_back[i], &note, NULL);
        }
    }
}

/* What has come meanwhile does now what it would have done. */
static void let_signals(const Signals *before)
{
    for (gsize i = 0; i < G_N_ELEMENTS(held_back); i++) {
        (void)sigaction(held_back[i], &before->action[i], NULL);
    }
    (void)sigprocmask(SIG_SETMASK, &before->mask, NULL);
    if (caught != 0) {
        (void)raise(caught);
    }
}

/* The next byte; false at the end, and when a signal has come, which is let in here alone. */
static bool read_byte(int fd, const sigset_t *mask, char *c)
{
    struct pollfd polled = {.fd = fd, .events = POLLIN};
    int ready = -1;
    while (ready < 0 && caught == 0) {
        ready = ppoll(&polled, 1, NULL, mask);
        if (ready < 0 && errno != EINTR) {
            return false;
        }
    }
    return caught == 0 && read(fd, c, 1) == 1;
}

/* Reads one line of the terminal, byte by byte so that nothing stays in a buffer. NULL if the
 * terminal ends before it, or a signal came. */
static Secret *read_line(int fd, const sigset_t *mask)
{
    char line[SECRET_MOST];
    gsize size = 0;
    char c = 0;
    while (read_byte(fd, mask, &c) && c != '\n') {
        if (size < sizeof line) {
            line[size++] = c;
        }
    }
    Secret *secret = c == '\n' ? secret_new_copy(line, size) : NULL;
    secret_wipe(line, sizeof line);
    secret_wipe(&c, sizeof c);
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

static Secret *read_unseen(int fd, const char *prompt, const struct termios *shown)
{
    struct termios hidden = *shown;
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    Signals before;
    hold_signals(&before);
    (void)tcsetattr(fd, TCSAFLUSH, &hidden); /* drops what was typed ahead, while it showed */
    put(fd, prompt);
    put(fd, ": ");
    Secret *secret = read_line(fd, &before.mask);
    (void)tcsetattr(fd, TCSAFLUSH, shown);
    put(fd, "\n");
    let_signals(&before);
    return secret;
}

static Secret *ask_unseen(int fd, const char *prompt, GError **error)
{
    struct termios shown;
    if (tcgetattr(fd, &shown) != 0) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_FAILED, "cannot set up the terminal: %s",
                    g_strerror(errno));
        return NULL;
    }
    Secret *secret = NULL;
    do {
        secret = read_unseen(fd, prompt, &shown);
    } while (secret == NULL && caught == SIGTSTP); /* stopped, and continued by now */
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
    const char *path = g_getenv(TOKEN_VARIABLE);
    if (path == NULL) {
        return terminal_ask("operator's token", "name its file in " TOKEN_VARIABLE, error);
    }
    if (*path == '\0') {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_INPUT,
                    TOKEN_VARIABLE " is empty: have it name the file of your token, or unset it");
        return NULL;
    }
    Secret *token = terminal_read_file(path, error);
    if (token == NULL) {
        g_prefix_error(error, TOKEN_VARIABLE ": ");
    }
    return token;
}
