/*
 * Cluster time by clocks of our own. What it promises is asserted after every single call, whatever
 * the clocks were made to do in between.
 */
#include "cluster.h"
#include "random.h"
#include "run.h"

static const uint64_t MS = 1000000;
static const uint64_t SECOND = 1000000000;
static const uint64_t MINUTE = 60 * SECOND;
static const uint64_t HOUR = 60 * MINUTE;
static const uint64_t DAY = 24 * HOUR;
static const uint64_t YEAR = 365 * DAY;
static const uint64_t EPOCH = 64 * SECOND;
static const uint64_t GRACE = 15 * MINUTE;
static const uint64_t TODAY = 1700000000 * SECOND;
static const uint64_t PERIOD = 100 * MS; /* of the engine's calls */

/* A machine's clocks, and the cluster time that it keeps by them. */
struct machine {
	uint64_t wall, boot;
	uint64_t called; /* the boot clock at the last call */
	struct screen_cluster cluster;
	enum screen_cluster_state state; /* of the last call */
	int jumps, aheads, slowed, hurried;
};

static struct machine machine(uint64_t wall)
{
	return (struct machine){ .wall = wall, .boot = 5 * SECOND };
}

static void start(struct machine *m, uint64_t floor_epoch)
{
	uint64_t floor = floor_epoch * EPOCH;

	screen_cluster_start(&m->cluster, m->wall, m->boot, floor_epoch);
	m->called = m->boot;
	assert_int_equal(m->cluster.time_ns, m->wall > floor ? m->wall : floor);
}

static void pass(struct machine *m, uint64_t ns)
{
	m->wall += ns;
	m->boot += ns;
}

/* Somebody sets the clock; no clock is before 1970. */
static void set_clock(struct machine *m, int64_t by)
{
	if (by >= 0)
		m->wall += (uint64_t)by;
	else
		m->wall -= m->wall > (uint64_t)-by ? (uint64_t)-by : m->wall;
}

static uint64_t check_epoch(const struct machine *m)
{
	return screen_cluster_check_epoch(&m->cluster);
}

static uint64_t mint_epoch(const struct machine *m, uint64_t skew_s)
{
	return screen_cluster_mint_epoch(&m->cluster, skew_s * SECOND);
}

/* At half to double speed: up to the wall clock and not beyond when faster than it was called for,
 * down to it and not below when slower. */
static void assert_speed(struct machine *m, uint64_t passed, uint64_t moved)
{
	assert_true(moved >= passed / 2);
	assert_true(moved <= passed * 2);
	if (moved < passed)
		assert_true(m->cluster.time_ns >= m->wall);
	if (moved > passed)
		assert_true(m->cluster.time_ns <= m->wall);
	m->slowed += moved < passed;
	m->hurried += moved > passed;
}

static void assert_epochs(const struct machine *m, const struct screen_cluster *before)
{
	static const uint64_t skews_s[] = { 0, 1, 2, 20 };
	uint64_t check = check_epoch(m);

	assert_true(check >= screen_cluster_check_epoch(before));
	for (size_t i = 0; i < sizeof(skews_s) / sizeof(skews_s[0]); i++) {
		uint64_t mint = mint_epoch(m, skews_s[i]);

		assert_true(mint == check || mint + 1 == check);
		assert_true(mint >= screen_cluster_mint_epoch(before, skews_s[i] * SECOND));
	}
}

static void advance(struct machine *m)
{
	struct screen_cluster before = m->cluster;
	uint64_t passed = m->boot - m->called;

	m->called = m->boot;
	m->state = screen_cluster_advance(&m->cluster, m->wall, m->boot);
	assert_true(m->cluster.time_ns >= before.time_ns);
	assert_epochs(m, &before);
	if (m->state == SCREEN_CLUSTER_JUMPED) {
		/* going on at the usual speed would have left it too far behind */
		assert_true(before.time_ns + passed + GRACE < m->wall);
		assert_int_equal(m->cluster.time_ns, m->wall);
		m->jumps++;
	} else {
		assert_true(m->cluster.time_ns + GRACE >= m->wall);
		assert_speed(m, passed, m->cluster.time_ns - before.time_ns);
	}
	assert_int_equal(m->state == SCREEN_CLUSTER_AHEAD, m->cluster.time_ns > m->wall + GRACE);
	m->aheads += m->state == SCREEN_CLUSTER_AHEAD;
}

/* The engine runs for so long. */
static void run(struct machine *m, uint64_t ns)
{
	for (uint64_t i = 0; i < ns / PERIOD; i++) {
		pass(m, PERIOD);
		advance(m);
	}
	pass(m, ns % PERIOD);
	advance(m);
}

