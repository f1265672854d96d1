/*
 * The flow table in one thread: keys, installing, timeouts, sweeping.
 */
#include "frame.h"
#include "flow.h"
#include "random.h"
#include "run.h"

enum { MAX = 1024 };

static const uint64_t SECRET[2] = { 3, 4 };

struct table {
	struct screen_flows t;
	void *memory;
};

static void *table_new(void)
{
	struct table *x = calloc(1, sizeof(*x));
	size_t size = screen_flows_size(MAX);

	x->memory = aligned_alloc(64, size);
	memset(x->memory, 0, size);
	screen_flows_init(&x->t, x->memory, MAX, SECRET);
	return x;
}

static void table_free(void *table)
{
	struct table *x = table;

	free(x->memory);
	free(x);
}

static struct screen_flow_key key_of(uint32_t number)
{
	struct screen_flow_key k = { .low = { 1 }, .high = { 2 }, .low_port = 80, .wire = 1 };

	frame_put32(k.low + 12, number);
	return k;
}

static bool is_occupied(const struct screen_flows *t, uint32_t bucket)
{
	bool occupied = false;

	for (int i = 0; i < SCREEN_BUCKET_SLOTS; i++)
		occupied |= t->buckets[bucket].slot[i] != 0;
	return occupied;
}

/* Takes, fills and installs one; returns its index. */
static uint32_t install(struct screen_flows *t, const struct screen_flow_key *k, uint64_t hash,
			uint32_t replaces, enum screen_install *result)
{
	uint32_t index = screen_flow_take(t), other = SCREEN_FLOW_NONE;

	assert_int_not_equal(index, SCREEN_FLOW_NONE);
	t->flows[index].key = *k;
	screen_flow_state_set(&t->flows[index], SCREEN_FLOW_HALF_OPEN);
	*result = screen_flow_install(t, index, hash, replaces, &other);
	if (*result != SCREEN_INSTALL_DONE)
		screen_flow_give(t, index);
	else if (other != SCREEN_FLOW_NONE)
		screen_flow_give(t, other);
	return *result == SCREEN_INSTALL_EXISTS ? other : index;
}

static void flow_is_found_until_it_is_removed(void **state)
{
	struct table *x = table_new();
	struct screen_flow_key k = key_of(7), other = key_of(8);
	uint64_t hash = screen_flow_hash(&x->t, &k);
	enum screen_install result;
	uint32_t index;

	(void)state;
	assert_int_equal(screen_flow_find(&x->t, &k, hash), SCREEN_FLOW_NONE);
	index = install(&x->t, &k, hash, SCREEN_FLOW_NONE, &result);
	assert_int_equal(result, SCREEN_INSTALL_DONE);
	assert_int_equal(screen_flow_find(&x->t, &k, hash), index);
	/* another key with the same hash is another flow */
	assert_int_equal(screen_flow_find(&x->t, &other, hash), SCREEN_FLOW_NONE);
	assert_true(screen_flow_remove(&x->t, index, hash));
	assert_false(screen_flow_remove(&x->t, index, hash));
	assert_int_equal(screen_flow_find(&x->t, &k, hash), SCREEN_FLOW_NONE);
	screen_flow_give(&x->t, index);
	assert_int_equal(x->t.used, 0);
	table_free(x);
}

static void flow_installed_twice_is_there_once(void **state)
{
	struct table *x = table_new();
	struct screen_flow_key k = key_of(7);
	uint64_t hash = screen_flow_hash(&x->t, &k);
	enum screen_install result;
	uint32_t first = install(&x->t, &k, hash, SCREEN_FLOW_NONE, &result), second;

	(void)state;
	assert_int_equal(install(&x->t, &k, hash, SCREEN_FLOW_NONE, &result), first);
	assert_int_equal(result, SCREEN_INSTALL_EXISTS);
	second = install(&x->t, &k, hash, first, &result);
	assert_int_equal(result, SCREEN_INSTALL_DONE);
	assert_int_equal(screen_flow_find(&x->t, &k, hash), second);
	/* replacing what somebody else has replaced already loses */
	assert_int_equal(install(&x->t, &k, hash, first, &result), second);
	assert_int_equal(result, SCREEN_INSTALL_EXISTS);
	assert_int_equal(x->t.used, 1);
	assert_int_equal(x->t.installed, 2);
	/* replacing what has been swept meanwhile is an installation */
	assert_true(screen_flow_remove(&x->t, second, hash));
	(void)install(&x->t, &k, hash, second, &result);
	assert_int_equal(result, SCREEN_INSTALL_DONE);
	table_free(x);
}

