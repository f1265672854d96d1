/* Screens on rates: floods towards one address, scans and sweeps of one source; and their log. */
#include "made.h"

static void flood_row(uint8_t family, uint8_t protocol, enum screen_ids ids, const char *reason)
{
	struct world *w = armed_world(1ull << ids);
	struct ip_spec s = { family, protocol, .payload_length = 8 };

	for (int i = 0; i < 9; i++) {
		struct made m = make(&s);

		s.source_last = (uint8_t)(i + 1); /* whoever sends */
		assert_string_equal(decide_made(w, &m), i < 5 ? "forward_non_tcp" : reason);
	}
	s.destination_last = 7; /* another address */
	assert_string_equal(decide_made(w, (struct made[]){ make(&s) }), "forward_non_tcp");
	s.destination_last = 0;
	w->context.now_ns += 1000000000;
	assert_string_equal(decide_made(w, (struct made[]){ make(&s) }), "forward_non_tcp");
	world_free(w);
}

static void ids_floods_are_cut_at_their_threshold(void **state)
{
	(void)state;
	flood_row(4, 1, SCREEN_IDS_ICMP_FLOOD, "drop_icmp_flood");
	flood_row(6, 58, SCREEN_IDS_ICMP_FLOOD, "drop_icmp_flood");
	flood_row(4, 17, SCREEN_IDS_UDP_FLOOD, "drop_udp_flood");
	flood_row(6, 17, SCREEN_IDS_UDP_FLOOD, "drop_udp_flood");
}

/* Ten targets within the interval, one every step_us: which of them, counted from 1, is the first that
 * is dropped; 0: none. */
static int scanned(enum screen_ids ids, uint8_t family, uint8_t protocol, bool ports, uint64_t step_us)
{
	struct world *w = armed_world(1ull << ids);
	struct ip_spec s = { family, protocol, .payload_length = 20,
			     .payload = { 0x9c, 0x40, 0, 1, [12] = 0x50, [13] = 2 } };
	int first = 0;

	for (int i = 1; i <= 12 && !first; i++) {
		struct made m;

		if (ports)
			s.payload[3] = (uint8_t)i;
		else
			s.destination_last = (uint8_t)i;
		m = make(&s);
		if (strncmp(decide_made(w, &m), "drop_", 5) == 0)
			first = i;
		/* the same one again does not count */
		if (!first && strncmp(decide_made(w, &m), "drop_", 5) == 0)
			first = -i;
		w->context.now_ns += step_us * 1000;
	}
	if (first)
		assert_int_equal(w->meters->zone[0].ids[ids], 1);
	world_free(w);
	return first;
}

