/*
 * Checksums against the slow, obvious ones of frame.h.
 */
#include "intact.h"

#include "random.h"
#include "run.h"
#include "slow.h"

enum { CASES = 100000 };

static void checksum_sum_equals_its_slow_twin(void **state)
{
	struct random r = random_seeded();
	uint8_t bytes[1600];

	(void)state;
	for (int i = 0; i < CASES; i++) {
		uint32_t at = random_below(&r, 64), length = random_below(&r, i % 16 ? 80 : 1500);
		uint32_t want;

		random_bytes(&r, bytes, at + length < 160 ? at + length : 160);
		if (i % 7 == 0)
			memset(bytes + at, i % 14 ? 0xff : 0, length);
		want = frame_sum(bytes + at, length, 0);
		/* memory order against network order: the same bytes in the other order */
		assert_int_equal(__builtin_bswap16(screen_fold(screen_sum(bytes + at, length, 0))),
				 want);
	}
}

/* The largest sums fold without losing a carry. */
static void checksum_fold_keeps_every_carry(void **state)
{
	static const uint64_t edges[] = { 0, 1, 0xffff, 0x10000, 0x1fffe, 0xffffffff, 0x100000000,
					  0xfffffffffffffffe, 0xffffffffffffffff,
					  0x00000001fffffffe, 0xffffffff00000000 };

	(void)state;
	for (size_t i = 0; i < sizeof(edges) / sizeof(edges[0]); i++) {
		uint64_t want = edges[i];

		while (want > 0xffff)
			want = (want & 0xffff) + (want >> 16);
		assert_int_equal(screen_fold(edges[i]), want);
	}
}

static uint32_t random_frame(struct random *r, uint8_t *data, struct screen_packet *p)
{
	struct frame_spec f = {
		.family = random_8(r) & 1 ? 4 : 6, .tags = (uint8_t)random_below(r, 3), .ttl = 64,
		.seq = random_32(r), .ack = random_32(r), .window = (uint16_t)random_32(r),
		.flags = random_8(r), .sport = (uint16_t)random_32(r),
		.options_length = (uint8_t)(4 * random_below(r, 11)),
		.payload_length = (uint16_t)random_below(r, 100),
		.padding = (uint8_t)random_below(r, 7),
	};
	uint32_t length;

	if (f.family == 4)
		f.ip_option_words = (uint8_t)random_below(r, 11);
	else
		f.extensions = (uint8_t)random_below(r, 9);
	random_bytes(r, f.source, 16);
	random_bytes(r, f.destination, 16);
	memset(f.options, 1, 40);
	length = frame_build(data, &f);
	assert_int_equal(screen_parse(data, data + length, p), SCREEN_KIND_TCP);
	return length;
}

/* By either way, which say the same. */
static bool right(const uint8_t *data, const struct screen_packet *p)
{
	bool ok = screen_checksum_ok(data, p);

	assert_int_equal(screen_intact(data, p, screen_pseudo_around(data, p)), ok);
	return ok;
}

static void checksum_verify_accepts_right_frames_and_refuses_changed_ones(void **state)
{
	struct random r = random_seeded();

	(void)state;
	for (int i = 0; i < CASES; i++) {
		uint8_t data[FRAME_MAX];
		struct screen_packet p;
		uint32_t at, size;

		(void)random_frame(&r, data, &p);
		assert_true(right(data, &p));
		/* addresses, or anything of the segment */
		size = p.family == 4 ? 8 : 32;
		at = p.l3 + (p.family == 4 ? 12u : 8u) + random_below(&r, size);
		if (i & 1)
			at = p.l4 + random_below(&r, (uint32_t)p.end - p.l4);
		data[at] ^= (uint8_t)(1u << random_below(&r, 8));
		assert_false(right(data, &p));
	}
}

