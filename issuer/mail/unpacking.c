#include "mail/unpacking.h"

#include "mail/member_name.h"
#include "mail/pst_process.h"
#include "mail/unpack_process.h"
#include "mail/unpacker.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MIB (1024ULL * 1024)
#define GIB (1024ULL * MIB)

/* Ten times the time limit, and for what readpst takes long over: half a megabyte a second. */
#define PST_TIMES        10
#define PST_BYTES_PER_MS 500

/* For one file that a person gives. A mailbox is compressed to a tenth; what a bomb is made of, to
 * less than a thousandth. */
static const BudgetCaps caps = {
    .members = 65536,
    .member_size = 8 * GIB,
    .total_size = 32 * GIB,
    .ratio = 200,
    .free_size = 64 * MIB,
};

typedef struct {
    Unpacker *unpacker;
    ContainerKind kind;
    char *name;
    char *cut;
    bool in_maildir;
    bool deleted;
    uint64_t mails; /* that came out of it, files aside */
    bool gave;      /* anything */
} Entry;

struct Unpacking {
    Nursery *nursery;
    unsigned time_limit_ms;
    Budget budget;
    Unpacker *small;    /* of small archives, which has nothing to do; or NULL */
    GPtrArray *entries; /* the innermost last */
    char *name;         /* of what came out last */
    char *text;         /* the trouble with it */
};

static void free_entry(gpointer data)
{
    Entry *entry = data;
    unpacker_free(entry->unpacker);
    g_free(entry->name);
    g_free(entry->cut);
    g_free(entry);
}

Unpacking *unpacking_new(Nursery *nursery, unsigned time_limit_ms)
{
    Unpacking *unpacking = g_new0(Unpacking, 1);
    unpacking->nursery = nursery;
    unpacking->time_limit_ms = time_limit_ms;
    unpacking->entries = g_ptr_array_new_with_free_func(free_entry);
    return unpacking;
}

void unpacking_free(Unpacking *unpacking)
{
    if (unpacking == NULL) {
        return;
    }
    g_ptr_array_unref(unpacking->entries);
    unpacker_free(unpacking->small);
    g_free(unpacking->name);
    g_free(unpacking->text);
    g_free(unpacking);
}

bool unpacking_is_open(const Unpacking *unpacking)
{
    return unpacking->entries->len > 0;
}

/* Fills `item` with a trouble of which there is nothing but this sentence; takes both. */
static UnpackingStep give_trouble(Unpacking *unpacking, SourceItem *item, char *name, char *why)
{
    g_free(unpacking->name);
    g_free(unpacking->text);
    unpacking->name = name;
    unpacking->text = why;
    // What is said tells it from other troubles with the same file.
    *item = (SourceItem){
        .path = name, .number = 1, .fd = -1, .trouble = why, .head = why, .head_size = strlen(why)};
    return UNPACKING_ITEM;
}

// ---- opening ----

static uint64_t size_of(int fd)
{
    struct stat status = {0};
    (void)fstat(fd, &status);
    return (uint64_t)MAX(status.st_size, 0);
}

/* How long the first thing may take to come out. Of a .pst that is after all of it has been read.
 */
static unsigned time_limit(const Unpacking *unpacking, ContainerKind kind, int fd)
{
    if (kind != CONTAINER_PST) {
        return unpacking->time_limit_ms;
    }
    const uint64_t whole =
        PST_TIMES * (uint64_t)unpacking->time_limit_ms + size_of(fd) / PST_BYTES_PER_MS;
    return (unsigned)MIN(whole, G_MAXINT);
}

/* A small archive is sent to a process that stays: a Maildir has one for each mail. False if it is
 * none, or cannot be read so. */
static bool read_small(const Opened *opened, GByteArray *bytes)
{
    const int fd = opened_file(opened)->fd;
    const uint64_t size = size_of(fd);
    if (opened_container(opened) != CONTAINER_ARCHIVE || size > UNPACK_SMALL) {
        return false;
    }
    g_byte_array_set_size(bytes, (guint)size);
    return pread(fd, bytes->data, (gsize)size, 0) == (ssize_t)size;
}

