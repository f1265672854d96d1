/*
 * ICMP errors about the segments of a splice: which they are, and what comes of them, byte for byte
 * against errors that quote what their receiver has sent.
 */
#include "icmp.h"
#include "icmp_of.h"

/* Types and codes of errors; the rest is none. */
static const struct kind ERRORS[] = {
	{ 4, 3, 0 },  { 4, 3, 1 },  { 4, 3, 2 }, { 4, 3, 3 }, { 4, 3, 4 },  { 4, 3, 13 },
	{ 4, 4, 0 },  { 4, 11, 0 }, { 4, 11, 1 }, { 4, 12, 0 }, { 6, 1, 0 },  { 6, 1, 4 },
	{ 6, 2, 0 },  { 6, 3, 0 },  { 6, 3, 1 }, { 6, 4, 0 }, { 6, 4, 2 },
};
static const struct kind NO_ERRORS[] = {
	{ 4, 0, 0 },   { 4, 5, 1 },   { 4, 8, 0 },   { 4, 9, 0 },   { 4, 13, 0 },  { 4, 1, 0 },
	{ 6, 0, 0 },   { 6, 5, 0 },   { 6, 127, 0 }, { 6, 128, 0 }, { 6, 129, 0 }, { 6, 135, 0 },
	{ 6, 137, 0 },
};

/* ---- translation ----------------------------------------------------------------------------- */

/* All amounts that may be quoted of a segment: header fields whole and in pieces, and all of it. */
static const uint16_t AMOUNTS[] = { 8, 9, 11, 12, 13, 16, 18, 19, 20, 21, 28, 40, 60 };

static void translated(struct world *w, struct script *s, const struct error *like)
{
	uint32_t c = script_number(s, 'C'), k = script_number(s, 'K'), server = script_number(s, 'S');

	for (size_t i = 0; i < sizeof(AMOUNTS) / sizeof(AMOUNTS[0]); i++) {
		struct error e = *like, want = *like;

		e.quoted = want.quoted = AMOUNTS[i];
		/* about the server's, which the client's side has seen in the cookie's numbers */
		e.about = segment_of(w, false, k + 77, c + 5);
		want.about = segment_of(w, false, server + 77, c + 5);
		e.about.ip_option_words = want.about.ip_option_words = like->about.ip_option_words;
		assert_decided(w, &e, 0, SCREEN_FORWARD_SPLICED_ICMP, &want);
		assert_left_alone(w, &e, 1);
		/* about the client's, which the server's side has seen with the server's */
		e.about = segment_of(w, true, c + 5, server + 77);
		want.about = segment_of(w, true, c + 5, e.quoted < 12 ? server + 77 : k + 77);
		e.about.ip_option_words = want.about.ip_option_words = like->about.ip_option_words;
		assert_decided(w, &e, 1, SCREEN_FORWARD_SPLICED_ICMP, &want);
		assert_left_alone(w, &e, 0);
	}
}

static void errors_quote_what_their_receiver_sent(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(ERRORS) / sizeof(ERRORS[0]); i++)
		for (uint8_t tags = 0; tags <= 2; tags++)
			for (uint8_t words = 0; words <= 10; words += 5) {
				struct error e = { .type = ERRORS[i].type, .code = ERRORS[i].code,
						   .rest = 0x5dc };
				struct script s;
				struct world *w = open_world(ERRORS[i].family, tags, &s, true);

				e.outer_words = words;
				e.about.ip_option_words = (uint8_t)(10 - words);
				translated(w, &s, &e);
				world_free(w);
			}
}

/* Numbers near the wrap of all spaces, and checksums that are 0 or nearly so. */
static void errors_are_translated_over_every_wrap(void **state)
{
	struct random r = random_seeded();
	struct script s;
	struct world *w = open_world(4, 0, &s, true), *v = open_world(6, 1, &s, true);

	(void)state;
	for (int i = 0; i < 100000; i++) {
		struct world *x = i & 1 ? v : w;
		struct screen_flow *f = &x->flows.flows[x->syn_flow];
		struct error e = { .type = i & 1 ? 3 : 11, .rest = random_32(&r), .quoted = 20 };
		uint32_t seq = random_edgy(&r), ack = random_edgy(&r), apart;
		struct error want = e;

		f->cookie_isn = random_edgy(&r);
		f->server_isn = random_edgy(&r);
		apart = f->server_isn - f->cookie_isn;
		e.about = segment_of(x, false, seq, ack);
		want.about = segment_of(x, false, seq + apart, ack);
		assert_decided(x, &e, 0, SCREEN_FORWARD_SPLICED_ICMP, &want);
		e.about = segment_of(x, true, seq, ack);
		want.about = segment_of(x, true, seq, ack - apart);
		assert_decided(x, &e, 1, SCREEN_FORWARD_SPLICED_ICMP, &want);
	}
	world_free(w);
	world_free(v);
}

