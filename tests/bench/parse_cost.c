/* What it costs to read a mail, as a parser does it: prints "MICROSECONDS TOKENS" for each file,
 * the CPU time of this process in the best of -r ROUNDS (1).
 *   parse_cost [-r ROUNDS] FILE… */
#include "mail/message.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *const nobody[] = {NULL};

static double cpu_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

/* Parses a copy, for parsing may change the mail. */
static double cost(const char *mail, gsize length, guint *tokens)
{
    const MailSettings settings = {.own_addresses = nobody, .list_addresses = nobody};
    const MessageOrigin origin = {.from_mbox = false};
    g_autofree char *copy = g_malloc(length + 1);
    memcpy(copy, mail, length);
    copy[length] = '\0';
    const double start = cpu_us();
    g_autoptr(ParsedMail) parsed = message_parse(copy, length, &origin, &settings);
    *tokens = parsed->tokens->len;
    return cpu_us() - start;
}

static bool measure(const char *path, unsigned rounds)
{
    g_autofree char *mail = NULL;
    gsize length = 0;
    g_autoptr(GError) error = NULL;
    if (!g_file_get_contents(path, &mail, &length, &error)) {
        g_printerr("parse_cost: %s\n", error->message);
        return false;
    }
    guint tokens = 0;
    double best = 0;
    for (unsigned i = 0; i < rounds; i++) {
        const double now = cost(mail, length, &tokens);
        best = i == 0 || now < best ? now : best;
    }
    printf("%.0f %u\n", best, tokens);
    return true;
}

int main(int argc, char **argv)
{
    unsigned rounds = 1;
    int option = 0;
    while ((option = getopt(argc, argv, "r:")) != -1) {
        if (option != 'r') {
            return 2;
        }
        rounds = (unsigned)g_ascii_strtoull(optarg, NULL, 10);
    }
    message_init();
    bool done = true;
    for (int i = optind; i < argc; i++) {
        done = measure(argv[i], rounds) && done;
    }
    return done ? 0 : 1;
}