static void checksum_verify_refuses_a_wrong_ipv4_header(void **state)
{
	struct random r = random_seeded();

	(void)state;
	for (int i = 0; i < 1000; i++) {
		uint8_t data[FRAME_MAX];
		struct screen_packet p;

		do
			(void)random_frame(&r, data, &p);
		while (p.family != 4);
		data[p.l3 + 8] ^= 1; /* the TTL: not in the pseudo-header */
		assert_false(right(data, &p));
		frame_put16(data + p.l3 + 10, frame_checksum_ipv4(data + p.l3));
		assert_true(right(data, &p));
	}
}

/* The folded sum of the pseudo-header alone, as a stack leaves it for its device. */
static uint16_t partial(const uint8_t *data, const struct screen_packet *p)
{
	uint32_t length = (uint32_t)p->end - p->l4;
	uint8_t tail[4] = { (uint8_t)(length >> 8), (uint8_t)length, 0, p->protocol };
	const uint8_t *ip = data + p->l3;
	uint32_t sum = p->family == 4 ? frame_sum(ip + 12, 8, 0) : frame_sum(ip + 8, 32, 0);

	return (uint16_t)frame_sum(tail, 4, sum);
}

static void checksum_partial_ones_are_completed_whole_ones_are_left_alone(void **state)
{
	struct random r = random_seeded();

	(void)state;
	for (int i = 0; i < CASES; i++) {
		uint8_t data[FRAME_MAX], before[FRAME_MAX];
		struct screen_packet p;
		uint32_t length = random_frame(&r, data, &p);
		uint16_t whole = frame_checksum(data, &p, 16);

		memcpy(before, data, length);
		assert_int_equal(screen_checksum_is_partial(data, &p, screen_pseudo_around(data, &p)),
				 screen_checksum_complete(data, &p));
		assert_memory_equal(data, before, length);
		frame_put16(data + p.l4 + 16, partial(data, &p));
		assert_true(screen_checksum_is_partial(data, &p, screen_pseudo_around(data, &p)));
		assert_true(screen_checksum_complete(data, &p));
		assert_int_equal(frame_get16(data + p.l4 + 16), whole);
		assert_memory_equal(data, before, length);
	}
}

/* A UDP checksum that comes out as 0 is written as 0xffff: 0 means none (RFC 768). */
static void checksum_of_udp_is_completed_and_never_zero(void **state)
{
	struct random r = random_seeded();

	(void)state;
	for (uint32_t i = 0; i < 70000; i++) {
		uint8_t data[FRAME_MAX];
		struct frame_spec f = { .family = i & 1 ? 4 : 6, .ttl = 64, .source = { 1 } };
		struct screen_packet p;
		uint32_t length = frame_build(data, &f);
		uint16_t want;

		data[14 + (f.family == 4 ? 9 : 6)] = 17;
		assert_int_equal(screen_parse(data, data + length, &p), SCREEN_KIND_NON_TCP);
		frame_put16(data + p.l4 + 10, random_below(&r, 65536));
		frame_put16(data + p.l4 + 12, i & 0xffff);
		want = frame_checksum(data, &p, 6);
		frame_put16(data + p.l4 + 6, partial(data, &p));
		assert_true(screen_checksum_complete(data, &p));
		assert_int_equal(frame_get16(data + p.l4 + 6), want ? want : 0xffff);
		frame_put16(data + p.l4 + 6, 0); /* no checksum: stays so */
		assert_false(screen_checksum_complete(data, &p));
		assert_int_equal(frame_get16(data + p.l4 + 6), 0);
	}
	/* and one made on purpose */
	for (int v4 = 0; v4 < 2; v4++) {
		uint8_t data[FRAME_MAX];
		struct frame_spec f = { .family = v4 ? 4 : 6, .ttl = 64, .source = { 1 } };
		struct screen_packet p;
		uint32_t length = frame_build(data, &f);

		data[14 + (v4 ? 9 : 6)] = 17;
		assert_int_equal(screen_parse(data, data + length, &p), SCREEN_KIND_NON_TCP);
		frame_put16(data + p.l4 + 10, 0);
		frame_put16(data + p.l4 + 10, frame_checksum(data, &p, 6));
		assert_int_equal(frame_checksum(data, &p, 6), 0);
		frame_put16(data + p.l4 + 6, partial(data, &p));
		assert_true(screen_checksum_complete(data, &p));
		assert_int_equal(frame_get16(data + p.l4 + 6), 0xffff);
	}
}

