#include "core/line_order.h"

#include "core/armored_code.h"

#define MOST_JUDGED 600 /* lines of one copy; more than the largest code has */
#define NEAR        8   /* lines of the code between two that are compared */
#define SLACK       3   /* symbols lost or added between a line and the next */
#define MOST_STRIDE                                                                                \
    120               /* symbols from one line to the next, with all that is written around it     \
                       */
#define LEAST_ALIKE 3 /* lines that are as far from the next one, for that to be a rule */

/* How much a line counts when an order is sought. */
enum {
    WEIGHT_NONE,
    WEIGHT_FIRM,
    WEIGHT_NEAR = 3,
    WEIGHT_SURE = 5,
};

/* The best order that ends with a line. */
typedef struct {
    guint support; /* lines nearby that stand as far from it as their numbers say */
    guint aligned; /* lines nearby that stand as far from it as any line would */
    bool out;      /* it shares symbols with a line that more speaks for */
    guint weight;  /* of the line itself */
    guint total;
    gint before; /* the line before it in that order; -1: none */
    bool ordered;
} Rank;

/* All lines of the text, or those of one copy in it: from a first line to the next. */
typedef struct {
    OrderedLine *lines;
    guint count;
    Rank *ranks;
    gint64 stride; /* symbols from one line to the next */
} Lines;

/* A first line is shorter than the others, but ends where block 0 begins. */
static gint64 start_of(const OrderedLine *line)
{
    return line->number < 0 ? (gint64)line->end - ARMORED_CODE_FULL : line->start;
}

/* Whether the distance between two lines is that of their numbers. */
static bool is_apart_as_numbered(const Lines *all, const OrderedLine *a, const OrderedLine *b)
{
    const gint64 lines = (gint64)a->number - b->number;
    const gint64 off = start_of(a) - start_of(b) - lines * all->stride;
    /* Beyond that, line numbers before them may have a digit more or less. */
    return lines != 0 && ABS(lines) <= NEAR && ABS(off) < SLACK + ABS(lines);
}

/* Numbers, stars and the like that are written around each line are the same around all of them, so
 * that most lines are as far from the next one. */
static gint64 stride_of(const OrderedLine *lines, guint count)
{
    guint16 seen[MOST_STRIDE + 1] = {0};
    gsize best = ARMORED_CODE_FULL;
    for (guint i = 0; i + 1 < count; i++) {
        const gint64 distance = start_of(&lines[i + 1]) - start_of(&lines[i]);
        if (lines[i + 1].number == lines[i].number + 1 && distance >= ARMORED_CODE_FULL &&
            distance <= MOST_STRIDE) {
            seen[distance]++;
            best = seen[distance] > seen[best] ? (gsize)distance : best;
        }
    }
    return seen[best] >= LEAST_ALIKE ? (gint64)best : ARMORED_CODE_FULL;
}

/* Whether some number of lines, and nothing else, would stand between the starts of two. */
static bool is_aligned(const Lines *all, const OrderedLine *a, const OrderedLine *b)
{
    const gint64 apart = ABS(start_of(a) - start_of(b));
    const gint64 lines = (apart + all->stride / 2) / all->stride;
    return ABS(apart - lines * all->stride) <= SLACK;
}

/* Two lines that fit by chance do not also stand as far from each other as their numbers say. */
static void count_support(const Lines *all, guint index)
{
    const guint from = index > NEAR ? index - NEAR : 0;
    const guint to = MIN(all->count, index + NEAR + 1);
    const OrderedLine *line = &all->lines[index];
    Rank *rank = &all->ranks[index];
    for (guint i = from; i < to; i++) {
        rank->support += i != index && is_apart_as_numbered(all, line, &all->lines[i]);
        rank->aligned += i != index && is_aligned(all, line, &all->lines[i]);
    }
}

/* The nearest line behind or before one that shares no symbol with it; NULL: there is none. */
static const OrderedLine *neighbour(const Lines *all, guint index, bool behind)
{
    const OrderedLine *line = &all->lines[index];
    const gint64 step = behind ? 1 : -1;
    for (gint64 i = index + step; i >= 0 && i < all->count; i += step) {
        const OrderedLine *other = &all->lines[i];
        if (!all->ranks[i].out &&
            (behind ? other->start >= line->end : other->end <= line->start)) {
            return other;
        }
    }
    return NULL;
}

/* Whether there is room for lines, and for nothing else, between two of them. */
static bool is_room_for_lines(const Lines *all, const OrderedLine *line, const OrderedLine *next)
{
    const gint64 between = (gint64)next->start - line->end - (all->stride - ARMORED_CODE_FULL);
    const gint64 lines = (between + all->stride / 2) / all->stride;
    return lines <= NEAR && ABS(between - lines * all->stride) < SLACK + MAX(lines, 1);
}

/* Whether it fills a line of the text, or stands between others, as far as there are any, as they
 * do. What fits by chance seldom stands so. */
static bool stands_in_line(const Lines *all, guint index)
{
    const OrderedLine *line = &all->lines[index];
    const OrderedLine *before = neighbour(all, index, false);
    const OrderedLine *behind = neighbour(all, index, true);
    return line->whole || ((before != NULL || behind != NULL) &&
                           (before == NULL || is_room_for_lines(all, before, line)) &&
                           (behind == NULL || is_room_for_lines(all, line, behind)));
}

