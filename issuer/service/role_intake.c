#include "service/role_intake.h"

#include "base/log.h"

bool role_intake_rest(RoleCall *call, Intake *intake, GError **error)
{
    RedecideTotals again = {0};
    if (!intake_rest(intake, &again, error)) {
        return false;
    }
    g_autofree char *text = redecide_text(&again);
    if (text != NULL) {
        log_event(LOG_LEVEL_INFO, "decided-again", "what", text);
    }
    role_worked(call, 0);
    return true;
}

void role_intake_count(const RoleCall *call, const IngestTotals *totals)
{
    const guint64 counts[ROLE_COUNT_OUTCOMES] = {
        [ROLE_COUNT_ANSWERED] = totals->answered,
        [ROLE_COUNT_HELD] = totals->held,
        [ROLE_COUNT_CASES] = totals->cases,
        [ROLE_COUNT_KNOWN] = totals->known,
        [ROLE_COUNT_UNRECOGNISED] = totals->unrecognised,
        [ROLE_COUNT_IGNORED] = totals->ignored,
        [ROLE_COUNT_QUARANTINED] = totals->quarantined,
        [ROLE_COUNT_UNREADABLE] = totals->unreadable,
    };
    RoleBoard *board = role_seat(call)->board;
    for (guint i = 0; i < ROLE_COUNT_OUTCOMES; i++) {
        role_board_count(board, (RoleCount)i, counts[i]);
    }
    for (guint i = 0; i < G_N_ELEMENTS(totals->outcomes); i++) {
        role_board_count(board, (RoleCount)(ROLE_COUNT_OUTCOMES + i), totals->outcomes[i]);
    }
}
