#include "mail/unpack_process.h"

#include "base/socket.h"
#include "mail/archive.h"
#include "mail/desk_records.h"
#include "mail/desk_table.h"
#include "mail/old_mailbox.h"
#include "mail/outlook_msg.h"
#include "mail/recoded.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define MOST_OF_MSG (64UL * 1024 * 1024) /* bytes of a .msg that is read: it is held in memory */

/* Who reads is the one who spends a budget: it need not trust this process. */
static const BudgetCaps no_caps = {G_MAXUINT64, G_MAXUINT64, G_MAXUINT64, 1, G_MAXUINT64};

// ---- archives ----

static bool send_content(int socket, Archive *archive)
{
    char piece[UNPACK_PIECE];
    gssize got = 0;
    while ((got = archive_read_some(archive, piece, sizeof piece)) > 0) {
        if (!unpack_out_bytes(socket, piece, (gsize)got)) {
            return false;
        }
    }
    return got == 0 || unpack_out_text(socket, UNPACK_TROUBLE, archive_why(archive));
}

static bool send_member(int socket, Archive *archive, const ArchiveMember *member)
{
    if (member->name == NULL && member->trouble != NULL) {
        return unpack_out_text(socket, UNPACK_FAULT, member->trouble);
    }
    if (!unpack_out_text(socket, UNPACK_MEMBER, member->name == NULL ? "" : member->name)) {
        return false;
    }
    return member->trouble != NULL ? unpack_out_text(socket, UNPACK_TROUBLE, member->trouble)
                                   : send_content(socket, archive);
}

/* Sends all that is in the archive, which is closed. */
static void send_archive(int socket, Archive *opened, const Budget *budget)
{
    g_autoptr(Archive) archive = opened;
    ArchiveMember member;
    bool sent = false;
    while (archive_next(archive, &member)) {
        if (!send_member(socket, archive, &member)) {
            return;
        }
        sent = true;
    }
    if (!sent && budget->members > 0) {
        (void)unpack_out_text(
            socket, UNPACK_FAULT,
            "holds nothing but folders, links and files that only stand beside mails; "
            "export the mails themselves");
    }
}

static void unpack_archive(int socket, int file)
{
    Budget budget = budget_new(no_caps, 0);
    send_archive(socket, archive_open_fd(file, &budget), &budget);
}

static bool serve_one(int socket)
{
    UnpackRequest request;
    if (!socket_receive_all(socket, &request, sizeof request) || request.size > UNPACK_SMALL) {
        return false;
    }
    g_autofree char *data = g_malloc((gsize)request.size + 1);
    if (!socket_receive_all(socket, data, (gsize)request.size)) {
        return false;
    }
    Budget budget = budget_new(no_caps, 0);
    send_archive(socket, archive_open_bytes(data, (gsize)request.size, &budget), &budget);
    return unpack_out_piece(socket, (UnpackHead){UNPACK_END, 0, 0}, "");
}

void unpack_process_serve(int socket)
{
    while (serve_one(socket)) {
    }
    _exit(0);
}

// ---- exports of help desks, mailboxes of older programs ----

static bool send_mail(gpointer data, const DeskMail *mail)
{
    const int socket = *(const int *)data;
    const uint32_t flags = (mail->ours ? UNPACK_OURS : 0U) | (mail->partial ? UNPACK_PARTIAL : 0U) |
                           (mail->in_mbox ? UNPACK_IN_MBOX : 0U) |
                           (mail->deleted ? UNPACK_DELETED : 0U);
    return unpack_out_piece(socket, (UnpackHead){UNPACK_MAIL, flags, 0}, "") &&
           unpack_out_bytes(socket, (const char *)mail->bytes->data, mail->bytes->len);
}

static bool send_fault(gpointer data, const char *why)
{
    return unpack_out_text(*(const int *)data, UNPACK_FAULT, why);
}

// ---- text that is written otherwise ----

static bool send_text(gpointer data, const char *piece, gsize length)
{
    return unpack_out_bytes(*(const int *)data, piece, length);
}

static void unpack_recoded(int socket, int file)
{
    if (unpack_out_text(socket, UNPACK_MEMBER, "") && !recoded_read(file, send_text, &socket)) {
        (void)unpack_out_text(socket, UNPACK_TROUBLE, "cannot be read to its end");
    }
}

// ---- mails of Outlook's ----

/* The file, which is read whole; NULL with what keeps it from that, as a sentence about it. */
static GByteArray *read_whole(int file, char **why)
{
    GByteArray *whole = g_byte_array_new();
    char piece[UNPACK_PIECE];
    ssize_t got = 0;
    while ((got = pread(file, piece, sizeof piece, (off_t)whole->len)) != 0) {
        if (got < 0 && errno != EINTR) {
            *why = g_strdup_printf("cannot be read (%s): the fault is not the file's own; see to "
                                   "it, and try again",
                                   g_strerror(errno));
            break;
        }
        g_byte_array_append(whole, (const guint8 *)piece, got < 0 ? 0 : (guint)got);
        if (whole->len > MOST_OF_MSG) {
            *why = g_strdup("is no mail that can be read: it is too long; open it in Outlook");
            break;
        }
    }
    if (*why != NULL) {
        g_clear_pointer(&whole, g_byte_array_unref);
    }
    return whole;
}

static void unpack_msg(int socket, int file)
{
    g_autofree char *why = NULL;
    g_autoptr(GByteArray) whole = read_whole(file, &why);
    if (whole == NULL) {
        (void)unpack_out_text(socket, UNPACK_FAULT, why);
        return;
    }
    const char *trouble = NULL;
    g_autoptr(GByteArray) mail = outlook_msg_mail((const char *)whole->data, whole->len, &trouble);
    g_autofree char *told =
        g_strdup_printf("%s: %s; open it in Outlook",
                        mail == NULL ? "is no mail that can be read" : "is read in part",
                        trouble == NULL ? "" : trouble);
    if (mail == NULL) {
        (void)unpack_out_text(socket, UNPACK_FAULT, told);
    } else if (unpack_out_text(socket, UNPACK_MEMBER, "") &&
               unpack_out_bytes(socket, (const char *)mail->data, mail->len) && trouble != NULL) {
        (void)unpack_out_text(socket, UNPACK_TROUBLE, told);
    }
}

void unpack_process_run(int socket, int file, ContainerKind kind)
{
    const DeskOut out = {&socket, send_mail, send_fault};
    switch (kind) {
    case CONTAINER_ARCHIVE:
        unpack_archive(socket, file);
        break;
    case CONTAINER_TABLE:
        desk_table_read(file, &out);
        break;
    case CONTAINER_RECORDS:
        desk_records_read(file, &out);
        break;
    case CONTAINER_RECODED:
        unpack_recoded(socket, file);
        break;
    case CONTAINER_MMDF:
        old_mailbox_read_mmdf(file, &out);
        break;
    case CONTAINER_BABYL:
        old_mailbox_read_babyl(file, &out);
        break;
    case CONTAINER_MSG:
        unpack_msg(socket, file);
        break;
    case CONTAINER_PST: /* pst_process.h */
    case CONTAINER_NONE:
        break;
    }
    (void)unpack_out_piece(socket, (UnpackHead){UNPACK_END, 0, 0}, "");
    _exit(0);
}