static guint standing_of(const Lines *all, guint index, bool by_line)
{
    const Rank *rank = &all->ranks[index];
    if (all->lines[index].sure) {
        return G_MAXUINT;
    }
    return by_line ? stands_in_line(all, index) : rank->support + rank->aligned;
}

/* A symbol belongs to one line: of two that share some, the one that fewer lines nearby speak for
 * fitted by chance, or else (`by_line`) the one that does not stand in line. */
static void rule_out(const Lines *all, bool by_line)
{
    for (guint i = 0; i < all->count; i++) {
        const guint mine = standing_of(all, i, by_line);
        for (guint k = i + 1; k < all->count && all->lines[k].start < all->lines[i].end; k++) {
            const guint other = standing_of(all, k, by_line);
            if (!all->ranks[i].out && !all->ranks[k].out && mine != other) {
                all->ranks[mine < other ? i : k].out = true;
            }
        }
    }
}

/* Two lines of one number that differ are not both right: where lines nearby speak for one of them,
 * the other fitted by chance, or has a wrong check. */
static void rule_out_rivals(const Lines *all)
{
    g_autoptr(GHashTable) backed = g_hash_table_new(NULL, NULL);
    for (guint i = 0; i < all->count; i++) {
        if (all->lines[i].number >= 0 && (all->lines[i].sure || all->ranks[i].support > 0)) {
            g_hash_table_insert(backed, GINT_TO_POINTER(all->lines[i].number), &all->lines[i]);
        }
    }
    for (guint i = 0; i < all->count; i++) {
        const OrderedLine *line = &all->lines[i];
        const OrderedLine *rival = g_hash_table_lookup(backed, GINT_TO_POINTER(line->number));
        all->ranks[i].out =
            rival != NULL && !line->sure && all->ranks[i].support == 0 && rival->hash != line->hash;
    }
}

/* Whether the text shows another line of the code than a first one, which stands in more texts than
 * lines can be read in. */
static bool has_company(const Lines *all, guint index)
{
    for (guint i = 0; i < all->count; i++) {
        if (i != index && all->lines[i].number >= 0 && !all->ranks[i].out) {
            return true;
        }
    }
    return false;
}

static guint weight_of(const Lines *all, guint index)
{
    if (all->lines[index].sure) {
        return WEIGHT_SURE;
    }
    if (all->ranks[index].out) {
        return WEIGHT_NONE;
    }
    if (all->ranks[index].support > 0) {
        return WEIGHT_NEAR;
    }
    const bool firm = all->lines[index].firm && has_company(all, index);
    return firm || stands_in_line(all, index) ? WEIGHT_FIRM : WEIGHT_NONE;
}

static bool may_follow(const OrderedLine *line, const OrderedLine *before)
{
    return before->number < line->number ||
           (before->number == line->number && before->hash == line->hash);
}

/* Finds the order that weighs most: of lines whose numbers rise, or that are there twice. */
static gint heaviest_order(const Lines *copy)
{
    gint best = -1;
    for (guint i = 0; i < copy->count; i++) {
        Rank *rank = &copy->ranks[i];
        for (guint k = 0; k < i && rank->weight > 0; k++) {
            const Rank *before = &copy->ranks[k];
            if (before->weight > 0 && may_follow(&copy->lines[i], &copy->lines[k]) &&
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

static void judge_copy(const Lines *copy)
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

static void judge_copies(const Lines *all)
{
    guint from = 0;
    while (from < all->count) {
        guint to = from + 1;
        while (to < all->count && to - from < MOST_JUDGED && all->lines[to].number >= 0) {
            to++;
        }
        judge_copy(&(Lines){all->lines + from, to - from, all->ranks + from, all->stride});
        from = to;
    }
}

/* A line that was moved is the only one of its number; where a damaged check makes one line
 * another, that other one mostly stands in its own place. */
static void admit_moved(const Lines *all)
{
    gint32 most = 0;
    for (guint i = 0; i < all->count; i++) {
        most = MAX(most, all->lines[i].number);
    }
    g_autoptr(GArray) counted = g_array_new(FALSE, TRUE, sizeof(guint));
    g_array_set_size(counted, (guint)most + 1);
    guint *claims = &g_array_index(counted, guint, 0);
    for (guint i = 0; i < all->count; i++) {
        if (all->lines[i].number >= 0 && all->ranks[i].weight > 0) {
            claims[all->lines[i].number]++;
        }
    }
    for (guint i = 0; i < all->count; i++) {
        OrderedLine *line = &all->lines[i];
        line->fits = line->fits || (line->number >= 0 && all->ranks[i].weight > 0 &&
                                    claims[line->number] == 1 && stands_in_line(all, i));
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
    g_autoptr(GArray) kept = g_array_new(FALSE, TRUE, sizeof(Rank));
    g_array_set_size(kept, lines->len + 1);
    Rank *ranks = &g_array_index(kept, Rank, 0);
    OrderedLine *first = (OrderedLine *)(gpointer)lines->data;
    const Lines all = {first, lines->len, ranks, stride_of(first, lines->len)};
    for (guint i = 0; i < all.count; i++) {
        ranks[i].before = -1;
        count_support(&all, i);
    }
    rule_out_rivals(&all);
    rule_out(&all, false);
    rule_out(&all, true);
    for (guint i = 0; i < all.count; i++) {
        ranks[i].weight = weight_of(&all, i);
    }
    judge_copies(&all);
    admit_moved(&all);
}
