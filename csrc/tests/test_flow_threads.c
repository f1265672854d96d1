/*
 * The flow table among threads: what one worker does must hold for all of them.
 */
#include <pthread.h>
#include <sched.h>

#include "flow.h"
#include "random.h"
#include "run.h"

enum { MAX = 1024, THREADS = 2, KEYS = 100, ROUNDS = 500, HAMMER = 300000 };

static struct screen_flows table;
static void *memory;
static pthread_barrier_t barrier;
static _Atomic uint32_t wins[KEYS], retired[KEYS];
static _Atomic uint8_t owned[MAX];
static _Atomic uint32_t failures, arrived;

static int set_up(void **state)
{
	static const uint64_t secret[2] = { 5, 6 };
	size_t size = screen_flows_size(MAX);

	(void)state;
	memory = aligned_alloc(64, size);
	memset(memory, 0, size);
	screen_flows_init(&table, memory, MAX, secret);
	failures = 0;
	arrived = 0;
	return pthread_barrier_init(&barrier, NULL, THREADS);
}

static int tear_down(void **state)
{
	(void)state;
	free(memory);
	return pthread_barrier_destroy(&barrier);
}

static void everyone(void *(*body)(void *))
{
	pthread_t threads[THREADS];

	for (long i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, body, (void *)i), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

/* cmocka's assertions jump, which a second thread may not. */
static void must(bool holds)
{
	if (!holds)
		failures++;
}

static struct screen_flow_key key_of(uint32_t number)
{
	struct screen_flow_key k = { .low = { 1 }, .high = { 2 }, .low_port = 80, .wire = 1 };

	memcpy(k.low + 12, &number, sizeof(number));
	return k;
}

/* All but at once: each waits here until the last has come. */
static void meet(uint32_t *meeting)
{
	uint32_t last = ++*meeting * THREADS;

	arrived++;
	for (int spins = 0; arrived < last; spins++)
		if (spins > 1000)
			sched_yield();
}

static void install_one(uint32_t number, uint32_t *meeting)
{
	struct screen_flow_key k = key_of(number);
	uint64_t hash = screen_flow_hash(&table, &k);
	uint32_t index = screen_flow_take(&table), other = 0;
	enum screen_install result;

	table.flows[index].key = k;
	table.flows[index].client_isn = number;
	screen_flow_state_set(&table.flows[index], SCREEN_FLOW_PENDING);
	meet(meeting);
	/* a bucket that another thread holds for too long refuses: try again */
	while ((result = screen_flow_install(&table, index, hash, 0, &other)) ==
	       SCREEN_INSTALL_FULL)
		sched_yield();
	if (result == SCREEN_INSTALL_DONE)
		wins[number]++;
	else
		screen_flow_give(&table, index);
	/* whoever won: all see the same, whole */
	other = screen_flow_find(&table, &k, hash);
	must(other != SCREEN_FLOW_NONE && table.flows[other].client_isn == number);
}

static void *install_all(void *argument)
{
	uint32_t meeting = 0;
	bool first = argument == NULL;

	for (int round = 0; round < ROUNDS; round++) {
		for (uint32_t i = 0; i < KEYS; i++)
			install_one(i, &meeting);
		pthread_barrier_wait(&barrier);
		for (uint32_t i = 0; first && i < KEYS; i++) {
			struct screen_flow_key k = key_of(i);
			uint64_t hash = screen_flow_hash(&table, &k);
			uint32_t index = screen_flow_find(&table, &k, hash);

			must(wins[i] == 1 && screen_flow_remove(&table, index, hash));
			must(screen_flow_find(&table, &k, hash) == SCREEN_FLOW_NONE);
			wins[i] = 0;
			screen_flow_give(&table, index);
		}
		pthread_barrier_wait(&barrier);
	}
	return NULL;
}

static void threads_that_install_the_same_keys_exactly_one_wins_each(void **state)
{
	(void)state;
	everyone(install_all);
	assert_int_equal(failures, 0);
	assert_int_equal(table.used, 0);
	assert_int_equal(table.installed, (uint64_t)KEYS * ROUNDS);
}

/* Each thread takes some and gives them back in another order: no entry is ever out twice. */
static void *hammer(void *argument)
{
	struct random r = { (uint64_t)(uintptr_t)argument };
	uint32_t mine[8], count = 0;

	for (int i = 0; i < HAMMER; i++) {
		if (count < 8 && random_8(&r) & 1) {
			uint32_t index = screen_flow_take(&table);

			if (index == SCREEN_FLOW_NONE)
				continue;
			must(atomic_fetch_add(&owned[index], 1) == 0);
			mine[count++] = index;
		} else if (count) {
			uint32_t which = random_below(&r, count), index = mine[which];

			mine[which] = mine[--count];
			must(atomic_fetch_sub(&owned[index], 1) == 1);
			screen_flow_give(&table, index);
		}
	}
	while (count) {
		atomic_fetch_sub(&owned[mine[--count]], 1);
		screen_flow_give(&table, mine[count]);
	}
	return NULL;
}

static void free_stack_never_gives_an_entry_to_two_threads(void **state)
{
	uint32_t left = 0;

	(void)state;
	everyone(hammer);
	assert_int_equal(failures, 0);
	assert_int_equal(table.used, 0);
	while (screen_flow_take(&table) != SCREEN_FLOW_NONE)
		left++;
	assert_int_equal(left, MAX - 1);
}

/* A stack so short that it is empty again and again. */
static void free_stack_of_two_entries_is_shared_without_loss(void **state)
{
	uint32_t left = 0;

	(void)state;
	for (int i = 0; i < MAX - 3; i++)
		(void)screen_flow_take(&table);
	everyone(hammer);
	assert_int_equal(failures, 0);
	while (screen_flow_take(&table) != SCREEN_FLOW_NONE)
		left++;
	assert_int_equal(left, 2);
}

/* Two SYN-ACKs of the server on different workers, and readers: one writes the constants, and who
 * sees the flow spliced sees them. */
static void *open_all(void *argument)
{
	uint32_t me = (uint32_t)(uintptr_t)argument + 1;

	for (uint32_t i = 1; i < MAX; i++) {
		struct screen_flow *f = &table.flows[i];

		if (screen_flow_state_move(f, SCREEN_FLOW_PENDING, SCREEN_FLOW_OPENING)) {
			f->server_isn = me;
			f->ts_delta = ~me;
			screen_flow_state_set(f, SCREEN_FLOW_SPLICED);
		}
		while (screen_flow_state_get(f) != SCREEN_FLOW_SPLICED)
			sched_yield();
		must(f->server_isn != 0 && f->ts_delta == ~f->server_isn);
	}
	return NULL;
}

static void splice_is_opened_by_one_thread_and_seen_whole_by_all(void **state)
{
	(void)state;
	for (uint32_t i = 1; i < MAX; i++)
		screen_flow_state_set(&table.flows[i], SCREEN_FLOW_PENDING);
	everyone(open_all);
	assert_int_equal(failures, 0);
}

/* The sweep and those who remove by hand: each flow is retired once. */
static void *retire_all(void *argument)
{
	uint32_t expired[SCREEN_BUCKET_SLOTS];

	pthread_barrier_wait(&barrier);
	for (uint32_t i = 0; i < KEYS; i++) {
		struct screen_flow_key k = key_of(i);
		uint64_t hash = screen_flow_hash(&table, &k);
		uint32_t index = screen_flow_find(&table, &k, hash), count;
		const struct screen_policy policy = { .time_wait_s = 150 };

		if ((uintptr_t)argument % 2) {
			if (index != SCREEN_FLOW_NONE && screen_flow_remove(&table, index, hash))
				retired[i]++;
			continue;
		}
		count = screen_flow_sweep(&table, (uint32_t)hash, 100000, &policy, expired);
		for (uint32_t j = 0; j < count; j++)
			retired[table.flows[expired[j]].client_isn]++;
	}
	return NULL;
}

static void flow_is_retired_by_exactly_one_thread(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < KEYS; i++) {
		struct screen_flow_key k = key_of(i);
		uint32_t index = screen_flow_take(&table), other;

		table.flows[index].key = k;
		table.flows[index].client_isn = i;
		screen_flow_state_set(&table.flows[index], SCREEN_FLOW_OPEN);
		assert_int_equal(screen_flow_install(&table, index, screen_flow_hash(&table, &k), 0,
						     &other), SCREEN_INSTALL_DONE);
	}
	everyone(retire_all);
	for (uint32_t i = 0; i < KEYS; i++)
		assert_int_equal(retired[i], 1);
}

