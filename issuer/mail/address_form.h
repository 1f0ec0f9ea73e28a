/* Addresses as people and programs write them into mail, into the one form that is compared, shown
 * and answered. */
#ifndef ISSUER_MAIL_ADDRESS_FORM_H
#define ISSUER_MAIL_ADDRESS_FORM_H

/* The address that `written` means: without "mailto:", without quotes and brackets around it (also
 * those that only look so), blanks and invisible characters; encoded words (RFC 2047) undone;
 * letters and signs of full width as ASCII has them; a domain of other letters as
 * address_in_ascii() has it. What cannot be answered stays as it reads. New string, valid UTF-8. */
char *address_form_plain(const char *written);

/* A value of an address field in which "‹", "＜", "&lt;" and the like have become "<", if no angle
 * bracket stands in it. New string. */
char *address_form_brackets(const char *value);

#endif
