#include "mail/pst_process.h"

#include "mail/pst_folder.h"
#include "mail/pst_tool.h"
#include "mail/unpack_out.h"

#include <string.h>
#include <unistd.h>

bool pst_process_begins(const char *data, gsize length)
{
    return length >= 4 && memcmp(data, "!BDN", 4) == 0;
}

/* Names of that folder. readpst gives no other mark, and leaves it out only in English. */
static const char *const deleted_names[] = {
    "Deleted Items",
    "Gelöschte Elemente",
    "Gelöschte Objekte",
    "Éléments supprimés",
    "Elementos eliminados",
    "Posta eliminata",
    "Itens Excluídos",
    "Itens Eliminados",
    "Verwijderde items",
    "Slettet post",
    "Slettede elementer",
    "Borttaget",
    "Poistetut",
    "Elementy usunięte",
    "Odstraněná pošta",
    "Odstránená pošta",
    "Törölt elemek",
    "Elemente șterse",
    "Удаленные",
    "Видалені",
    "Διαγραμμένα",
    "Silinmiş Öğeler",
    "削除済みアイテム",
    "已删除邮件",
    "已删除的邮件",
    "刪除的郵件",
    "지운 편지함",
};

static bool is_deleted_name(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(deleted_names); i++) {
        if (g_ascii_strcasecmp(name, deleted_names[i]) == 0) {
            return true;
        }
    }
    return false;
}

bool pst_process_is_deleted(const char *name)
{
    g_auto(GStrv) folders = g_strsplit(name, "/", -1);
    for (guint i = 0; folders[i] != NULL && folders[i + 1] != NULL; i++) {
        if (is_deleted_name(folders[i])) {
            return true;
        }
    }
    return false;
}

/* Tells what of the file was not read. */
static void tell_rest(int socket, const PstToolEnd *end, bool any)
{
    if (end->trouble != NULL) {
        g_autofree char *why =
            g_strdup_printf("%s: %s; open it in Outlook, have it repaired there, and export it "
                            "again",
                            any ? "is unpacked up to here" : "cannot be unpacked", end->trouble);
        (void)unpack_out_text(socket, UNPACK_FAULT, why);
    } else if (end->damage) {
        (void)unpack_out_text(
            socket, UNPACK_FAULT,
            "is damaged, so mails of it may be missing; have it repaired in Outlook, "
            "and export it again");
    } else if (end->lost > 0) {
        g_autofree char *why = g_strdup_printf("holds %u items that readpst has passed over, "
                                               "damaged or of a kind that it does not know; "
                                               "look through it in Outlook",
                                               end->lost);
        (void)unpack_out_text(socket, UNPACK_FAULT, why);
    } else if (!any) {
        (void)unpack_out_text(socket, UNPACK_FAULT, "holds no mail; is it the right file?");
    }
}

G_NORETURN void pst_process_run(int socket, int file)
{
    g_autoptr(GError) error = NULL;
    PstToolEnd end = {0};
    int folder = pst_tool_run(socket, file, &end, &error);
    if (folder < 0) {
        (void)unpack_out_text(socket, UNPACK_FAULT, error->message);
    } else {
        bool any = false;
        if (pst_folder_send(folder, socket, &any)) {
            tell_rest(socket, &end, any);
        }
    }
    (void)unpack_out_text(socket, UNPACK_END, "");
    _exit(0);
}
