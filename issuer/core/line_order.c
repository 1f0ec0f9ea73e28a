#include "core/line_order.h"

#include "core/armored_code.h"

#define MOST_JUDGED 600 /* lines of one copy; more than the largest code has */
#define NEAR        8   /* lines of the code between two that are compared */
#define SLACK       3   /* symbols lost or added a line between them */

/* How much a line counts when an order is sought. */
enum {
    WEIGHT_NONE,
    WEIGHT_FIRM,
    WEIGHT_NEAR = 3,
    WEIGHT_SURE = 5,
};

/* The best order that ends with a line. */
typedef struct {
    guint weight; /* of the line itself */
    guint total;
    gint before; /* the line before it in that order; -1: none */
    bool ordered;
} Rank;

/* The lines of one copy: from a first line to the next. */
typedef struct {
    OrderedLine *lines;
    guint count;
    Rank *ranks;
} Copy;

/* Whether the distance between two lines is that of their numbers. */
static bool is_apart_as_numbered(const OrderedLine *a, const OrderedLine *b)
{
    const gint64 lines = (gint64)a->number - b->number;
    /* A first line is shorter than the others, but ends where block 0 begins. */
    const gint64 from = b->number < 0 ? (gint64)b->end - ARMORED_CODE_FULL : b->start;
    const gint64 to = a->number < 0 ? (gint64)a->end - ARMORED_CODE_FULL : a->start;
    const gint64 off = to - from - lines * ARMORED_CODE_FULL;
    return lines != 0 && ABS(lines) <= NEAR && ABS(off) <= SLACK * ABS(lines);
}

static bool is_near_another(const Copy *copy, guint index)
{
    const OrderedLine *line = &copy->lines[index];
    const guint from = index > NEAR ? index - NEAR : 0;
    const guint to = MIN(copy->count, index + NEAR + 1);
    for (guint i = from; i < to; i++) {
        const OrderedLine *other = &copy->lines[i];
        if (i != index && (other->sure || other->firm) && is_apart_as_numbered(line, other)) {
            return true;
        }
    }
    return false;
}

static guint weight_of(const Copy *copy, guint index)
{
    const OrderedLine *line = &copy->lines[index];
    if (line->sure) {
        return WEIGHT_SURE;
    }
    if (is_near_another(copy, index)) {
        return WEIGHT_NEAR;
    }
    return line->firm ? WEIGHT_FIRM : WEIGHT_NONE;
}

/* Finds the order that weighs most: of lines whose numbers do not fall. */
static gint heaviest_order(const Copy *copy)
{
    gint best = -1;
    for (guint i = 0; i < copy->count; i++) {
        Rank *rank = &copy->ranks[i];
        *rank = (Rank){weight_of(copy, i), 0, -1, false};
        for (guint k = 0; k < i && rank->weight > 0; k++) {
            const Rank *before = &copy->ranks[k];
            if (before->weight > 0 && copy->lines[k].number <= copy->lines[i].number &&
                before->total > rank->total) {
                rank->total = before->total;
                rank->before = (gint)k;
            }
        }
        rank->total += rank->weight;
        if (rank->weight > 0 && (best < 0 || rank->total > copy->ranks[best].total)) {
            best = (gint)i;
        }
    }
    return best;
}

static void judge_copy(const Copy *copy)
{
    guint counted = 0;
    guint ordered = 0;
    for (gint at = heaviest_order(copy); at >= 0; at = copy->ranks[at].before) {
        copy->ranks[at].ordered = true;
        ordered++;
    }
    for (guint i = 0; i < copy->count; i++) {
        counted += copy->ranks[i].weight > 0;
    }
    /* Where lines were moved about, order says nothing. */
    const bool in_order = ordered * 3 >= counted * 2;
    for (guint i = 0; i < copy->count; i++) {
        const Rank *rank = &copy->ranks[i];
        copy->lines[i].fits =
            copy->lines[i].sure || (rank->weight > 0 && (rank->ordered || !in_order));
    }
}

static gint compare_starts(gconstpointer a, gconstpointer b)
{
    const guint32 first = ((const OrderedLine *)a)->start;
    const guint32 second = ((const OrderedLine *)b)->start;
    return (first > second) - (first < second);
}

void line_order_judge(GArray *lines)
{
    g_array_sort(lines, compare_starts);
    g_autoptr(GArray) ranks = g_array_new(FALSE, FALSE, sizeof(Rank));
    g_array_set_size(ranks, MOST_JUDGED);
    guint from = 0;
    while (from < lines->len) {
        guint to = from + 1;
        while (to < lines->len && to - from < MOST_JUDGED &&
               g_array_index(lines, OrderedLine, to).number >= 0) {
            to++;
        }
        judge_copy(&(Copy){&g_array_index(lines, OrderedLine, from), to - from,
                           &g_array_index(ranks, Rank, 0)});
        from = to;
    }
}
