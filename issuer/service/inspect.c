#include "service/inspect.h"

bool inspect_run(const Settings *settings, const char *const *paths, InspectReport report,
                 gpointer data, guint64 *unreadable, GError **error)
{
    g_autoptr(MailReader) reader = mail_reader_new(paths, settings_mail(settings));
    g_autoptr(GError) failure = NULL;
    ParsedMail *mail = NULL;
    *unreadable = 0;
    while ((mail = mail_reader_next(reader, &failure)) != NULL) {
        g_autoptr(IntakeItem) item = intake_item_new(mail, settings);
        if ((mail->marks & MAIL_BARE) != 0) {
            intake_item_list_codes(item);
        }
        *unreadable += mail->kind == MAIL_UNREADABLE;
        report(item, data);
    }
    if (failure != NULL) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return false;
    }
    return true;
}
