#include "core/ledger.h"

#include <string.h>

struct Ledger {
    GPtrArray *all;          /* owns the activations; in the order of their ids, as the others */
    GHashTable *by_id;       /* int64_t → Activation */
    GHashTable *by_request;  /* Digest → Activation */
    GHashTable *by_license;  /* int64_t → GPtrArray of Activation */
    GHashTable *by_instance; /* Digest → GPtrArray of Activation */
    GPtrArray *none;         /* what a license or instance without activations has */
};

static void activation_free(Activation *activation)
{
    if (activation == NULL)
        return;
    g_free(activation->host);
    g_free(activation);
}

static void free_activation(gpointer activation)
{
    activation_free(activation);
}

static void unref_array(gpointer array)
{
    g_ptr_array_unref(array);
}

Ledger *ledger_new(void)
{
    Ledger *ledger = g_new0(Ledger, 1);
    ledger->all = g_ptr_array_new_with_free_func(free_activation);
    ledger->by_id = g_hash_table_new(g_int64_hash, g_int64_equal);
    ledger->by_request = g_hash_table_new(digest_hash, digest_hash_equal);
    ledger->by_license = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, unref_array);
    ledger->by_instance =
        g_hash_table_new_full(digest_hash, digest_hash_equal, g_free, unref_array);
    ledger->none = g_ptr_array_new();
    return ledger;
}

void ledger_free(Ledger *ledger)
{
    if (ledger == NULL)
        return;
    g_hash_table_destroy(ledger->by_id);
    g_hash_table_destroy(ledger->by_request);
    g_hash_table_destroy(ledger->by_license);
    g_hash_table_destroy(ledger->by_instance);
    g_ptr_array_unref(ledger->none);
    g_ptr_array_unref(ledger->all); /* last: the tables' keys point into it */
    g_free(ledger);
}

/* Activations come nearly always in the order of their ids, so the place is looked for from the
 * end. */
static void insert_ordered(GPtrArray *array, Activation *activation)
{
    guint place = array->len;
    while (place > 0) {
        const Activation *before = g_ptr_array_index(array, place - 1);
        if (before->id < activation->id)
            break;
        place--;
    }
    g_ptr_array_insert(array, (gint)place, activation);
}

/* The array under `key` of `size` bytes, made if it is not there. */
static GPtrArray *array_under(GHashTable *table, const void *key, gsize size)
{
    GPtrArray *array = g_hash_table_lookup(table, key);
    if (array == NULL) {
        array = g_ptr_array_new();
        g_hash_table_insert(table, g_memdup2(key, size), array);
    }
    return array;
}

void ledger_add(Ledger *ledger, Activation *activation)
{
    g_assert(!g_hash_table_contains(ledger->by_id, &activation->id));
    insert_ordered(ledger->all, activation);
    insert_ordered(
        array_under(ledger->by_license, &activation->license_id, sizeof activation->license_id),
        activation);
    insert_ordered(
        array_under(ledger->by_instance, &activation->thumbprint, sizeof activation->thumbprint),
        activation);
    g_hash_table_insert(ledger->by_id, &activation->id, activation);
    g_hash_table_insert(ledger->by_request, &activation->request, activation);
}

Activation *ledger_find(const Ledger *ledger, int64_t id)
{
    return g_hash_table_lookup(ledger->by_id, &id);
}

const Activation *ledger_find_request(const Ledger *ledger, const Digest *request)
{
    return g_hash_table_lookup(ledger->by_request, request);
}

const GPtrArray *ledger_of_license(const Ledger *ledger, int64_t license_id)
{
    const GPtrArray *array = g_hash_table_lookup(ledger->by_license, &license_id);
    return array != NULL ? array : ledger->none;
}

const GPtrArray *ledger_of_instance(const Ledger *ledger, const Digest *thumbprint)
{
    const GPtrArray *array = g_hash_table_lookup(ledger->by_instance, thumbprint);
    return array != NULL ? array : ledger->none;
}

