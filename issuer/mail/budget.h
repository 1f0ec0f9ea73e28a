/* How much may be unpacked from one file that somebody sent: what its archives hold and what the
 * archives in these hold, all together. A value, without memory of its own. */
#ifndef ISSUER_MAIL_BUDGET_H
#define ISSUER_MAIL_BUDGET_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct {
    uint64_t members;     /* files in it */
    uint64_t member_size; /* bytes of one of them */
    uint64_t total_size;  /* bytes of all of them */
    uint64_t ratio;       /* as many times the packed size all of them may have, */
    uint64_t free_size;   /* but this many bytes they always may */
} BudgetCaps;

typedef struct {
    BudgetCaps caps;
    uint64_t packed_size; /* bytes */
    uint64_t members;     /* so far */
    uint64_t bytes;       /* so far */
    uint64_t member;      /* bytes of the present one so far */
} Budget;

/* A budget under `caps` for a file of `packed_size` bytes, of which nothing is spent. */
Budget budget_new(BudgetCaps caps, uint64_t packed_size);

/* Whether one more member may be unpacked. */
bool budget_begin_member(Budget *budget);

typedef enum {
    BUDGET_HOLDS,
    BUDGET_MEMBER_SPENT, /* the present member is too long; others may follow */
    BUDGET_SPENT,        /* nothing more may be unpacked */
} BudgetState;

/* Spends `size` bytes on the present member. */
BudgetState budget_spend(Budget *budget, uint64_t size);

/* Which cap was hit, in words that go on "FILE …". New string. */
char *budget_why(const Budget *budget);

#endif
