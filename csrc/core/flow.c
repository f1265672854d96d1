#include "flow.h"

enum {
	CLAIM_TRIES = 256, /* looks at a claimed bucket before giving up on the frame */
};

size_t screen_flows_size(uint32_t max)
{
	uint32_t buckets = max / SCREEN_FLOWS_PER_BUCKET;

	return screen_marks_count(buckets) * sizeof(struct screen_marks) +
	       buckets * sizeof(struct screen_bucket) + (size_t)max * sizeof(struct screen_flow);
}

void screen_flows_init(struct screen_flows *t, void *memory, uint32_t max, const uint64_t key[2])
{
	memset(t, 0, sizeof(*t));
	t->buckets_count = max / SCREEN_FLOWS_PER_BUCKET;
	t->marks = memory;
	t->buckets = (struct screen_bucket *)(t->marks + screen_marks_count(t->buckets_count));
	t->flows = (struct screen_flow *)(t->buckets + t->buckets_count);
	t->flows_max = max;
	t->key[0] = key[0];
	t->key[1] = key[1];
	for (uint32_t i = 1; i < max; i++)
		t->flows[i].next_free = i + 1 < max ? i + 1 : SCREEN_FLOW_NONE;
	atomic_store(&t->free, 1);
}

uint64_t screen_flow_end_hash(const struct screen_flows *t, const struct screen_flow_key *key,
			      bool low)
{
	uint64_t words[3];

	memcpy(words, low ? key->low : key->high, 16);
	words[2] = key->wire;
	return screen_siphash13_words(t->key[1], t->key[0], words, 3);
}

static void count_flow(struct screen_flows *t, const struct screen_flow *f, uint8_t what, bool more)
{
	uint64_t source = screen_flow_end_hash(t, &f->key, f->client_low);

	if (what & SCREEN_COUNTED_SESSION) {
		screen_session_add(&t->sessions->source, source, more);
		screen_session_add(&t->sessions->destination,
				   screen_flow_end_hash(t, &f->key, !f->client_low), more);
	}
	if (what & SCREEN_COUNTED_SILENT)
		screen_session_add(&t->sessions->silent, source, more);
}

void screen_flow_count(struct screen_flows *t, struct screen_flow *f, uint8_t what)
{
	uint8_t before;

	if (!t->sessions)
		return;
	before = atomic_fetch_or_explicit(&f->counted, what, memory_order_relaxed);
	if (what & ~before)
		count_flow(t, f, what & (uint8_t)~before, true);
}

void screen_flow_uncount(struct screen_flows *t, struct screen_flow *f, uint8_t what)
{
	uint8_t before;

	if (!t->sessions || !(atomic_load_explicit(&f->counted, memory_order_relaxed) & what))
		return;
	before = atomic_fetch_and_explicit(&f->counted, (uint8_t)~what, memory_order_relaxed);
	if (before & what)
		count_flow(t, f, before & what, false);
}

static struct screen_bucket *bucket_of(struct screen_flows *t, uint64_t hash)
{
	return &t->buckets[screen_flow_bucket(t->buckets_count, hash)];
}

uint32_t screen_flow_find(struct screen_flows *t, const struct screen_flow_key *key, uint64_t hash)
{
	struct screen_bucket *b = bucket_of(t, hash);
	uint32_t tag = screen_flow_slot(hash, 0);

	for (int i = 0; i < SCREEN_BUCKET_SLOTS; i++) {
		uint32_t slot = atomic_load_explicit(&b->slot[i], memory_order_acquire);
		uint32_t index = slot & SCREEN_FLOW_INDEX;

		if (index == SCREEN_FLOW_NONE || (slot & ~(uint32_t)SCREEN_FLOW_INDEX) != tag)
			continue;
		if (memcmp(&t->flows[index].key, key, sizeof(*key)) == 0)
			return index;
	}
	return SCREEN_FLOW_NONE;
}

