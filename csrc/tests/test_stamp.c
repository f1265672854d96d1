/*
 * Timestamps inserted in a server's place: byte for byte against a frame that was built with them, in
 * memory of exactly the size that is promised; and what they say, as scripts.
 */
#include "splice_script.h"
#include "stamp.h"

static const uint64_t NOW_NS = 7654321 * 1000000ull;

/* A splice that owes its client timestamps; its clock shows 0x11223344 at NOW_NS. */
static struct screen_flow owing(void)
{
	return (struct screen_flow){ .agreed = SCREEN_AGREED_TIMESTAMPS, .mss = 1460,
				     .ts_delta = 0x11223344u - 7654321u,
				     .client_tsval = 0x55667788 };
}

/* The options as they must be: timestamps, then `count` bytes. */
static void stamped_options(struct frame_spec *f, const uint8_t *options, uint8_t count)
{
	static const uint8_t stamp[12] = { 1,	 1,    8,    10,   0x11, 0x22,
					   0x33, 0x44, 0x55, 0x66, 0x77, 0x88 };

	memcpy(f->options, stamp, 12);
	memcpy(f->options + 12, options, count);
	f->options_length = (uint8_t)(12 + count);
}

/* Stamps the frame of `in` and holds it against that of `want`. */
static void assert_stamped(const struct screen_flow *flow, const struct frame_spec *in,
			   const struct frame_spec *want)
{
	uint8_t built[FRAME_MAX], expected[FRAME_MAX];
	uint32_t length = frame_build(built, in), grown = frame_build(expected, want);
	uint8_t *memory = malloc(SCREEN_STAMP_SIZE + length);
	struct screen_frame frame = { .data = memory + SCREEN_STAMP_SIZE, .length = length };
	struct screen_options o;
	struct screen_packet p;

	memset(memory, 0xaa, SCREEN_STAMP_SIZE);
	memcpy(frame.data, built, length);
	assert_int_equal(screen_parse(frame.data, frame.data + length, &p), SCREEN_KIND_TCP);
	screen_options_walk(frame.data + p.l4 + 20, screen_packet_options_length(&p), &o);
	screen_stamp(flow, &frame, &p, &o, NOW_NS);
	assert_int_equal(frame.length, grown);
	assert_true(frame.data >= memory);
	assert_true(frame.data + frame.length == memory + SCREEN_STAMP_SIZE + length);
	assert_memory_equal(frame.data, expected, grown);
	free(memory);
}

/* Every header that may stand before, and every parity behind. */
static void stamp_fits_behind_all_headers_and_before_all_payloads(void **state)
{
	const struct screen_flow flow = owing();

	(void)state;
	for (uint32_t i = 0; i < 2 * 3 * 11 * 7 * 5; i++) {
		uint32_t extra = i / 6 % 11, words = i / 66 % 7, odd = i / 462;
		struct frame_spec in = {
			.family = i % 2 ? 4 : 6, .tags = (uint8_t)(i / 2 % 3), .tci = { 7, 9 },
			.source = { 10, 1, 2, 3 }, .destination = { 10, 1, 2, 4 }, .ttl = 63,
			.class = 0xb9, .sport = 443, .dport = 999, .seq = 0xfffffffe, .ack = 77,
			.window = 5, .flags = SCREEN_TCP_ACK | SCREEN_TCP_PSH,
			.options_length = (uint8_t)(words * 4),
			.payload_length = (uint16_t)(odd == 4 ? FRAME_PAYLOAD_MAX : odd),
			.padding = (uint8_t)(i % 7),
		}, want;

		if (in.family == 4)
			in.ip_option_words = (uint8_t)(extra % 11);
		else
			in.extensions = (uint8_t)(extra % 4);
		/* options that nobody knows: kind 254 with all there is room for */
		if (words) {
			memset(in.options, (int)(i & 0xff), words * 4);
			in.options[0] = 254;
			in.options[1] = (uint8_t)(words * 4);
		}
		want = in;
		stamped_options(&want, in.options, in.options_length);
		assert_stamped(&flow, &in, &want);
	}
}

/* SACK at an offset, `blocks` blocks of it, and NOPs behind up to `length` bytes. */
static void put_sack(struct frame_spec *f, uint8_t offset, uint8_t blocks, uint8_t length)
{
	memset(f->options, 1, length);
	f->options[offset] = 5;
	f->options[offset + 1] = (uint8_t)(2 + 8 * blocks);
	for (uint8_t i = 0; i < 8 * blocks; i++)
		f->options[offset + 2 + i] = (uint8_t)(0xa0 + i);
	f->options_length = length;
}

