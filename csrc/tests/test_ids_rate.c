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

	if (protocol == SCREEN_PROTO_ICMP || protocol == SCREEN_PROTO_ICMPV6)
		s.payload[0] = protocol == SCREEN_PROTO_ICMP ? 8 : 128; /* echo request */
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

/* The intervals of profiles differ: a short one must not end what is watched by a long one. */
static void scan_cell_lives_for_its_own_interval(void **state)
{
	struct screen_scan *s = calloc(1, sizeof(*s));
	const uint64_t hash[] = { 5, 5 | 1 << 20, 5 | 2 << 20, 5 | 3 << 20, 5 | 4 << 20 };

	(void)state;
	for (uint32_t i = 0; i < SCREEN_SCAN_WAYS; i++)
		for (uint32_t target = 0; target < 9; target++)
			assert_false(screen_scan_tried(s, hash[i], target, 1000, 1000000));
	for (uint32_t target = 0; target < 20; target++)
		assert_false(screen_scan_tried(s, hash[4], target, 3000, 1000));
	for (uint32_t i = 0; i < SCREEN_SCAN_WAYS; i++)
		assert_true(screen_scan_tried(s, hash[i], 9, 1001000, 1000000)); /* its last moment */
	for (uint32_t i = 0; i < SCREEN_SCAN_WAYS; i++)
		assert_false(screen_scan_tried(s, hash[i], 9, 1001001, 1000000));
	/* a late worker counts along */
	for (uint32_t target = 0; target < 8; target++)
		assert_false(screen_scan_tried(s, hash[0], target, 1000000, 1000000));
	assert_true(screen_scan_tried(s, hash[0], 8, 1000000, 1000000));
	free(s);
}

/* Ports of one address, and of one zone. */
static void ids_scans_are_of_one_address_and_zone(void **state)
{
	struct world *w = armed_world(1ull << SCREEN_IDS_TCP_PORT_SCAN | 1ull << SCREEN_IDS_ICMP_FLOOD);
	struct ip_spec s = { 4, TCP_FLAGS(2) }, ping = { 4, 1, .payload_length = 8 };

	(void)state;
	w->policy.port[2].profile = 0;
	w->policy.port[2].screened = 1;
	for (uint8_t i = 1; i <= 9; i++) {
		s.payload[3] = i;
		s.destination_last = 0;
		assert_string_equal(decide_made(w, (struct made[]){ make(&s) }), "forward_syn_calm");
		s.destination_last = 7;
		assert_string_equal(decide_made(w, (struct made[]){ make(&s) }), "forward_syn_calm");
		assert_string_equal(decide_from(w, (struct made[]){ make(&s) }, 2), "forward_syn_calm");
	}
	s.payload[3] = 10;
	assert_string_equal(decide_from(w, (struct made[]){ make(&s) }, 2), "drop_tcp_port_scan");
	assert_int_equal(w->meters->zone[1].ids[SCREEN_IDS_TCP_PORT_SCAN], 1);
	assert_int_equal(w->meters->zone[0].ids[SCREEN_IDS_TCP_PORT_SCAN], 0);
	for (int i = 0; i < 5; i++) {
		assert_string_equal(decide_made(w, (struct made[]){ make(&ping) }), "forward_non_tcp");
		assert_string_equal(decide_from(w, (struct made[]){ make(&ping) }, 2), "forward_non_tcp");
	}
	world_free(w);
}

/* Who finds a set in another worker's hands leaves it alone. */
static void scan_set_in_use_is_not_waited_for(void **state)
{
	struct screen_scan *s = calloc(1, sizeof(*s));

	(void)state;
	for (uint32_t target = 0; target < 9; target++)
		assert_false(screen_scan_tried(s, 5, target, 1000, 1000));
	s->set[5].busy = 1;
	assert_false(screen_scan_tried(s, 5, 9, 1000, 1000));
	assert_int_equal(s->set[5].busy, 1);
	s->set[5].busy = 0;
	assert_true(screen_scan_tried(s, 5, 10, 1000, 1000));
	assert_int_equal(s->set[5].busy, 0);
	free(s);
}

static void contacts_are_told_apart_by_their_hash(void **state)
{
	struct screen_contacts *c = calloc(1, sizeof(*c));
	const uint64_t hash = 0xabcdef0123456780;

	(void)state;
	screen_contact_note(c, hash, 4095);
	assert_true(screen_contact_known(c, hash, 4095));
	assert_false(screen_contact_known(c, hash ^ 1ull << 63, 4095));
	assert_false(screen_contact_known(c, hash ^ 1ull << 45, 4095));
	for (int bit = 0; bit < 16; bit++)
		assert_false(screen_contact_known(c, hash ^ 1ull << bit, 4095));
	/* a minute, over the end of the seconds; and a worker that is late */
	assert_true(screen_contact_known(c, hash, 4095 + 60));
	assert_false(screen_contact_known(c, hash, 4095 + 61));
	assert_true(screen_contact_known(c, hash, 4094));
	assert_false(screen_contact_known(c, hash, 4093));
	assert_false(screen_contact_known(c, 7, 0)); /* never noted */
	free(c);
}