static void checksum_completion_stays_inside_short_headers(void **state)
{
	(void)state;
	for (uint32_t length = 0; length < 8; length++) {
		struct frame_spec f = { .family = 4, .ttl = 64 };
		uint8_t data[FRAME_MAX], *exact = malloc(34 + length);
		struct screen_packet p;

		(void)frame_build(data, &f);
		data[23] = 17;
		frame_put16(data + 16, 20 + length);
		memcpy(exact, data, 34 + length);
		assert_int_equal(screen_parse(exact, exact + 34 + length, &p), SCREEN_KIND_NON_TCP);
		assert_false(screen_checksum_complete(exact, &p));
		free(exact);
	}
}

/* Rewrites at any offset, odd ones included, keep a checksum right that covers them. */
static void checksum_incremental_update_equals_the_whole_sum(void **state)
{
	struct random r = random_seeded();

	(void)state;
	for (int i = 0; i < CASES; i++) {
		uint8_t data[FRAME_MAX], was[FRAME_MAX];
		struct screen_packet p;
		struct screen_difference d = { 0 };
		uint32_t length = random_frame(&r, data, &p), changes = 1 + random_below(&r, 12);
		uint8_t *tcp = data + p.l4;

		memcpy(was, data, length);
		while (changes--) {
			uint32_t at = 18 + random_below(&r, (uint32_t)p.end - p.l4 - 18);
			uint32_t room = (uint32_t)p.end - p.l4 - at, value = random_edgy(&r);

			if (room >= 4 && random_8(&r) & 1)
				screen_rewrite32(tcp, at, value, &d);
			else if (room >= 2)
				screen_rewrite16(tcp, at, (uint16_t)value, &d);
		}
		screen_difference_apply(tcp + 16, &d);
		assert_int_equal(frame_get16(tcp + 16), frame_checksum(data, &p, 16));
	}
}

/* RFC 1624 section 4: the update must not give -0 where the whole sum gives +0. */
static void checksum_incremental_update_reaches_zero_as_the_whole_sum_does(void **state)
{
	struct frame_spec f = { .family = 4, .ttl = 64, .source = { 10 }, .payload_length = 2 };
	uint8_t data[FRAME_MAX];
	struct screen_packet p;
	uint32_t length = frame_build(data, &f);

	(void)state;
	assert_int_equal(screen_parse(data, data + length, &p), SCREEN_KIND_TCP);
	for (uint32_t value = 0; value <= 0xffff; value++) {
		struct screen_difference d = { 0 };

		screen_rewrite16(data + p.l4, 20, (uint16_t)value, &d);
		screen_difference_apply(data + p.l4 + 16, &d);
		assert_int_equal(frame_get16(data + p.l4 + 16), frame_checksum(data, &p, 16));
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(checksum_sum_equals_its_slow_twin),
		cmocka_unit_test(checksum_fold_keeps_every_carry),
		cmocka_unit_test(checksum_verify_accepts_right_frames_and_refuses_changed_ones),
		cmocka_unit_test(checksum_verify_refuses_a_wrong_ipv4_header),
		cmocka_unit_test(checksum_partial_ones_are_completed_whole_ones_are_left_alone),
		cmocka_unit_test(checksum_of_udp_is_completed_and_never_zero),
		cmocka_unit_test(checksum_completion_stays_inside_short_headers),
		cmocka_unit_test(checksum_incremental_update_equals_the_whole_sum),
		cmocka_unit_test(checksum_incremental_update_reaches_zero_as_the_whole_sum_does),
	};

	return RUN(tests);
}
