/*
 * The splice's translation against a slow, obvious one that writes the whole checksum anew.
 */
#include "random.h"
#include "run.h"
#include "slow.h"
#include "stamp.h"

/* Where an option of this kind and length stands in the header; 0 when it is not there. The last
 * one of two counts, as for every receiver. */
static uint32_t option_at(const uint8_t *tcp, uint32_t kind, uint32_t length)
{
	uint32_t at = 20, end = (tcp[12] >> 4) * 4u, found = 0;

	while (at < end && tcp[at] != 0) {
		if (tcp[at] == 1) {
			at++;
			continue;
		}
		if (at + 1 == end || tcp[at + 1] < 2 || at + tcp[at + 1] > end)
			break;
		if (tcp[at] == kind && (length ? tcp[at + 1] == length : tcp[at + 1] % 8 == 2 &&
									 tcp[at + 1] > 2))
			found = at;
		at += tcp[at + 1];
	}
	return found;
}

/* RFC 7323 by division and multiplication. */
static uint32_t slow_window(uint32_t window, uint32_t from, uint32_t to)
{
	uint64_t bytes = window;

	for (uint32_t i = 0; from != 15 && i < from; i++)
		bytes *= 2;
	for (uint32_t i = 0; to != 15 && i < to; i++)
		bytes /= 2;
	if (bytes > 65535)
		return 65535;
	return bytes == 0 && window != 0 ? 1 : (uint32_t)bytes;
}

static void slow_add32(uint8_t *at, uint32_t delta)
{
	frame_put32(at, frame_get32(at) + delta);
}

static void slow_to_server(const struct screen_flow *f, uint8_t *tcp)
{
	uint32_t ts = option_at(tcp, 8, 10), sack = option_at(tcp, 5, 0);
	bool server_scales = f->server_wscale != 15;

	if (tcp[13] & 0x10)
		slow_add32(tcp + 8, f->server_isn - f->cookie_isn);
	for (uint32_t i = 2; sack && i < tcp[sack + 1]; i += 4)
		slow_add32(tcp + sack + i, f->server_isn - f->cookie_isn);
	if (ts && tcp[13] & 0x10 && frame_get32(tcp + ts + 6) != 0)
		slow_add32(tcp + ts + 6, 0 - f->ts_delta);
	if (sack && !(f->server_flags & SCREEN_HAS_SACK_OK))
		memset(tcp + sack, 1, tcp[sack + 1]);
	if (ts && !(f->server_flags & SCREEN_HAS_TIMESTAMPS))
		memset(tcp + ts, 1, 10);
	if (!(tcp[13] & 2))
		frame_put16(tcp + 14, slow_window(frame_get16(tcp + 14), f->client_wscale,
						  server_scales ? f->client_wscale : 15));
}

static void slow_to_client(const struct screen_flow *f, uint8_t *tcp)
{
	uint32_t ts = option_at(tcp, 8, 10);

	slow_add32(tcp + 4, f->cookie_isn - f->server_isn);
	if (ts && (f->server_flags & SCREEN_HAS_TIMESTAMPS))
		slow_add32(tcp + ts + 2, f->ts_delta);
	if (!(tcp[13] & 2))
		frame_put16(tcp + 14, slow_window(frame_get16(tcp + 14), f->server_wscale,
						  f->our_wscale));
}

static void random_flow(struct random *r, struct screen_flow *f)
{
	memset(f, 0, sizeof(*f));
	f->client_isn = random_edgy(r);
	f->cookie_isn = random_edgy(r);
	f->server_isn = random_edgy(r);
	f->ts_delta = random_edgy(r);
	f->client_wscale = (uint8_t)random_below(r, 16);
	f->our_wscale = f->client_wscale == 15 ? 15 : (uint8_t)random_below(r, 15);
	f->server_wscale = f->client_wscale == 15 ? 15 : (uint8_t)random_below(r, 16);
	f->server_flags = (uint8_t)random_below(r, 64);
}