/* One installs and removes, the other sweeps: a flow that is there has its bucket marked. */
static void *mark_all(void *argument)
{
	const struct screen_policy policy = { .inactivity_timeout_s = 14400 };
	uint32_t expired[SCREEN_BUCKET_SLOTS], other;

	pthread_barrier_wait(&barrier);
	for (uint32_t i = 0; i < HAMMER; i++) {
		struct screen_flow_key k = key_of(i % 2);
		uint64_t hash = screen_flow_hash(&table, &k);
		uint32_t bucket = screen_flow_bucket(table.buckets_count, hash), index;

		if ((uintptr_t)argument % 2) {
			must(screen_flow_sweep(&table, bucket, 1, &policy, expired) == 0);
			continue;
		}
		index = screen_flow_take(&table);
		table.flows[index].key = k;
		screen_flow_state_set(&table.flows[index], SCREEN_FLOW_OPEN);
		if (screen_flow_install(&table, index, hash, 0, &other) == SCREEN_INSTALL_DONE) {
			must(screen_flow_marked(&table, bucket));
			must(screen_flow_remove(&table, index, hash));
		}
		screen_flow_give(&table, index);
	}
	return NULL;
}

static void bucket_with_a_flow_is_marked_whoever_sweeps_it(void **state)
{
	(void)state;
	everyone(mark_all);
	assert_int_equal(failures, 0);
	assert_true(table.installed > HAMMER / 2);
}

int main(int argc, char **argv)
{
	struct CMUnitTest tests[] = {
		cmocka_unit_test(threads_that_install_the_same_keys_exactly_one_wins_each),
		cmocka_unit_test(free_stack_never_gives_an_entry_to_two_threads),
		cmocka_unit_test(free_stack_of_two_entries_is_shared_without_loss),
		cmocka_unit_test(splice_is_opened_by_one_thread_and_seen_whole_by_all),
		cmocka_unit_test(flow_is_retired_by_exactly_one_thread),
		cmocka_unit_test(bucket_with_a_flow_is_marked_whoever_sweeps_it),
	};

	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		tests[i].setup_func = set_up;
		tests[i].teardown_func = tear_down;
	}
	return RUN(tests);
}
