/* Gives a fuzz target every file of the folders that are named, in the order of their names: the
 * corpus is tried again in each run of the tests, by any compiler. An empty folder is an error. */
#include "fuzz.h"

#include <glib.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int by_name(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static GPtrArray *files_of(const char *folder)
{
    GPtrArray *files = g_ptr_array_new_with_free_func(g_free);
    GDir *listing = g_dir_open(folder, 0, NULL);
    const char *name = NULL;
    while (listing != NULL && (name = g_dir_read_name(listing)) != NULL) {
        g_ptr_array_add(files, g_build_filename(folder, name, NULL));
    }
    g_clear_pointer(&listing, g_dir_close);
    g_ptr_array_sort(files, by_name);
    return files;
}

static bool try_file(const char *path)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *bytes = NULL;
    gsize size = 0;
    if (!g_file_get_contents(path, &bytes, &size, &error)) {
        (void)fprintf(stderr, "replay: %s\n", error->message);
        return false;
    }
    // A copy of the very size: what reads past the end is seen.
    g_autofree uint8_t *exact = g_memdup2(bytes, size);
    (void)fprintf(stderr, "%s\n", path); // the last line before a crash names the input
    (void)LLVMFuzzerTestOneInput(exact, size);
    return true;
}

static guint try_folder(const char *folder)
{
    g_autoptr(GPtrArray) files = files_of(folder);
    guint tried = 0;
    for (guint i = 0; i < files->len; i++) {
        tried += try_file(g_ptr_array_index(files, i)) ? 1 : 0;
    }
    return tried == files->len ? tried : 0;
}

int main(int argc, char **argv)
{
    (void)LLVMFuzzerInitialize(&argc, &argv);
    bool all = argc > 1;
    for (int i = 1; i < argc; i++) {
        guint tried = try_folder(argv[i]);
        (void)printf("%s: %u inputs\n", argv[i], tried);
        all = all && tried > 0;
    }
    return all ? EXIT_SUCCESS : EXIT_FAILURE;
}