/* The least recent blocks go when there is no room (RFC 2018 section 3), as many as need be. */
static void sack_blocks_without_room_give_way_to_the_stamp(void **state)
{
	static const struct {
		uint8_t offset, blocks, length, kept, kept_length;
	} rows[] = {
		{ 2, 1, 12, 1, 12 }, { 2, 2, 20, 2, 20 }, { 2, 3, 28, 3, 28 },
		{ 2, 4, 36, 3, 28 },  { 0, 4, 36, 3, 28 }, { 1, 4, 36, 3, 28 },
		{ 2, 3, 32, 2, 24 },  { 4, 4, 40, 2, 28 }, { 6, 4, 40, 2, 28 },
		{ 10, 3, 40, 1, 28 }, { 0, 1, 36, 1, 0 },
	};
	const struct screen_flow flow = owing();

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct frame_spec in = { .family = i & 1 ? 4 : 6, .flags = SCREEN_TCP_ACK,
					 .payload_length = (uint16_t)(i % 3) }, want, sack;

		put_sack(&in, rows[i].offset, rows[i].blocks, rows[i].length);
		want = sack = in;
		put_sack(&sack, rows[i].offset, rows[i].kept, rows[i].kept_length);
		if (rows[i].kept_length) /* else there is no room: left alone */
			stamped_options(&want, sack.options, sack.options_length);
		assert_stamped(&flow, &in, &want);
	}
}

static void what_must_not_be_stamped_is_left_alone(void **state)
{
	const struct screen_flow flow = owing();
	struct frame_spec in = { .family = 4, .flags = SCREEN_TCP_RST | SCREEN_TCP_ACK };

	(void)state;
	assert_stamped(&flow, &in, &in); /* RFC 7323 section 3.2 */
	in.flags = SCREEN_TCP_ACK;
	in.options_length = 12; /* has timestamps of its own */
	memcpy(in.options, (uint8_t[]){ 1, 1, 8, 10 }, 4);
	assert_stamped(&flow, &in, &in);
}

/* RFC 6691: MSS counts payload and options. */
static void stamped_segment_is_never_longer_than_allowed(void **state)
{
	struct screen_flow flow = owing();
	struct frame_spec in = { .family = 6, .flags = SCREEN_TCP_ACK, .payload_length = 988 }, want;

	(void)state;
	flow.mss = 1000;
	want = in;
	stamped_options(&want, in.options, 0);
	assert_stamped(&flow, &in, &want);
	in.payload_length = 989;
	assert_stamped(&flow, &in, &in);
	/* an acknowledgement is never too long, whatever the server said of itself */
	flow.mss = 1;
	in.payload_length = want.payload_length = 0;
	assert_stamped(&flow, &in, &want);
}

/* ---- what they say --------------------------------------------------------------------------- */

#define CLOCKLESS                                                                          \
	FLOODED, "< A seq C+1 ack K+1 win 500 ts 105 T -> forward_splice_syn"               \
		 " = S seq C ack 0 win 65535 len 0 mss 1388 sack ts 105 0 nop ws 10",       \
	"> SA seq S ack C+1 win 30000 mss 1460 -> reply_server_ack = A seq C+1 ack S+1"

static void without_clock(struct world *w)
{
	w->policy.server[0].profile = (struct screen_server_profile){ 0 };
}

/* TSecr is the TSval of the segment that advanced the window's left edge last (RFC 7323 section 4.3):
 * not of one beyond a hole, not of a duplicate, not of a forged one. */
static void echo(struct world *w, struct script *s)
{
	without_clock(w);
	SCRIPT(s, CLOCKLESS, "> A seq S+1 ack C+1 -> forward_spliced = A seq K+1 ack C+1 ts T+1000 105",
	       /* two segments before the server acknowledges: the first one's */
	       "< PA seq C+1 ack K+1 len 10 ts 110 T -> forward_spliced",
	       "< PA seq C+11 ack K+1 len 10 ts 111 T -> forward_spliced",
	       "> A seq S+1 ack C+21 -> forward_spliced = A seq K+1 ack C+21 ts T+1000 110",
	       /* a hole: still that one's */
	       "< PA seq C+31 ack K+1 len 10 ts 120 T -> forward_spliced",
	       "> A seq S+1 ack C+21 -> forward_spliced = A seq K+1 ack C+21 ts T+1000 110",
	       /* filled, by an older one, too */
	       "< PA seq C+21 ack K+1 len 10 ts 119 T -> forward_spliced",
	       "> A seq S+1 ack C+41 -> forward_spliced = A seq K+1 ack C+41 ts T+1000 119",
	       /* what is old, and what is far away, and a keepalive say nothing */
	       "< PA seq C+1 ack K+1 len 10 ts 130 T -> forward_spliced",
	       "< A seq C+40 ack K+1 ts 131 T -> forward_spliced",
	       "< A seq C+100000 ack K+1 ts 0x7fffff00 T -> forward_spliced",
	       "< S seq C+100000 ts 0x7fffff00 0 -> forward_syn_known",
	       "> A seq S+1 ack C+41 -> forward_spliced = A seq K+1 ack C+41 ts T+1000 119",
	       /* an acknowledgement where the server expects data does */
	       "< A seq C+41 ack K+1 ts 140 T -> forward_spliced",
	       "> A seq S+1 ack C+41 -> forward_spliced = A seq K+1 ack C+41 ts T+1000 140",
	       "< A seq C+41 ack K+1 ts 139 T -> forward_spliced",
	       "> A seq S+1 ack C+41 -> forward_spliced = A seq K+1 ack C+41 ts T+1000 140");
}

