/*
 * The parser and the option walk against golden frames, every truncation of them, and slow twins.
 */
#include "golden.h"
#include "random.h"
#include "run.h"
#include "slow.h"

enum { GOLDEN = sizeof(golden) / sizeof(golden[0]) };

static uint32_t bytes_of(const char *hex, uint8_t *to)
{
	uint32_t count = 0;
	unsigned int byte;

	for (; sscanf(hex, "%2x", &byte) == 1; hex += 2)
		to[count++] = (uint8_t)byte;
	return count;
}

/* Parses a copy in memory of exactly that size, where a sanitizer sees each byte too many. */
static enum screen_kind parse(const uint8_t *data, uint32_t length, struct screen_packet *p)
{
	uint8_t *exact = calloc(1, length ? length : 1);
	enum screen_kind kind;

	memcpy(exact, data, length);
	memset(p, 0xaa, sizeof(*p));
	kind = screen_parse(exact, exact + length, p);
	free(exact);
	return kind;
}

#define SAME(field)                                                                      \
	do {                                                                             \
		if (got->field != want->field)                                           \
			fail_msg("%s: " #field " is %u, not %u", what, (unsigned)got->field, \
				 (unsigned)want->field);                                 \
	} while (0)

/* Compares what the kind says that is set. */
static void assert_same(const char *what, enum screen_kind kind, const struct screen_packet *got,
			const struct screen_packet *want)
{
	if (kind == SCREEN_KIND_MALFORMED || kind == SCREEN_KIND_DEEP_TAGS ||
	    kind == SCREEN_KIND_EXTENSIONS)
		return;
	SAME(l3);
	SAME(tags);
	SAME(vlan[0]);
	SAME(vlan[1]);
	if (kind == SCREEN_KIND_NON_IP)
		return;
	SAME(family);
	SAME(protocol);
	SAME(l4);
	SAME(end);
	if (kind == SCREEN_KIND_NON_TCP)
		return;
	SAME(first_fragment);
	SAME(tcp_flags);
	SAME(sport);
	SAME(dport);
	if (kind == SCREEN_KIND_FRAGMENT)
		return;
	SAME(seq);
	SAME(ack);
	SAME(window);
	SAME(payload);
}

static void golden_frames_are_parsed(void **state)
{
	(void)state;
	for (int i = 0; i < GOLDEN; i++) {
		uint8_t data[FRAME_MAX];
		struct screen_packet p;
		enum screen_kind kind = parse(data, bytes_of(golden[i].hex, data), &p);

		if (kind != golden[i].kind)
			fail_msg("%s: kind is %d", golden[i].what, (int)kind);
		assert_same(golden[i].what, kind, &p, &golden[i].packet);
	}
}

static void assert_like_twin(const char *what, const uint8_t *data, uint32_t length)
{
	struct screen_packet got, want;
	enum screen_kind kind = parse(data, length, &got);
	enum screen_kind slow = slow_parse(data, length, &want);

	if (kind != slow)
		fail_msg("%s, %u bytes: kind is %d, the twin's %d", what, length, (int)kind,
			 (int)slow);
	assert_same(what, kind, &got, &want);
	if (kind == SCREEN_KIND_TCP)
		assert_true(got.l4 + 20 <= got.payload && got.payload <= got.end &&
			    got.end <= length);
}

static void golden_frames_truncated_at_every_byte_are_never_read_past_the_end(void **state)
{
	(void)state;
	for (int i = 0; i < GOLDEN; i++) {
		uint8_t data[FRAME_MAX];
		uint32_t length = bytes_of(golden[i].hex, data);

		for (uint32_t cut = 0; cut <= length; cut++) {
			struct screen_packet p;

			assert_like_twin(golden[i].what, data, cut);
			if (cut < golden[i].packet.end)
				assert_int_equal(parse(data, cut, &p), SCREEN_KIND_MALFORMED);
		}
	}
}

static void parser_equals_its_slow_twin_on_mutations(void **state)
{
	struct random r = random_seeded();
	uint32_t kinds[SCREEN_KIND_MALFORMED + 1] = { 0 };

	(void)state;
	for (int i = 0; i < 400000; i++) {
		const struct golden *g = &golden[random_below(&r, GOLDEN)];
		uint8_t data[FRAME_MAX];
		uint32_t length = bytes_of(g->hex, data), changes = random_below(&r, 4);
		struct screen_packet p;

		/* mostly the headers, and often by one bit */
		while (changes--) {
			uint32_t at = random_below(&r, random_8(&r) & 1 ? length : 60) % length;

			if (at < 12)
				continue;
			if (random_8(&r) & 1)
				data[at] ^= (uint8_t)(1u << random_below(&r, 8));
			else
				data[at] = random_8(&r);
		}
		if (random_below(&r, 4) == 0)
			length = random_below(&r, length + 1);
		assert_like_twin(g->what, data, length);
		kinds[slow_parse(data, length, &p)]++;
	}
	for (int kind = 0; kind <= SCREEN_KIND_MALFORMED; kind++)
		assert_in_range(kinds[kind], 1000, 400000);
}

