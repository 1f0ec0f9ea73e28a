#include "mail/rtf_words.h"

#include <stdlib.h>
#include <string.h>

#define LONGEST 32 /* letters */

/* In the order of strcmp(). */
static const RtfWord words[] = {
    {"ansicpg", NULL, RTF_WORD_DOCUMENT_CODE_PAGE, 0},
    {"bin", NULL, RTF_WORD_BYTES, 0},
    {"bullet", "\xE2\x80\xA2", RTF_WORD_TEXT, 0},
    {"cell", "\t", RTF_WORD_TEXT, 0},
    {"colortbl", NULL, RTF_WORD_SKIP, 0},
    {"column", "\n", RTF_WORD_TEXT, 0},
    {"cpg", NULL, RTF_WORD_CODE_PAGE, 0},
    {"deff", NULL, RTF_WORD_FIRST_FONT, 0},
    {"deleted", NULL, RTF_WORD_HIDDEN, 0},
    {"emdash", "\xE2\x80\x94", RTF_WORD_TEXT, 0},
    {"emspace", " ", RTF_WORD_TEXT, 0},
    {"endash", "\xE2\x80\x93", RTF_WORD_TEXT, 0},
    {"enspace", " ", RTF_WORD_TEXT, 0},
    {"f", NULL, RTF_WORD_FONT, 0},
    {"fcharset", NULL, RTF_WORD_FONT_CHARSET, 0},
    {"filetbl", NULL, RTF_WORD_SKIP, 0},
    {"fldinst", NULL, RTF_WORD_SKIP, 0},
    {"fonttbl", NULL, RTF_WORD_FONTS, 0},
    {"fromhtml", NULL, RTF_WORD_FROM_HTML, 0},
    {"htmlrtf", NULL, RTF_WORD_HTML_SKIP, 0},
    {"htmltag", NULL, RTF_WORD_HTML_TAG, 0},
    {"info", NULL, RTF_WORD_SKIP, 0},
    {"ldblquote", "\xE2\x80\x9C", RTF_WORD_TEXT, 0},
    {"line", "\n", RTF_WORD_TEXT, 0},
    {"lquote", "\xE2\x80\x98", RTF_WORD_TEXT, 0},
    {"mac", NULL, RTF_WORD_DOCUMENT_CODE_PAGE, 10000},
    {"nestcell", "\t", RTF_WORD_TEXT, 0},
    {"nestrow", "\n", RTF_WORD_TEXT, 0},
    {"nonesttables", NULL, RTF_WORD_SKIP, 0},
    {"objdata", NULL, RTF_WORD_SKIP, 0},
    {"page", "\n", RTF_WORD_TEXT, 0},
    {"par", "\n", RTF_WORD_TEXT, 0},
    {"pc", NULL, RTF_WORD_DOCUMENT_CODE_PAGE, 437},
    {"pca", NULL, RTF_WORD_DOCUMENT_CODE_PAGE, 850},
    {"pict", NULL, RTF_WORD_SKIP, 0},
    {"plain", NULL, RTF_WORD_PLAIN, 0},
    {"qmspace", " ", RTF_WORD_TEXT, 0},
    {"rdblquote", "\xE2\x80\x9D", RTF_WORD_TEXT, 0},
    {"row", "\n", RTF_WORD_TEXT, 0},
    {"rquote", "\xE2\x80\x99", RTF_WORD_TEXT, 0},
    {"sect", "\n", RTF_WORD_TEXT, 0},
    {"softline", "\n", RTF_WORD_TEXT, 0},
    {"stylesheet", NULL, RTF_WORD_SKIP, 0},
    {"tab", "\t", RTF_WORD_TEXT, 0},
    {"tc", NULL, RTF_WORD_SKIP, 0},
    {"u", NULL, RTF_WORD_UNICODE, 0},
    {"uc", NULL, RTF_WORD_UNICODE_SKIP, 0},
    {"v", NULL, RTF_WORD_HIDDEN, 0},
    {"xe", NULL, RTF_WORD_SKIP, 0},
};

static const RtfWord other = {"", NULL, RTF_WORD_OTHER, 0};

static int compare(const void *name, const void *word)
{
    return strcmp(name, ((const RtfWord *)word)->name);
}

const RtfWord *rtf_words_find(const char *name, gsize length)
{
    char key[LONGEST + 1];
    if (length > LONGEST) {
        return &other;
    }
    memcpy(key, name, length);
    key[length] = '\0';
    const RtfWord *word = bsearch(key, words, G_N_ELEMENTS(words), sizeof words[0], compare);
    return word == NULL ? &other : word;
}
