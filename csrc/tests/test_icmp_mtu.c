/* Path MTUs that ICMP errors tell the ends of a splice (RFC 1191, RFC 8201). */
#include "icmp_of.h"

static void assert_mtu(struct world *w, struct script *s, uint32_t mtu, uint32_t told)
{
	bool v4 = w->client.family == 4;
	struct error e = { .type = v4 ? 3 : 2, .code = v4 ? 4 : 0, .rest = mtu, .quoted = 20 }, want;

	e.about = segment_of(w, false, script_number(s, 'K') + 1, 5);
	want = e;
	want.about.seq = script_number(s, 'S') + 1;
	want.rest = told;
	assert_decided(w, &e, 0, SCREEN_FORWARD_SPLICED_ICMP, &want);
	/* the client's own segments are not lengthened */
	e.about = segment_of(w, true, 5, script_number(s, 'S') + 1);
	want = e;
	want.about.ack = script_number(s, 'K') + 1;
	assert_decided(w, &e, 1, SCREEN_FORWARD_SPLICED_ICMP, &want);
}

static void path_mtu_leaves_room_for_stamps(void **state)
{
	struct script s;
	struct world *w = open_world(4, 0, &s, false);

	(void)state;
	assert_mtu(w, &s, 1400, 1388);
	assert_mtu(w, &s, 0x12340000 | 68, 0x12340000 | 56);
	assert_mtu(w, &s, 13, 1);
	assert_mtu(w, &s, 12, 12);
	assert_mtu(w, &s, 0, 0); /* from before RFC 1191 */
	world_free(w);
	w = open_world(6, 0, &s, false);
	assert_mtu(w, &s, 1400, 1388);
	assert_mtu(w, &s, 100000, 99988);
	assert_mtu(w, &s, 1292, 1280);
	world_free(w);
}

static void path_mtu_is_told_as_it_is_to_who_has_a_clock(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		struct script s;
		struct world *w = open_world(i ? 6 : 4, 0, &s, true);

		assert_mtu(w, &s, 1400, 1400);
		assert_mtu(w, &s, 1280, 1280);
		world_free(w);
	}
}

/* Other codes have no MTU there. */
static void only_too_big_has_an_mtu(void **state)
{
	struct script s;
	struct world *w = open_world(4, 0, &s, false);
	struct error e = { .type = 3, .code = 1, .rest = 1400, .quoted = 20 }, want;

	(void)state;
	e.about = segment_of(w, false, script_number(&s, 'K') + 1, 5);
	want = e;
	want.about.seq = script_number(&s, 'S') + 1;
	assert_decided(w, &e, 0, SCREEN_FORWARD_SPLICED_ICMP, &want);
	e.type = want.type = 12;
	e.code = want.code = 4;
	assert_decided(w, &e, 0, SCREEN_FORWARD_SPLICED_ICMP, &want);
	world_free(w);
}

/* A server must not believe an MTU below 1280 (RFC 8201 section 4): it is told what is so, and
 * segments that fill it go without a stamp. What nobody has sent changes nothing (RFC 5927). */
static void path_mtu_of_ipv6_is_never_told_below_1280(void **state)
{
	static const uint32_t narrow[] = { 1291, 1280, 1279, 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(narrow) / sizeof(narrow[0]); i++) {
		struct script s;
		struct world *w = open_world(6, 0, &s, false);
		struct error e = { .type = 2, .rest = narrow[i], .quoted = 20 };
		uint8_t data[FRAME_MAX];

		SCRIPT(&s, "> A seq S+1 ack C+1 len 1220 -> forward_spliced"
		       " = A seq K+1 ack C+1 len 1220 ts T+1000 105");
		e.about = segment_of(w, false, script_number(&s, 'K') + 1222, 5);
		(void)world_decide(w, data, error_build(data, &e), 0);
		e.about = segment_of(w, false, script_number(&s, 'K'), 5);
		(void)world_decide(w, data, error_build(data, &e), 0);
		SCRIPT(&s, "> A seq S+1 ack C+1 len 1220 -> forward_spliced"
		       " = A seq K+1 ack C+1 len 1220 ts T+1000 105");
		assert_mtu(w, &s, narrow[i], narrow[i]);
		SCRIPT(&s, "> A seq S+1 ack C+1 len 1209 -> forward_spliced = A seq K+1 ack C+1 len 1209",
		       "> A seq S+1 ack C+1 len 1208 -> forward_spliced"
		       " = A seq K+1 ack C+1 len 1208 ts T+1000 105");
		world_free(w);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(path_mtu_leaves_room_for_stamps),
		cmocka_unit_test(path_mtu_is_told_as_it_is_to_who_has_a_clock),
		cmocka_unit_test(only_too_big_has_an_mtu),
		cmocka_unit_test(path_mtu_of_ipv6_is_never_told_below_1280),
	};

	return RUN(tests);
}