static Unpacker *open_container(Unpacking *unpacking, const Opened *opened, GError **error)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    if (!read_small(opened, bytes)) {
        const ContainerKind kind = opened_container(opened);
        const int fd = opened_file(opened)->fd;
        return unpacker_new(unpacking->nursery, kind, fd, time_limit(unpacking, kind, fd),
                            &unpacking->budget, error);
    }
    Unpacker *unpacker = g_steal_pointer(&unpacking->small);
    if (unpacker == NULL) {
        unpacker = unpacker_new_small(unpacking->nursery, unpacking->time_limit_ms,
                                      &unpacking->budget, error);
    }
    if (unpacker != NULL) {
        unpacker_give(unpacker, bytes->data, bytes->len);
    }
    return unpacker;
}

static Entry *new_entry(const Opened *opened, Unpacker *unpacker)
{
    const OpenedFile *file = opened_file(opened);
    Entry *entry = g_new0(Entry, 1);
    entry->unpacker = unpacker;
    entry->kind = opened_container(opened);
    entry->name = g_strdup(file->name);
    entry->cut = g_strdup(file->cut);
    entry->in_maildir = file->in_maildir;
    entry->deleted = file->deleted;
    return entry;
}

/* Why a container is not opened; NULL: it is. New string. */
static char *why_not(const Unpacking *unpacking, const OpenedFile *file)
{
    if (unpacking->entries->len >= UNPACKING_MOST) {
        return g_strdup_printf("%s stands in %d archives within each other, and is not opened; "
                               "unpack it by hand and give what comes out",
                               opened_spoken(file->name), UNPACKING_MOST);
    }
    // What the budget was spent on gets no other.
    return unpacking->entries->len == 0 ? g_strdup(file->cut) : NULL;
}

bool unpacking_enter(Unpacking *unpacking, const Opened *opened, SourceItem *item)
{
    const OpenedFile *file = opened_file(opened);
    char *why = why_not(unpacking, file);
    if (why != NULL) {
        return give_trouble(unpacking, item, g_strdup(file->name), why) == UNPACKING_ITEM;
    }
    if (unpacking->entries->len == 0) {
        unpacking->budget = budget_new(caps, size_of(file->fd));
    }
    g_autoptr(GError) error = NULL;
    Unpacker *unpacker = open_container(unpacking, opened, &error);
    if (unpacker == NULL) {
        why = g_strdup_printf("%s %s", opened_spoken(file->name), error->message);
        (void)give_trouble(unpacking, item, g_strdup(file->name), why);
        item->absent = true;
        return true;
    }
    g_ptr_array_add(unpacking->entries, new_entry(opened, unpacker));
    return false;
}

// ---- what comes out ----

/* The trouble as a sentence about a file that came out, about its container where that goes no
 * further, or, once the budget is spent, about the file that a person gave. */
static char *sentence(const Unpacking *unpacking, const Entry *entry, const char *name,
                      const UnpackerItem *from)
{
    const Entry *first = g_ptr_array_index(unpacking->entries, 0);
    const char *whole = from->broken ? entry->name : name;
    return g_strdup_printf("%s %s", opened_spoken(from->spent ? first->name : whole),
                           from->trouble);
}

/* Whether a file that came out is one mail, and never split; its name may be NULL. */
static bool is_one_mail(const Entry *entry, const char *name)
{
    const bool outlook = entry->kind == CONTAINER_PST || entry->kind == CONTAINER_MSG;
    return outlook || (name == NULL ? entry->in_maildir : member_name_in_maildir(name));
}

static bool is_deleted(const Entry *entry, const char *name)
{
    if (name == NULL) {
        return entry->deleted;
    }
    return entry->kind == CONTAINER_PST
               ? pst_process_is_deleted(name)
               : member_name_in_maildir(name) && member_name_is_trashed(name);
}

