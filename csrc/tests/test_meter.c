/*
 * Meters on a virtual clock.
 */
#include "meter.h"

#include <pthread.h>
#include <sched.h>

#include "random.h"
#include "run.h"

enum { KEY_LOW = 0x09abcdef, KEY_HIGH = 0x01234567 };
static const uint64_t KEY = (uint64_t)KEY_HIGH << 32 | KEY_LOW;

/* At a second, so many SYNs: and then? */
struct moment {
	uint32_t at_s, syns;
	bool flooding; /* after the last of them; without SYNs: as asked */
};

static void play(uint32_t threshold, const struct moment *moments, size_t count)
{
	struct screen_sketch *s = calloc(1, sizeof(*s));

	for (size_t i = 0; i < count; i++) {
		const struct moment *m = &moments[i];
		bool flooding = screen_sketch_flooding(s, KEY, m->at_s, threshold);

		for (uint32_t n = 0; n < m->syns; n++) {
			struct screen_meter_reading r =
				screen_sketch_count(s, KEY, m->at_s, threshold);

			assert_int_equal(r.entered, r.flooding && !flooding);
			flooding = r.flooding;
		}
		if (flooding != m->flooding)
			fail_msg("threshold %u, moment %zu", threshold, i);
		assert_int_equal(screen_sketch_flooding(s, KEY, m->at_s, threshold), flooding);
	}
	free(s);
}

#define PLAY(threshold, ...)                                           \
	do {                                                           \
		static const struct moment m[] = { __VA_ARGS__ };      \
		play(threshold, m, sizeof(m) / sizeof(m[0]));          \
	} while (0)

static void meter_enters_at_the_threshold(void **state)
{
	(void)state;
	PLAY(100, { 10, 99, false }, { 11, 99, false }, { 12, 99, false }, { 12, 1, true },
	     { 12, 1000, true });
	PLAY(500000, { 10, 499999, false }, { 10, 1, true });
}

static void meter_leaves_when_a_whole_window_stays_under_half(void **state)
{
	(void)state;
	PLAY(100, { 10, 100, true }, { 11, 50, true }, { 12, 50, true }, { 13, 49, true },
	     { 14, 0, false }, { 14, 99, false }, { 14, 1, true });
	PLAY(101, { 10, 101, true }, { 11, 51, true }, { 12, 50, true }, { 13, 1, false });
	/* the window in which it entered, and those without any SYN */
	PLAY(100, { 10, 100, true }, { 11, 0, true }, { 12, 0, false });
	PLAY(100, { 10, 100, true }, { 12, 1, false });
	PLAY(100, { 10, 100, true }, { 4000, 99, false });
}

static void meter_of_threshold_1_can_leave(void **state)
{
	(void)state;
	PLAY(1, { 10, 1, true }, { 11, 1, true }, { 12, 0, true }, { 13, 0, false },
	     { 14, 1, true });
	PLAY(2, { 10, 1, false }, { 10, 1, true }, { 11, 1, true }, { 12, 0, true },
	     { 13, 0, false });
}

static void meter_counts_a_late_worker_into_the_newer_window(void **state)
{
	(void)state;
	/* a burst that began in second 10 is counted when others are in 11 already */
	PLAY(100, { 10, 50, false }, { 11, 98, false }, { 10, 1, false }, { 11, 1, true },
	     { 10, 5, true }, { 11, 0, true }, { 10, 0, true });
	PLAY(100, { 10, 100, true }, { 11, 10, true }, { 10, 10, true }, { 11, 10, true },
	     { 12, 0, false });
}

static void meter_survives_the_end_of_its_count(void **state)
{
	uint64_t cell = screen_cell_next(0, 7, 100);

	(void)state;
	cell |= 0xffffffff;
	for (int i = 0; i < 3; i++) {
		cell = screen_cell_next(cell, 7, 100);
		assert_int_equal((uint32_t)cell, 0xffffffff);
		assert_true(cell >> 63);
		cell = screen_cell_next(cell, 6, 100);
		assert_int_equal((uint32_t)cell, 0xffffffff);
	}
	assert_int_equal((uint32_t)screen_cell_next(cell, 8, 100), 1);
}