const GPtrArray *ledger_all(const Ledger *ledger)
{
    return ledger->all;
}

uint32_t ledger_used(const Ledger *ledger, int64_t license_id)
{
    const GPtrArray *here = ledger_of_license(ledger, license_id);
    uint32_t used = 0;
    for (guint i = 0; i < here->len; i++)
        used += ((const Activation *)g_ptr_array_index(here, i))->counted;
    return used;
}

uint32_t ledger_active(const Ledger *ledger, int64_t license_id)
{
    const GPtrArray *here = ledger_of_license(ledger, license_id);
    uint32_t active = 0;
    for (guint i = 0; i < here->len; i++)
        active += ((const Activation *)g_ptr_array_index(here, i))->state == ACTIVATION_ACTIVE;
    return active;
}

/* The number that an activation keeps from others, or 0. */
typedef uint32_t (*TakenNumber)(const Activation *activation);

static uint32_t taken_use(const Activation *activation)
{
    return activation->counted ? activation->use_no : 0;
}

static uint32_t taken_slot(const Activation *activation)
{
    return activation->state == ACTIVATION_ACTIVE ? activation->slot : 0;
}

/* N activations leave one of the first N + 1 numbers free, so no more are looked at, however
 * large the limit. */
static uint32_t lowest_free(const GPtrArray *here, uint32_t limit, int64_t except,
                            TakenNumber number)
{
    bool *taken = g_new0(bool, here->len + 2);
    for (guint i = 0; i < here->len; i++) {
        const Activation *activation = g_ptr_array_index(here, i);
        const uint32_t n = number(activation);
        if (activation->id != except && n <= here->len)
            taken[n] = true;
    }
    uint32_t free = 1;
    while (free <= here->len && taken[free])
        free++;
    g_free(taken);
    return free <= limit ? free : 0;
}

uint32_t ledger_free_use(const Ledger *ledger, int64_t license_id, uint32_t limit, int64_t except)
{
    return lowest_free(ledger_of_license(ledger, license_id), limit, except, taken_use);
}

uint32_t ledger_free_slot(const Ledger *ledger, int64_t license_id, uint32_t limit, int64_t except)
{
    return lowest_free(ledger_of_license(ledger, license_id), limit, except, taken_slot);
}

/* Gives up the use; true if there was one to give up. */
static bool give_up_use(Activation *activation)
{
    const bool counted = activation->counted;
    activation->counted = false;
    return counted;
}

static void end_as(Activation *activation, ActivationState state, int64_t now)
{
    if (activation->state == ACTIVATION_ACTIVE)
        activation->ended_at = now;
    activation->state = state;
    activation->changed = true;
}

void ledger_supersede(Ledger *ledger, int64_t id, bool move_use, int64_t now)
{
    Activation *activation = ledger_find(ledger, id);
    g_return_if_fail(activation != NULL);
    if (activation->state == ACTIVATION_ACTIVE)
        end_as(activation, ACTIVATION_SUPERSEDED, now);
    if (move_use && give_up_use(activation))
        activation->changed = true;
}

bool ledger_deactivate(Ledger *ledger, int64_t id, int64_t now)
{
    Activation *activation = ledger_find(ledger, id);
    g_return_val_if_fail(activation != NULL, false);
    if (activation->state == ACTIVATION_DEACTIVATED || activation->state == ACTIVATION_CORRECTED)
        return false;
    end_as(activation, ACTIVATION_DEACTIVATED, now);
    return give_up_use(activation);
}

bool ledger_lose(Ledger *ledger, int64_t id, int64_t now)
{
    Activation *activation = ledger_find(ledger, id);
    g_return_val_if_fail(activation != NULL, false);
    if (activation->state != ACTIVATION_ACTIVE && activation->state != ACTIVATION_SUPERSEDED)
        return false;
    end_as(activation, ACTIVATION_LOST, now);
    activation->lost_at = now;
    return give_up_use(activation);
}
