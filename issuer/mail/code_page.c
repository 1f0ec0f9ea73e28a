#include "mail/code_page.h"

#include <glib.h>

typedef struct {
    uint32_t number;
    const char *label;
} CodePage;

static const CodePage code_pages[] = {
    {437, "IBM437"},        {737, "CP737"},         {775, "CP775"},         {850, "IBM850"},
    {852, "IBM852"},        {855, "IBM855"},        {857, "IBM857"},        {858, "CP858"},
    {860, "IBM860"},        {861, "IBM861"},        {862, "IBM862"},        {863, "IBM863"},
    {864, "IBM864"},        {865, "IBM865"},        {866, "IBM866"},        {869, "IBM869"},
    {874, "CP874"},         {932, "CP932"},         {936, "GBK"},           {949, "CP949"},
    {950, "BIG5"},          {1200, "UTF-16LE"},     {1201, "UTF-16BE"},     {1250, "windows-1250"},
    {1251, "windows-1251"}, {1252, "windows-1252"}, {1253, "windows-1253"}, {1254, "windows-1254"},
    {1255, "windows-1255"}, {1256, "windows-1256"}, {1257, "windows-1257"}, {1258, "windows-1258"},
    {10000, "MACINTOSH"},   {20127, "US-ASCII"},    {20866, "KOI8-R"},      {21866, "KOI8-U"},
    {28591, "ISO-8859-1"},  {28592, "ISO-8859-2"},  {28593, "ISO-8859-3"},  {28594, "ISO-8859-4"},
    {28595, "ISO-8859-5"},  {28596, "ISO-8859-6"},  {28597, "ISO-8859-7"},  {28598, "ISO-8859-8"},
    {28599, "ISO-8859-9"},  {28603, "ISO-8859-13"}, {28605, "ISO-8859-15"}, {38598, "ISO-8859-8"},
    {50220, "ISO-2022-JP"}, {50221, "ISO-2022-JP"}, {50222, "ISO-2022-JP"}, {50225, "ISO-2022-KR"},
    {51932, "EUC-JP"},      {51936, "GB2312"},      {51949, "EUC-KR"},      {54936, "GB18030"},
    {65000, "UTF-7"},       {65001, "UTF-8"},
};

static const struct {
    uint32_t charset;
    uint32_t code_page;
} fonts[] = {
    {0, 1252},   {77, 10000}, {128, 932},  {129, 949},  {134, 936},  {136, 950},
    {161, 1253}, {162, 1254}, {163, 1258}, {177, 1255}, {178, 1256}, {186, 1257},
    {204, 1251}, {222, 874},  {238, 1250}, {254, 437},  {255, 850},
};

const char *code_page_label(uint32_t code_page)
{
    for (gsize i = 0; i < G_N_ELEMENTS(code_pages); i++) {
        if (code_pages[i].number == code_page) {
            return code_pages[i].label;
        }
    }
    return "windows-1252";
}

uint32_t code_page_of_font(uint32_t charset)
{
    for (gsize i = 0; i < G_N_ELEMENTS(fonts); i++) {
        if (fonts[i].charset == charset) {
            return fonts[i].code_page;
        }
    }
    return 0;
}
