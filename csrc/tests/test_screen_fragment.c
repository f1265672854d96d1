/*
 * First fragments of a splice's segments: the TCP header is in them alone, with the checksum of the
 * whole segment. Byte for byte against the first fragment of the segment as it must arrive.
 */
#include "splice_script.h"

/* Builds the first fragment of the segment f, with `kept` bytes of it (headers of TCP included). */
static uint32_t fragment_build(uint8_t *data, const struct frame_spec *f, uint32_t kept)
{
	struct frame_spec first = *f;
	uint32_t l3 = 14u + f->tags * 4u, header = f->family == 4 ? 20 : 48;

	first.more_fragments = true;
	(void)frame_build(data, &first);
	if (f->family == 4) {
		frame_put16(data + l3 + 2, 20 + kept);
		frame_put16(data + l3 + 10, frame_checksum_ipv4(data + l3));
	} else {
		frame_put16(data + l3 + 4, 8 + kept);
	}
	return l3 + header + kept;
}

/* A segment of 600 bytes with all that is translated in it. */
static struct frame_spec segment_of(const struct world *w, bool client_sent, uint32_t seq,
				    uint32_t ack, uint32_t tsval, uint32_t tsecr)
{
	static const uint8_t body[600] = { 1, 2, 3, [599] = 9 };
	struct frame_spec f = w->client;

	if (!client_sent)
		frame_mirror(&f);
	f.flags = SCREEN_TCP_ACK | SCREEN_TCP_PSH;
	f.seq = seq;
	f.ack = ack;
	f.window = 64;
	f.payload = body;
	f.payload_length = sizeof(body);
	f.options_length = 24;
	memcpy(f.options, (uint8_t[]){ 1, 1, 8, 10 }, 4);
	frame_put32(f.options + 4, tsval);
	frame_put32(f.options + 8, tsecr);
	memcpy(f.options + 12, (uint8_t[]){ 1, 1, 5, 10 }, 4);
	frame_put32(f.options + 16, ack + 100);
	frame_put32(f.options + 20, ack + 200);
	return f;
}

/* The client's first one, as it sends it. */
static struct frame_spec client_segment(const struct world *w, const struct script *s)
{
	return segment_of(w, true, script_number(s, 'C') + 1, script_number(s, 'K') + 1, 110,
			  script_number(s, 'T'));
}

static void assert_fragment(struct world *w, const struct frame_spec *in, uint32_t kept,
			    uint8_t slot, enum screen_reason reason, const struct frame_spec *want)
{
	uint8_t data[FRAME_MAX], expected[FRAME_MAX];
	uint32_t length = fragment_build(data, in, kept);
	enum screen_reason got = world_decide(w, data, length, slot);

	if (got != reason)
		fail_msg("%s with %u bytes", screen_reason_name(got), kept);
	if (screen_reason_verdict(reason) == SCREEN_DROP)
		return;
	assert_int_equal(w->out.length, fragment_build(expected, want, kept));
	assert_memory_equal(w->out.data, expected, length);
}

static void assert_untouched(struct world *w, const struct frame_spec *in, uint32_t kept,
			     uint8_t slot)
{
	assert_fragment(w, in, kept, slot, SCREEN_FORWARD_FRAGMENT, in);
}

static void first(struct world *w, struct script *s)
{
	struct frame_spec in, want;

	SCRIPT(s, FLOODED, VALIDATED, OPENED);
	for (uint32_t kept = 48; kept <= 624; kept += 48) {
		in = client_segment(w, s);
		want = segment_of(w, true, script_number(s, 'C') + 1, script_number(s, 'S') + 1, 110, 7000);
		assert_fragment(w, &in, kept, 0, SCREEN_FORWARD_FRAGMENT, &want);
		in = segment_of(w, false, script_number(s, 'S') + 1, script_number(s, 'C') + 1, 7005, 110);
		want = segment_of(w, false, script_number(s, 'K') + 1, script_number(s, 'C') + 1,
				  script_number(s, 'T') + 5, 110);
		want.window = 256; /* the server's scale is 9, the client believes in 7 */
		assert_fragment(w, &in, kept, 1, SCREEN_FORWARD_FRAGMENT, &want);
		assert_untouched(w, &in, kept, 0); /* on the wrong side */
	}
	/* as far as RFC 1858 allows the header to end early: in two pieces it cannot be translated */
	in = client_segment(w, s);
	assert_fragment(w, &in, 40, 0, SCREEN_DROP_MALFORMED, NULL);
	assert_fragment(w, &in, 24, 0, SCREEN_DROP_MALFORMED, NULL);
	assert_fragment(w, &in, 16, 0, SCREEN_DROP_MALFORMED, NULL);
}

static void first_fragments_are_translated_both_ways(void **state)
{
	(void)state;
	script_everywhere(first);
}