/* A file with content, be it cut off, or the trouble where there is none. */
static UnpackingStep give_file(Unpacking *unpacking, const Entry *entry, const UnpackerItem *from,
                               SourceItem *item, OpenedFile *file)
{
    g_autofree char *name = from->name == NULL ? g_strdup(entry->name)
                                               : g_strdup_printf("%s!%s", entry->name, from->name);
    g_autofree char *cut = from->trouble == NULL ? NULL : sentence(unpacking, entry, name, from);
    if (from->fd < 0 || (cut != NULL && from->size == 0)) {
        if (from->fd >= 0) {
            (void)close(from->fd);
        }
        return give_trouble(unpacking, item, g_steal_pointer(&name), g_steal_pointer(&cut));
    }
    g_free(unpacking->name);
    g_free(unpacking->text);
    unpacking->name = g_steal_pointer(&name);
    unpacking->text = g_steal_pointer(&cut);
    *file = (OpenedFile){.name = unpacking->name,
                         .fd = from->fd,
                         .in_maildir = is_one_mail(entry, from->name),
                         .deleted = is_deleted(entry, from->name),
                         .cut = unpacking->text};
    return UNPACKING_FILE;
}

static UnpackingStep give_mail(Unpacking *unpacking, Entry *entry, const UnpackerItem *from,
                               SourceItem *item)
{
    entry->mails++;
    if (from->trouble != NULL) {
        (void)give_trouble(unpacking, item, g_strdup(entry->name),
                           sentence(unpacking, entry, entry->name, from));
    } else {
        *item = (SourceItem){.path = entry->name,
                             .size = from->size,
                             .bytes = from->bytes,
                             .fd = -1,
                             .from_mbox = from->in_mbox,
                             .deleted = from->deleted,
                             .ours = from->ours,
                             .partial = from->partial};
    }
    item->number = entry->mails;
    return UNPACKING_ITEM;
}

static UnpackingStep give_fault(Unpacking *unpacking, const Entry *entry, const UnpackerItem *from,
                                SourceItem *item)
{
    (void)give_trouble(unpacking, item, g_strdup(entry->name),
                       sentence(unpacking, entry, entry->name, from));
    item->number = entry->mails + 1;
    return UNPACKING_ITEM;
}

/* Closes the innermost container, unless there is something to say of it first. */
static UnpackingStep leave(Unpacking *unpacking, Entry *entry, SourceItem *item)
{
    const char *spoken = opened_spoken(entry->name);
    if (entry->cut != NULL) {
        return give_trouble(unpacking, item, g_strdup(entry->name), g_steal_pointer(&entry->cut));
    }
    if (!entry->gave && entry->in_maildir) {
        entry->gave = true;
        return give_trouble(unpacking, item, g_strdup(entry->name),
                            g_strdup_printf("%s is no mail: it is empty; look for the mail in the "
                                            "mailbox it was copied from",
                                            spoken));
    }
    if (unpacking->small == NULL && unpacker_can_take(entry->unpacker)) {
        unpacking->small = g_steal_pointer(&entry->unpacker);
    }
    g_ptr_array_set_size(unpacking->entries, (gint)unpacking->entries->len - 1);
    return UNPACKING_NONE;
}

UnpackingStep unpacking_next(Unpacking *unpacking, SourceItem *item, OpenedFile *file)
{
    Entry *entry = g_ptr_array_index(unpacking->entries, unpacking->entries->len - 1);
    UnpackerItem from;
    unpacker_next(entry->unpacker, &from);
    UnpackingStep step = UNPACKING_NONE;
    switch (from.kind) {
    case UNPACKER_FILE:
        step = give_file(unpacking, entry, &from, item, file);
        break;
    case UNPACKER_MAIL:
        step = give_mail(unpacking, entry, &from, item);
        break;
    case UNPACKER_FAULT:
        step = give_fault(unpacking, entry, &from, item);
        break;
    case UNPACKER_END:
        return leave(unpacking, entry, item);
    }
    entry->gave = true;
    if (from.spent) {
        g_ptr_array_set_size(unpacking->entries, 0);
    }
    return step;
}
