/* Older values that loads may return: the orders that C11 gives, where an execution runs in one.
 *
 * Each word keeps its last stores, in their order. A thread's *view* has for each word the oldest
 * store that the thread may still see: a store of its own, a store that it has loaded, or one that
 * happened before in the sense of C11. A store that releases carries the view of its thread; a load
 * that acquires, of that store, adds it to its own (Kang et al., A promising semantics, 2017,
 * without promises; the view of a store is its vector clock, word by word).
 *   - A racy load may return any store from its view on. It leaves the view as it is: a plain load
 *     on WebAssembly may even see an older value than the plain load before it did.
 *   - A load in order acquires, and returns the last store in order or a later racy one.
 *   - A store in order releases. A racy store does neither.
 *   - A read-modify-write reads the newest store, and carries on what that has released.
 * With all operations of a word in order, a load returns its newest value: this is sequential
 * consistency again.
 *
 * How many loads of an execution return an older value is bounded. Not modelled: a racy store that
 * other threads see before the stores of its thread that came earlier in another order than the
 * execution's, a load that sees a later store, and plain variables, whose races ThreadSanitizer
 * finds. The runtime has no fences. */
#include <string.h>

#include "platform/explore_state.h"

enum { LOCATIONS = 512, BUCKETS = 2048, KEPT = 4 };

typedef uint16_t moment; /* of one word: how many stores there were before */
typedef struct view {
    moment oldest[LOCATIONS];
} view;
typedef struct message {
    uint64_t value;
    int carries; /* how many words it carries a moment of */
    view carried;
} message;
typedef struct location {
    const void *word;
    moment newest, in_order; /* the last store; the last in order */
    message kept[KEPT];
} location;

bool explore_is_weak;
static location locations[LOCATIONS];
static int used;
static uint16_t buckets[BUCKETS]; /* location + 1 */
static view views[EXPLORE_THREADS];
static int weakened[EXPLORE_THREADS]; /* the order of the next operation + 1; 0: its own */

void weak_begin(void)
{
    explore_is_weak = e.options->stale > 0;
    if (!explore_is_weak) return;
    used = 0;
    memset(buckets, 0, sizeof buckets);
    memset(weakened, 0, sizeof weakened);
}

static void forget(location *l, uint64_t value)
{
    l->newest = l->in_order = (moment)(l->newest + KEPT);
    l->kept[l->newest % KEPT].value = value;
    l->kept[l->newest % KEPT].carries = 0;
    for (int t = 0; t < EXPLORE_THREADS; t++) views[t].oldest[l - locations] = l->newest;
}

/* NULL: too many words. Those have their newest value only. */
static location *find(const void *word, uint64_t value)
{
    size_t i = (size_t)word / 4 % BUCKETS;
    while (buckets[i] && locations[buckets[i] - 1].word != word) i = (i + 1) % BUCKETS;
    location *l = &locations[buckets[i] - 1];
    if (!buckets[i]) {
        if (used == LOCATIONS) return NULL;
        buckets[i] = (uint16_t)++used;
        l = &locations[used - 1];
        l->word = word;
        l->newest = 0;
        forget(l, value);
    } else if (l->kept[l->newest % KEPT].value != value) {
        forget(l, value); /* a plain store, to a word that no other thread knew yet */
    }
    return l;
}

static void join(view *into, const view *from, int count)
{
    for (int i = 0; i < count; i++) {
        if (from->oldest[i] > into->oldest[i]) into->oldest[i] = from->oldest[i];
    }
}

static int order_of(int order)
{
    int weaker = weakened[e.running];
    weakened[e.running] = 0;
    return weaker && order != ORDER_RACY ? weaker - 1 : order;
}

void explore_weaken(int order) { weakened[e.running] = order + 1; }

void weak_join_all(void)
{
    if (!explore_is_weak) return;
    for (int t = 0; t < EXPLORE_THREADS; t++) join(&views[e.running], &views[t], used);
}

/* How many stores older than the newest the load goes back. */
static int age_of(const location *l, moment oldest, bool acquires)
{
    int ages[KEPT], n = 0;
    for (int age = 0; age < KEPT && l->newest - age >= oldest; age++) {
        bool is_new = true; /* an equal value is another one only for what it carries */
        for (int i = 0; i < n && !acquires; i++) {
            uint64_t value = l->kept[(l->newest - age) % KEPT].value;
            is_new = is_new && l->kept[(l->newest - ages[i]) % KEPT].value != value;
        }
        if (is_new) ages[n++] = age;
    }
    if (n == 1 || e.stale >= e.options->stale) return 0;
    int taken = decide(&(choices){.count = n, .living = n}, false);
    if (taken > 0) e.stale++;
    return taken > 0 ? ages[taken] : 0;
}

uint64_t explore_weak_load(const void *word, uint64_t value, int order)
{
    if (e.running == NO_THREAD) return value;
    location *l = find(word, value);
    order = order_of(order);
    if (!l) return value;
    moment *own = &views[e.running].oldest[l - locations], oldest = *own;
    if ((order & ORDER_TOTAL) && oldest < l->in_order) oldest = l->in_order;
    moment at = (moment)(l->newest - age_of(l, oldest, order & ORDER_ACQUIRE));
    const message *m = &l->kept[at % KEPT];
    if (order != ORDER_RACY && *own < at) *own = at;
    if (order & ORDER_ACQUIRE) join(&views[e.running], &m->carried, m->carries);
    return m->value;
}

static void store(location *l, uint64_t value, int order, const message *continues)
{
    view *own = &views[e.running];
    moment at = ++l->newest;
    message *m = &l->kept[at % KEPT];
    own->oldest[l - locations] = at;
    m->carries = continues ? continues->carries : 0;
    if (continues) memcpy(&m->carried, &continues->carried, (size_t)m->carries * sizeof(moment));
    if (order & ORDER_RELEASE) {
        for (; m->carries < used; m->carries++) m->carried.oldest[m->carries] = 0;
        join(&m->carried, own, used);
    }
    m->value = value;
    if (order & ORDER_TOTAL) l->in_order = at;
}

void explore_weak_store(const void *word, uint64_t old, uint64_t value, int order)
{
    if (e.running == NO_THREAD) return;
    location *l = find(word, old);
    order = order_of(order);
    if (l) store(l, value, order, NULL);
}

void explore_weak_update(const void *word, uint64_t old, uint64_t value, bool stores)
{
    if (e.running == NO_THREAD) return;
    location *l = find(word, old);
    int order = order_of(ORDER_FULL);
    if (!l) return;
    message *m = &l->kept[l->newest % KEPT];
    views[e.running].oldest[l - locations] = l->newest;
    if (order & ORDER_ACQUIRE) join(&views[e.running], &m->carried, m->carries);
    if (stores) store(l, value, order, m);
}
