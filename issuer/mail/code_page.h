/* The numbers by which Windows calls encodings. */
#ifndef ISSUER_MAIL_CODE_PAGE_H
#define ISSUER_MAIL_CODE_PAGE_H

#include <stdint.h>

/* The name of a code page as charset_read() takes it. Of one that nobody knows, and of 0 and 1 to 3
 * (whatever the writer's machine has set): "windows-1252". Static. */
const char *code_page_label(uint32_t code_page);

/* The code page of a font's \fcharset (RTF 1.9.1, "Font Table"); 0: it tells none. */
uint32_t code_page_of_font(uint32_t charset);

#endif