static uint64_t random_up_to(struct random *r, uint64_t limit)
{
	return random_64(r) % (limit + 1);
}

/* Of every order of magnitude as often as of any other. */
static uint64_t random_magnitude(struct random *r, uint64_t limit)
{
	return random_up_to(r, limit >> random_below(r, 48));
}

/* Something happens to the clocks, and no call comes while it does. */
static void live(struct random *r, struct machine *m)
{
	uint64_t interval = random_magnitude(r, 6 * HOUR);
	int64_t by;

	switch (random_below(r, 10)) {
	case 0: /* the clock is set */
		by = (int64_t)random_magnitude(r, 5 * YEAR);
		set_clock(m, random_8(r) & 1 ? by : -by);
		break;
	case 1: /* it is slewed: adjtime() goes up to 500 ppm */
		m->wall += interval - interval / 2000 + random_up_to(r, interval / 1000);
		m->boot += interval;
		break;
	case 2: /* the machine sleeps */
		pass(m, random_magnitude(r, 30 * DAY));
		break;
	case 3: /* and on some the boot clock sleeps too */
		m->wall += random_magnitude(r, 30 * DAY);
		break;
	case 4: /* another call at once */
		break;
	case 5: /* about as late as it may be, or as early */
		set_clock(m, (int64_t)(m->cluster.time_ns - m->wall));
		by = (int64_t)(GRACE - 2 + random_up_to(r, 4));
		set_clock(m, random_8(r) & 1 ? by : -by);
		m->boot += random_below(r, 3);
		break;
	default:
		pass(m, random_8(r) & 1 ? PERIOD : interval);
	}
}

static void cluster_time_keeps_its_promises_in_random_histories(void **state)
{
	struct random r = random_seeded();
	int jumps = 0, aheads = 0, slowed = 0, hurried = 0;

	(void)state;
	for (int i = 0; i < 4000; i++) {
		struct machine m = machine(TODAY - random_magnitude(&r, TODAY));

		start(&m, random_8(&r) & 1 ? 0 : random_magnitude(&r, TODAY / EPOCH));
		for (int j = 0; j < 250; j++) {
			live(&r, &m);
			advance(&m);
		}
		jumps += m.jumps;
		aheads += m.aheads;
		slowed += m.slowed;
		hurried += m.hurried;
	}
	print_message("%d jumps, %d times too far ahead, %d times slower, %d times faster\n", jumps,
		      aheads, slowed, hurried);
	/* no promise was kept only because nothing happened */
	assert_true(jumps > 1000 && aheads > 1000 && slowed > 1000 && hurried > 1000);
}

/* What cluster time is there for: epochs counted by the wall clock itself would go back here. */
static void roll_back(uint64_t by, uint64_t phase)
{
	struct machine m = machine(TODAY / EPOCH * EPOCH + phase);
	uint64_t epoch, began = 0;

	start(&m, 0);
	run(&m, 2 * SECOND);
	epoch = check_epoch(&m);
	set_clock(&m, -(int64_t)by);
	if (by >= EPOCH)
		assert_true(m.wall / EPOCH < epoch);
	for (uint64_t ran = 0; ran < 5 * EPOCH; ran += PERIOD) {
		pass(&m, PERIOD);
		advance(&m);
		if (check_epoch(&m) == epoch)
			continue;
		/* one after the other, and each for 64 s at between half and double speed */
		assert_int_equal(check_epoch(&m), epoch + 1);
		assert_true(ran - began <= 2 * EPOCH + PERIOD);
		if (began)
			assert_true(ran - began >= EPOCH - PERIOD);
		epoch++;
		began = ran;
	}
	assert_true(began != 0);
	assert_int_equal(m.jumps, 0);
}

static void syn_cookie_ntp_rollback_monotonic_epoch(void **state)
{
	const uint64_t rollbacks[] = { 1, MS, 100 * MS, SECOND, 2 * SECOND, 20 * SECOND,
				       EPOCH - 1, EPOCH, 2 * EPOCH, 10 * MINUTE, GRACE, GRACE + 1,
				       HOUR, DAY, YEAR, 100 * YEAR };
	struct machine m = machine(TODAY);
	struct random r = random_seeded();
	uint64_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(rollbacks) / sizeof(rollbacks[0]); i++)
		for (uint64_t phase = 0; phase < EPOCH; phase += SECOND)
			roll_back(rollbacks[i], phase);
	/* a day with an NTP server that cannot make up its mind: set back, set right, set back */
	start(&m, 0);
	for (uint64_t ran = 0; ran < DAY; ran += 10 * SECOND) {
		set_clock(&m, (int64_t)wrong);
		wrong = random_magnitude(&r, 2 * HOUR);
		set_clock(&m, -(int64_t)wrong);
		run(&m, 10 * SECOND);
	}
	set_clock(&m, (int64_t)wrong);
	/* it never was ahead of the right time, and is back there in the end */
	run(&m, GRACE);
	assert_int_equal(m.cluster.time_ns, m.wall);
}