/* After 68 years of uptime; a clock may be set to that in a namespace. */
static void meter_survives_the_end_of_its_windows(void **state)
{
	const uint32_t turns[] = { 0x7fffffff, 0xffffffff };

	(void)state;
	for (int i = 0; i < 2; i++) {
		uint32_t t = turns[i];
		const struct moment m[] = {
			{ t - 2, 99, false }, { t - 1, 99, false }, { t - 1, 1, true },
			{ t, 50, true }, { t + 1, 50, true }, { t, 1, true }, { t + 2, 1, true },
			{ t + 3, 0, false }, { t + 3, 99, false }, { t + 3, 1, true },
			{ t + 5, 0, false },
		};

		play(100, m, sizeof(m) / sizeof(m[0]));
		play(100, m + 1, 2); /* a cell that was never used */
		play(100, m + 7, 4);
	}
}

enum { THREADS = 4, EACH = 200000 };

struct counter {
	struct screen_sketch *sketch;
	struct screen_zone_meter *zone;
	uint32_t entered, max;
};

static void *count(void *argument)
{
	struct counter *c = argument;

	for (int i = 0; i < EACH; i++) {
		struct screen_meter_reading r = screen_sketch_count(c->sketch, KEY, 10, 1000);

		screen_pace_count(&c->zone->rate, 10);
		c->entered += r.entered;
		if (r.count > c->max)
			c->max = r.count;
	}
	return NULL;
}

static void meter_of_several_threads_is_one_rate(void **state)
{
	struct screen_sketch *s = calloc(1, sizeof(*s));
	struct screen_zone_meter zone = { 0 };
	struct counter c[THREADS];
	pthread_t threads[THREADS];
	uint32_t entered = 0, max = 0;

	(void)state;
	for (int i = 0; i < THREADS; i++) {
		c[i] = (struct counter){ .sketch = s, .zone = &zone };
		assert_int_equal(pthread_create(&threads[i], NULL, count, &c[i]), 0);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		entered += c[i].entered;
		max = c[i].max > max ? c[i].max : max;
	}
	assert_int_equal(max, THREADS * EACH);
	assert_int_equal((uint32_t)atomic_load(screen_sketch_cell(s, KEY, 0)), THREADS * EACH);
	assert_int_equal((uint32_t)atomic_load(screen_sketch_cell(s, KEY, 1)), THREADS * EACH);
	assert_int_equal((uint32_t)zone.rate.current, THREADS * EACH);
	assert_int_equal(entered, 1);
	free(s);
}

enum { REACHED = 100, FLOODS = 20000, SPINS = 10000 };

struct told {
	struct screen_sketch sketch;
	_Atomic uint32_t arrived; /* threads, in all windows */
	_Atomic uint32_t alarms[FLOODS], entered[FLOODS], calm;
};

/* Waits for the other thread without sleeping: who is woken comes too late to meet it. */
static void meet(_Atomic uint32_t *arrived, uint32_t n)
{
	atomic_fetch_add(arrived, 1);
	for (uint32_t spins = 0; atomic_load(arrived) < 2 * (n + 1); spins++)
		if (spins % SPINS == SPINS - 1)
			sched_yield(); /* there may be but one processor */
}

/* Both threads are in one window at a time: what a late worker counts belongs to the newer one. After each
 * flood a window passes without any SYN. */
static void *flood_each_third_window(void *argument)
{
	struct told *t = argument;

	for (uint32_t n = 0; n < FLOODS; n++) {
		meet(&t->arrived, n);
		for (int i = 0; i < REACHED; i++) {
			struct screen_meter_reading r = screen_sketch_meter(
				&t->sketch, KEY, 3 * n + 1, REACHED, REACHED);

			t->alarms[n] += r.alarm;
			t->entered[n] += r.entered;
			t->calm += r.entered && !r.flooding;
		}
	}
	return NULL;
}

