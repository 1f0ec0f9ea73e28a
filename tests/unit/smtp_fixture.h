/* An SMTP server on loopback for one connection: a thread that says yes to everything and keeps all
 * that it hears. */
#ifndef TESTS_UNIT_SMTP_FIXTURE_H
#define TESTS_UNIT_SMTP_FIXTURE_H

#include <arpa/inet.h>
#include <glib.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct {
    int listening;
    char *url;
    GString *heard;   /* commands, as lines */
    GString *content; /* of all mails, with the dots that lines were given taken away */
    GThread *thread;
} SmtpFixture;

static void smtp_fixture_say(FILE *stream, const char *text)
{
    fputs(text, stream);
    fflush(stream);
}

static void smtp_fixture_take(SmtpFixture *fixture, FILE *in, FILE *out)
{
    g_autofree char *line = NULL;
    size_t room = 0;
    for (ssize_t got = getline(&line, &room, in); got > 0 && strcmp(line, ".\r\n") != 0;
         got = getline(&line, &room, in)) {
        const ssize_t dot = line[0] == '.' ? 1 : 0;
        g_string_append_len(fixture->content, line + dot, got - dot);
    }
    smtp_fixture_say(out, "250 taken\r\n");
}

static gpointer smtp_fixture_serve(gpointer data)
{
    SmtpFixture *fixture = data;
    const int connection = accept(fixture->listening, NULL, NULL);
    if (connection < 0) {
        return NULL;
    }
    FILE *in = fdopen(connection, "r");
    FILE *out = fdopen(dup(connection), "w");
    g_autofree char *line = NULL;
    size_t room = 0;
    smtp_fixture_say(out, "220 here\r\n");
    while (getline(&line, &room, in) > 0) {
        g_string_append(fixture->heard, line);
        const bool data_follows = g_str_has_prefix(line, "DATA");
        smtp_fixture_say(out, data_follows ? "354 go on\r\n" : "250 yes\r\n");
        if (data_follows) {
            smtp_fixture_take(fixture, in, out);
        }
    }
    fclose(in);
    fclose(out);
    return NULL;
}

static void smtp_fixture_start(SmtpFixture *fixture)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    fixture->listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_assert(bind(fixture->listening, (const struct sockaddr *)&address, size) == 0);
    g_assert(listen(fixture->listening, 1) == 0);
    g_assert(getsockname(fixture->listening, (struct sockaddr *)&address, &size) == 0);
    fixture->url = g_strdup_printf("smtp://127.0.0.1:%d", ntohs(address.sin_port));
    fixture->heard = g_string_new(NULL);
    fixture->content = g_string_new(NULL);
    fixture->thread = g_thread_new("smtp", smtp_fixture_serve, fixture);
}

/* Once the client has hung up, or never called: waits until all was heard. */
static void smtp_fixture_stop(SmtpFixture *fixture)
{
    shutdown(fixture->listening, SHUT_RDWR);
    g_thread_join(fixture->thread);
    close(fixture->listening);
}

static void smtp_fixture_clear(SmtpFixture *fixture)
{
    g_string_free(fixture->heard, TRUE);
    g_string_free(fixture->content, TRUE);
    g_free(fixture->url);
}

#endif