/* Who answers pings, reports errors or looks for neighbours (RFC 4861: a question for each address, to a
 * group of its own) does not sweep. */
static void ids_ip_sweep_is_of_questions(void **state)
{
	static const struct {
		uint8_t family, type;
		bool sweeps;
	} types[] = {
		{ 4, 8, true }, { 4, 13, true }, { 4, 15, true }, { 4, 17, true }, { 4, 42, true },
		{ 4, 0, false }, { 4, 3, false }, { 4, 11, false }, { 4, 14, false },
		{ 6, 128, true }, { 6, 139, true }, { 6, 160, true },
		{ 6, 1, false }, { 6, 2, false }, { 6, 3, false }, { 6, 129, false }, { 6, 131, false },
		{ 6, 134, false }, { 6, 135, false }, { 6, 136, false }, { 6, 140, false }, { 6, 143, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		struct world *w = armed_world(1ull << SCREEN_IDS_IP_SWEEP);
		struct ip_spec s = { types[i].family, types[i].family == 4 ? 1 : 58,
				     .payload_length = 8, .payload = { types[i].type } };

		for (uint8_t n = 1; n <= 20; n++) {
			s.destination_last = n;
			(void)decide_made(w, (struct made[]){ make(&s) });
		}
		if (w->meters->zone[0].ids[SCREEN_IDS_IP_SWEEP] != (types[i].sweeps ? 11 : 0))
			fail_msg("IPv%u, type %u", types[i].family, types[i].type);
		world_free(w);
	}
}

/* A question may come in fragments: the first one has its type. */
static void ids_ip_sweep_sees_first_fragments(void **state)
{
	(void)state;
	for (uint8_t family = 4; family <= 6; family += 2) {
		struct world *w = armed_world(1ull << SCREEN_IDS_IP_SWEEP);
		struct ip_spec s = { family, family == 4 ? 1 : 58, .payload_length = 8,
				     .payload = { family == 4 ? 8 : 128 } };

		for (uint8_t n = 1; n <= 9; n++) {
			s.destination_last = n;
			s.fragment = family == 4 ? 0x2000 : 1;
			assert_string_equal(decide_made(w, (struct made[]){ make(&s) }), "forward_fragment");
		}
		s.destination_last = 10; /* not a word of its type in the second */
		s.fragment = family == 4 ? 1 : 1 << 3;
		assert_string_equal(decide_made(w, (struct made[]){ make(&s) }), "forward_fragment");
		s.fragment = family == 4 ? 0x2000 : 1;
		assert_string_equal(decide_made(w, (struct made[]){ make(&s) }), "drop_ip_sweep");
		world_free(w);
	}
}

/* Ten answers to other ports, or to other hosts. */
static void ten_answers(struct world *w, struct ip_spec *answer, bool ports)
{
	for (uint8_t i = 1; i <= 10; i++) {
		if (ports)
			answer->payload[3] = i;
		else
			answer->destination_last = i;
		(void)decide_made(w, (struct made[]){ make(answer) });
	}
}

/* A name server answers ten questions of one client, and ten clients, at once. */
static void udp_answers(uint8_t family, enum screen_ids ids, bool ports)
{
	struct world *w = armed_world(1ull << ids);
	struct ip_spec question = { family, 17, .payload_length = 8, .payload = { 0, 9, 0, 53 },
				    .inside = true };
	struct ip_spec answer = { family, 17, .payload_length = 8, .payload = { 0, 53, 0, 9 } };

	for (uint8_t i = 1; i <= 30; i++) {
		if (ports)
			question.payload[1] = answer.payload[3] = i;
		else
			question.source_last = answer.destination_last = i;
		assert_string_equal(decide_from(w, (struct made[]){ make(&question) }, 1),
				    "forward_non_tcp");
		assert_string_equal(decide_made(w, (struct made[]){ make(&answer) }), "forward_non_tcp");
	}
	/* of that client, but not of that question; then a minute later */
	answer.payload[1] = 54;
	ten_answers(w, &answer, ports);
	assert_int_equal(w->meters->zone[0].ids[ids], 1);
	answer.payload[1] = 53;
	for (int after = 0; after < 2; after++) {
		world_wait(w, after ? 1 : 60);
		ten_answers(w, &answer, ports);
		assert_int_equal(w->meters->zone[0].ids[ids], 1 + after);
	}
	world_free(w);
}

/* Nobody else is answered: neither another host or port inside, nor one in another VLAN. */
static void ids_udp_contacts_are_of_their_ends_alone(void **state)
{
	(void)state;
	for (int vlan = 0; vlan < 2; vlan++)
		for (int ports = 0; ports < 2; ports++) {
			struct world *w = armed_world(1ull << (ports ? SCREEN_IDS_UDP_PORT_SCAN :
								       SCREEN_IDS_UDP_SWEEP));
			struct ip_spec question = { 4, 17, .payload_length = 8,
						    .payload = { 0, 1, 0, 53 }, .inside = true };
			struct ip_spec answer = { 4, 17, .payload_length = 8,
						  .payload = { 0, 53, 0, 1 } };

			for (uint8_t i = 1; i <= 12; i++) {
				struct made q, a;

				*(ports ? &question.payload[1] : &question.source_last) = vlan ? i : 1;
				*(ports ? &answer.payload[3] : &answer.destination_last) = i;
				q = make(&question);
				a = make(&answer);
				made_tag(&q, 1);
				made_tag(&a, (uint16_t)(1 + vlan));
				(void)decide_from(w, &q, 1);
				(void)decide_made(w, &a);
			}
			assert_int_equal(w->meters->zone[0].ids[SCREEN_IDS_UDP_PORT_SCAN] +
					 w->meters->zone[0].ids[SCREEN_IDS_UDP_SWEEP], vlan ? 3 : 2);
			world_free(w);
		}
}

static void ids_udp_answers_are_no_scan(void **state)
{
	(void)state;
	for (uint8_t family = 4; family <= 6; family += 2) {
		udp_answers(family, SCREEN_IDS_UDP_PORT_SCAN, true);
		udp_answers(family, SCREEN_IDS_UDP_SWEEP, false);
	}
}

/* Nor does a scan hide in fragments, or an answer's later fragments look like one. */
static void ids_udp_scans_are_seen_in_first_fragments(void **state)
{
	(void)state;
	for (uint8_t family = 4; family <= 6; family += 2) {
		struct world *w = armed_world(1ull << SCREEN_IDS_UDP_PORT_SCAN |
					      1ull << SCREEN_IDS_UDP_SWEEP);
		struct ip_spec s = { family, 17, .payload_length = 8, .payload = { 0, 53, 0, 9 } };

		for (uint8_t i = 1; i <= 20; i++) {
			s.fragment = family == 4 ? 1 : 1 << 3;
			s.destination_last = i;
			assert_string_equal(decide_made(w, (struct made[]){ make(&s) }), "forward_fragment");
		}
		s.fragment = family == 4 ? 0x2000 : 1;
		for (uint8_t i = 1; i <= 10; i++) {
			s.payload[3] = i;
			assert_string_equal(decide_made(w, (struct made[]){ make(&s) }),
					    i < 10 ? "forward_fragment" : "drop_udp_port_scan");
		}
		world_free(w);
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
	z->ids[SCREEN_IDS_LAND] = 1000; /* as many as then, by chance */
	w->context.now_ns += 1000000000;
	(void)decide_made(w, &m);
	assert_true(screen_event_take(&w->events, &n));
	assert_int_equal(n.count, 1001);
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

/* UDP's ports are not the parser's business, but the log's. */
static void ids_events_of_udp_have_ports(void **state)
{
	struct world *w = armed_world(1ull << SCREEN_IDS_UDP_PORT_SCAN | 1ull << SCREEN_IDS_UDP_FLOOD);
	struct ip_spec s = { 4, 17, .payload_length = 8, .payload = { 0, 53, 0x9c, 0x40 } };
	struct screen_note n = { 0 };

	(void)state;
	for (int i = 0; i < 6; i++)
		(void)decide_made(w, (struct made[]){ make(&s) });
	assert_true(screen_event_take(&w->events, &n));
	assert_int_equal(n.ids, SCREEN_IDS_UDP_FLOOD);
	assert_int_equal(n.sport, 53);
	assert_int_equal(n.dport, 40000);
	/* a later fragment has none */
	world_wait(w, 1);
	s.fragment = 1;
	for (int i = 0; i < 6; i++)
		(void)decide_made(w, (struct made[]){ make(&s) });
	assert_true(screen_event_take(&w->events, &n));
	assert_int_equal(n.sport + n.dport, 0);
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
		cmocka_unit_test(scan_cell_lives_for_its_own_interval),
		cmocka_unit_test(scan_set_in_use_is_not_waited_for),
		cmocka_unit_test(contacts_are_told_apart_by_their_hash),
		cmocka_unit_test(ids_ip_sweep_is_of_questions),
		cmocka_unit_test(ids_ip_sweep_sees_first_fragments),
		cmocka_unit_test(ids_udp_answers_are_no_scan),
		cmocka_unit_test(ids_udp_contacts_are_of_their_ends_alone),
		cmocka_unit_test(ids_scans_are_of_one_address_and_zone),
		cmocka_unit_test(ids_udp_scans_are_seen_in_first_fragments),
		cmocka_unit_test(ids_events_are_one_a_second_with_a_count),
		cmocka_unit_test(ids_events_of_a_late_worker_are_none_of_their_own),
		cmocka_unit_test(ids_events_after_a_clear_count_from_there),
		cmocka_unit_test(ids_events_of_udp_have_ports),
		cmocka_unit_test(ids_events_that_find_no_room_are_counted),
	};

	return RUN(tests);
}
