/* What a batch looks at before it decides: messages stored, instances and licenses locked, then
 * everything that is on record about them, read after the locks. */
#include "service/batch_internal.h"

#include "base/error.h"
#include "core/usage_license.h"

#include <string.h>

/* Programs name the files of mails by their subjects, and a license key is never stored. */
static const char *masked(const Batch *batch, const char *text)
{
    char *copy = text == NULL ? NULL : finder_mask_license_keys(text);
    g_ptr_array_add(batch->texts, copy);
    return copy;
}

static MessageRow *message_row(const Batch *batch, const BatchItem *item)
{
    const ParsedMail *mail = item->mail;
    g_autofree char *note = batch_case_note(batch, item);
    MessageRow *row = g_new0(MessageRow, 1);
    *row = (MessageRow){
        .identity = mail->identity,
        .class_name = batch_item_class(item),
        .why = masked(batch, note),
        .source = masked(batch, mail->source),
        .offset = mail->offset,
        .size = mail->size,
        .raw_digest = mail->raw_digest,
        .raw = mail->license_key_seen ? NULL : mail->raw, /* a key is never stored */
        .sent_at = mail->date_at,
        .message_id = mail->message_id,
        .in_reply_to = mail->in_reply_to,
        .from = mail->from,
        .reply_to = mail->reply_to,
        .vouched = mail->sender_check == SENDER_UNCHECKED ? NULL
                   : mail->sender_check == SENDER_VOUCHED ? "t"
                                                          : "f",
        .sender_says = masked(batch, mail->sender_says),
        .subject = mail->subject,
        .body = mail->text,
        .quarantined = mail->kind == MAIL_UNREADABLE,
        .marks = mail->marks,
    };
    return row;
}

static void message_row_free(MessageRow *row)
{
    g_clear_pointer(&row->known, g_array_unref);
    g_free(row);
}

static bool stands_in(const GArray *digests, const Digest *digest)
{
    for (guint i = 0; digests != NULL && i < digests->len; i++) {
        if (digest_equal(&g_array_index(digests, Digest, i), digest)) {
            return true;
        }
    }
    return false;
}

static bool is_damaged(const Matter *matter)
{
    return matter->statement == NULL || matter->problem != NULL;
}

/* Another export of a mail changes nothing, but an intact code that its record lacks (the earlier
 * export was damaged) is decided under that message. Damaged ones are not told of again. One that
 * was in quarantine until now is read for the first time. */
static void mark_known_matters(BatchItem *item, const MessageRow *row)
{
    item->known = !row->left_quarantine;
    for (guint i = 0; i < item->matters->len; i++) {
        Matter *matter = g_ptr_array_index(item->matters, i);
        matter->known =
            is_damaged(matter) ? item->known : stands_in(row->known, &matter->statement->digest);
    }
}

/* The same for a second copy within the batch, whose record is being made by the first. */
static void mark_repeated_matters(const BatchItem *item, const BatchItem *first)
{
    for (guint i = 0; i < first->matters->len; i++) {
        const Matter *decided = g_ptr_array_index(first->matters, i);
        for (guint j = 0; !is_damaged(decided) && j < item->matters->len; j++) {
            Matter *matter = g_ptr_array_index(item->matters, j);
            matter->known |= !is_damaged(matter) &&
                             digest_equal(&matter->statement->digest, &decided->statement->digest);
        }
    }
}

/* The same for a copy of a mail that an earlier batch of a dry run has decided. */
static void mark_rehearsed_matters(BatchItem *item, const GArray *codes)
{
    item->known = true;
    for (guint i = 0; i < item->matters->len; i++) {
        Matter *matter = g_ptr_array_index(item->matters, i);
        matter->known |= is_damaged(matter) || stands_in(codes, &matter->statement->digest);
    }
}

static const GArray *rehearsed_codes(const Batch *batch, const MessageRow *row)
{
    return batch->rehearsal == NULL ? NULL : rehearsal_find_mail(batch->rehearsal, &row->identity);
}

static void mark_known(const Batch *batch, GPtrArray *items, const GPtrArray *rows)
{
    g_autoptr(GHashTable) first_copies = g_hash_table_new(g_int64_hash, g_int64_equal);
    for (guint i = 0; i < rows->len; i++) {
        BatchItem *item = g_ptr_array_index(items, i);
        const MessageRow *row = g_ptr_array_index(rows, i);
        item->message_id = row->id;
        if (!row->fresh) {
            mark_known_matters(item, row);
        }
        const GArray *codes = rehearsed_codes(batch, row);
        if (codes != NULL) {
            mark_rehearsed_matters(item, codes);
        }
        const BatchItem *first = g_hash_table_lookup(first_copies, &item->message_id);
        if (first != NULL) {
            mark_repeated_matters(item, first);
        } else {
            g_hash_table_insert(first_copies, &item->message_id, item);
        }
    }
}