static void flows_of_one_hash_fill_their_bucket_and_no_more(void **state)
{
	struct table *x = table_new();
	enum screen_install result;
	uint32_t index[SCREEN_BUCKET_SLOTS];
	struct screen_flow_key k;

	(void)state;
	for (uint32_t i = 0; i < SCREEN_BUCKET_SLOTS; i++) {
		k = key_of(i);
		index[i] = install(&x->t, &k, 5, SCREEN_FLOW_NONE, &result);
		assert_int_equal(result, SCREEN_INSTALL_DONE);
	}
	k = key_of(99);
	(void)install(&x->t, &k, 5, SCREEN_FLOW_NONE, &result);
	assert_int_equal(result, SCREEN_INSTALL_FULL);
	assert_int_equal(x->t.refused, 1);
	assert_int_equal(x->t.used, SCREEN_BUCKET_SLOTS);
	for (uint32_t i = 0; i < SCREEN_BUCKET_SLOTS; i++) {
		k = key_of(i);
		assert_int_equal(screen_flow_find(&x->t, &k, 5), index[i]);
	}
	/* in a full bucket one can still take its own place, and a freed one */
	k = key_of(3);
	index[3] = install(&x->t, &k, 5, index[3], &result);
	assert_int_equal(result, SCREEN_INSTALL_DONE);
	assert_true(screen_flow_remove(&x->t, index[9], 5));
	k = key_of(99);
	(void)install(&x->t, &k, 5, SCREEN_FLOW_NONE, &result);
	assert_int_equal(result, SCREEN_INSTALL_DONE);
	table_free(x);
}

/* Somebody died, or sleeps, in the middle of installing: that bucket refuses, nothing hangs. */
static void claimed_bucket_refuses_instead_of_hanging(void **state)
{
	struct table *x = table_new();
	struct screen_flow_key k = key_of(1);
	enum screen_install result;

	(void)state;
	atomic_fetch_add(&x->t.buckets[5].version, 1);
	(void)install(&x->t, &k, 5, SCREEN_FLOW_NONE, &result);
	assert_int_equal(result, SCREEN_INSTALL_FULL);
	atomic_fetch_add(&x->t.buckets[5].version, 1);
	(void)install(&x->t, &k, 5, SCREEN_FLOW_NONE, &result);
	assert_int_equal(result, SCREEN_INSTALL_DONE);
	table_free(x);
}

static void full_table_refuses_and_is_whole_again_when_emptied(void **state)
{
	struct table *x = table_new();
	uint8_t *seen = calloc(MAX, 1);

	(void)state;
	for (int round = 0; round < 3; round++) {
		memset(seen, 0, MAX);
		for (int i = 1; i < MAX; i++) {
			uint32_t index = screen_flow_take(&x->t);

			assert_in_range(index, 1, MAX - 1); /* index 0 is never given out */
			assert_int_equal(seen[index]++, 0);
		}
		assert_int_equal(x->t.used, MAX - 1);
		assert_int_equal(screen_flow_take(&x->t), SCREEN_FLOW_NONE);
		assert_int_equal(x->t.refused, round + 1);
		for (uint32_t i = 1; i < MAX; i++)
			screen_flow_give(&x->t, i);
		assert_int_equal(x->t.used, 0);
	}
	free(seen);
	table_free(x);
}

static void taken_flow_is_blank(void **state)
{
	struct table *x = table_new();
	uint32_t index = screen_flow_take(&x->t);
	struct screen_flow *f = &x->t.flows[index], was;

	(void)state;
	was = *f;
	memset(f, 0xff, offsetof(struct screen_flow, next_free));
	f->generation = was.generation;
	screen_flow_give(&x->t, index);
	assert_int_equal(screen_flow_take(&x->t), index);
	assert_int_equal(f->generation, was.generation + 1);
	assert_int_equal(f->state, SCREEN_FLOW_FREE);
	assert_int_equal(f->created_s, 0);
	assert_int_equal(f->client_low | f->client_slot | f->half_open_s | f->closing, 0);
	for (size_t i = offsetof(struct screen_flow, side);
	     i < offsetof(struct screen_flow, next_free); i++)
		assert_int_equal(((uint8_t *)f)[i], 0);
	table_free(x);
}

/* Between reading the top of the stack and swapping it, the top was given back by another: its tag
 * tells. */
static void free_stack_changes_its_tag_on_each_operation(void **state)
{
	struct table *x = table_new();
	uint64_t before = x->t.free;
	uint32_t a = screen_flow_take(&x->t), b = screen_flow_take(&x->t);

	(void)state;
	screen_flow_give(&x->t, b);
	screen_flow_give(&x->t, a);
	assert_int_equal((uint32_t)x->t.free, (uint32_t)before);
	assert_int_equal(x->t.free >> 32, (before >> 32) + 4);
	table_free(x);
}

