/*
 * From one engine to the next: what goes over, as it was.
 */
#include "handover_of.h"

static const uint32_t STATES[] = { SCREEN_FLOW_HALF_OPEN, SCREEN_FLOW_OPEN, SCREEN_FLOW_PENDING,
				   SCREEN_FLOW_SPLICED, SCREEN_FLOW_CLOSED };

enum { STATES_COUNT = sizeof(STATES) / sizeof(STATES[0]), EACH = 100 };

/* In the next engine everything has another number: wires, ports, and which comes first. */
static void old_wires(struct screen_engine *e)
{
	handover_wire(e, 0, 3, 0, "eth1", 1, "eth2");
	handover_wire(e, 1, 4, 2, "eth3", 3, "eth4");
}

static void next_wires(struct screen_engine *e)
{
	handover_wire(e, 4, 1, 9, "eth4", 8, "eth3");
	handover_wire(e, 7, 2, 5, "eth1", 6, "eth2");
}

static uint16_t next_id(uint16_t wire)
{
	return wire == 3 ? 2 : 1;
}

static uint8_t next_slot(uint8_t slot)
{
	return (uint8_t[]){ 5, 6, 8, 9 }[slot];
}

/* All bytes of a flow but those that are the new engine's own, so that a new field is not forgotten. */
static void same_flow(struct screen_engine *next, const struct screen_flow *before)
{
	struct screen_flow_key key = before->key;
	struct screen_flow want = *before, got;
	uint32_t index;

	key.wire = next_id(before->key.wire);
	index = screen_flow_find(&next->flows, &key, screen_flow_hash(&next->flows, &key));
	assert_int_not_equal(index, SCREEN_FLOW_NONE);
	got = next->flows.flows[index];
	want.key.wire = key.wire;
	want.client_slot = next_slot(before->client_slot);
	want.generation = got.generation;
	want.next_free = got.next_free;
	want.held = want.owner = 0;
	assert_memory_equal(&got, &want, sizeof(got));
}

static void flows_of_all_states_go_over_with_every_field(void **state)
{
	struct screen_engine *old = handover_old(1 << 10), *next;
	struct random r = random_seeded();
	struct screen_flow before[STATES_COUNT * EACH];
	uint32_t count = 0;

	(void)state;
	old_wires(old);
	for (uint32_t i = 0; i < STATES_COUNT * EACH; i++) {
		uint8_t slot = (uint8_t)random_below(&r, 4);
		struct screen_flow *f = handover_add(old, &r, slot < 2 ? 3 : 4, slot, STATES[i % STATES_COUNT]);

		if (random_8(&r) & 1)
			screen_flow_count(&old->flows, f, SCREEN_COUNTED_SILENT);
		f->held = 3;
		f->owner = 2;
		before[count++] = *f;
	}
	assert_int_equal(handover_end(old), count);
	next = handover_next(old, 1 << 12);
	next_wires(next);
	screen_handover_take(next);
	assert_int_equal(next->handover.result, SCREEN_HANDOVER_TAKEN);
	assert_int_equal(next->handover.flows, count);
	assert_int_equal(next->handover.left, 0);
	assert_int_equal(next->flows.used, count);
	assert_false(handover_file_is_there(next));
	for (uint32_t i = 0; i < count; i++)
		same_flow(next, &before[i]);
	test_engine_destroy(next);
}

static void sessions_of_flows_are_counted_where_they_go(void **state)
{
	struct screen_engine *old = handover_old(1 << 10), *next;
	struct random r = random_seeded();
	struct screen_flow_key key;
	struct screen_flow *f;
	uint64_t source;

	(void)state;
	old_wires(old);
	f = handover_add(old, &r, 3, 0, SCREEN_FLOW_SPLICED);
	screen_flow_count(&old->flows, f, SCREEN_COUNTED_SILENT);
	key = f->key;
	key.wire = next_id(3);
	assert_int_equal(handover_end(old), 1);
	next = handover_next(old, 1 << 10);
	next_wires(next);
	screen_handover_take(next);
	f = &next->flows.flows[screen_flow_find(&next->flows, &key, screen_flow_hash(&next->flows, &key))];
	source = screen_flow_end_hash(&next->flows, &key, f->client_low);
	assert_int_equal(screen_session_count(&next->sessions->source, source), 1);
	assert_int_equal(screen_session_count(&next->sessions->silent, source), 1);
	assert_true(screen_flow_remove(&next->flows, (uint32_t)(f - next->flows.flows),
				       screen_flow_hash(&next->flows, &key)));
	assert_int_equal(screen_session_count(&next->sessions->source, source), 0);
	assert_int_equal(screen_session_count(&next->sessions->silent, source), 0);
	test_engine_destroy(next);
}

