#include "mail/budget.h"

Budget budget_new(BudgetCaps caps, uint64_t packed_size)
{
    return (Budget){.caps = caps, .packed_size = packed_size};
}

bool budget_begin_member(Budget *budget)
{
    budget->member = 0;
    budget->members++;
    return budget->members <= budget->caps.members;
}

static uint64_t most_by_ratio(const Budget *budget)
{
    const BudgetCaps *caps = &budget->caps;
    bool huge = budget->packed_size > G_MAXUINT64 / MAX(caps->ratio, 1);
    return huge ? G_MAXUINT64 : MAX(budget->packed_size * caps->ratio, caps->free_size);
}

BudgetState budget_spend(Budget *budget, uint64_t size)
{
    const BudgetCaps *caps = &budget->caps;
    budget->member += size;
    budget->bytes += size;
    if (budget->bytes > caps->total_size || budget->bytes > most_by_ratio(budget)) {
        return BUDGET_SPENT;
    }
    return budget->member > caps->member_size ? BUDGET_MEMBER_SPENT : BUDGET_HOLDS;
}

/* A whole number of the greatest unit that has one. */
static char *spoken_size(uint64_t size)
{
    static const char *const units[] = {"bytes", "KiB", "MiB", "GiB"};
    unsigned unit = 0;
    while (unit + 1 < G_N_ELEMENTS(units) && size > 0 && size % 1024 == 0) {
        size /= 1024;
        unit++;
    }
    return g_strdup_printf("%llu %s", (unsigned long long)size, units[unit]);
}

char *budget_why(const Budget *budget)
{
    const BudgetCaps *caps = &budget->caps;
    if (budget->members > caps->members) {
        return g_strdup_printf("holds more than %llu files", (unsigned long long)caps->members);
    }
    if (budget->bytes > caps->total_size) {
        g_autofree char *size = spoken_size(caps->total_size);
        return g_strdup_printf("holds more than %s", size);
    }
    if (budget->bytes > most_by_ratio(budget)) {
        return g_strdup_printf("grows to more than %llu times its size",
                               (unsigned long long)caps->ratio);
    }
    g_autofree char *size = spoken_size(caps->member_size);
    return g_strdup_printf("has more than %s", size);
}