static void cluster_time_follows_between_half_and_double_speed(void **state)
{
	struct machine m = machine(TODAY);

	(void)state;
	start(&m, 0);
	/* 10 s behind: double speed for 10 s */
	set_clock(&m, (int64_t)(10 * SECOND));
	run(&m, 10 * SECOND - PERIOD);
	assert_int_equal(m.wall - m.cluster.time_ns, PERIOD);
	run(&m, PERIOD);
	assert_int_equal(m.cluster.time_ns, m.wall);
	/* 10 s ahead: half speed for 20 s */
	set_clock(&m, -(int64_t)(10 * SECOND));
	run(&m, 20 * SECOND - PERIOD);
	assert_int_equal(m.cluster.time_ns - m.wall, PERIOD / 2);
	run(&m, PERIOD);
	assert_int_equal(m.cluster.time_ns, m.wall);
}

static void cluster_time_jumps_forward_when_15_minutes_behind(void **state)
{
	struct machine m = machine(TODAY);

	(void)state;
	start(&m, 0);
	set_clock(&m, (int64_t)GRACE);
	advance(&m);
	assert_int_equal(m.state, SCREEN_CLUSTER_FOLLOWS);
	assert_int_equal(m.cluster.time_ns, TODAY);
	set_clock(&m, 1);
	advance(&m);
	assert_int_equal(m.state, SCREEN_CLUSTER_JUMPED);
	advance(&m);
	assert_int_equal(m.state, SCREEN_CLUSTER_FOLLOWS);
}

static void cluster_time_says_when_15_minutes_ahead(void **state)
{
	struct machine m = machine(TODAY);

	(void)state;
	start(&m, 0);
	set_clock(&m, -(int64_t)GRACE);
	advance(&m);
	assert_int_equal(m.state, SCREEN_CLUSTER_FOLLOWS);
	set_clock(&m, -(int64_t)SECOND);
	advance(&m);
	assert_int_equal(m.state, SCREEN_CLUSTER_AHEAD);
	/* a second too much at half speed: two seconds */
	run(&m, 2 * SECOND - PERIOD);
	assert_int_equal(m.state, SCREEN_CLUSTER_AHEAD);
	run(&m, PERIOD);
	assert_int_equal(m.state, SCREEN_CLUSTER_FOLLOWS);
}

static void cluster_time_of_a_machine_that_slept_is_right_at_once(void **state)
{
	struct machine m = machine(TODAY);

	(void)state;
	start(&m, 0);
	pass(&m, 8 * HOUR);
	advance(&m);
	assert_int_equal(m.state, SCREEN_CLUSTER_FOLLOWS);
	assert_int_equal(m.cluster.time_ns, m.wall);
	/* a boot clock that slept too: up to 15 min are made up for at double speed */
	m.wall += 10 * MINUTE;
	run(&m, 10 * MINUTE);
	assert_int_equal(m.cluster.time_ns, m.wall);
	m.wall += 20 * MINUTE;
	advance(&m);
	assert_int_equal(m.state, SCREEN_CLUSTER_JUMPED);
}

static void cluster_time_starts_at_the_floor_when_the_clock_was_set_back(void **state)
{
	struct machine m = machine(1000 * SECOND);

	(void)state;
	start(&m, 100);
	assert_int_equal(check_epoch(&m), 100);
	m = machine(100000 * SECOND);
	start(&m, 100);
	assert_int_equal(check_epoch(&m), 1562);
}

/* The floor is what the engine writes before it uses an epoch: the check epoch. */
static void cluster_restart_never_goes_back_an_epoch(void **state)
{
	struct random r = random_seeded();
	int behind = 0;

	(void)state;
	for (int i = 0; i < 4000; i++) {
		struct machine m = machine(TODAY);
		uint64_t floor = 0, before = 0;

		for (int restarts = 0; restarts < 20; restarts++) {
			behind += m.wall < before;
			start(&m, floor);
			assert_true(check_epoch(&m) >= floor);
			assert_true(m.cluster.time_ns + EPOCH > before);
			for (int j = 0; j < 10; j++) {
				live(&r, &m);
				advance(&m);
			}
			floor = check_epoch(&m);
			before = m.cluster.time_ns;
			live(&r, &m);
			if (random_8(&r) & 1)
				m.boot = random_magnitude(&r, HOUR); /* it was rebooted */
		}
	}
	print_message("%d restarts with a clock that was set back\n", behind);
	assert_true(behind > 1000);
}

