/* The raw parts of one license's work, each alone: MIME parsing by GMime, one Ed25519 verification,
 * one signature; with -m parsing only. Prints NAME VALUE lines, microseconds of this process's CPU.
 *   parts [-m] MBOX */
#include <gmime/gmime.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define SIGNED_SIZE 900 /* bytes, as a usage request's signing input */
#define ROUNDS      5000

static double cpu_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

/* Decodes a text part as a reader must: transfer encoding, then charset. */
static void decode_part(GMimeObject *parent, GMimeObject *part, gpointer data)
{
    gsize *bytes = data;
    (void)parent;
    if (GMIME_IS_TEXT_PART(part)) {
        char *text = g_mime_text_part_get_text(GMIME_TEXT_PART(part));
        *bytes += text != NULL ? strlen(text) : 0;
        g_free(text);
    }
}

static bool parse_mail(const char *mail, gsize size, gsize *bytes)
{
    GMimeStream *stream = g_mime_stream_mem_new_with_buffer(mail, size);
    GMimeParser *parser = g_mime_parser_new_with_stream(stream);
    GMimeMessage *message = g_mime_parser_construct_message(parser, NULL);
    if (message != NULL) {
        g_mime_message_foreach(message, decode_part, bytes);
        g_object_unref(message);
    }
    g_object_unref(parser);
    g_object_unref(stream);
    return message != NULL;
}

/* The end of the mail that starts at `at`: the next "From " behind a blank line. */
static const char *mail_end(const char *at, const char *end)
{
    const char *next = memmem(at, (gsize)(end - at), "\n\nFrom ", strlen("\n\nFrom "));
    return next != NULL ? next + 2 : end;
}

static bool measure_mails(const char *path)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GMappedFile) file = g_mapped_file_new(path, FALSE, &error);
    if (file == NULL) {
        g_printerr("parts: %s\n", error->message);
        return false;
    }
    const char *at = g_mapped_file_get_contents(file);
    const char *const end = at + g_mapped_file_get_length(file);
    unsigned mails = 0;
    gsize bytes = 0;
    const double start = cpu_us();
    while (at < end) {
        const char *next = mail_end(at, end);
        const char *headers = memchr(at, '\n', (gsize)(next - at));
        if (headers == NULL || !parse_mail(headers + 1, (gsize)(next - headers - 1), &bytes)) {
            g_printerr("parts: mail %u of %s cannot be parsed\n", mails + 1, path);
            return false;
        }
        mails++;
        at = next;
    }
    const double used = cpu_us() - start;
    printf("mails %u\ntext_bytes %zu\ngmime_us %.2f\n", mails, bytes, used / MAX(mails, 1));
    return mails > 0;
}

static void sign_once(EVP_PKEY *key, const guint8 *data, guint8 signature[64])
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    size_t size = 64;
    g_assert(EVP_DigestSignInit(context, NULL, NULL, NULL, key) == 1);
    g_assert(EVP_DigestSign(context, signature, &size, data, SIGNED_SIZE) == 1);
    EVP_MD_CTX_free(context);
}

/* From the key's raw bytes, as for a key that was never seen before. */
static void verify_once(const guint8 key[32], const guint8 *data, const guint8 signature[64])
{
    EVP_PKEY *public_key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key, 32);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    g_assert(EVP_DigestVerifyInit(context, NULL, NULL, NULL, public_key) == 1);
    g_assert(EVP_DigestVerify(context, signature, 64, data, SIGNED_SIZE) == 1);
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(public_key);
}

static void measure_signatures(void)
{
    guint8 seed[32] = {1};
    guint8 data[SIGNED_SIZE] = {2};
    guint8 signature[64];
    guint8 public_key[32];
    size_t size = sizeof public_key;
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, sizeof seed);
    g_assert(EVP_PKEY_get_raw_public_key(key, public_key, &size) == 1);
    double start = cpu_us();
    for (unsigned i = 0; i < ROUNDS; i++) {
        data[0] = (guint8)i;
        sign_once(key, data, signature);
    }
    printf("sign_us %.2f\n", (cpu_us() - start) / ROUNDS);
    start = cpu_us();
    for (unsigned i = 0; i < ROUNDS; i++) {
        verify_once(public_key, data, signature);
    }
    printf("verify_us %.2f\n", (cpu_us() - start) / ROUNDS);
    EVP_PKEY_free(key);
}

int main(int argc, char **argv)
{
    const bool mails_only = argc == 3 && strcmp(argv[1], "-m") == 0;
    if (argc != 2 && !mails_only) {
        g_printerr("usage: parts [-m] MBOX\n");
        return 2;
    }
    g_mime_init();
    const bool done = measure_mails(argv[argc - 1]);
    if (!mails_only) {
        measure_signatures();
    }
    g_mime_shutdown();
    return done ? 0 : 1;
}