/* With 17 bytes there is half of the segment's checksum, with which nobody can do anything. */
static void half_a_checksum_is_left_as_it_is(void **state)
{
	struct script s;
	struct world *w = open_world(4, 0, &s, true);
	struct error e = { .type = 3, .code = 1, .quoted = 17 };
	const uint32_t icmp = 34, half = icmp + 8 + 20 + 16;
	uint8_t data[FRAME_MAX];
	uint32_t length;

	(void)state;
	e.about = segment_of(w, false, script_number(&s, 'K') + 9, 5);
	length = error_build(data, &e);
	assert_int_equal(length, half + 1);
	assert_int_equal(world_decide(w, data, length, 0), SCREEN_FORWARD_SPLICED_ICMP);
	assert_int_equal(frame_get32(w->out.data + half - 12), script_number(&s, 'S') + 9);
	assert_int_equal(w->out.data[half], data[half]);
	assert_int_equal(frame_sum(w->out.data + icmp, length - icmp, 0), 0xffff);
	world_free(w);
}

/* What was wrong stays wrong, by as much. */
static void wrong_checksums_stay_wrong(void **state)
{
	struct script s;
	struct world *w = open_world(4, 0, &s, true);
	struct error e = { .type = 3, .code = 1, .quoted = 60, .damage = 0x0a10 }, want = e;
	const uint32_t icmp = 34, quoted = icmp + 8 + 20 + 16;
	uint8_t data[FRAME_MAX];
	uint32_t length, was, wrong;

	(void)state;
	e.about = segment_of(w, false, script_number(&s, 'K') + 9, 5);
	length = error_build(data, &e);
	frame_put16(data + quoted, frame_get16(data + quoted) + 77);
	was = frame_sum(data + icmp, length - icmp, 0);
	assert_int_not_equal(was, 0xffff);
	assert_int_equal(world_decide(w, data, length, 0), SCREEN_FORWARD_SPLICED_ICMP);
	assert_int_equal(frame_sum(w->out.data + icmp, length - icmp, 0), was);
	/* the quoted one, against what is right for the server's own segment */
	want.about = segment_of(w, false, script_number(&s, 'S') + 9, 5);
	(void)error_build(data, &want);
	wrong = frame_sum((uint8_t[]){ 0, 77 }, 2, frame_get16(data + quoted));
	assert_int_equal(frame_get16(w->out.data + quoted), wrong);
	world_free(w);
}

/* ---- what is left alone ---------------------------------------------------------------------- */

static void other_messages_are_left_alone(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(NO_ERRORS) / sizeof(NO_ERRORS[0]); i++) {
		struct error e = { .type = NO_ERRORS[i].type, .code = NO_ERRORS[i].code,
				   .quoted = 20 };
		struct script s;
		struct world *w = open_world(NO_ERRORS[i].family, 0, &s, true);

		e.about = segment_of(w, false, script_number(&s, 'K') + 77, script_number(&s, 'C') + 5);
		assert_left_alone(w, &e, 0);
		e.about = segment_of(w, true, script_number(&s, 'C') + 5, script_number(&s, 'S') + 77);
		assert_left_alone(w, &e, 1);
		world_free(w);
	}
}

static void quotes_too_short_for_a_number_are_left_alone(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		struct error e = { .type = i ? 1 : 3, .code = 1 };
		struct script s;
		struct world *w = open_world(i ? 6 : 4, 0, &s, true);

		for (e.quoted = 0; e.quoted < 8; e.quoted++) {
			e.about = segment_of(w, false, script_number(&s, 'K') + 77, 5);
			assert_left_alone(w, &e, 0);
			e.about = segment_of(w, true, 5, script_number(&s, 'S') + 77);
			assert_left_alone(w, &e, 1);
		}
		world_free(w);
	}
}

static void errors_about_something_else_are_left_alone(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		struct error e = { .type = i ? 1 : 3, .code = 1, .quoted = 20 }, other;
		struct script s;
		struct world *w = open_world(i ? 6 : 4, 1, &s, true);

		e.about = segment_of(w, false, script_number(&s, 'K') + 77, 5);
		other = e;
		other.about.dport++;
		assert_left_alone(w, &other, 0);
		other = e;
		other.about.tci[0]++; /* another VLAN */
		assert_left_alone(w, &other, 0);
		other = e;
		other.about.source[3]++;
		assert_left_alone(w, &other, 0);
		other = e;
		other.protocol = SCREEN_PROTO_UDP;
		assert_left_alone(w, &other, 0);
		other.protocol = SCREEN_PROTO_FRAGMENT;
		assert_left_alone(w, &other, 0);
		world_free(w);
	}
}

