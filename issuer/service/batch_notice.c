/* What all contacts of a license are told, whoever's mail has caused it: that another server took a
 * server's place, that a server moved to another license, that a use was given back. */
#include "service/batch_internal.h"

static void add_notice(Batch *batch, const BatchItem *item, const Matter *matter,
                       int64_t license_id, const char *about)
{
    /* Who hears of it by the answer to the very mail: but that is about its own license alone. */
    const bool answered = matter->license_id == license_id &&
                          batch_knows_contact(batch, matter->license_id, item->sender);
    NoticeRow row = {.message_id = item->message_id,
                     .decision_id = matter->decision_id,
                     .license_id = license_id,
                     .about = about,
                     .answers = answered ? item->sender : NULL};
    g_array_append_val(batch->notices, row);
}

void batch_notice_issued(Batch *batch, const BatchItem *item, const Matter *matter)
{
    const Decision *decision = &matter->decision;
    if (decision->replaces != 0) {
        add_notice(batch, item, matter, matter->license_id, "replaced");
    }
    const Activation *left = ledger_find(batch->ledger, decision->moves_from);
    if (left != NULL) {
        add_notice(batch, item, matter, matter->license_id, "moved");
        add_notice(batch, item, matter, left->license_id, "moved");
    }
}

GArray *batch_counted_uses(const Batch *batch, const Digest *thumbprint)
{
    GArray *counted = g_array_new(FALSE, FALSE, sizeof(int64_t));
    const GPtrArray *own = ledger_of_instance(batch->ledger, thumbprint);
    for (guint i = 0; i < own->len; i++) {
        const Activation *activation = g_ptr_array_index(own, i);
        if (activation->counted) {
            g_array_append_val(counted, activation->id);
        }
    }
    return counted;
}

void batch_notice_given_back(Batch *batch, const BatchItem *item, const Matter *matter,
                             const GArray *counted)
{
    g_autoptr(GArray) licenses = g_array_new(FALSE, FALSE, sizeof(int64_t));
    for (guint i = 0; i < counted->len; i++) {
        const Activation *activation =
            ledger_find(batch->ledger, g_array_index(counted, int64_t, i));
        if (!activation->counted) {
            batch_append_once(licenses, activation->license_id);
        }
    }
    for (guint i = 0; i < licenses->len; i++) {
        const int64_t license_id = g_array_index(licenses, int64_t, i);
        batch_append_once(batch->given_back, license_id);
        add_notice(batch, item, matter, license_id, "given-back");
    }
}