static bool store_messages(Batch *batch, GError **error)
{
    g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func((GDestroyNotify)message_row_free);
    g_autoptr(GPtrArray) new_items = g_ptr_array_new();
    for (guint i = 0; i < batch->items->len; i++) {
        BatchItem *item = g_ptr_array_index(batch->items, i);
        if (item->mail != NULL && !item->mail->absent) {
            g_ptr_array_add(rows, message_row(batch, item));
            g_ptr_array_add(new_items, item);
        }
    }
    if (rows->len > 0 &&
        !intake_store_messages(batch->context->database, rows, batch->now, error)) {
        return false;
    }
    mark_known(batch, new_items, rows);
    return true;
}

static int compare_digests(gconstpointer a, gconstpointer b)
{
    return digest_compare(a, b);
}

static int compare_numbers(gconstpointer a, gconstpointer b)
{
    int64_t first = *(const int64_t *)a;
    int64_t second = *(const int64_t *)b;
    return (first > second) - (first < second);
}

/* Sorted, each once; the order of the locks. */
static void sort_each_once(GArray *array, GCompareFunc compare, gsize size)
{
    g_array_sort(array, compare);
    guint kept = 0;
    for (guint i = 0; i < array->len; i++) {
        char *at = array->data + i * size;
        if (kept == 0 || compare(array->data + (kept - 1) * size, at) != 0) {
            memmove(array->data + kept++ * size, at, size);
        }
    }
    g_array_set_size(array, kept);
}

typedef struct {
    GArray *thumbprints; /* of Digest */
    GArray *keys;        /* of Digest */
    GArray *serials;     /* of int64_t: usage licenses that are named */
} Named;

static void named_by(const Matter *matter, Named *named)
{
    const Statement *statement = matter->statement;
    if (statement == NULL || !matter->signature_holds || matter->known) {
        return;
    }
    g_array_append_val(named->thumbprints, statement->thumbprint);
    g_array_append_val(named->keys, statement->license_key);
    const char *serial_text =
        statement->kind == STATEMENT_DEACTIVATION ? statement->serial : statement->installed;
    int64_t serial = 0;
    if (serial_text != NULL && usage_license_serial_read(serial_text, &serial)) {
        g_array_append_val(named->serials, serial);
    }
}

static void collect_named(const Batch *batch, Named *named)
{
    for (guint i = 0; i < batch->items->len; i++) {
        const BatchItem *item = g_ptr_array_index(batch->items, i);
        for (guint j = 0; j < item->matters->len; j++) {
            named_by(g_ptr_array_index(item->matters, j), named);
        }
    }
    sort_each_once(named->thumbprints, compare_digests, sizeof(Digest));
    sort_each_once(named->keys, compare_digests, sizeof(Digest));
    sort_each_once(named->serials, compare_numbers, sizeof(int64_t));
}

static bool lock_instances(Batch *batch, GError **error)
{
    batch->passed_at = g_array_new(FALSE, TRUE, sizeof(int64_t));
    batch->thumbprint_place = g_hash_table_new(digest_hash, digest_hash_equal);
    for (guint i = 0; i < batch->thumbprints->len; i++) {
        g_hash_table_insert(batch->thumbprint_place, &g_array_index(batch->thumbprints, Digest, i),
                            GUINT_TO_POINTER(i + 1));
    }
    return intake_lock_instances(batch->context->database, batch->thumbprints, batch->passed_at,
                                 error);
}

static bool find_proofs(Batch *batch, const GArray *keys, GError **error)
{
    batch->proof_records = intake_find_proofs(batch->context->database, keys, error);
    if (batch->proof_records == NULL) {
        return false;
    }
    batch->proofs = g_hash_table_new(digest_hash, digest_hash_equal);
    for (guint i = 0; i < batch->proof_records->len; i++) {
        ProofRecord *proof = &g_array_index(batch->proof_records, ProofRecord, i);
        g_hash_table_insert(batch->proofs, &proof->public_key, proof);
    }
    return true;
}

/* Those that the proofs name; the database adds those under which the instances are active. */
static GArray *lock_licenses(Batch *batch, GError **error)
{
    g_autoptr(GArray) licenses = g_array_new(FALSE, FALSE, sizeof(int64_t));
    for (guint i = 0; i < batch->proof_records->len; i++) {
        g_array_append_val(licenses,
                           g_array_index(batch->proof_records, ProofRecord, i).license_id);
    }
    rehearsal_add_licenses(batch, licenses);
    sort_each_once(licenses, compare_numbers, sizeof(int64_t));
    return intake_lock_licenses(batch->context->database, licenses, batch->thumbprints, error);
}

static bool load_licenses(Batch *batch, const GArray *ids, GError **error)
{
    batch->license_records = intake_load_licenses(batch->context->database, ids, error);
    if (batch->license_records == NULL) {
        return false;
    }
    batch->licenses = g_hash_table_new(g_int64_hash, g_int64_equal);
    for (guint i = 0; i < batch->license_records->len; i++) {
        LicenseRecord *record = g_ptr_array_index(batch->license_records, i);
        g_hash_table_insert(batch->licenses, &record->id, record);
    }
    return true;
}

