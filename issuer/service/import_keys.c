#include "service/import_keys.h"

/* A key that waits, and the line that it stands in. */
typedef struct {
    unsigned line;
    Secret *key;
} Waiting;

#define PAGE_KEYS 2000

/* What the thread does at once. */
typedef struct {
    GArray *waiting; /* of Waiting */
    GArray *derived; /* of ImportKey */
} Page;

struct ImportKeys {
    GPtrArray *pages;   /* of Page, owned */
    GPtrArray *derived; /* their arrays, in the same order */
    Page *open;         /* the last of them, while it is not full; NULL: there is none */
    GThreadPool *pool;  /* NULL once all is derived */
};

static void clear_waiting(gpointer waiting)
{
    secret_free(((Waiting *)waiting)->key);
}

static void free_page(gpointer data)
{
    Page *page = data;
    g_array_unref(page->waiting);
    g_array_unref(page->derived);
    g_free(page);
}

static void derive(gpointer data, gpointer user_data)
{
    (void)user_data;
    const Page *page = data;
    for (guint i = 0; i < page->waiting->len; i++) {
        const Waiting *one = &g_array_index(page->waiting, Waiting, i);
        const ImportKey key = purchase_import_key(one->line, one->key);
        g_array_append_val(page->derived, key);
    }
    g_array_set_size(page->waiting, 0);
}

ImportKeys *import_keys_new(void)
{
    ImportKeys *keys = g_new(ImportKeys, 1);
    *keys = (ImportKeys){
        .pages = g_ptr_array_new_with_free_func(free_page),
        .derived = g_ptr_array_new(),
        /* One thread: the database and the reader of the file need the other cores. */
        .pool = g_thread_pool_new(derive, NULL, 1, FALSE, NULL),
    };
    return keys;
}

static void open_page(ImportKeys *keys)
{
    Page *page = g_new(Page, 1);
    page->waiting = g_array_sized_new(FALSE, FALSE, sizeof(Waiting), PAGE_KEYS);
    page->derived = g_array_sized_new(FALSE, FALSE, sizeof(ImportKey), PAGE_KEYS);
    g_array_set_clear_func(page->waiting, clear_waiting);
    g_ptr_array_add(keys->pages, page);
    g_ptr_array_add(keys->derived, page->derived);
    keys->open = page;
}

static void close_page(ImportKeys *keys)
{
    if (keys->open != NULL) {
        g_thread_pool_push(keys->pool, g_steal_pointer(&keys->open), NULL);
    }
}

void import_keys_take(ImportKeys *keys, unsigned line, Secret *key)
{
    if (keys->open == NULL) {
        open_page(keys);
    }
    const Waiting one = {.line = line, .key = key};
    g_array_append_val(keys->open->waiting, one);
    if (keys->open->waiting->len == PAGE_KEYS) {
        close_page(keys);
    }
}

const GPtrArray *import_keys_wait(ImportKeys *keys)
{
    if (keys->pool != NULL) {
        close_page(keys);
        g_thread_pool_free(g_steal_pointer(&keys->pool), FALSE, TRUE);
    }
    return keys->derived;
}

void import_keys_free(ImportKeys *keys)
{
    if (keys == NULL) {
        return;
    }
    if (keys->pool != NULL) {
        g_thread_pool_free(keys->pool, TRUE, TRUE);
    }
    g_ptr_array_unref(keys->derived);
    g_ptr_array_unref(keys->pages);
    g_free(keys);
}