/* A chain of the longest extension headers ends at the limit, not behind it. */
static void extension_headers_of_full_length_stay_bounded(void **state)
{
	static uint8_t data[32768];

	(void)state;
	for (uint32_t headers = 1; headers <= 9; headers++) {
		uint32_t length = 54 + headers * 2048 + 20, at = 54;

		memset(data, 0, sizeof(data));
		data[12] = 0x86;
		data[13] = 0xdd;
		data[14] = 0x60;
		frame_put16(data + 18, headers * 2048 + 20);
		data[20] = 60;
		for (uint32_t i = 0; i < headers; i++, at += 2048) {
			data[at] = i + 1 < headers ? 60 : 6;
			data[at + 1] = 255;
		}
		data[at + 12] = 0x50;
		assert_like_twin("long headers", data, length);
	}
}

/* ---- options ------------------------------------------------------------------------------- */

/* Out of a capture a frame may be longer than offsets of 16 bits can say: never taken for a short one. */
static void packet_that_ends_behind_16_bits_is_malformed(void **state)
{
	enum { LONGEST = 65535 };
	uint8_t *data = calloc(1, LONGEST + 1);
	struct screen_packet p;

	(void)state;
	frame_put16(data + 12, 0x0800);
	data[14] = 0x45;
	data[23] = SCREEN_PROTO_UDP;
	frame_put16(data + 16, LONGEST - 14);
	assert_int_equal(parse(data, LONGEST + 1, &p), SCREEN_KIND_NON_TCP);
	assert_int_equal(p.end, LONGEST);
	frame_put16(data + 16, LONGEST + 1 - 14);
	assert_int_equal(parse(data, LONGEST + 1, &p), SCREEN_KIND_MALFORMED);
	frame_put16(data + 12, 0x86dd);
	data[14] = 0x60;
	data[20] = SCREEN_PROTO_UDP;
	frame_put16(data + 18, LONGEST - 54);
	assert_int_equal(parse(data, LONGEST + 1, &p), SCREEN_KIND_NON_TCP);
	assert_int_equal(p.end, LONGEST);
	frame_put16(data + 18, LONGEST + 1 - 54);
	assert_int_equal(parse(data, LONGEST + 1, &p), SCREEN_KIND_MALFORMED);
	free(data);
}

static void walk(const uint8_t *bytes, uint32_t length, struct screen_options *o)
{
	uint8_t *exact = calloc(1, length ? length : 1);

	memcpy(exact, bytes, length);
	memset(o, 0xaa, sizeof(*o));
	screen_options_walk(exact, length, o);
	free(exact);
}

static void assert_options_like_twin(const uint8_t *bytes, uint32_t length)
{
	struct screen_options one, two, *got = &one, *want = &two;
	char what[100] = "options ";

	for (uint32_t i = 0; i < length; i++)
		snprintf(what + 8 + 2 * i, sizeof(what) - 8 - 2 * i, "%02x", bytes[i]);
	walk(bytes, length, got);
	slow_options(bytes, length, want);
	SAME(flags);
	SAME(mss);
	SAME(wscale);
	SAME(tsval);
	SAME(tsecr);
	if (want->flags & SCREEN_HAS_TIMESTAMPS)
		SAME(timestamps);
	if (want->flags & SCREEN_HAS_SACK) {
		SAME(sack);
		SAME(sack_length);
	}
}

