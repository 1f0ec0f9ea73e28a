#include "mail/desk_out.h"

bool desk_out_row(const DeskOut *out, const DeskRow *row, const GPtrArray *files, bool partial)
{
    g_autoptr(GByteArray) bytes = desk_mail_make(row, files);
    const DeskMail mail = {.bytes = bytes, .ours = desk_fields_are_ours(row), .partial = partial};
    return out->mail(out->data, &mail);
}