/* Options in random order, at any alignment, sometimes broken. */
static void random_options(struct random *r, struct frame_spec *s)
{
	s->options_length = 0;
	while (s->options_length < 40) {
		uint8_t room = (uint8_t)(40 - s->options_length), size = 1;
		uint8_t *o = s->options + s->options_length;

		switch (random_below(r, 7)) {
		case 0:
			if (room < 10)
				break;
			o[0] = 8;
			o[1] = size = 10;
			break;
		case 1:
			size = (uint8_t)(2 + 8 * (1 + random_below(r, 4)));
			if (room < size) {
				size = 1;
				break;
			}
			o[0] = 5;
			o[1] = size;
			break;
		case 2:
			o[0] = random_8(r);
			break;
		default:
			o[0] = 1;
			break;
		}
		for (uint8_t i = 2; i < size; i = (uint8_t)(i + 4))
			frame_put32(o + i, random_edgy(r));
		if (size == 1 && o[0] != 1 && random_below(r, 4))
			o[0] = 1;
		s->options_length = (uint8_t)(s->options_length + size);
		if (s->options_length % 4 == 0 && random_below(r, 3) == 0)
			break;
	}
}

static uint32_t random_segment(struct random *r, uint8_t *data)
{
	struct frame_spec s = {
		.family = random_8(r) & 1 ? 4 : 6, .tags = (uint8_t)random_below(r, 3),
		.tci = { 5, 6 }, .ttl = 64, .seq = random_edgy(r), .ack = random_edgy(r),
		.window = (uint16_t)random_edgy(r), .sport = (uint16_t)random_32(r), .dport = 80,
		.flags = random_8(r) & 1 ? 0x10 : random_8(r),
		.payload_length = (uint16_t)(random_below(r, 8) ? random_below(r, 12) :
								  random_below(r, 1400)),
	};

	random_bytes(r, s.source, 16);
	random_bytes(r, s.destination, 16);
	random_options(r, &s);
	return frame_build(data, &s);
}

static void print_bytes(const char *what, const uint8_t *p, uint32_t count)
{
	print_error("%s ", what);
	for (uint32_t i = 0; i < count; i++)
		print_error("%02x%s", p[i], i % 4 == 3 ? " " : "");
	print_error("\n");
}

static void assert_translated(struct screen_flow *f, enum screen_direction direction,
			      const uint8_t *frame, uint32_t length)
{
	uint8_t got[FRAME_MAX], want[FRAME_MAX];
	struct screen_packet p;
	struct screen_options o;

	memcpy(got, frame, length);
	memcpy(want, frame, length);
	assert_int_equal(screen_parse(got, got + length, &p), SCREEN_KIND_TCP);
	screen_options_walk(got + p.l4 + 20, screen_packet_options_length(&p), &o);
	screen_splice_translate(f, direction, got, &p, &o);
	if (direction == SCREEN_TO_SERVER)
		slow_to_server(f, want + p.l4);
	else
		slow_to_client(f, want + p.l4);
	frame_write_tcp_checksum(want, &p);
	if (memcmp(got, want, length) == 0)
		return;
	print_bytes("in  ", frame + p.l4, 60);
	print_bytes("got ", got + p.l4, 60);
	print_bytes("want", want + p.l4, 60);
	fail_msg("direction %d, family %d", (int)direction, p.family);
}

static void splice_translation_equals_its_slow_twin(void **state)
{
	struct random r = random_seeded();

	(void)state;
	for (int i = 0; i < 1000000; i++) {
		struct screen_flow f;
		uint8_t frame[FRAME_MAX];
		uint32_t length = random_segment(&r, frame);

		random_flow(&r, &f);
		assert_translated(&f, SCREEN_TO_SERVER, frame, length);
		assert_translated(&f, SCREEN_TO_CLIENT, frame, length);
	}
}

static void splice_windows_of_all_scale_pairs_are_rescaled(void **state)
{
	static const uint16_t windows[] = { 0, 1, 2, 3, 127, 128, 255, 256, 16383, 16384, 32767,
					    32768, 65534, 65535 };

	(void)state;
	for (uint8_t from = 0; from <= 15; from++)
		for (uint8_t to = 0; to <= 15; to++)
			for (size_t i = 0; i < sizeof(windows) / sizeof(windows[0]); i++) {
				uint16_t got = screen_splice_window(windows[i], from, to);

				assert_int_equal(got, slow_window(windows[i], from, to));
				assert_int_equal(got == 0, windows[i] == 0);
			}
}

/* Builds the segment, and translates it for the server. */
static void translate(struct screen_flow *f, const struct frame_spec *s, uint8_t *data,
		      struct screen_packet *p)
{
	struct screen_options o;

