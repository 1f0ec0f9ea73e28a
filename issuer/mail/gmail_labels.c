#include "mail/gmail_labels.h"

#include "mail/mime.h"

#include <glib.h>
#include <string.h>

/* Nobody can give a label of his own the name that the trash has in his language. In lower case. */
static const char *const trash[] = {"trash",
                                    "bin",
                                    "papierkorb",
                                    "corbeille",
                                    "papelera",
                                    "cestino",
                                    "lixeira",
                                    "lixo",
                                    "reciclagem",
                                    "prullenbak",
                                    "kosz",
                                    "koš",
                                    "kôš",
                                    "papperskorgen",
                                    "papperskorg",
                                    "papirkurv",
                                    "papirkurven",
                                    "roskakori",
                                    "корзина",
                                    "кошик",
                                    "кошче",
                                    "çöp kutusu",
                                    "çöp",
                                    "coș de gunoi",
                                    "coşul de gunoi",
                                    "kuka",
                                    "smeće",
                                    "otpad",
                                    "smeti",
                                    "prügikast",
                                    "šiukšlinė",
                                    "miskaste",
                                    "paperera",
                                    "κάδος απορριμμάτων",
                                    "κάδος",
                                    "ゴミ箱",
                                    "已删除邮件",
                                    "垃圾箱",
                                    "垃圾桶",
                                    "휴지통",
                                    "thùng rác",
                                    "sampah",
                                    "ถังขยะ",
                                    "אשפה",
                                    "المهملات",
                                    "سلة المهملات",
                                    "ट्रैश",
                                    NULL};

bool gmail_labels_say_trash(const char *value)
{
    if (value == NULL) {
        return false;
    }
    g_autofree char *decoded = mime_decode_words(value);
    g_autofree char *lower = g_utf8_strdown(decoded, -1);
    g_auto(GStrv) labels = g_strsplit(lower, ",", 0);
    for (gsize i = 0; labels[i] != NULL; i++) {
        g_strdelimit(labels[i], "\"", ' ');
        if (g_strv_contains(trash, g_strstrip(labels[i]))) {
            return true;
        }
    }
    return false;
}