static void flows_that_are_of_no_use_stay_behind(void **state)
{
	struct screen_engine *old = handover_old(1 << 10);
	struct random r = random_seeded();
	struct screen_flow *f;

	(void)state;
	old_wires(old);
	/* nobody has answered it */
	f = handover_add(old, &r, 3, 0, SCREEN_FLOW_HALF_OPEN);
	f->side[1].seen_s = 0;
	/* about to be swept */
	f = handover_add(old, &r, 3, 0, SCREEN_FLOW_HALF_OPEN);
	f->created_s = handover_now() - 3;
	f->half_open_s = 1;
	/* its wire is no more */
	(void)handover_add(old, &r, 2, 0, SCREEN_FLOW_SPLICED);
	assert_int_equal(handover_end(old), 0);
	test_engine_destroy(old);
}

static void flows_of_wires_with_other_ports_are_left(void **state)
{
	struct screen_engine *old = handover_old(1 << 10), *next;
	struct random r = random_seeded();

	(void)state;
	old_wires(old);
	for (int i = 0; i < 5; i++)
		(void)handover_add(old, &r, i < 3 ? 3 : 4, i < 3 ? 0 : 2, SCREEN_FLOW_SPLICED);
	assert_int_equal(handover_end(old), 5);
	next = handover_next(old, 1 << 10);
	handover_wire(next, 0, 1, 0, "eth1", 1, "eth9");
	handover_wire(next, 1, 2, 2, "eth3", 3, "eth4");
	screen_handover_take(next);
	assert_int_equal(next->handover.result, SCREEN_HANDOVER_TAKEN);
	assert_int_equal(next->handover.flows, 2);
	assert_int_equal(next->handover.left, 3);
	assert_int_equal(next->flows.used, 2);
	test_engine_destroy(next);
}

static void smaller_table_takes_what_it_has_room_for(void **state)
{
	struct screen_engine *old = handover_old(1 << 12), *next;
	struct random r = random_seeded();

	(void)state;
	old_wires(old);
	for (int i = 0; i < 2000; i++)
		(void)handover_add(old, &r, 3, 0, SCREEN_FLOW_OPEN);
	assert_int_equal(handover_end(old), 2000);
	next = handover_next(old, 1 << 10);
	next_wires(next);
	screen_handover_take(next);
	assert_int_equal(next->handover.result, SCREEN_HANDOVER_TAKEN);
	/* all entries but those for which a bucket had no room */
	assert_in_range(next->handover.flows, 1000, 1023);
	assert_int_equal(next->handover.flows + next->handover.left, 2000);
	assert_int_equal(next->flows.used, next->handover.flows);
	test_engine_destroy(next);
}

static void learned_servers_go_over_by_the_names_of_their_zones(void **state)
{
	struct screen_engine *old = handover_old(1 << 10), *next;
	const struct screen_server_profile profile = {
		.mss = 1400, .window = 5000, .wscale = 9, .known = SCREEN_SERVER_FLAGS,
		.has = SCREEN_SERVER_WSCALE | SCREEN_SERVER_SACK,
	};
	const uint8_t address[16] = { 0x20, 1, [15] = 7 };
	uint32_t now = handover_now(), seen = now - 5;
	struct screen_server *v;

	(void)state;
	handover_zone(old, 0, "inside");
	handover_zone(old, 1, "outside");
	handover_zone(old, 2, "renamed");
	screen_server_learn(handover_add_server(old, 1, address, 443), profile, seen);
	screen_server_refused(handover_add_server(old, 1, address, 81), now * 1000000000ull);
	screen_server_learn(handover_add_server(old, 2, address, 443), profile, seen);
	(void)handover_add_server(old, 1, address, 82); /* only asked: nothing is known */
	assert_int_equal(handover_end(old), 0);
	next = handover_next(old, 1 << 10);
	handover_zone(next, 5, "outside");
	screen_handover_take(next);
	assert_int_equal(next->handover.servers, 2);
	v = handover_add_server(next, 5, address, 443);
	assert_int_equal(v->seen_s, seen);
	assert_int_equal(v->closed_ns, 0);
	assert_int_equal(v->zone_port, 5 << 16 | 443);
	assert_memory_equal(&v->profile, &profile, sizeof(profile));
	v = handover_add_server(next, 5, address, 81);
	assert_int_equal(v->seen_s, 0);
	assert_int_equal(v->closed_ns, now * 1000000000ull);
	test_engine_destroy(next);
}