static void meter_of_several_threads_tells_alarm_and_flood_once(void **state)
{
	struct told *t = calloc(1, sizeof(*t));
	pthread_t threads[2];
	uint32_t missed = 0, twice = 0;

	(void)state;
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, flood_each_third_window, t),
				 0);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	for (int n = 0; n < FLOODS; n++) {
		missed += t->alarms[n] == 0;
		missed += t->entered[n] == 0;
		twice += t->alarms[n] > 1;
		twice += t->entered[n] > 1;
	}
	print_message("of %d floods, %u not told, %u twice\n", FLOODS, missed, twice);
	assert_int_equal(missed, 0);
	assert_int_equal(twice, 0);
	assert_int_equal(t->calm, 0);
	free(t);
}

/* What other keys count in a row must not hide that this one has come so far. */
static void meter_alarms_at_the_estimate_whatever_collides(void **state)
{
	static const uint64_t other[SCREEN_SKETCH_ROWS] = { KEY_LOW, (uint64_t)KEY_HIGH << 32 };

	(void)state;
	for (int row = 0; row < SCREEN_SKETCH_ROWS; row++) {
		struct screen_sketch *s = calloc(1, sizeof(*s));
		uint32_t alarms = 0;

		for (int i = 1; i <= 300; i++) {
			struct screen_meter_reading r = screen_sketch_meter(s, KEY, 10, 1000, 200);

			alarms += r.alarm;
			assert_int_equal(r.alarm, i == 200);
			assert_int_equal(r.count, i);
			for (int n = 0; n < 3; n++)
				(void)screen_sketch_meter(s, other[row], 10, 1000, 0);
		}
		assert_int_equal(alarms, 1);
		assert_false(screen_sketch_meter(s, KEY, 10, 1000, 200).alarm);
		for (int i = 1; i < 200; i++)
			assert_false(screen_sketch_meter(s, KEY, 11, 1000, 200).alarm);
		assert_true(screen_sketch_meter(s, KEY, 11, 1000, 200).alarm);
		free(s);
	}
}

static void meter_estimate_is_never_below_the_truth(void **state)
{
	struct random r = random_seeded();
	struct screen_sketch *s = calloc(1, sizeof(*s));
	enum { KEYS = 20000 };
	uint64_t *keys = calloc(KEYS, sizeof(*keys));
	uint32_t *truth = calloc(KEYS, sizeof(*truth)), above = 0;

	(void)state;
	for (int i = 0; i < KEYS; i++)
		keys[i] = random_64(&r);
	for (int i = 0; i < 40000; i++) {
		uint32_t k = random_below(&r, KEYS);
		struct screen_meter_reading reading = screen_sketch_count(s, keys[k], 10, 1000);

		truth[k]++;
		assert_true(reading.count >= truth[k]);
		above += reading.count > truth[k] + 20;
	}
	assert_in_range(above, 0, 400); /* and rarely far above it */
	free(truth);
	free(keys);
	free(s);
}

/* A million sources, a SYN each, and one that sends thousands: of every single one the estimate is never
 * below the truth, and above it by a hundredth of the window's total at most, also of one that shares
 * both its cells with the loud one. */