/* Each known option at each alignment, whole and cut off at each byte. */
static void options_at_any_alignment_are_found_whole_or_not_at_all(void **state)
{
	static const struct {
		uint8_t bytes[36], length, flag;
	} rows[] = {
		{ { 2, 4, 5, 0xb4 }, 4, SCREEN_HAS_MSS },
		{ { 3, 3, 0 }, 3, SCREEN_HAS_WSCALE },
		{ { 4, 2 }, 2, SCREEN_HAS_SACK_OK },
		{ { 8, 10, 1, 2, 3, 4, 5, 6, 7, 8 }, 10, SCREEN_HAS_TIMESTAMPS },
		{ { 5, 10, 1 }, 10, SCREEN_HAS_SACK },
		{ { 5, 18, 1 }, 18, SCREEN_HAS_SACK },
		{ { 5, 34, 1 }, 34, SCREEN_HAS_SACK },
		{ { 19, 18, 1 }, 18, SCREEN_HAS_SIGNATURE },
		{ { 29, 16, 1 }, 16, SCREEN_HAS_SIGNATURE },
		{ { 34, 10, 1 }, 10, 0 },  /* TFO cookie: skipped */
		{ { 30, 12, 1 }, 12, 0 },  /* MPTCP: skipped */
		{ { 254, 2 }, 2, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (uint32_t at = 0; at + rows[i].length <= 40; at++)
			for (uint32_t cut = 0; cut <= at + rows[i].length; cut++) {
				uint8_t bytes[40];
				struct screen_options o;

				memset(bytes, 1, sizeof(bytes));
				memcpy(bytes + at, rows[i].bytes, rows[i].length);
				walk(bytes, cut, &o);
				assert_int_equal(o.flags,
						 cut == at + rows[i].length ? rows[i].flag : 0);
				assert_options_like_twin(bytes, cut);
				assert_options_like_twin(bytes, 40);
			}
}

static void options_of_a_wrong_length_are_skipped(void **state)
{
	struct screen_options o;

	(void)state;
	for (uint32_t kind = 2; kind < 256; kind++)
		for (uint32_t length = 0; length < 256; length++) {
			uint8_t bytes[40] = { (uint8_t)kind, (uint8_t)length };
			bool fits = length >= 2 && length <= 36;

			if (fits)
				memcpy(bytes + length, (uint8_t[]){ 2, 4, 5, 0xb4 }, 4);
			assert_options_like_twin(bytes, 40);
			walk(bytes, 40, &o);
			/* what stands behind a malformed one does not count, else it does */
			if (kind != 2)
				assert_int_equal(!!(o.flags & SCREEN_HAS_MSS), fits);
		}
}

static void options_window_scale_zero_is_an_offer_and_above_14_is_14(void **state)
{
	struct screen_options o;

	(void)state;
	for (uint32_t scale = 0; scale < 256; scale++) {
		walk((uint8_t[]){ 1, 3, 3, (uint8_t)scale }, 4, &o);
		assert_int_equal(o.flags, SCREEN_HAS_WSCALE);
		assert_int_equal(o.wscale, scale > 14 ? 14 : scale);
	}
	walk((uint8_t[]){ 1, 1, 1, 1 }, 4, &o);
	assert_int_equal(o.wscale, SCREEN_WSCALE_NONE);
}

static void options_of_40_nops_are_walked_to_the_end(void **state)
{
	uint8_t bytes[40];
	struct screen_options o;

	(void)state;
	memset(bytes, 1, sizeof(bytes));
	walk(bytes, 40, &o);
	assert_int_equal(o.flags, 0);
	memcpy(bytes + 38, (uint8_t[]){ 4, 2 }, 2);
	walk(bytes, 40, &o);
	assert_int_equal(o.flags, SCREEN_HAS_SACK_OK);
	bytes[37] = 0; /* end of options */
	walk(bytes, 40, &o);
	assert_int_equal(o.flags, 0);
}

static void options_walk_equals_its_slow_twin_on_random_bytes(void **state)
{
	static const uint8_t likely[] = { 0, 1, 1, 2, 3, 4, 5, 8, 10, 18, 19, 29, 26 };
	struct random r = random_seeded();

	(void)state;
	for (int i = 0; i < 300000; i++) {
		uint8_t bytes[40];

		for (int j = 0; j < 40; j++)
			bytes[j] = random_8(&r) & 3 ? likely[random_below(&r, sizeof(likely))] :
						      random_8(&r);
		assert_options_like_twin(bytes, random_below(&r, 41));
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(golden_frames_are_parsed),
		cmocka_unit_test(golden_frames_truncated_at_every_byte_are_never_read_past_the_end),
		cmocka_unit_test(parser_equals_its_slow_twin_on_mutations),
		cmocka_unit_test(extension_headers_of_full_length_stay_bounded),
		cmocka_unit_test(packet_that_ends_behind_16_bits_is_malformed),
		cmocka_unit_test(options_at_any_alignment_are_found_whole_or_not_at_all),
		cmocka_unit_test(options_of_a_wrong_length_are_skipped),
		cmocka_unit_test(options_window_scale_zero_is_an_offer_and_above_14_is_14),
		cmocka_unit_test(options_of_40_nops_are_walked_to_the_end),
		cmocka_unit_test(options_walk_equals_its_slow_twin_on_random_bytes),
	};

	return RUN(tests);
}
