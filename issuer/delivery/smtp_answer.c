#include "delivery/smtp_answer.h"

#include <string.h>

#define CODE_SIZE 3 /* digits of a code */

static bool is_code(const char *line, gsize size)
{
    return size >= CODE_SIZE && line[0] >= '2' && line[0] <= '5' && g_ascii_isdigit(line[1]) &&
           g_ascii_isdigit(line[2]) &&
           (size == CODE_SIZE || strchr(" -\r\n", line[CODE_SIZE]) != NULL);
}

/* Reads "5.1.1" and a blank at the beginning of `text`; how many bytes that takes, 0 if it is not
 * there. */
static gsize read_enhanced(const char *text, gsize size, unsigned enhanced[2])
{
    unsigned numbers[3] = {0};
    gsize at = 0;
    for (gsize part = 0; part < G_N_ELEMENTS(numbers); part++) {
        const gsize begin = at;
        while (at < size && at - begin < 3 && g_ascii_isdigit(text[at])) {
            numbers[part] = numbers[part] * 10 + (unsigned)g_ascii_digit_value(text[at++]);
        }
        const bool last = part + 1 == G_N_ELEMENTS(numbers);
        if (at == begin || at == size || text[at++] != (last ? ' ' : '.')) {
            return 0;
        }
    }
    enhanced[0] = numbers[0];
    enhanced[1] = numbers[1];
    return at;
}

static void append(SmtpAnswer *answer, const char *text, gsize size)
{
    const gsize taken = MIN(size, SMTP_ANSWER_MOST - answer->length);
    memcpy(answer->text + answer->length, text, taken);
    answer->length += taken;
    answer->text[answer->length] = '\0';
}

/* The first line, whose code and status the others repeat. */
static void begin(SmtpAnswer *answer, const char *line, gsize size)
{
    *answer = (SmtpAnswer){0};
    for (gsize i = 0; i < CODE_SIZE; i++) {
        answer->code = answer->code * 10 + (unsigned)g_ascii_digit_value(line[i]);
    }
    append(answer, line, CODE_SIZE);
    if (size > CODE_SIZE + 1) {
        (void)read_enhanced(line + CODE_SIZE + 1, size - CODE_SIZE - 1, answer->enhanced);
        append(answer, " ", 1);
        append(answer, line + CODE_SIZE + 1, size - CODE_SIZE - 1);
    }
}

static void go_on(SmtpAnswer *answer, const char *line, gsize size)
{
    unsigned repeated[2] = {0};
    const gsize status = read_enhanced(line, size, repeated);
    append(answer, " ", 1);
    append(answer, line + status, size - status);
}

void smtp_answer_hear(SmtpAnswer *answer, const char *line, gsize size)
{
    while (size > 0 && strchr("\r\n", line[size - 1]) != NULL) {
        size--;
    }
    if (!is_code(line, size)) {
        return;
    }
    if (answer->code == 0 || answer->complete) {
        begin(answer, line, size);
    } else if (size > CODE_SIZE + 1) {
        go_on(answer, line + CODE_SIZE + 1, size - CODE_SIZE - 1);
    }
    answer->complete = size == CODE_SIZE || line[CODE_SIZE] == ' ';
}

/* What it asks of us is a login, or TLS: nothing that the mail could do (RFC 4954 §6). */
static bool asks_for_login(unsigned code)
{
    return code == 530 || code == 534 || code == 535 || code == 538;
}

SmtpVerdict smtp_answer_judge(const SmtpAnswer *answer, SmtpStage stage)
{
    const unsigned code = answer->code;
    if (stage == SMTP_STAGE_SESSION || asks_for_login(code)) {
        return SMTP_NO_SERVICE;
    }
    if (code / 100 == 4 && code != 421) {
        return SMTP_NOT_NOW;
    }
    if (code / 100 != 5) {
        return SMTP_LOST; /* 421: the server goes away; anything else it has not refused */
    }
    /* All mails have one sender; with it goes nothing of the mail but its size. */
    if (stage == SMTP_STAGE_SENDER) {
        return code == 552 ? SMTP_REFUSED : SMTP_NO_SERVICE;
    }
    const bool policy = answer->enhanced[0] == 5 && answer->enhanced[1] == 7;
    return policy && stage == SMTP_STAGE_RECIPIENT ? SMTP_UNWELCOME : SMTP_REFUSED;
}