static void first_publish_takes_over_and_later_ones_do_not(void **state)
{
	struct screen_engine *old = handover_old(1 << 10), *next;
	struct screen_error_info error = { 0 };
	struct random r = random_seeded();

	(void)state;
	old_wires(old);
	(void)handover_add(old, &r, 3, 0, SCREEN_FLOW_SPLICED);
	assert_int_equal(handover_end(old), 1);
	next = handover_next(old, 1 << 10);
	assert_true(handover_file_is_there(next));
	assert_int_equal(next->handover.result, SCREEN_HANDOVER_NONE);
	assert_int_equal(test_engine_commit(next, 1, &error), 0);
	/* a configuration without wires */
	assert_int_equal(next->handover.result, SCREEN_HANDOVER_TAKEN);
	assert_int_equal(next->handover.left, 1);
	assert_false(handover_file_is_there(next));
	handover_write_file(next, (const uint8_t *)"later", 5);
	assert_int_equal(test_engine_commit(next, 2, &error), 0);
	assert_true(handover_file_is_there(next));
	test_engine_destroy(next);
}

/* A daemon whose configuration is refused must not take away what the next one could use. */
static void engine_that_never_ran_leaves_the_file_of_the_one_before(void **state)
{
	struct screen_engine *old = handover_old(1 << 10), *refused, *next;
	struct random r = random_seeded();

	(void)state;
	old_wires(old);
	(void)handover_add(old, &r, 3, 0, SCREEN_FLOW_SPLICED);
	assert_int_equal(handover_end(old), 1);
	refused = handover_next(old, 1 << 10);
	assert_int_equal(handover_end(refused), 0);
	next = handover_next(refused, 1 << 10);
	next_wires(next);
	screen_handover_take(next);
	assert_int_equal(next->handover.flows, 1);
	test_engine_destroy(next);
}

static void file_that_cannot_be_written_is_an_error_and_leaves_none(void **state)
{
	struct screen_engine *old = handover_old(1 << 10);
	struct screen_error_info error = { 0 };
	char path[SCREEN_PATH_SIZE + 32];

	(void)state;
	/* nothing can be renamed onto a directory */
	screen_handover_path(old->options.state_dir, path);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(screen_engine_hand_over(old, &error), SCREEN_ERROR_SYSTEM);
	assert_string_equal(error.object, "flows.handover");
	assert_int_equal(rmdir(path), 0);
	test_engine_destroy(old); /* finds its directory empty */
}

static double seconds_since(uint64_t then_ns)
{
	return (double)(screen_now_ns() - then_ns) / 1e9;
}

/* Connections wait meanwhile. The room is for sanitizers and busy machines. */
static void million_flows_take_seconds(void **state)
{
	enum { MILLION = 1000000, ROOM_S = 20 };
	struct screen_engine *old = handover_old(1 << 20), *next;
	struct random r = random_seeded();
	double write_s, take_s;
	int written;
	uint64_t then;

	(void)state;
	old_wires(old);
	for (uint32_t i = 0; i < MILLION; i++) {
		uint32_t index = screen_flow_take(&old->flows), other;
		struct screen_flow *f = &old->flows.flows[index];

		handover_fill(&r, f, 3, 0, SCREEN_FLOW_SPLICED);
		(void)screen_flow_install(&old->flows, index, screen_flow_hash(&old->flows, &f->key),
					  SCREEN_FLOW_NONE, &other);
	}
	then = screen_now_ns();
	written = handover_end(old);
	write_s = seconds_since(then);
	/* a few find their bucket full */
	assert_in_range(written, MILLION - 100, MILLION);
	next = handover_next(old, 1 << 20);
	next_wires(next);
	then = screen_now_ns();
	screen_handover_take(next);
	take_s = seconds_since(then);
	assert_int_equal(next->handover.flows + next->handover.left, written);
	assert_in_range(next->handover.flows, MILLION - 200, MILLION);
	printf("%d flows: written in %.2f s, taken over in %.2f s\n", written, write_s, take_s);
	assert_true(write_s < ROOM_S && take_s < ROOM_S);
	test_engine_destroy(next);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flows_of_all_states_go_over_with_every_field),
		cmocka_unit_test(sessions_of_flows_are_counted_where_they_go),
		cmocka_unit_test(flows_that_are_of_no_use_stay_behind),
		cmocka_unit_test(flows_of_wires_with_other_ports_are_left),
		cmocka_unit_test(smaller_table_takes_what_it_has_room_for),
		cmocka_unit_test(learned_servers_go_over_by_the_names_of_their_zones),
		cmocka_unit_test(first_publish_takes_over_and_later_ones_do_not),
		cmocka_unit_test(engine_that_never_ran_leaves_the_file_of_the_one_before),
		cmocka_unit_test(file_that_cannot_be_written_is_an_error_and_leaves_none),
		cmocka_unit_test(million_flows_take_seconds),
	};

	return RUN(tests);
}