static void both_directions_have_one_key(void **state)
{
	struct random r = random_seeded();
	struct table *x = table_new();

	(void)state;
	for (int i = 0; i < 20000; i++) {
		struct frame_spec f = { .family = i & 1 ? 4 : 6, .tags = (uint8_t)(i % 3),
					.tci = { 0xe005, 6 }, .sport = (uint16_t)random_32(&r),
					.dport = (uint16_t)random_32(&r) }, back = f;
		uint8_t a[FRAME_MAX], b[FRAME_MAX];
		struct screen_packet p, q;
		struct screen_flow_key k, l;
		uint32_t length;
		bool low, low_back;

		random_bytes(&r, f.source, 16);
		memcpy(f.destination, f.source, 16);
		if (i & 8) /* else only the ports differ */
			random_bytes(&r, f.destination, 16);
		memcpy(back.source, f.destination, 16);
		memcpy(back.destination, f.source, 16);
		back.sport = f.dport;
		back.dport = f.sport;
		back.tci[0] = 0x2005; /* priority bits are not part of a flow */
		length = frame_build(a, &f);
		(void)screen_parse(a, a + length, &p);
		length = frame_build(b, &back);
		(void)screen_parse(b, b + length, &q);
		low = screen_flow_key(a, &p, 9, &k);
		low_back = screen_flow_key(b, &q, 9, &l);
		assert_memory_equal(&k, &l, sizeof(k));
		if (f.sport != f.dport)
			assert_int_not_equal(low, low_back);
		assert_true(screen_flow_hash(&x->t, &k) == screen_flow_hash(&x->t, &l));
		assert_int_equal(k.vlan[0], f.tags ? 5 : 0);
		assert_int_equal(k.vlan[1], f.tags == 2 ? 6 : 0);
		/* another wire, another flow */
		(void)screen_flow_key(a, &p, 8, &l);
		assert_memory_not_equal(&k, &l, sizeof(k));
	}
	table_free(x);
}

/* ---- timeouts ------------------------------------------------------------------------------ */

static const struct timeout {
	const char *what;
	uint32_t state;
	uint8_t closing;
	uint16_t time_wait_s;
	uint32_t expected_s;
	bool over, half_close;
} timeouts[] = {
	{ "half-open", SCREEN_FLOW_HALF_OPEN, 0, 150, 20, false, false },
	{ "open", SCREEN_FLOW_OPEN, 0, 150, 4 * 3600, false, false },
	{ "open, client done", SCREEN_FLOW_OPEN, 1, 150, 4 * 3600, false, false },
	{ "open, server done", SCREEN_FLOW_OPEN, 2, 150, 4 * 3600, false, false },
	{ "open, half-close, nobody done", SCREEN_FLOW_OPEN, 0, 150, 4 * 3600, false, true },
	{ "open, half-close, client done", SCREEN_FLOW_OPEN, 1, 150, 150, false, true },
	{ "open, half-close, server done", SCREEN_FLOW_OPEN, 2, 150, 150, false, true },
	{ "spliced, half-close, client done", SCREEN_FLOW_SPLICED, 1, 60, 60, false, true },
	{ "open, both done", SCREEN_FLOW_OPEN, 3, 2, 2, true, false },
	{ "open, reset", SCREEN_FLOW_OPEN, 4, 150, 10, true, false },
	{ "half-open, refused", SCREEN_FLOW_HALF_OPEN, 4, 150, 10, true, false },
	{ "pending", SCREEN_FLOW_PENDING, 0, 150, 264, false, false },
	{ "spliced", SCREEN_FLOW_SPLICED, 0, 150, 4 * 3600, false, false },
	/* as long as its cookie can live */
	{ "spliced, both done", SCREEN_FLOW_SPLICED, 3, 2, 264, true, false },
	{ "spliced, both done, long", SCREEN_FLOW_SPLICED, 3, 600, 600, true, false },
	{ "spliced, reset", SCREEN_FLOW_SPLICED, 4, 600, 264, true, false },
	{ "tombstone", SCREEN_FLOW_CLOSED, 0, 2, 264, true, false },
};