static bool load_histories(Batch *batch, GError **error)
{
    bool younger = false;
    g_autoptr(GArray) all = intake_load_history(batch->context->database, batch->thumbprints,
                                                batch->now, &younger, error);
    if (all == NULL) {
        return false;
    }
    /* Begun again, this batch is the younger one. */
    if (younger) {
        g_set_error(error, ISSUER_ERROR, ISSUER_ERROR_CONFLICT,
                    "a run that began later has recorded a server of this batch");
        return false;
    }
    batch->histories =
        g_hash_table_new_full(digest_hash, digest_hash_equal, NULL, (GDestroyNotify)g_array_unref);
    for (guint i = 0; i < all->len; i++) {
        const HistoryRecord *record = &g_array_index(all, HistoryRecord, i);
        g_array_append_val(batch_history(batch, &record->thumbprint), *record);
    }
    return true;
}

static bool load_installed(Batch *batch, const GArray *serials, GError **error)
{
    batch->installed_records = intake_load_installed(batch->context->database, serials, error);
    if (batch->installed_records == NULL) {
        return false;
    }
    batch->installed = g_hash_table_new(g_int64_hash, g_int64_equal);
    for (guint i = 0; i < batch->installed_records->len; i++) {
        InstalledRecord *record = &g_array_index(batch->installed_records, InstalledRecord, i);
        g_hash_table_insert(batch->installed, &record->serial, record);
    }
    return true;
}

/* A request's license is that of its key, a deactivation's that of the usage license it names. */
static int64_t license_of(const Batch *batch, const Statement *statement)
{
    int64_t serial = 0;
    if (statement->kind == STATEMENT_DEACTIVATION &&
        usage_license_serial_read(statement->serial, &serial)) {
        return batch_license_of_serial(batch, serial);
    }
    const ProofRecord *proof = g_hash_table_lookup(batch->proofs, &statement->license_key);
    return proof != NULL ? proof->license_id : 0;
}

static void checks_of_item(const Batch *batch, const BatchItem *item, GArray *checks)
{
    batch_losses_add_checks(batch, item, checks);
    if (item->sender == NULL || item->matters->len == 0) {
        return;
    }
    batch_add_check(batch, checks, 0, item->sender);
    for (guint i = 0; i < item->matters->len; i++) {
        const Matter *matter = g_ptr_array_index(item->matters, i);
        int64_t license_id = matter->statement != NULL ? license_of(batch, matter->statement) : 0;
        if (license_id != 0) {
            batch_add_check(batch, checks, license_id, item->sender);
        }
    }
}

static bool check_contacts(Batch *batch, GError **error)
{
    batch->contacts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GArray) checks = g_array_new(FALSE, TRUE, sizeof(ContactCheck));
    for (guint i = 0; i < batch->items->len; i++) {
        checks_of_item(batch, g_ptr_array_index(batch->items, i), checks);
    }
    if (!intake_check_contacts(batch->context->database, checks, error)) {
        return false;
    }
    for (guint i = 0; i < checks->len; i++) {
        const ContactCheck *check = &g_array_index(checks, ContactCheck, i);
        g_hash_table_replace(batch->contacts, batch_contact_key(check->license_id, check->address),
                             GINT_TO_POINTER(check->known));
    }
    batch_losses_choose(batch);
    return true;
}

static bool load_choosing(Batch *batch, const GArray *licenses, GError **error)
{
    batch->choosing = intake_load_choosing(batch->context->database, licenses, error);
    if (batch->choosing == NULL) {
        return false;
    }
    rehearsal_show(batch);
    return true;
}

static bool load_records(Batch *batch, const Named *named, GError **error)
{
    g_autoptr(GArray) licenses = lock_licenses(batch, error);
    return licenses != NULL && load_licenses(batch, licenses, error) &&
           intake_load_activations(batch->context->database, licenses, batch->thumbprints,
                                   batch->now, batch->ledger, error) &&
           load_histories(batch, error) && load_installed(batch, named->serials, error) &&
           load_choosing(batch, licenses, error) && batch_losses_find(batch, error) &&
           check_contacts(batch, error);
}

bool batch_load(Batch *batch, GError **error)
{
    if (!batch_find_cases(batch, error) || !store_messages(batch, error)) {
        return false;
    }
    batch->thumbprints = g_array_new(FALSE, FALSE, sizeof(Digest));
    g_autoptr(GArray) keys = g_array_new(FALSE, FALSE, sizeof(Digest));
    g_autoptr(GArray) serials = g_array_new(FALSE, FALSE, sizeof(int64_t));
    Named named = {.thumbprints = batch->thumbprints, .keys = keys, .serials = serials};
    collect_named(batch, &named);
    return lock_instances(batch, error) && find_proofs(batch, keys, error) &&
           load_records(batch, &named, error);
}