/* What is quoted is as anybody wrote it. */
static void quoted_headers_that_are_none_are_left_alone(void **state)
{
	static const uint8_t first_bytes[2][4] = { { 0x44, 0x40, 0x55, 0x65 },
						   { 0x40, 0x50, 0x70, 0x45 } };

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct error e = { .type = i ? 1 : 3, .code = 1, .quoted = 60 };
		struct script s;
		struct world *w = open_world(i ? 6 : 4, 0, &s, true);
		uint8_t data[FRAME_MAX];
		uint32_t length, quote = 14 + (i ? 40 : 20) + 8;

		e.about = segment_of(w, false, script_number(&s, 'K') + 77, 5);
		for (int j = 0; j < 4; j++) {
			length = error_build(data, &e);
			data[quote] = first_bytes[i][j];
			assert_int_equal(world_decide(w, data, length, 0), SCREEN_FORWARD_NON_TCP);
			assert_memory_equal(w->out.data, data, length);
		}
		world_free(w);
	}
}

/* A later fragment has no ports; the first one has. */
static void quoted_fragment_counts_if_it_is_the_first(void **state)
{
	struct script s;
	struct world *w = open_world(4, 0, &s, true);
	struct error e = { .type = 11, .code = 1, .quoted = 20 }, want;

	(void)state;
	e.about = segment_of(w, false, script_number(&s, 'K') + 77, 5);
	for (uint16_t offset = 1; offset; offset = (uint16_t)(offset << 1 & 0x1fff)) {
		e.fragment = offset;
		assert_left_alone(w, &e, 0);
		e.fragment |= 0x2000;
		assert_left_alone(w, &e, 0);
	}
	e.fragment = 0x2000;
	want = e;
	want.about.seq = script_number(&s, 'S') + 77;
	assert_decided(w, &e, 0, SCREEN_FORWARD_SPLICED_ICMP, &want);
	world_free(w);
}

static void errors_about_plain_flows_are_left_alone(void **state)
{
	struct world *w = world_new(4, 0);
	struct script s = script_new(w);
	struct error e = { .type = 3, .code = 1, .quoted = 20 };

	(void)state;
	SCRIPT(&s, "< S seq C mss 1460 -> forward_syn_calm");
	e.about = segment_of(w, true, script_number(&s, 'C'), 0);
	assert_left_alone(w, &e, 1);
	SCRIPT(&s, "> SA seq S ack C+1 mss 1460 -> forward_flow",
	       "< A seq C+1 ack S+1 -> forward_flow");
	assert_left_alone(w, &e, 1);
	world_free(w);
}

/* Nothing is read behind the end of a packet, wherever that is. */
static void about_reads_no_byte_too_many(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 2 * 3 * 11; i++) {
		struct error e = { .type = 3, .code = 1, .quoted = 60, .outer_words = (uint8_t)(i / 6) };
		uint8_t data[FRAME_MAX];
		uint32_t length, l3, found = 0;

		e.about = (struct frame_spec){ .family = i & 1 ? 6 : 4, .tags = (uint8_t)(i / 2 % 3),
					       .ip_option_words = (uint8_t)(10 - i / 6),
					       .payload_length = 40 };
		e.type = i & 1 ? 1 : 3;
		l3 = l3_of(&e.about);
		length = error_build(data, &e);
		for (uint32_t cut = length; cut > l3 + 20 + e.outer_words * 4u; cut--) {
			uint8_t *memory = malloc(cut);
			struct screen_packet p, about;
			bool there;

			memcpy(memory, data, cut);
			if (e.about.family == 4)
				frame_put16(memory + l3 + 2, cut - l3);
			else if (cut >= l3 + 40)
				frame_put16(memory + l3 + 4, cut - l3 - 40);
			if (screen_parse(memory, memory + cut, &p) == SCREEN_KIND_NON_TCP) {
				there = screen_icmp_about(memory, &p, &about);
				assert_int_equal(there, cut >= length - 52);
				found += there;
			}
			free(memory);
		}
		assert_int_equal(found, 53);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(errors_quote_what_their_receiver_sent),
		cmocka_unit_test(errors_are_translated_over_every_wrap),
		cmocka_unit_test(half_a_checksum_is_left_as_it_is),
		cmocka_unit_test(wrong_checksums_stay_wrong),
		cmocka_unit_test(other_messages_are_left_alone),
		cmocka_unit_test(quotes_too_short_for_a_number_are_left_alone),
		cmocka_unit_test(errors_about_something_else_are_left_alone),
		cmocka_unit_test(quoted_headers_that_are_none_are_left_alone),
		cmocka_unit_test(quoted_fragment_counts_if_it_is_the_first),
		cmocka_unit_test(errors_about_plain_flows_are_left_alone),
		cmocka_unit_test(about_reads_no_byte_too_many),
	};

	return RUN(tests);
}