/* Pop and push of a Treiber stack; the tag in the upper half keeps ABA away. next_free is read from
 * an entry that another worker may just have popped: such a value is never used, because the
 * compare-and-swap then fails. Hence the atomic accesses. */
uint32_t screen_flow_take(struct screen_flows *t)
{
	uint64_t old = atomic_load_explicit(&t->free, memory_order_acquire), next;
	struct screen_flow *f;
	uint32_t index;

	do {
		index = (uint32_t)old;
		if (index == SCREEN_FLOW_NONE) {
			atomic_fetch_add_explicit(&t->refused, 1, memory_order_relaxed);
			return SCREEN_FLOW_NONE;
		}
		next = ((old >> 32) + 1) << 32 |
		       __atomic_load_n(&t->flows[index].next_free, __ATOMIC_RELAXED);
	} while (!atomic_compare_exchange_weak_explicit(&t->free, &old, next, memory_order_acq_rel,
							memory_order_acquire));
	f = &t->flows[index];
	atomic_store_explicit(&f->state, SCREEN_FLOW_FREE, memory_order_relaxed);
	f->created_s = 0;
	f->client_low = f->client_slot = 0;
	f->half_open_s = 0;
	memset(&f->side, 0, offsetof(struct screen_flow, next_free) -
				    offsetof(struct screen_flow, side));
	atomic_fetch_add_explicit(&t->used, 1, memory_order_relaxed);
	return index;
}

bool screen_flows_full(const struct screen_flows *t)
{
	return (uint32_t)atomic_load_explicit(&t->free, memory_order_relaxed) == SCREEN_FLOW_NONE;
}

/* How gladly a flow is given up for another: 0 is not at all. */
static int dispensable(const struct screen_flow *f)
{
	uint32_t state = screen_flow_state_get(f);

	if (state == SCREEN_FLOW_CLOSED)
		return 3;
	if (state != SCREEN_FLOW_PENDING && state != SCREEN_FLOW_OPENING && screen_flow_over(f))
		return 2;
	return state == SCREEN_FLOW_HALF_OPEN ? 1 : 0;
}

/* An entry was taken out of the table: it is no session any more. */
static void leave(struct screen_flows *t, uint32_t index)
{
	screen_flow_uncount(t, &t->flows[index], SCREEN_COUNTED_SESSION | SCREEN_COUNTED_SILENT);
}

uint32_t screen_flow_evict(struct screen_flows *t, uint64_t hash)
{
	struct screen_bucket *b = bucket_of(t, hash);
	uint32_t victim = 0;
	int best = 0, at = 0;

	for (int i = 0; i < SCREEN_BUCKET_SLOTS; i++) {
		uint32_t slot = atomic_load_explicit(&b->slot[i], memory_order_acquire);
		int rank = slot ? dispensable(&t->flows[slot & SCREEN_FLOW_INDEX]) : 0;

		if (rank <= best)
			continue;
		best = rank;
		victim = slot;
		at = i;
	}
	if (!victim || !atomic_compare_exchange_strong_explicit(&b->slot[at], &victim, 0,
								memory_order_acq_rel,
								memory_order_relaxed))
		return SCREEN_FLOW_NONE;
	leave(t, victim & SCREEN_FLOW_INDEX);
	return victim & SCREEN_FLOW_INDEX;
}

void screen_flow_give(struct screen_flows *t, uint32_t index)
{
	uint64_t old = atomic_load_explicit(&t->free, memory_order_acquire), next;

	leave(t, index); /* who had found it before it was taken out may have counted it again */
	atomic_fetch_add_explicit(&t->flows[index].generation, 1, memory_order_release);
	do {
		__atomic_store_n(&t->flows[index].next_free, (uint32_t)old, __ATOMIC_RELAXED);
		next = ((old >> 32) + 1) << 32 | index;
	} while (!atomic_compare_exchange_weak_explicit(&t->free, &old, next, memory_order_acq_rel,
							memory_order_acquire));
	atomic_fetch_sub_explicit(&t->used, 1, memory_order_relaxed);
}

