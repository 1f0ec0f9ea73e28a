/* Makes a repeatable load: DIR/purchases.csv (purchased licenses) and DIR/requests.mbox (mboxrd; a
 * mail a usage request, text and HTML alternatives). The formats are written here a second time,
 * without issuer's own writers except for the armor. The same arguments give the same bytes. */
#include "bench/instance_maker.h"

#include "core/armor.h"
#include "core/armor_text.h"

#include <glib.h>
#include <glib/gstdio.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define LICENSES_A_CUSTOMER 4

typedef struct {
    int licenses;
    int requests;
    int updates;
    int activations;
    int seed;
    gboolean apart;
    char *out;
} Options;

static FILE *open_in(const char *folder, const char *name)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    FILE *stream = g_fopen(path, "wbe");
    if (stream == NULL) {
        g_printerr("make_load: cannot write %s\n", path);
    }
    return stream;
}

static bool close_written(FILE *stream)
{
    const bool sound = !ferror(stream);
    const bool closed = fclose(stream) == 0;
    if (!sound || !closed) {
        g_printerr("make_load: writing failed, is the disk full?\n");
    }
    return sound && closed;
}

static bool write_purchases(const Options *options)
{
    FILE *stream = open_in(options->out, "purchases.csv");
    if (stream == NULL) {
        return false;
    }
    fputs("license_id,license_key,customer,contacts,product,features,activations,expires,"
          "order_ref\n",
          stream);
    for (int i = 0; i < options->licenses; i++) {
        g_autofree char *key = instance_maker_license_key(options->seed, i);
        const int customer = i / LICENSES_A_CUSTOMER;
        fprintf(stream,
                "LIC-%08d,%s,Customer %d,@c%d.example.com,chariot,mqtt-server;support=2040-11-25,"
                "%d,,SO-%07d\n",
                i, key, customer, customer, options->activations, i);
    }
    return close_written(stream);
}

/* The mail around a code, as a desk's mailbox holds it. */
static void write_mail(FILE *stream, int number, int customer, const char *code)
{
    fprintf(stream,
            "From ops@c%d.example.com Wed Nov 25 02:00:00 2026\n"
            "Received: from mail.example.com (mail.example.com [192.0.2.1])\n"
            "\tby mx.example.net with ESMTPS id %d\n"
            "\tfor <support@example.net>; Wed, 25 Nov 2026 02:00:00 +0000\n"
            "From: \"Plant operator %d\" <ops@c%d.example.com>\n"
            "To: support@example.net\n"
            "Subject: Offline usage request %d\n"
            "Message-ID: <load-%d@example.com>\n"
            "Date: Wed, 25 Nov 2026 02:00:00 +0000\n"
            "MIME-Version: 1.0\n"
            "Content-Type: multipart/alternative; boundary=\"b%d\"\n\n",
            customer, number, number, customer, number, number, number);
    fprintf(stream,
            "--b%d\nContent-Type: text/plain; charset=utf-8\n\n"
            "Hello support,\n\nplease send a usage license for this server.\n\n%s\n"
            "Kind regards\nOperator %d\n\n"
            "--b%d\nContent-Type: text/html; charset=utf-8\n\n"
            "<html><body><p>Hello support,</p><p>please send a usage license for this "
            "server.</p><pre>%s</pre></body></html>\n--b%d--\n\n",
            number, code, number, number, code, number);
}

static bool write_requests(const Options *options, const char *name, int first, int last)
{
    FILE *stream = open_in(options->out, name);
    if (stream == NULL) {
        return false;
    }
    for (int number = first; number < last; number++) {
        const bool update = number >= options->requests;
        const int server = update ? number - options->requests : number;
        const int owner = server % options->licenses;
        g_autoptr(GBytes) body =
            instance_maker_request(options->seed, owner, server, number, update);
        g_autofree char *code = armor_text_write(ARMOR_USAGE_REQUEST, body);
        write_mail(stream, number, owner / LICENSES_A_CUSTOMER, code);
    }
    return close_written(stream);
}

static bool read_options(int *argc, char ***argv, Options *options)
{
    const GOptionEntry entries[] = {
        {"licenses", 0, 0, G_OPTION_ARG_INT, &options->licenses, "Purchased licenses", "N"},
        {"requests", 0, 0, G_OPTION_ARG_INT, &options->requests,
         "Requests, each of a server of its own; more than licenses are further servers", "N"},
        {"updates", 0, 0, G_OPTION_ARG_INT, &options->updates,
         "Second requests of the first N servers, with purpose update", "N"},
        {"activations", 0, 0, G_OPTION_ARG_INT, &options->activations, "Activations a license",
         "N"},
        {"seed", 0, 0, G_OPTION_ARG_INT, &options->seed, "Seed of everything random", "N"},
        {"updates-apart", 0, 0, G_OPTION_ARG_NONE, &options->apart,
         "Write the updates as updates.mbox instead of behind the requests", NULL},
        {"out", 0, 0, G_OPTION_ARG_FILENAME, &options->out, "Folder to write into", "DIR"},
        G_OPTION_ENTRY_NULL,
    };
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    g_option_context_add_main_entries(context, entries, NULL);
    g_autoptr(GError) error = NULL;
    if (!g_option_context_parse(context, argc, argv, &error)) {
        g_printerr("make_load: %s\n", error->message);
        return false;
    }
    if (*argc > 1 || options->out == NULL || options->licenses < 1 || options->requests < 0 ||
        options->updates < 0 || options->updates > options->requests) {
        g_printerr("make_load: needs --out DIR, at least one license, and no more updates than "
                   "requests\n");
        return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    Options options = {.licenses = 20000, .requests = 20000, .activations = 3, .seed = 1};
    if (!read_options(&argc, &argv, &options)) {
        return 2;
    }
    if (g_mkdir_with_parents(options.out, 0755) != 0) {
        g_printerr("make_load: cannot make the folder %s\n", options.out);
        return 1;
    }
    const int all = options.requests + options.updates;
    bool done = write_purchases(&options);
    done = done &&
           write_requests(&options, "requests.mbox", 0, options.apart ? options.requests : all);
    if (options.apart) {
        done = done && write_requests(&options, "updates.mbox", options.requests, all);
    }
    g_free(options.out);
    return done ? 0 : 1;
}