static void cluster_restarts_in_a_row_leave_it_at_unix_time(void **state)
{
	struct random r = random_seeded();

	(void)state;
	for (int i = 0; i < 200; i++) {
		struct machine m = machine(TODAY + random_up_to(&r, DAY));
		uint64_t floor = 0;

		for (int restarts = 0; restarts <= 5; restarts++) {
			start(&m, floor);
			assert_int_equal(m.cluster.time_ns, m.wall);
			run(&m, SECOND + random_magnitude(&r, 3 * MINUTE));
			assert_int_equal(m.cluster.time_ns, m.wall);
			floor = check_epoch(&m);
			pass(&m, 10 * MS + random_magnitude(&r, MINUTE));
		}
	}
}

/* A first start with a clock that is wrong by so much, put right half an hour later. */
static void first_start_wrong_by(int64_t wrong, uint64_t settles)
{
	struct machine m = machine(TODAY);
	uint64_t ahead = wrong > 0 ? (uint64_t)wrong : 0;

	set_clock(&m, wrong);
	start(&m, 0);
	run(&m, HOUR / 2);
	assert_int_equal(m.cluster.time_ns, m.wall);
	set_clock(&m, -wrong);
	if (settles) {
		run(&m, settles - PERIOD);
		assert_int_not_equal(m.cluster.time_ns, m.wall);
	}
	run(&m, PERIOD);
	assert_int_equal(m.cluster.time_ns, m.wall);
	assert_int_equal(m.jumps, wrong < -(int64_t)GRACE);
	/* too far ahead in each call until half speed has brought it within 15 min */
	assert_int_equal(m.aheads, ahead > GRACE ? 2 * (ahead - GRACE) / PERIOD - 1 : 0);
}

static void cluster_wrong_clock_at_the_first_start_is_put_right(void **state)
{
	(void)state;
	first_start_wrong_by((int64_t)(10 * SECOND), 20 * SECOND);
	first_start_wrong_by((int64_t)GRACE, 2 * GRACE);
	first_start_wrong_by((int64_t)HOUR, 2 * HOUR);
	first_start_wrong_by((int64_t)DAY, 2 * DAY);
	first_start_wrong_by(-(int64_t)(10 * SECOND), 10 * SECOND);
	first_start_wrong_by(-(int64_t)(14 * MINUTE), 14 * MINUTE);
	first_start_wrong_by(-(int64_t)HOUR, 0);
	first_start_wrong_by(-(int64_t)YEAR, 0);
}

/* A machine without a battery begins in 1970, within the first d seconds of all. */
static void cluster_mint_epoch_of_1970_is_the_check_epoch_or_the_one_before(void **state)
{
	(void)state;
	for (uint64_t skew_s = 0; skew_s <= SCREEN_SKEW_MAX; skew_s++) {
		struct machine m = machine(0);
		uint64_t before = 0;

		start(&m, 0);
		for (uint64_t ran = 0; ran < 4 * EPOCH; ran += PERIOD) {
			uint64_t check = check_epoch(&m), mint = mint_epoch(&m, skew_s);

			assert_true(mint == check || mint + 1 == check);
			assert_true(mint <= check);
			assert_true(mint >= before);
			before = mint;
			pass(&m, PERIOD);
			advance(&m);
		}
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cluster_time_keeps_its_promises_in_random_histories),
		cmocka_unit_test(syn_cookie_ntp_rollback_monotonic_epoch),
		cmocka_unit_test(cluster_time_follows_between_half_and_double_speed),
		cmocka_unit_test(cluster_time_jumps_forward_when_15_minutes_behind),
		cmocka_unit_test(cluster_time_says_when_15_minutes_ahead),
		cmocka_unit_test(cluster_time_of_a_machine_that_slept_is_right_at_once),
		cmocka_unit_test(cluster_time_starts_at_the_floor_when_the_clock_was_set_back),
		cmocka_unit_test(cluster_restart_never_goes_back_an_epoch),
		cmocka_unit_test(cluster_restarts_in_a_row_leave_it_at_unix_time),
		cmocka_unit_test(cluster_wrong_clock_at_the_first_start_is_put_right),
		cmocka_unit_test(cluster_mint_epoch_of_1970_is_the_check_epoch_or_the_one_before),
	};

	return RUN(tests);
}