/* Makes the version odd. False when others kept it odd for too long. */
static bool bucket_claim(struct screen_bucket *b)
{
	for (int i = 0; i < CLAIM_TRIES; i++) {
		uint32_t version = atomic_load_explicit(&b->version, memory_order_relaxed);

		if (version & 1)
			continue;
		if (atomic_compare_exchange_weak_explicit(&b->version, &version, version + 1,
							  memory_order_acquire,
							  memory_order_relaxed))
			return true;
	}
	return false;
}

static void bucket_release(struct screen_bucket *b)
{
	atomic_fetch_add_explicit(&b->version, 1, memory_order_release);
}

static _Atomic uint64_t *mark_of(struct screen_flows *t, const struct screen_bucket *b, uint64_t *bit)
{
	uint32_t bucket = (uint32_t)(b - t->buckets);

	*bit = 1ull << bucket % 64;
	return &t->marks[bucket / SCREEN_MARKS].word[bucket / 64 % 16];
}

/* A claimed bucket. What is so already is not written again: many share the word. */
static void mark(struct screen_flows *t, const struct screen_bucket *b)
{
	uint64_t bit;
	_Atomic uint64_t *word = mark_of(t, b, &bit);

	if (!(atomic_load_explicit(word, memory_order_relaxed) & bit))
		atomic_fetch_or_explicit(word, bit, memory_order_seq_cst);
}

static bool is_empty(const struct screen_bucket *b)
{
	for (int i = 0; i < SCREEN_BUCKET_SLOTS; i++)
		if (atomic_load_explicit(&b->slot[i], memory_order_relaxed))
			return false;
	return true;
}

/* Who claims the bucket keeps others from installing into it. */
static void unmark_empty(struct screen_flows *t, struct screen_bucket *b)
{
	uint64_t bit;
	_Atomic uint64_t *word = mark_of(t, b, &bit);

	if (!(atomic_load_explicit(word, memory_order_relaxed) & bit) || !is_empty(b) || !bucket_claim(b))
		return;
	if (is_empty(b))
		atomic_fetch_and_explicit(word, ~bit, memory_order_relaxed);
	bucket_release(b);
}

enum screen_install screen_flow_install(struct screen_flows *t, uint32_t index, uint64_t hash,
					uint32_t replaces, uint32_t *other)
{
	struct screen_bucket *b = bucket_of(t, hash);
	enum screen_install result = SCREEN_INSTALL_FULL;
	uint32_t found, value = screen_flow_slot(hash, index);

	if (!bucket_claim(b))
		return SCREEN_INSTALL_FULL;
	found = screen_flow_find(t, &t->flows[index].key, hash);
	if (found != replaces && found != SCREEN_FLOW_NONE) {
		*other = found;
		result = SCREEN_INSTALL_EXISTS;
		goto out;
	}
	mark(t, b);
	/* The one to be replaced may have been swept meanwhile: then any empty slot will do. */
	for (int i = 0; i < SCREEN_BUCKET_SLOTS; i++) {
		uint32_t expected = found ? screen_flow_slot(hash, found) : 0;

		if (atomic_compare_exchange_strong_explicit(&b->slot[i], &expected, value,
							    memory_order_release,
							    memory_order_relaxed)) {
			atomic_fetch_add_explicit(&t->installed, 1, memory_order_relaxed);
			if (found)
				leave(t, found);
			*other = found;
			result = SCREEN_INSTALL_DONE;
			break;
		}
	}
out:
	bucket_release(b);
	if (result == SCREEN_INSTALL_FULL)
		atomic_fetch_add_explicit(&t->refused, 1, memory_order_relaxed);
	return result;
}

bool screen_flow_remove(struct screen_flows *t, uint32_t index, uint64_t hash)
{
	struct screen_bucket *b = bucket_of(t, hash);

	for (int i = 0; i < SCREEN_BUCKET_SLOTS; i++) {
		uint32_t expected = screen_flow_slot(hash, index);

		if (atomic_compare_exchange_strong_explicit(&b->slot[i], &expected, 0,
							    memory_order_acq_rel,
							    memory_order_relaxed)) {
			leave(t, index);
			return true;
		}
	}
	return false;
}

