/* What the files of the intake share. */
#ifndef ISSUER_SERVICE_INTAKE_INTERNAL_H
#define ISSUER_SERVICE_INTAKE_INTERNAL_H

#include "service/intake.h"
#include "service/rehearsal.h"
#include "service/work_queue.h"

#define INTAKE_MESSAGES 500 /* that a batch has at most */

struct Intake {
    const IntakeOptions *options;
    MailReader *reader;
    Context *context; /* NULL: closed */
    Serials *serials;
    guint64 batches;   /* since it was opened */
    int64_t mark;      /* of waiting_mark(): up to where changes were seen */
    int64_t looked_us; /* monotonic; when they were all looked at; 0: not yet */
    int64_t drawn_us;  /* monotonic; since when numbers are kept ready; 0: none are */
    bool ran;          /* since a number was last made ready */
    /* Of the run at hand. */
    const IntakeRun *run;
    IngestTotals *totals;
    WorkQueue *queue;
    GArray *given_back;   /* of int64_t: licenses to which uses came back since the last look */
    Rehearsal *rehearsal; /* what a dry run has decided so far; NULL: it is none */
    guint most;           /* messages to try in one batch */
};

/* Takes what is read from the queue, batch by batch, to its end. */
bool intake_run_batches(Intake *intake, GError **error);

#endif