static void stamp_echoes_what_advanced_the_window(void **state)
{
	(void)state;
	script_everywhere(echo);
}

/* Another worker's burst may have begun before the one that opened the splice: the client, which has
 * seen the cookie's TSval, must not see an older one (RFC 7323 section 5.3). */
static void stamps_do_not_go_back_behind_the_cookie(void **state)
{
	struct world *w = world_new(4, 0);
	struct script s = script_new(w);

	(void)state;
	without_clock(w);
	SCRIPT(&s, CLOCKLESS,
	       "+-0.9 > A seq S+1 ack C+1 -> forward_spliced = A seq K+1 ack C+1 ts T+100 105",
	       "+0.9 > A seq S+1 ack C+1 -> forward_spliced = A seq K+1 ack C+1 ts T+1000 105",
	       "+2.5 > A seq S+1 ack C+1 -> forward_spliced = A seq K+1 ack C+1 ts T+3500 105");
	world_free(w);
}

/* A client with a larger MSS than the server's link: the server is told no more than it takes itself,
 * less the option, so that a stamped segment fits its link. */
static void server_without_a_known_clock_is_told_no_more_than_its_own_mss(void **state)
{
	for (int i = 0; i < 2; i++) {
		struct world *w = world_new(i ? 6 : 4, 0);
		struct script s = script_new(w);

		(void)state;
		without_clock(w);
		script_set(&s, 'J', i ? 1428 : 1448);
		SCRIPT(&s, "flood 100", "< S seq C mss 9000 ts 1 0 -> reply_challenge"
		       " = SA seq K ack C+1 mss M ts T 1",
		       "< A seq C+1 ack K+1 ts 2 T -> forward_splice_syn = S seq C mss J ts 2 0",
		       /* it turns out that its link is smaller still: what it fills is left alone */
		       "> SA seq S ack C+1 mss 1000 -> reply_server_ack = A seq C+1 ack S+1",
		       "> A seq S+1 ack C+1 len 988 -> forward_spliced"
		       " = A seq K+1 ack C+1 len 988 ts T+1000 2",
		       "> A seq S+1 ack C+1 len 989 -> forward_spliced = A seq K+1 ack C+1 len 989");
		/* the next client profits: neither more than that, nor timestamps */
		w->client.sport++;
		SCRIPT(&s, "flood 100", "< S seq C mss 9000 ts 1 0 -> reply_challenge"
		       " = SA seq L ack C+1 mss 1000",
		       "< A seq C+1 ack L+1 -> forward_splice_syn = S seq C mss N");
		assert_int_equal(script_number(&s, 'N'), i ? 8940 : 8960);
		world_free(w);
	}
}

static void server_with_a_known_clock_is_told_the_clients_mss(void **state)
{
	struct world *w = world_new(4, 0);
	struct script s = script_new(w);

	(void)state;
	SCRIPT(&s, "flood 100", "< S seq C mss 9000 ts 1 0 -> reply_challenge = SA seq K ack C+1 mss 1460 ts T 1",
	       "< A seq C+1 ack K+1 ts 2 T -> forward_splice_syn = S seq C mss 8960 ts 2 0",
	       /* it has none: no stamped segment is longer than its link */
	       "> SA seq S ack C+1 mss 1460 -> reply_server_ack = A seq C+1 ack S+1",
	       "> A seq S+1 ack C+1 len 1448 -> forward_spliced"
	       " = A seq K+1 ack C+1 len 1448 ts T+1000 2",
	       "> A seq S+1 ack C+1 len 1449 -> forward_spliced = A seq K+1 ack C+1 len 1449");
	world_free(w);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stamp_fits_behind_all_headers_and_before_all_payloads),
		cmocka_unit_test(sack_blocks_without_room_give_way_to_the_stamp),
		cmocka_unit_test(what_must_not_be_stamped_is_left_alone),
		cmocka_unit_test(stamped_segment_is_never_longer_than_allowed),
		cmocka_unit_test(stamp_echoes_what_advanced_the_window),
		cmocka_unit_test(stamps_do_not_go_back_behind_the_cookie),
		cmocka_unit_test(server_without_a_known_clock_is_told_no_more_than_its_own_mss),
		cmocka_unit_test(server_with_a_known_clock_is_told_the_clients_mss),
	};

	return RUN(tests);
}
