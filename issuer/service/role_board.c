#include "service/role_board.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"

#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

/* Two copies: who writes fills the one that nobody is sent to, and then turns the number, whose
 * last bit says which copy holds. A reader whose number is still the same afterwards has read a
 * copy that was not touched meanwhile. */
typedef struct {
    _Atomic unsigned number;
    _Atomic int64_t due;
    RoleStanding copies[2];
} Slot;

struct RoleBoard {
    _Atomic bool ends;
    _Atomic int64_t seen;
    _Atomic uint64_t counts[ROLE_COUNTS];
    int64_t started_at;
    Slot slots[ROLE_BOARD_MOST];
};

RoleBoard *role_board_new(GError **error)
{
    void *memory =
        mmap(NULL, sizeof(RoleBoard), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        g_set_error_literal(error, ISSUER_ERROR, ISSUER_ERROR_FAILED,
                            "no memory to share among the daemon's processes");
        return NULL;
    }
    RoleBoard *board = memory;
    board->started_at = clock_now();
    return board;
}

RoleStanding role_board_read(const RoleBoard *board, guint place)
{
    g_assert(place < ROLE_BOARD_MOST);
    const Slot *slot = &board->slots[place];
    RoleStanding standing;
    unsigned before = 0;
    do {
        before = atomic_load(&slot->number);
        standing = slot->copies[before & 1];
    } while (atomic_load(&slot->number) != before);
    return standing;
}

void role_board_write(RoleBoard *board, guint place, const RoleStanding *standing)
{
    g_assert(place < ROLE_BOARD_MOST);
    Slot *slot = &board->slots[place];
    const unsigned next = atomic_load(&slot->number) + 1;
    slot->copies[next & 1] = *standing;
    atomic_store(&slot->number, next);
}

int64_t role_board_due(const RoleBoard *board, guint place)
{
    return atomic_load(&board->slots[place].due);
}

void role_board_set_due(RoleBoard *board, guint place, int64_t due)
{
    atomic_store(&board->slots[place].due, due);
}

int64_t role_board_started(const RoleBoard *board)
{
    return board->started_at;
}

bool role_board_ends(const RoleBoard *board)
{
    return atomic_load(&board->ends);
}

void role_board_set_ends(RoleBoard *board)
{
    atomic_store(&board->ends, true);
}

int64_t role_board_seen(const RoleBoard *board)
{
    return atomic_load(&board->seen);
}

void role_board_set_seen(RoleBoard *board, int64_t seen)
{
    atomic_store(&board->seen, seen);
}

void role_board_count(RoleBoard *board, RoleCount what, uint64_t more)
{
    (void)atomic_fetch_add(&board->counts[what], more);
}

uint64_t role_board_counted(const RoleBoard *board, RoleCount what)
{
    return atomic_load(&board->counts[what]);
}

void role_board_set_text(char *place, gsize size, const char *text)
{
    g_autofree char *line = text_one_line(text, 0);
    const gsize length = strlen(line);
    gsize taken = MIN(length, size - 1);
    while (taken < length && taken > 0 && ((unsigned char)line[taken] & 0xC0) == 0x80) {
        taken--;
    }
    memcpy(place, line, taken);
    memset(place + taken, 0, size - taken);
}

void role_board_free(RoleBoard *board)
{
    if (board != NULL) {
        (void)munmap(board, sizeof *board);
    }
}
