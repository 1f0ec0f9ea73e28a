#include "mail/unpack_process.h"

#include "mail/archive.h"
#include "mail/desk_records.h"
#include "mail/desk_table.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Who reads is the one who spends a budget: it need not trust this process. */
static const BudgetCaps no_caps = {G_MAXUINT64, G_MAXUINT64, G_MAXUINT64, 1, G_MAXUINT64};

static bool send_all(int socket, const void *data, gsize length)
{
    gsize done = 0;
    while (done < length) {
        ssize_t put = send(socket, (const char *)data + done, length - done, MSG_NOSIGNAL);
        if (put < 0 && errno != EINTR) {
            return false;
        }
        done += put > 0 ? (gsize)put : 0;
    }
    return true;
}

static bool send_piece(int socket, UnpackHead head, const void *data)
{
    return send_all(socket, &head, sizeof head) && send_all(socket, data, head.size);
}

static bool send_text(int socket, UnpackKind kind, const char *text)
{
    gsize size = MIN(strlen(text), UNPACK_PIECE);
    return send_piece(socket, (UnpackHead){kind, 0, (uint32_t)size}, text);
}

static bool send_bytes(int socket, const char *data, gsize length)
{
    for (gsize at = 0; at < length; at += UNPACK_PIECE) {
        gsize size = MIN(length - at, UNPACK_PIECE);
        if (!send_piece(socket, (UnpackHead){UNPACK_BYTES, 0, (uint32_t)size}, data + at)) {
            return false;
        }
    }
    return true;
}

// ---- archives ----

static bool send_content(int socket, Archive *archive)
{
    char piece[UNPACK_PIECE];
    gssize got = 0;
    while ((got = archive_read_some(archive, piece, sizeof piece)) > 0) {
        if (!send_bytes(socket, piece, (gsize)got)) {
            return false;
        }
    }
    return got == 0 || send_text(socket, UNPACK_TROUBLE, archive_why(archive));
}

static bool send_member(int socket, Archive *archive, const ArchiveMember *member)
{
    if (member->name == NULL && member->trouble != NULL) {
        return send_text(socket, UNPACK_FAULT, member->trouble);
    }
    if (!send_text(socket, UNPACK_MEMBER, member->name == NULL ? "" : member->name)) {
        return false;
    }
    return member->trouble != NULL ? send_text(socket, UNPACK_TROUBLE, member->trouble)
                                   : send_content(socket, archive);
}

static void unpack_archive(int socket, int file)
{
    Budget budget = budget_new(no_caps, 0);
    g_autoptr(Archive) archive = archive_open_fd(file, &budget);
    ArchiveMember member;
    bool sent = false;
    while (archive_next(archive, &member)) {
        if (!send_member(socket, archive, &member)) {
            return;
        }
        sent = true;
    }
    if (!sent && budget.members > 0) {
        (void)send_text(socket, UNPACK_FAULT,
                        "holds nothing but folders, links and files that only stand beside mails; "
                        "export the mails themselves");
    }
}

// ---- exports of help desks ----

static bool send_mail(gpointer data, const DeskMail *mail)
{
    const int socket = *(const int *)data;
    const uint32_t flags = (mail->ours ? UNPACK_OURS : 0U) | (mail->partial ? UNPACK_PARTIAL : 0U);
    return send_piece(socket, (UnpackHead){UNPACK_MAIL, flags, 0}, "") &&
           send_bytes(socket, (const char *)mail->bytes->data, mail->bytes->len);
}

static bool send_fault(gpointer data, const char *why)
{
    return send_text(*(const int *)data, UNPACK_FAULT, why);
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
    case CONTAINER_NONE:
        break;
    }
    (void)send_piece(socket, (UnpackHead){UNPACK_END, 0, 0}, "");
    _exit(0);
}
