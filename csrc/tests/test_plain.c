/*
 * Plain segments: whatever is read without a walk comes out as the walk reads it.
 */
#include "frame.h"
#include "plain.h"
#include "random.h"
#include "run.h"

enum { CASES = 200000 };

/* A copy in memory of exactly that size, where a sanitizer sees each byte too many. */
static uint8_t *exactly(const uint8_t *bytes, uint32_t length)
{
	uint8_t *exact = malloc(length ? length : 1);

	memcpy(exact, bytes, length);
	return exact;
}

static uint32_t random_frame(struct random *r, uint8_t *data)
{
	struct frame_spec f = {
		.family = random_8(r) & 1 ? 4 : 6, .tags = random_below(r, 8) == 0, .ttl = 64,
		.seq = random_32(r), .ack = random_32(r), .window = (uint16_t)random_32(r),
		.flags = random_8(r), .sport = (uint16_t)random_32(r), .dport = (uint16_t)random_32(r),
		.options_length = (uint8_t)(4 * random_below(r, 11)),
		.payload_length = (uint16_t)random_below(r, 30), .padding = (uint8_t)random_below(r, 7),
	};

	random_bytes(r, f.source, 16);
	random_bytes(r, f.destination, 16);
	if (random_below(r, 8) == 0)
		f.ip_option_words = f.extensions = 1;
	return frame_build(data, &f);
}

/* Changes a bit of the headers, where what is plain is decided, or cuts the frame off. */
static uint32_t damage(struct random *r, uint8_t *data, uint32_t length)
{
	if (random_below(r, 2))
		data[12 + random_below(r, 60) % (length - 12)] ^= (uint8_t)(1 << random_below(r, 8));
	return random_below(r, 4) ? length : random_below(r, length + 1);
}

static void assert_same_packet(const struct screen_packet *got, const struct screen_packet *want)
{
	assert_int_equal(got->l3, want->l3);
	assert_int_equal(got->l4, want->l4);
	assert_int_equal(got->payload, want->payload);
	assert_int_equal(got->end, want->end);
	assert_int_equal(got->vlan[0], want->vlan[0]);
	assert_int_equal(got->vlan[1], want->vlan[1]);
	assert_int_equal(got->sport, want->sport);
	assert_int_equal(got->dport, want->dport);
	assert_int_equal(got->seq, want->seq);
	assert_int_equal(got->ack, want->ack);
	assert_int_equal(got->window, want->window);
	assert_int_equal(got->family, want->family);
	assert_int_equal(got->protocol, want->protocol);
	assert_int_equal(got->tags, want->tags);
	assert_int_equal(got->tcp_flags, want->tcp_flags);
	assert_int_equal(got->first_fragment, want->first_fragment);
}

static void plain_frames_are_parsed_as_all_others(void **state)
{
	struct random r = random_seeded();
	uint32_t plain[7] = { 0 }, whole = 0;

	(void)state;
	for (int i = 0; i < CASES; i++) {
		uint8_t data[FRAME_MAX], *exact;
		uint32_t length = random_frame(&r, data);
		struct screen_packet got, want;

		length = damage(&r, data, length);
		exact = exactly(data, length);
		memset(&got, 0xaa, sizeof(got));
		if (screen_plain_parse(exact, exact + length, &got)) {
			assert_int_equal(screen_parse(exact, exact + length, &want), SCREEN_KIND_TCP);
			assert_same_packet(&got, &want);
			plain[want.family]++;
		} else if (screen_parse(exact, exact + length, &want) == SCREEN_KIND_TCP) {
			/* it has a tag, options or an extension header */
			assert_true(want.tags || want.l4 != want.l3 + (want.family == 4 ? 20 : 40));
			whole++;
		}
		free(exact);
	}
	assert_true(plain[4] > CASES / 10 && plain[6] > CASES / 10 && whole > CASES / 100);
}

struct layout {
	uint8_t bytes[24], length;
};

/* Zeros are values, which are drawn. */
static const struct layout layouts[] = {
	{ { 0 }, 0 },
	{ { 2, 4 }, 4 },
	{ { 1, 1, 8, 10 }, 12 },
	{ { 2, 4, 0, 0, 1, 3, 3, 0, 1, 1, 4, 2 }, 12 },
	{ { 2, 4, 0, 0, 4, 2, 8, 10, 0, 0, 0, 0, 0, 0, 0, 0, 1, 3, 3, 0 }, 20 },
	{ { 2, 4, 0, 0, 1, 3, 3, 0, 1, 1, 8, 10, 0, 0, 0, 0, 0, 0, 0, 0, 4, 2, 0, 0 }, 24 },
};

static void assert_same_options(const struct screen_options *got, const struct screen_options *want)
{
	assert_int_equal(got->flags, want->flags);
	assert_int_equal(got->mss, want->mss);
	assert_int_equal(got->wscale, want->wscale);
	assert_int_equal(got->tsval, want->tsval);
	assert_int_equal(got->tsecr, want->tsecr);
	if (want->flags & SCREEN_HAS_TIMESTAMPS)
		assert_int_equal(got->timestamps, want->timestamps);
}

static void plain_options_are_read_as_the_walk_reads_them(void **state)
{
	enum { LAYOUTS = sizeof(layouts) / sizeof(layouts[0]) };
	uint32_t plain[LAYOUTS] = { 0 };
	struct random r = random_seeded();

	(void)state;
	for (int i = 0; i < CASES; i++) {
		const struct layout *l = &layouts[i % LAYOUTS];
		struct screen_options got, want;
		uint8_t bytes[24], *exact;
		bool changed = l->length && random_below(&r, 3) == 0;

		for (uint32_t j = 0; j < 24; j++)
			bytes[j] = l->bytes[j] ? l->bytes[j] : random_8(&r);
		if (l->length == 24)
			bytes[22] = bytes[23] = 0;
		if (changed)
			bytes[random_below(&r, l->length)] = (uint8_t)random_below(&r, 20);
		exact = exactly(bytes, l->length);
		memset(&got, 0xaa, sizeof(got));
		memset(&want, 0xaa, sizeof(want));
		screen_options_walk(exact, l->length, &want);
		if (screen_plain_options(exact, l->length, &got)) {
			assert_same_options(&got, &want);
			plain[i % LAYOUTS]++;
		} else {
			assert_true(changed);
		}
		free(exact);
	}
	for (int i = 0; i < LAYOUTS; i++)
		assert_true(plain[i] >= CASES / LAYOUTS / 2);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_frames_are_parsed_as_all_others),
		cmocka_unit_test(plain_options_are_read_as_the_walk_reads_them),
	};

	return RUN(tests);
}
