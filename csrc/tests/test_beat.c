/*
 * Heartbeats: which workers stand still.
 */
#include "beat.h"
#include "run.h"

enum { SECOND = 1000000000 };

static const uint64_t now = 50ull * SECOND;

static void beat_of_a_second_ago_is_in_time_and_one_older_is_late(void **state)
{
	struct screen_shim_control c = { .beat = { now, now - SECOND, now - SECOND - 1, 0 } };

	(void)state;
	assert_int_equal(screen_beat_late(&c, 4, now), 0xc);
	assert_int_equal(screen_beat_late(&c, 3, now), 0x4);
	assert_int_equal(screen_beat_late(&c, 2, now), 0);
	assert_int_equal(screen_beat_late(&c, 0, now), 0);
}

static void beat_that_is_younger_than_the_look_is_in_time(void **state)
{
	struct screen_shim_control c = { .beat = { now + 1, now + 5ull * SECOND } };

	(void)state;
	assert_int_equal(screen_beat_late(&c, 2, now), 0);
}

static void beats_of_all_queues_have_a_bit_each(void **state)
{
	struct screen_shim_control c = { .beat = { 0 } };

	(void)state;
	assert_true(screen_beat_late(&c, SCREEN_SHIM_QUEUES, now) == UINT64_MAX);
	assert_true(screen_beat_late(&c, SCREEN_SHIM_QUEUES + 1, now) == UINT64_MAX);
	c.beat[63] = now;
	assert_true(screen_beat_late(&c, SCREEN_SHIM_QUEUES, now) == UINT64_MAX >> 1);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(beat_of_a_second_ago_is_in_time_and_one_older_is_late),
		cmocka_unit_test(beat_that_is_younger_than_the_look_is_in_time),
		cmocka_unit_test(beats_of_all_queues_have_a_bit_each),
	};

	return RUN(tests);
}
