#include "mail/converters.h"

#include <glib.h>
#include <iconv.h>
#include <string.h>

/* Not in it: EBCDIC, whose text is no mail's before a gateway has recoded it, and sets of
 * seven bits without escapes, whose text is ASCII as it stands. */
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

/* Without the "X-" that some programs put before a name. */
static const struct {
    const char *label;
    const char *name;
} aliases[] = {
    {"UNICODE-1-1-UTF-8", "UTF-8"},
    {"UNICODE-1-1-UTF-7", "UTF-7"},
    {"UNICODE-2-0-UTF-7", "UTF-7"},
    {"ISO-10646-UCS-2", "UTF-16"},
    // written from right to left, in which order says the rest of the name
    {"ISO-8859-6-E", "ISO-8859-6"},
    {"ISO-8859-6-I", "ISO-8859-6"},
    {"ISO-8859-8-E", "ISO-8859-8"},
    {"ISO-8859-8-I", "ISO-8859-8"},
    {"LATIN-1", "ISO-8859-1"},
    {"LATIN-9", "ISO-8859-15"},
    {"CSISOLATIN9", "ISO-8859-15"},
    {"KOI", "KOI8-R"},
    {"KOI8_R", "KOI8-R"},
    {"CP-850", "IBM850"},
    {"DOS-862", "IBM862"},
    {"DOS-874", "CP874"},
    {"IBM00858", "CP858"},
    // what is called by the smaller set's name is often of the greater
    {"GB2312", "GB18030"},
    {"GBK", "GB18030"},
    {"EUC-KR", "UHC"},
    {"CHINESE", "GB18030"},
    {"GB_2312", "GB18030"},
    {"GB_2312-80", "GB18030"},
    {"CSISO58GB231280", "GB18030"},
    {"GB2312_CHARSET", "GB18030"},
    {"CSBIG5", "BIG5-HKSCS"},
    {"X-BIG5", "BIG5-HKSCS"},
    {"WINDOWS-950", "BIG5-HKSCS"},
    {"WINDOWS-932", "CP932"},
    {"KOREAN", "UHC"},
    {"KS_C_5601-1987", "UHC"},
    {"KS_C_5601-1989", "UHC"},
    {"KSC5601", "UHC"},
    {"KSC_5601", "UHC"},
    {"CSKSC56011987", "UHC"},
    {"WINDOWS-949", "UHC"},
    {"MAC-ROMAN", "MACINTOSH"},
    {"MAC-CE", "MAC-CENTRALEUROPE"},
    {"MAC-CENTRALEURROMAN", "MAC-CENTRALEUROPE"},
    {"MAC-UKRAINIAN", "MAC-UK"},
    {"MAC-ICELANDIC", "MAC-IS"},
};

const char *converters_named(const char *label)
{
    const char *bare = strncmp(label, "X-", 2) == 0 ? label + 2 : label;
    for (gsize i = 0; i < G_N_ELEMENTS(aliases); i++) {
        if (strcmp(aliases[i].label, bare) == 0) {
            return aliases[i].name;
        }
    }
    return bare;
}
