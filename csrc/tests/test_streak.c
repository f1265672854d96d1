/*
 * Streaks: SYNs of a burst that are counted together leave the meters exactly as they are when each is
 * counted at once. The twin has no bursts.
 */
#include "world.h"

enum { BURSTS = 3000, BURST_MAX = 64 };

/* One SYN: which destination, from whom. */
static struct frame_spec syn_of(struct world *w, struct random *r)
{
	struct frame_spec f = w->client;

	frame_put32(f.source, 0x0b000000 | random_below(r, 1 << 20));
	/* most go to one port; one source is on the white-list */
	if (random_below(r, 8) == 0)
		f.dport = (uint16_t)(f.dport + random_below(r, 3));
	if (random_below(r, 16) == 0)
		frame_put32(f.source, 0x0a000001);
	f.sport = (uint16_t)random_32(r);
	f.seq = random_32(r);
	f.flags = SCREEN_TCP_SYN;
	return f;
}

static struct world *world_of_streaks(void)
{
	struct world *w = world_new(4, 0);

	w->policy.profile[0].prefix_count = 1;
	w->policy.profile[0].timeout_s = 1;
	w->prefixes[0] = (struct screen_prefix_config){ .length = 128, .kind = SCREEN_PREFIX_SOURCE };
	memcpy(w->prefixes[0].address, (uint8_t[16]){ [10] = 0xff, 0xff, 10, 0, 0, 1 }, 16);
	/* thresholds that are reached in the middle of bursts, one above the other and below it */
	w->policy.profile[0].attack_threshold = 40;
	w->policy.profile[0].alarm_threshold = 900;
	return w;
}

/* What is in the meters but for what the servers' table keeps: pointers there are none. */
static void assert_same_meters(const struct world *a, const struct world *b)
{
	assert_memory_equal(&a->meters->attack, &b->meters->attack, sizeof(a->meters->attack));
	assert_memory_equal(&a->meters->victims, &b->meters->victims, sizeof(a->meters->victims));
	assert_memory_equal(a->meters->zone, b->meters->zone, sizeof(a->meters->zone));
	assert_memory_equal(&a->talkers, &b->talkers, sizeof(a->talkers));
	assert_memory_equal(&a->events, &b->events, sizeof(a->events));
}

static void streaks_leave_the_meters_as_single_syns_do(void **state)
{
	struct world *burst = world_of_streaks(), *twin = world_of_streaks();
	struct random r = random_seeded();
	uint64_t waited = 0;

	(void)state;
	for (int i = 0; i < BURSTS; i++) {
		uint32_t count = 1 + random_below(&r, BURST_MAX);

		/* dry runs, and modes without cookies, in between */
		burst->policy.profile[0].alarm_without_drop =
			twin->policy.profile[0].alarm_without_drop = i % 500 > 450;
		burst->policy.mode = twin->policy.mode =
			i % 500 > 400 && i % 500 < 450 ? SCREEN_MODE_DROP : SCREEN_MODE_SYN_COOKIE;
		screen_gather(&burst->context);
		while (count--) {
			struct frame_spec f = syn_of(burst, &r);
			uint8_t data[FRAME_MAX];
			uint32_t length = frame_build(data, &f);

			assert_int_equal(world_decide(burst, data, length, 0),
					 world_decide(twin, data, length, 0));
			waited += burst->context.streak.count;
		}
		screen_settle(&burst->context);
		assert_int_equal(burst->context.streak.count, 0);
		assert_same_meters(burst, twin);
		burst->context.now_ns += 7000000;
		twin->context.now_ns += 7000000;
		world_forget(burst);
		world_forget(twin);
	}
	assert_memory_equal(burst->reasons, twin->reasons, sizeof(burst->reasons));
	print_message("%llu SYNs waited\n", (unsigned long long)waited);
	assert_true(waited > BURSTS);
	world_free(burst);
	world_free(twin);
}

/* A driver's streak may wait for the next frame for as long as none comes: what it counts by then begins no
 * flood in a second that is not its own, and is nothing to whom its victim's entry has been given. */
static void streak_whose_second_is_over_counts_in_no_other(void **state)
{
	struct world *w = world_new(4, 0);
	uint64_t hash = 7 | SCREEN_HASH_MARK;
	struct screen_streak k = { .hash = hash, .window = 100, .count = 8, .hits = 8, .victim = 5 };
	struct screen_victim *v = &w->meters->victims.victim[5];

	(void)state;
	(void)screen_sketch_count(&w->meters->attack, hash, 100, 10);
	(void)screen_sketch_count(&w->meters->attack, hash, 101, 10);
	v->hash = hash + 1;
	screen_streak_end(&k, w->meters);
	assert_int_equal(screen_sketch_estimate(&w->meters->attack, hash, 101), 1);
	assert_int_equal(w->meters->zone[0].ids[SCREEN_IDS_SYN_FLOOD], 8);
	assert_int_equal(screen_pace_total(&v->rate), 0);
	assert_int_equal(v->peak, 0);
	k = (struct screen_streak){ .hash = hash, .window = 101, .count = 8, .victim = 5 };
	v->hash = hash;
	screen_streak_end(&k, w->meters);
	assert_int_equal(screen_sketch_estimate(&w->meters->attack, hash, 101), 9);
	assert_int_equal(screen_pace_total(&v->rate), 8);
	assert_int_equal(v->peak, 9);
	world_free(w);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(streaks_leave_the_meters_as_single_syns_do),
		cmocka_unit_test(streak_whose_second_is_over_counts_in_no_other),
	};

	return RUN(tests);
}