static void ids_scans_are_ten_targets_within_the_interval(void **state)
{
	static const struct {
		enum screen_ids ids;
		uint8_t protocol[2];
		bool ports;
	} scans[] = {
		{ SCREEN_IDS_TCP_PORT_SCAN, { 6, 6 }, true },
		{ SCREEN_IDS_UDP_PORT_SCAN, { 17, 17 }, true },
		{ SCREEN_IDS_IP_SWEEP, { 1, 58 }, false },
		{ SCREEN_IDS_TCP_SWEEP, { 6, 6 }, false },
		{ SCREEN_IDS_UDP_SWEEP, { 17, 17 }, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(scans) / sizeof(scans[0]); i++)
		for (int f = 0; f < 2; f++) {
			uint8_t family = f ? 6 : 4;

			assert_int_equal(scanned(scans[i].ids, family, scans[i].protocol[f],
						 scans[i].ports, 100), 10);
			assert_int_equal(scanned(scans[i].ids, family, scans[i].protocol[f],
						 scans[i].ports, 1000), 0);
		}
}

/* ---- events -------------------------------------------------------------------------------- */

static void ids_events_are_one_a_second_with_a_count(void **state)
{
	struct world *w = armed_world(1ull << SCREEN_IDS_LAND);
	struct made m = make(&(struct ip_spec){ 4, TCP_FLAGS(2), .same_ends = true });
	struct screen_note n;

	(void)state;
	for (int i = 0; i < 100; i++)
		(void)decide_made(w, &m);
	assert_true(screen_event_take(&w->events, &n));
	assert_int_equal(n.kind, SCREEN_EVENT_SCREEN);
	assert_int_equal(n.ids, SCREEN_IDS_LAND);
	assert_int_equal(n.count, 1);
	assert_int_equal(n.dropped, 1);
	assert_memory_equal(n.source, n.destination, 16);
	assert_false(screen_event_take(&w->events, &n));
	w->context.now_ns += 1000000000;
	(void)decide_made(w, &m);
	assert_true(screen_event_take(&w->events, &n));
	assert_int_equal(n.count, 100);
	assert_false(screen_event_take(&w->events, &n));
	world_free(w);
}

/* Two workers at the turn of a second, one of them in a burst that began before. */
static void ids_events_of_a_late_worker_are_none_of_their_own(void **state)
{
	struct world *w = armed_world(1ull << SCREEN_IDS_LAND);
	struct made m = make(&(struct ip_spec){ 4, TCP_FLAGS(2), .same_ends = true });
	struct screen_note n;
	uint64_t count = 0;
	int events = 0;

	(void)state;
	for (int i = 0; i < 50; i++) {
		(void)decide_made(w, &m);
		w->context.now_ns += i % 2 ? 1 : -1ull;
	}
	w->context.now_ns += 1000000000;
	(void)decide_made(w, &m);
	while (screen_event_take(&w->events, &n)) {
		count += n.count;
		events++;
	}
	assert_int_equal(events, 2);
	assert_int_equal(count, 51);
	world_free(w);
}

/* Statistics are cleared by the control thread while workers count. */
static void ids_events_after_a_clear_count_from_there(void **state)
{
	struct world *w = armed_world(1ull << SCREEN_IDS_LAND);
	struct made m = make(&(struct ip_spec){ 4, TCP_FLAGS(2), .same_ends = true });
	struct screen_zone_meter *z = &w->meters->zone[0];
	struct screen_note n;

	(void)state;
	for (int i = 0; i < 1000; i++)
		(void)decide_made(w, &m);
	w->context.now_ns += 1000000000;
	(void)decide_made(w, &m);
	assert_true(screen_event_take(&w->events, &n));
	assert_true(screen_event_take(&w->events, &n));
	z->ids[SCREEN_IDS_LAND] = 0;
	for (int i = 0; i < 2; i++) {
		w->context.now_ns += 1000000000;
		(void)decide_made(w, &m);
		assert_true(screen_event_take(&w->events, &n));
		assert_int_equal(n.count, 1);
	}
	/* the count goes round at 2^32 */
	z->ids[SCREEN_IDS_LAND] = 0xfffffffe;
	z->logged[SCREEN_IDS_LAND] = 0xfffffffe;
	(void)decide_made(w, &m);
	w->context.now_ns += 1000000000;
	(void)decide_made(w, &m);
	w->context.now_ns += 1000000000;
	for (int i = 0; i < 2; i++) {
		assert_true(screen_event_take(&w->events, &n));
		assert_int_equal(n.count, 1);
	}
	world_free(w);
}

static void ids_events_that_find_no_room_are_counted(void **state)
{
	static struct screen_events e;
	struct screen_note n = { .count = 1 };

	(void)state;
	for (int i = 0; i < SCREEN_EVENTS_MAX + 7; i++)
		screen_event_put(&e, &n);
	assert_int_equal(e.lost, 7);
	for (int i = 0; i < SCREEN_EVENTS_MAX; i++)
		assert_true(screen_event_take(&e, &n));
	assert_false(screen_event_take(&e, &n));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_floods_are_cut_at_their_threshold),
		cmocka_unit_test(ids_scans_are_ten_targets_within_the_interval),
		cmocka_unit_test(ids_events_are_one_a_second_with_a_count),
		cmocka_unit_test(ids_events_of_a_late_worker_are_none_of_their_own),
		cmocka_unit_test(ids_events_after_a_clear_count_from_there),
		cmocka_unit_test(ids_events_that_find_no_room_are_counted),
	};

	return RUN(tests);
}