static void meter_of_a_million_sources_errs_by_a_hundredth_at_most(void **state)
{
	enum { SOURCES = 1000000, OWN = 5000, TOTAL = SOURCES + OWN };
	struct screen_sketch *s = calloc(1, sizeof(*s));
	uint64_t *hash = calloc(SOURCES, sizeof(*hash));
	struct random r = random_seeded();
	uint32_t worst = 0, loud = 0;

	(void)state;
	for (int i = 0; i < SOURCES; i++) {
		hash[i] = random_64(&r);
		(void)screen_sketch_count(s, hash[i], 10, UINT32_MAX);
	}
	for (int i = 0; i < OWN; i++)
		loud = screen_sketch_count(s, 42, 10, UINT32_MAX).count;
	for (int i = 0; i < SOURCES; i++) {
		uint32_t estimate = UINT32_MAX;

		for (int row = 0; row < SCREEN_SKETCH_ROWS; row++) {
			uint32_t cell = (uint32_t)atomic_load(screen_sketch_cell(s, hash[i], row));

			estimate = cell < estimate ? cell : estimate;
		}
		assert_true(estimate >= 1);
		worst = estimate - 1 > worst ? estimate - 1 : worst;
	}
	print_message("%u of %u above the truth at worst\n", worst, TOTAL);
	assert_true(worst <= TOTAL / 100);
	assert_in_range(loud, OWN, OWN + TOTAL / 100);
	free(hash);
	free(s);
}

static void zone_meter_shows_the_last_whole_second(void **state)
{
	static const struct {
		uint32_t at_s, syns, rate;
	} rows[] = {
		{ 10, 5, 0 }, { 11, 0, 5 }, { 11, 7, 5 }, { 12, 1, 7 },
		{ 11, 2, 0 }, /* a late worker neither loses nor resets the newer second */
		{ 12, 1, 7 }, { 13, 0, 4 }, { 13, 1, 4 }, { 15, 0, 0 }, { 15, 2, 0 }, { 16, 0, 2 },
	};
	struct screen_zone_meter z = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (uint32_t n = 0; n < rows[i].syns; n++)
			screen_pace_count(&z.rate, rows[i].at_s);
		assert_int_equal(screen_pace_last(&z.rate, rows[i].at_s), rows[i].rate);
	}
}

static void pace_keeps_its_total_and_survives_the_end_of_its_count(void **state)
{
	struct screen_pace p = { 0 };

	(void)state;
	for (uint32_t at = 10; at < 14; at++) {
		screen_pace_add(&p, at, 5);
		screen_pace_count(&p, at - 1); /* late */
	}
	assert_int_equal(screen_pace_total(&p), 4 * 6);
	assert_int_equal(screen_pace_last(&p, 13), 6);
	screen_pace_add(&p, 20, UINT32_MAX - 1);
	assert_int_equal(screen_pace_total(&p), 4 * 6 + (uint64_t)UINT32_MAX - 1);
	for (int i = 0; i < 3; i++)
		screen_pace_add(&p, 20, 1 + (uint32_t)i);
	assert_int_equal(screen_pace_last(&p, 21), UINT32_MAX);
	screen_pace_count(&p, 21);
	assert_int_equal(screen_pace_last(&p, 22), 1);
	assert_int_equal(screen_pace_last(&p, 21), UINT32_MAX);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(meter_enters_at_the_threshold),
		cmocka_unit_test(meter_leaves_when_a_whole_window_stays_under_half),
		cmocka_unit_test(meter_of_threshold_1_can_leave),
		cmocka_unit_test(meter_counts_a_late_worker_into_the_newer_window),
		cmocka_unit_test(meter_survives_the_end_of_its_count),
		cmocka_unit_test(meter_survives_the_end_of_its_windows),
		cmocka_unit_test(meter_of_several_threads_is_one_rate),
		cmocka_unit_test(meter_of_several_threads_tells_alarm_and_flood_once),
		cmocka_unit_test(meter_alarms_at_the_estimate_whatever_collides),
		cmocka_unit_test(meter_estimate_is_never_below_the_truth),
		cmocka_unit_test(meter_of_a_million_sources_errs_by_a_hundredth_at_most),
		cmocka_unit_test(zone_meter_shows_the_last_whole_second),
		cmocka_unit_test(pace_keeps_its_total_and_survives_the_end_of_its_count),
	};

	return RUN(tests);
}
