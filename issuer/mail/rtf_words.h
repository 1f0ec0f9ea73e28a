/* The control words of RTF that matter to its text (RTF 1.9.1, MS-OXRTFEX 2.1.3). */
#ifndef ISSUER_MAIL_RTF_WORDS_H
#define ISSUER_MAIL_RTF_WORDS_H

#include <glib.h>

typedef enum {
    RTF_WORD_OTHER,     /* layout, and what nobody knows */
    RTF_WORD_TEXT,      /* stands for a text */
    RTF_WORD_SKIP,      /* its group is not shown */
    RTF_WORD_FONTS,     /* its group is the font table */
    RTF_WORD_HTML_TAG,  /* its group is a piece of the HTML */
    RTF_WORD_HTML_SKIP, /* what stands here is not of the HTML; 0: what follows is again */
    RTF_WORD_FROM_HTML, /* this is HTML in RTF */
    RTF_WORD_HIDDEN,    /* a person does not see it; 0: what follows is seen again */
    RTF_WORD_PLAIN,     /* the font is the first one again, and nothing hidden */
    RTF_WORD_FONT,
    RTF_WORD_FONT_CHARSET,
    RTF_WORD_CODE_PAGE, /* of this font, within the font table */
    RTF_WORD_DOCUMENT_CODE_PAGE,
    RTF_WORD_FIRST_FONT,
    RTF_WORD_UNICODE,
    RTF_WORD_UNICODE_SKIP, /* how many characters after a Unicode one stand for the same */
    RTF_WORD_BYTES,        /* so many bytes of anything follow */
} RtfWordKind;

typedef struct {
    const char *name;
    const char *text; /* RTF_WORD_TEXT: UTF-8 */
    RtfWordKind kind;
    guint32 code_page; /* RTF_WORD_DOCUMENT_CODE_PAGE: where the word says it without a number */
} RtfWord;

/* The word of `length` letters at `name`; of one that is not known, kind RTF_WORD_OTHER. Static. */
const RtfWord *rtf_words_find(const char *name, gsize length);

#endif