	assert_int_equal(screen_parse(data, data + frame_build(data, s), p), SCREEN_KIND_TCP);
	screen_options_walk(data + p->l4 + 20, screen_packet_options_length(p), &o);
	screen_splice_translate(f, SCREEN_TO_SERVER, data, p, &o);
}

/* The real thing: what two ends of an open splice say to each other, in absolute numbers. */
static void splice_wraps_all_number_spaces(void **state)
{
	struct screen_flow f = { .client_isn = 0xffffffff, .cookie_isn = 0xfffffffe,
				 .server_isn = 0x7fffffff, .ts_delta = 0x80000001,
				 .client_wscale = 7, .our_wscale = 7, .server_wscale = 7,
				 .server_flags = SCREEN_HAS_SACK_OK | SCREEN_HAS_TIMESTAMPS };
	struct frame_spec s = {
		.family = 4, .flags = 0x10, .seq = 0, .ack = 2, .options_length = 24,
		.options = { 1, 8, 10, 0, 0, 0, 9, 0x80, 0, 0, 0, 1, 5, 10, 0xff, 0xff, 0xff, 0xff,
			     0, 0, 0, 1 },
	};
	uint8_t data[FRAME_MAX];
	struct screen_packet p;

	(void)state;
	translate(&f, &s, data, &p);
	assert_int_equal(frame_get32(data + p.l4 + 4), 0);
	assert_int_equal(frame_get32(data + p.l4 + 8), 0x80000003);
	assert_int_equal(frame_get32(data + p.l4 + 20 + 3), 9);
	assert_int_equal(frame_get32(data + p.l4 + 20 + 7), 0xffffffff);
	assert_int_equal(frame_get32(data + p.l4 + 20 + 14), 0x80000000);
	assert_int_equal(frame_get32(data + p.l4 + 20 + 18), 0x80000002);
	assert_true(frame_checksums_right(data, &p));
}

/* A TSecr of 0 echoes nothing, to Linux and to others: it must not come to the server as an echo of
 * some time long ago. */
static void splice_leaves_a_tsecr_of_zero(void **state)
{
	struct screen_flow f = { .ts_delta = 12345, .server_flags = SCREEN_HAS_TIMESTAMPS };
	struct frame_spec s = { .family = 6, .flags = 0x10, .options_length = 12,
				.options = { 1, 1, 8, 10, 0, 0, 0, 9 } };
	uint8_t data[FRAME_MAX];
	struct screen_packet p;

	(void)state;
	translate(&f, &s, data, &p);
	assert_int_equal(frame_get32(data + p.l4 + 28), 0);
	assert_true(frame_checksums_right(data, &p));
}

static void splice_open_makes_the_servers_clock_go_on_from_the_cookies(void **state)
{
	struct screen_flow f = { .ts_delta = 0xfffffff0, .client_wscale = 7,
				 .agreed = SCREEN_AGREED_TIMESTAMPS };
	struct screen_packet p = { .seq = 77 };
	struct screen_options o = { .flags = SCREEN_HAS_TIMESTAMPS | SCREEN_HAS_WSCALE, .tsval = 5,
				    .wscale = 9 };

	(void)state;
	screen_splice_open(&f, &p, &o, 1000000);
	assert_int_equal(f.server_isn, 77);
	assert_int_equal(f.server_wscale, 9);
	/* never back: the client sees the cookie's TSval, then what comes after it */
	assert_int_equal(o.tsval + f.ts_delta, 0xfffffff0);
	assert_int_equal(o.tsval + 0x20 + f.ts_delta, 0x10);
	/* one that has none gets one that ticks in milliseconds from there */
	f.ts_delta = 0xfffffff0;
	o.flags = 0;
	screen_splice_open(&f, &p, &o, 1234999999);
	assert_int_equal(1234 + f.ts_delta, 0xfffffff0 + SCREEN_STAMP_AHEAD);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(splice_translation_equals_its_slow_twin),
		cmocka_unit_test(splice_windows_of_all_scale_pairs_are_rescaled),
		cmocka_unit_test(splice_wraps_all_number_spaces),
		cmocka_unit_test(splice_leaves_a_tsecr_of_zero),
		cmocka_unit_test(splice_open_makes_the_servers_clock_go_on_from_the_cookies),
	};

	return RUN(tests);
}
