/* ICMP errors while the server of a splice is asked: which are a refusal, and what the client is told. */
#include "icmp_of.h"

static void assert_refused(struct world *w, struct script *s, const struct error *e)
{
	struct frame_spec reset = w->client;
	uint8_t data[FRAME_MAX], expected[FRAME_MAX];
	uint32_t length = error_build(data, e);

	assert_int_equal(world_decide(w, data, length, 1), SCREEN_FORWARD_SPLICED_ICMP);
	assert_int_equal(w->d.action, SCREEN_ACTION_WAKE_OWNER);
	assert_int_equal(w->d.flow, w->syn_flow);
	frame_mirror(&reset);
	/* it goes on the way that the error came */
	memcpy(reset.source_mac, data + 6, 6);
	memcpy(reset.destination_mac, data, 6);
	reset.flags = SCREEN_TCP_RST | SCREEN_TCP_ACK;
	reset.seq = script_number(s, 'K') + 1;
	reset.ack = script_number(s, 'C') + 1;
	reset.window = 0;
	reset.ttl = SCREEN_REPLY_TTL;
	reset.class = 0;
	length = frame_build(expected, &reset);
	if (reset.family == 4) { /* no ID (RFC 6864) */
		frame_put16(expected + l3_of(&reset) + 4, 0);
		frame_put16(expected + l3_of(&reset) + 10,
			    frame_checksum_ipv4(expected + l3_of(&reset)));
	} else {
		frame_put32(expected + l3_of(&reset), 0x60000000);
	}
	assert_int_equal(w->out.length, length);
	assert_memory_equal(w->out.data, expected, length);
}

static void server_that_cannot_be_reached_is_a_refusal(void **state)
{
	static const struct kind kinds[] = {
		{ 4, 3, 0 }, { 4, 3, 1 }, { 4, 3, 2 }, { 4, 3, 3 }, { 4, 3, 13 },
		{ 6, 1, 0 }, { 6, 1, 1 }, { 6, 1, 3 }, { 6, 1, 4 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		for (uint8_t words = 0; words <= 10; words++) {
			struct world *w = world_new(kinds[i].family, words % 3);
			struct script s = script_new(w);
			struct error e = { .type = kinds[i].type, .code = kinds[i].code,
					   .outer_words = words, .quoted = words < 5 ? 8 : 60 };

			SCRIPT(&s, FLOODED, VALIDATED);
			e.about = segment_of(w, true, script_number(&s, 'C'), 0);
			e.about.ip_option_words = (uint8_t)(10 - words);
			assert_refused(w, &s, &e);
			SCRIPT(&s, "< PA seq C+1 ack K+1 len 5 ts 105 T -> drop_splice_closed",
			       "> SA seq S ack C+1 -> reply_stale_half");
			world_free(w);
		}
}

/* It takes an undamaged error that says so, about our SYN, from the server's side. */
static void nothing_else_ends_a_pending_splice(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		struct world *w = world_new(i ? 6 : 4, 1);
		struct script s = script_new(w);
		struct error e = { .type = i ? 1 : 3, .code = 1, .quoted = 20 }, other;

		SCRIPT(&s, FLOODED, VALIDATED);
		e.about = segment_of(w, true, script_number(&s, 'C'), 0);
		assert_left_alone(w, &e, 0); /* forged on the client's side */
		other = e;
		other.about.seq++;
		assert_left_alone(w, &other, 1);
		other = e;
		other.quoted = 7;
		assert_left_alone(w, &other, 1);
		other = e;
		other.damage = 1;
		assert_left_alone(w, &other, 1);
		other = e;
		other.type = i ? 3 : 11;
		assert_left_alone(w, &other, 1);
		other.type = i ? 2 : 3;
		other.code = i ? 0 : 4;
		assert_left_alone(w, &other, 1);
		other.type = 4;
		other.code = 0;
		assert_left_alone(w, &other, 1);
		/* about what the server has not sent */
		other = e;
		other.about = segment_of(w, false, script_number(&s, 'C'), 0);
		assert_left_alone(w, &other, 0);
		assert_left_alone(w, &other, 1);
		SCRIPT(&s, OPENED, "> A seq S+1 ack C+1 ts 7003 110 -> forward_spliced");
		/* and an open one is ended by none (RFC 5927) */
		assert_decided(w, &e, 1, SCREEN_FORWARD_SPLICED_ICMP,
			       &(struct error){ .type = e.type, .code = 1, .quoted = 20,
						.about = segment_of(w, true, script_number(&s, 'C'),
								    script_number(&s, 'K') - script_number(&s, 'S')) });
		SCRIPT(&s, "> A seq S+1 ack C+1 ts 7003 110 -> forward_spliced");
		world_free(w);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(server_that_cannot_be_reached_is_a_refusal),
		cmocka_unit_test(nothing_else_ends_a_pending_splice),
	};

	return RUN(tests);
}