bool screen_flow_over(const struct screen_flow *f)
{
	uint8_t closing = atomic_load_explicit(&f->closing, memory_order_relaxed);
	uint8_t both = SCREEN_CLOSING_FIN_CLIENT | SCREEN_CLOSING_FIN_SERVER;

	return (closing & SCREEN_CLOSING_RST) || (closing & both) == both ||
	       screen_flow_state_get(f) == SCREEN_FLOW_CLOSED;
}

uint32_t screen_flow_timeout(const struct screen_flow *f, const struct screen_policy *policy)
{
	uint32_t time_wait_s = policy->time_wait_s;
	uint8_t closing = atomic_load_explicit(&f->closing, memory_order_relaxed);
	uint32_t state = screen_flow_state_get(f);

	if (state == SCREEN_FLOW_CLOSED)
		return SCREEN_TIMEOUT_TOMBSTONE;
	if (closing & SCREEN_CLOSING_RST)
		return state == SCREEN_FLOW_SPLICED ? SCREEN_TIMEOUT_TOMBSTONE :
						      SCREEN_TIMEOUT_RESET;
	if (screen_flow_over(f))
		return time_wait_s > SCREEN_TIMEOUT_TOMBSTONE || state != SCREEN_FLOW_SPLICED ?
			       time_wait_s : SCREEN_TIMEOUT_TOMBSTONE;
	if (state == SCREEN_FLOW_HALF_OPEN && !(closing & SCREEN_ONE_WAY))
		return f->half_open_s;
	if (state == SCREEN_FLOW_PENDING)
		return SCREEN_TIMEOUT_TOMBSTONE; /* its owner ends it long before */
	if (policy->half_close &&
	    (closing & (SCREEN_CLOSING_FIN_CLIENT | SCREEN_CLOSING_FIN_SERVER)))
		return time_wait_s;
	return policy->inactivity_timeout_s;
}

bool screen_flow_expired(const struct screen_flow *f, uint32_t now_s,
			 const struct screen_policy *policy)
{
	uint32_t client = atomic_load_explicit(&f->side[0].seen_s, memory_order_relaxed);
	uint32_t server = atomic_load_explicit(&f->side[1].seen_s, memory_order_relaxed);
	uint32_t last = client > server ? client : server;

	if (screen_flow_state_get(f) == SCREEN_FLOW_HALF_OPEN &&
	    !(atomic_load_explicit(&f->closing, memory_order_relaxed) & SCREEN_ONE_WAY))
		last = f->created_s; /* repeating a SYN does not make it live longer */
	return now_s > last && now_s - last > screen_flow_timeout(f, policy);
}

uint32_t screen_flow_sweep(struct screen_flows *t, uint32_t bucket, uint32_t now_s,
			   const struct screen_policy *policy,
			   uint32_t expired[SCREEN_BUCKET_SLOTS])
{
	struct screen_bucket *b = &t->buckets[bucket & (t->buckets_count - 1)];
	uint32_t count = 0;

	for (int i = 0; i < SCREEN_BUCKET_SLOTS; i++) {
		uint32_t slot = atomic_load_explicit(&b->slot[i], memory_order_acquire);
		uint32_t index = slot & SCREEN_FLOW_INDEX;

		if (index == SCREEN_FLOW_NONE ||
		    !screen_flow_expired(&t->flows[index], now_s, policy))
			continue;
		if (atomic_compare_exchange_strong_explicit(&b->slot[i], &slot, 0,
							    memory_order_acq_rel,
							    memory_order_relaxed)) {
			atomic_fetch_add_explicit(&t->expired, 1, memory_order_relaxed);
			leave(t, index);
			expired[count++] = index;
		}
	}
	unmark_empty(t, b);
	return count;
}