/* Behind the first one there is nothing to translate. */
static void later_fragments_are_left_alone(void **state)
{
	struct world *w = world_new(4, 0);
	struct script s = script_new(w);
	uint8_t data[FRAME_MAX];

	(void)state;
	SCRIPT(&s, FLOODED, VALIDATED, OPENED);
	for (int more = 0; more < 2; more++) {
		struct frame_spec in = client_segment(w, &s);
		uint32_t length = fragment_build(data, &in, 400);

		frame_put16(data + 20, more ? 0x2000 | 50 : 50);
		frame_put16(data + 24, frame_checksum_ipv4(data + 14));
		assert_int_equal(world_decide(w, data, length, 0), SCREEN_FORWARD_FRAGMENT);
		assert_memory_equal(w->out.data, data, length);
	}
	world_free(w);
}

static void before_and_after(struct world *w, struct script *s)
{
	struct frame_spec in;

	SCRIPT(s, FLOODED);
	in = segment_of(w, true, script_number(s, 'C') + 1, script_number(s, 'K') + 1, 105,
			script_number(s, 'T'));
	assert_untouched(w, &in, 96, 0); /* no flow yet, and it carries no cookie */
	SCRIPT(s, VALIDATED);
	/* in pieces it cannot be held; the client sends it again */
	assert_fragment(w, &in, 96, 0, SCREEN_DROP_SPLICE_PENDING, NULL);
	SCRIPT(s, "> RA seq 0 ack C+1 win 0 -> forward_spliced");
	assert_untouched(w, &in, 96, 0);
	assert_int_equal(w->syns, 1);
}

static void first_fragments_begin_nothing(void **state)
{
	(void)state;
	script_everywhere(before_and_after);
}

static void first_fragments_of_plain_flows_are_left_alone(void **state)
{
	struct world *w = world_new(6, 1);
	struct script s = script_new(w);
	struct frame_spec in;

	(void)state;
	SCRIPT(&s, "< S seq C mss 1460 -> forward_syn_calm",
	       "> SA seq S ack C+1 mss 1460 -> forward_flow", "< A seq C+1 ack S+1 -> forward_flow");
	in = segment_of(w, true, script_number(&s, 'C') + 1, script_number(&s, 'S') + 1, 1, 2);
	assert_untouched(w, &in, 96, 0);
	in = segment_of(w, false, script_number(&s, 'S') + 1, script_number(&s, 'C') + 1, 1, 2);
	assert_untouched(w, &in, 96, 1);
	world_free(w);
}

/* A server that was promised to have a clock and has none: its fragments cannot be stamped, and the
 * client's lose their timestamps like any other segment. */
static void clockless(struct world *w, struct script *s)
{
	struct frame_spec in, want;

	SCRIPT(s, FLOODED, VALIDATED, "> SA seq S ack C+1 win 65160 mss 1460 -> reply_server_ack");
	in = segment_of(w, false, script_number(s, 'S') + 1, script_number(s, 'C') + 1, 0, 0);
	memset(in.options, 1, 24);
	want = in;
	want.seq = script_number(s, 'K') + 1;
	want.window = 1;
	assert_fragment(w, &in, 96, 1, SCREEN_FORWARD_FRAGMENT, &want);
	in = client_segment(w, s);
	want = in;
	want.ack = script_number(s, 'S') + 1;
	memset(want.options, 1, 24);
	want.window = 65535; /* 64 << 10 does not fit an unscaled window */
	assert_fragment(w, &in, 96, 0, SCREEN_FORWARD_FRAGMENT, &want);
}

static void first_fragments_of_a_server_without_options_lose_them(void **state)
{
	(void)state;
	script_everywhere(clockless);
}

/* The server refused ECN. The first fragment stays as capable as those behind it, which are not of any
 * flow: a host drops what is mixed (RFC 3168 section 5.3). */
static void marked(struct world *w, struct script *s)
{
	struct frame_spec in, want;

	w->policy.server[0].profile.known |= SCREEN_SERVER_ECN;
	w->policy.server[0].profile.has |= SCREEN_SERVER_ECN;
	SCRIPT(s, "flood 100", "< SEW seq C mss 1400 ts 100 0 -> reply_challenge"
	       " = SAE seq K ack C+1 mss M ts T 100",
	       "< A seq C+1 ack K+1 ts 105 T -> forward_splice_syn",
	       "> SA seq S ack C+1 mss 1460 ts 7000 105 -> reply_server_ack");
	in = client_segment(w, s);
	memset(in.options + 12, 1, 12);
	in.class = 0xba;
	want = in;
	want.ack = script_number(s, 'S') + 1;
	frame_put32(want.options + 8, 7000);
	assert_fragment(w, &in, 96, 0, SCREEN_FORWARD_FRAGMENT, &want);
}

static void first_fragments_stay_as_ecn_capable_as_the_rest(void **state)
{
	(void)state;
	script_everywhere(marked);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_fragments_are_translated_both_ways),
		cmocka_unit_test(later_fragments_are_left_alone),
		cmocka_unit_test(first_fragments_begin_nothing),
		cmocka_unit_test(first_fragments_of_plain_flows_are_left_alone),
		cmocka_unit_test(first_fragments_of_a_server_without_options_lose_them),
		cmocka_unit_test(first_fragments_stay_as_ecn_capable_as_the_rest),
	};

	return RUN(tests);
}
