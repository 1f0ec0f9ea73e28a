#include "mail/rtf_words.h"

#include <stdlib.h>
#include <string.h>

#define LONGEST 32 /* letters */

/* In the order of strcmp(). */
static const RtfWord words[] = {
    {"ansicpg", RTF_WORD_DOCUMENT_CODE_PAGE, NULL, 0},
    {"bin", RTF_WORD_BYTES, NULL, 0},
    {"bullet", RTF_WORD_TEXT, "\xE2\x80\xA2", 0},
    {"cell", RTF_WORD_TEXT, "\t", 0},
    {"colortbl", RTF_WORD_SKIP, NULL, 0},
    {"column", RTF_WORD_TEXT, "\n", 0},
    {"cpg", RTF_WORD_CODE_PAGE, NULL, 0},
    {"deff", RTF_WORD_FIRST_FONT, NULL, 0},
    {"deleted", RTF_WORD_HIDDEN, NULL, 0},
    {"emdash", RTF_WORD_TEXT, "\xE2\x80\x94", 0},
    {"emspace", RTF_WORD_TEXT, " ", 0},
    {"endash", RTF_WORD_TEXT, "\xE2\x80\x93", 0},
    {"enspace", RTF_WORD_TEXT, " ", 0},
    {"f", RTF_WORD_FONT, NULL, 0},
    {"fcharset", RTF_WORD_FONT_CHARSET, NULL, 0},
    {"filetbl", RTF_WORD_SKIP, NULL, 0},
    {"fldinst", RTF_WORD_SKIP, NULL, 0},
    {"fonttbl", RTF_WORD_FONTS, NULL, 0},
    {"fromhtml", RTF_WORD_FROM_HTML, NULL, 0},
    {"htmlrtf", RTF_WORD_HTML_SKIP, NULL, 0},
    {"htmltag", RTF_WORD_HTML_TAG, NULL, 0},
    {"info", RTF_WORD_SKIP, NULL, 0},
    {"ldblquote", RTF_WORD_TEXT, "\xE2\x80\x9C", 0},
    {"line", RTF_WORD_TEXT, "\n", 0},
    {"lquote", RTF_WORD_TEXT, "\xE2\x80\x98", 0},
    {"mac", RTF_WORD_DOCUMENT_CODE_PAGE, NULL, 10000},
    {"nestcell", RTF_WORD_TEXT, "\t", 0},
    {"nestrow", RTF_WORD_TEXT, "\n", 0},
    {"nonesttables", RTF_WORD_SKIP, NULL, 0},
    {"objdata", RTF_WORD_SKIP, NULL, 0},
    {"page", RTF_WORD_TEXT, "\n", 0},
    {"par", RTF_WORD_TEXT, "\n", 0},
    {"pc", RTF_WORD_DOCUMENT_CODE_PAGE, NULL, 437},
    {"pca", RTF_WORD_DOCUMENT_CODE_PAGE, NULL, 850},
    {"pict", RTF_WORD_SKIP, NULL, 0},
    {"plain", RTF_WORD_PLAIN, NULL, 0},
    {"qmspace", RTF_WORD_TEXT, " ", 0},
    {"rdblquote", RTF_WORD_TEXT, "\xE2\x80\x9D", 0},
    {"row", RTF_WORD_TEXT, "\n", 0},
    {"rquote", RTF_WORD_TEXT, "\xE2\x80\x99", 0},
    {"sect", RTF_WORD_TEXT, "\n", 0},
    {"softline", RTF_WORD_TEXT, "\n", 0},
    {"stylesheet", RTF_WORD_SKIP, NULL, 0},
    {"tab", RTF_WORD_TEXT, "\t", 0},
    {"tc", RTF_WORD_SKIP, NULL, 0},
    {"u", RTF_WORD_UNICODE, NULL, 0},
    {"uc", RTF_WORD_UNICODE_SKIP, NULL, 0},
    {"v", RTF_WORD_HIDDEN, NULL, 0},
    {"xe", RTF_WORD_SKIP, NULL, 0},
};

static const RtfWord other = {"", RTF_WORD_OTHER, NULL, 0};

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
