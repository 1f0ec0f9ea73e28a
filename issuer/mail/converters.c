#include "mail/converters.h"

#include <glib.h>
#include <iconv.h>

/* Not in it: EBCDIC, whose text is no mail's before a gateway has recoded it, and sets of
 * teleprinters and typesetters. */
static const char *const names[] = {
    "ISO-8859-1",
    "ISO-8859-2",
    "ISO-8859-3",
    "ISO-8859-4",
    "ISO-8859-5",
    "ISO-8859-6",
    "ISO-8859-7",
    "ISO-8859-8",
    "ISO-8859-9",
    "ISO-8859-10",
    "ISO-8859-11",
    "ISO-8859-13",
    "ISO-8859-14",
    "ISO-8859-15",
    "ISO-8859-16",
    "WINDOWS-1250",
    "WINDOWS-1251",
    "WINDOWS-1252",
    "WINDOWS-1253",
    "WINDOWS-1254",
    "WINDOWS-1255",
    "WINDOWS-1256",
    "WINDOWS-1257",
    "WINDOWS-1258",
    // Unicode
    "UTF-7",
    "UTF-16",
    "UTF-16BE",
    "UTF-16LE",
    "UTF-32",
    "UTF-32BE",
    "UTF-32LE",
    "UNICODE",
    // Chinese, Japanese, Korean
    "GB2312",
    "GBK",
    "GB18030",
    "BIG5",
    "BIG5-HKSCS",
    "EUC-TW",
    "ISO-2022-CN",
    "ISO-2022-CN-EXT",
    "SHIFT_JIS",
    "CP932",
    "IBM943",
    "EUC-JP",
    "EUC-JP-MS",
    "ISO-2022-JP",
    "ISO-2022-JP-2",
    "ISO-2022-JP-3",
    "EUC-JISX0213",
    "SHIFT_JISX0213",
    "EUC-KR",
    "UHC",
    "JOHAB",
    "ISO-2022-KR",
    // Cyrillic, Greek, Thai, Vietnamese, Armenian, Georgian, Tamil, Kazakh
    "KOI8-R",
    "KOI8-U",
    "KOI8-RU",
    "KOI8-T",
    "KOI-8",
    "TIS-620",
    "CP874",
    "IBM874",
    "VISCII",
    "TCVN",
    "ARMSCII-8",
    "GEORGIAN-PS",
    "GEORGIAN-ACADEMY",
    "TSCII",
    "PT154",
    "RK1048",
    "MIK",
    // of old Macintosh, DOS, Unix and X.400
    "MACINTOSH",
    "MAC-CENTRALEUROPE",
    "MAC-CYRILLIC",
    "MAC-UK",
    "MAC-IS",
    "IBM437",
    "CP737",
    "CP775",
    "IBM850",
    "IBM852",
    "IBM855",
    "IBM857",
    "CP858",
    "IBM860",
    "IBM861",
    "IBM862",
    "IBM863",
    "IBM864",
    "IBM865",
    "IBM866",
    "IBM869",
    "CP1125",
    "HP-ROMAN8",
    "T.61",
    "ISO_6937",
    "DIN_66003",
};

unsigned converters_open(void)
{
    static iconv_t kept[G_N_ELEMENTS(names)]; // never closed: what is in use stays loaded
    unsigned missing = 0;
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        if (kept[i] == NULL) {
            kept[i] = iconv_open("UTF-8", names[i]);
        }
        // NOLINTNEXTLINE(performance-no-int-to-ptr): iconv_open's own error value
        missing += kept[i] == (iconv_t)-1;
    }
    return missing;
}