static void flow_timeouts_are_those_of_its_state(void **state)
{
	struct table *x = table_new();

	(void)state;
	for (size_t i = 0; i < sizeof(timeouts) / sizeof(timeouts[0]); i++) {
		const struct timeout *row = &timeouts[i];
		struct screen_flow *f = &x->t.flows[1];
		const struct screen_policy policy = { .time_wait_s = row->time_wait_s,
						      .inactivity_timeout_s = 4 * 3600,
						      .half_close = row->half_close };

		f->created_s = 1000;
		f->half_open_s = 20;
		f->side[0].seen_s = 1000;
		f->side[1].seen_s = 0;
		f->state = row->state;
		f->closing = row->closing;
		if (screen_flow_timeout(f, &policy) != row->expected_s ||
		    screen_flow_over(f) != row->over)
			fail_msg("%s: %u s", row->what, screen_flow_timeout(f, &policy));
		assert_false(screen_flow_expired(f, 1000 + row->expected_s, &policy));
		assert_true(screen_flow_expired(f, 1001 + row->expected_s, &policy));
		assert_false(screen_flow_expired(f, 999, &policy)); /* a late worker */
		/* either side keeps it, but repeating a SYN does not */
		f->side[1].seen_s = 1500;
		assert_int_equal(screen_flow_expired(f, 1001 + row->expected_s, &policy),
				 row->state == SCREEN_FLOW_HALF_OPEN);
	}
	table_free(x);
}

static void sweep_takes_out_what_has_expired_and_nothing_else(void **state)
{
	struct table *x = table_new();
	const struct screen_policy policy = { .time_wait_s = 150, .inactivity_timeout_s = 14400 };
	uint32_t expired[SCREEN_BUCKET_SLOTS], swept = 0, kept = 0;
	enum screen_install result;

	(void)state;
	for (uint32_t i = 0; i < 500; i++) {
		struct screen_flow_key k = key_of(i);
		uint32_t index = install(&x->t, &k, screen_flow_hash(&x->t, &k), SCREEN_FLOW_NONE,
					 &result);

		assert_int_equal(result, SCREEN_INSTALL_DONE);
		screen_flow_state_set(&x->t.flows[index], SCREEN_FLOW_OPEN);
		x->t.flows[index].closing = SCREEN_CLOSING_RST;
		screen_flow_seen(&x->t.flows[index], 0, i % 2 ? 1000 : 2000);
	}
	for (uint32_t i = 0; i < x->t.buckets_count; i++) {
		uint32_t count;

		assert_int_equal(screen_flow_marked(&x->t, i), is_occupied(&x->t, i));
		count = screen_flow_sweep(&x->t, i, 2005, &policy, expired);

		for (uint32_t j = 0; j < count; j++, swept++)
			screen_flow_give(&x->t, expired[j]);
	}
	for (uint32_t i = 0; i < x->t.buckets_count; i++)
		assert_int_equal(screen_flow_marked(&x->t, i), is_occupied(&x->t, i));
	assert_int_equal(swept, 250);
	assert_int_equal(x->t.expired, 250);
	assert_int_equal(x->t.used, 250);
	for (uint32_t i = 0; i < 500; i++) {
		struct screen_flow_key k = key_of(i);
		bool there = screen_flow_find(&x->t, &k, screen_flow_hash(&x->t, &k)) != 0;

		assert_int_equal(there, i % 2 == 0);
		kept += there;
	}
	assert_int_equal(kept, 250);
	table_free(x);
}

/* A table as full as it may be, of random keys: how many find no room in their bucket? */
static void random_flows_find_room_in_their_buckets(void **state)
{
	struct table *x = table_new();
	uint32_t full = 0;

	(void)state;
	for (uint32_t i = 0; i < MAX - 1; i++) {
		struct screen_flow_key k = key_of(i);
		enum screen_install result;

		(void)install(&x->t, &k, screen_flow_hash(&x->t, &k), SCREEN_FLOW_NONE, &result);
		full += result != SCREEN_INSTALL_DONE;
	}
	/* Poisson with mean 4: more than 15 are in one bucket of 200,000 */
	assert_int_equal(full, 0);
	table_free(x);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flow_is_found_until_it_is_removed),
		cmocka_unit_test(flow_installed_twice_is_there_once),
		cmocka_unit_test(flows_of_one_hash_fill_their_bucket_and_no_more),
		cmocka_unit_test(claimed_bucket_refuses_instead_of_hanging),
		cmocka_unit_test(full_table_refuses_and_is_whole_again_when_emptied),
		cmocka_unit_test(taken_flow_is_blank),
		cmocka_unit_test(free_stack_changes_its_tag_on_each_operation),
		cmocka_unit_test(both_directions_have_one_key),
		cmocka_unit_test(flow_timeouts_are_those_of_its_state),
		cmocka_unit_test(sweep_takes_out_what_has_expired_and_nothing_else),
		cmocka_unit_test(random_flows_find_room_in_their_buckets),
	};

	return RUN(tests);
}
