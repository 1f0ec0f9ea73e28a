/* What an SMTP server answers (RFC 5321 §4.2, RFC 3463), and what that means for a mail. Pure. */
#ifndef ISSUER_DELIVERY_SMTP_ANSWER_H
#define ISSUER_DELIVERY_SMTP_ANSWER_H

#include <glib.h>
#include <stdbool.h>

#define SMTP_ANSWER_MOST 200 /* bytes of an answer that are kept */

/* How far the handing over of a mail has come. */
typedef enum {
    SMTP_STAGE_SESSION,   /* greeting, TLS, login */
    SMTP_STAGE_SENDER,    /* MAIL FROM was sent */
    SMTP_STAGE_RECIPIENT, /* RCPT TO was sent */
    SMTP_STAGE_DATA,      /* DATA was sent */
    SMTP_STAGE_CONTENT,   /* the mail itself is on its way */
} SmtpStage;

/* What became of a mail. */
typedef enum {
    SMTP_TAKEN,     /* the server has taken it upon itself */
    SMTP_REFUSED,   /* for good, for what it is or for whom */
    SMTP_UNWELCOME, /* its recipient is refused for good by a policy, which may be about us */
    SMTP_NOT_NOW,   /* the server says: later */
    SMTP_LOST,      /* no usable answer: whether the server has it is not known */
    SMTP_NO_SERVICE /* no mail can be handed over; it lies with the server or with our settings */
} SmtpVerdict;

/* The answer to the last command; all zero: none yet. */
typedef struct {
    unsigned code;        /* 0: none */
    unsigned enhanced[2]; /* class and subject of an enhanced status code; 0, 0: none */
    bool complete;        /* its last line has come */
    gsize length;
    char text[SMTP_ANSWER_MOST + 1]; /* its lines as one, as the server wrote them */
} SmtpAnswer;

/* Takes in one line of `size` bytes, with or without its line end. The lines of one answer are put
 * together; one that begins after the last of another takes its place; what is no line of an answer
 * is passed over. */
void smtp_answer_hear(SmtpAnswer *answer, const char *line, gsize size);

/* What it means that the conversation ended at `stage` with this answer, or none, and not well. */
SmtpVerdict smtp_answer_judge(const SmtpAnswer *answer, SmtpStage stage);

#endif
