/*
 * Replies: what a challenge says to each of the 16 offers, and what every reply keeps and drops.
 */
#include "random.h"
#include "run.h"
#include "slow.h"
#include "splice.h"

enum { OFFER_MSS = 1, OFFER_WSCALE = 2, OFFER_SACK = 4, OFFER_TIMESTAMPS = 8, OFFERS = 16 };

/* What one reply is made of. */
struct exchange {
	struct frame_spec f;
	uint8_t in[FRAME_MAX], out[FRAME_MAX];
	uint32_t in_length, out_length;
	struct screen_packet p, q; /* of in and out */
	struct screen_options o, answer;
};

static void put(struct frame_spec *f, const uint8_t *bytes, uint8_t count)
{
	memcpy(f->options + f->options_length, bytes, count);
	f->options_length = (uint8_t)(f->options_length + count);
}

/* A SYN with what offer says, in Linux's way but without padding between. */
static void syn(struct exchange *x, uint8_t family, uint8_t tags, uint32_t offer)
{
	x->f = (struct frame_spec){
		.family = family, .tags = tags, .tci = { 0x6005, 0x0006 }, .ttl = 9, .class = 0xb9,
		.source_mac = { 2, 0, 0, 0, 0, 1 }, .destination_mac = { 2, 0, 0, 0, 0, 2 },
		.source = { 0x20, 1, 13, 4 }, .destination = { 0x20, 1, 13, 5 },
		.sport = 40000, .dport = 443, .seq = 0xffffffff, .window = 64240,
		.flags = SCREEN_TCP_SYN,
	};
	if (offer & OFFER_MSS)
		put(&x->f, (uint8_t[]){ 2, 4, 5, 0xb4 }, 4);
	if (offer & OFFER_SACK)
		put(&x->f, (uint8_t[]){ 4, 2 }, 2);
	if (offer & OFFER_TIMESTAMPS)
		put(&x->f, (uint8_t[]){ 8, 10, 1, 2, 3, 4, 0, 0, 0, 0 }, 10);
	if (offer & OFFER_WSCALE)
		put(&x->f, (uint8_t[]){ 3, 3, 0 }, 3);
	while (x->f.options_length % 4)
		put(&x->f, (uint8_t[]){ 0 }, 1);
}

static void parse_in(struct exchange *x)
{
	x->in_length = frame_build(x->in, &x->f);
	assert_int_equal(slow_parse(x->in, x->in_length, &x->p), SCREEN_KIND_TCP);
	slow_options(x->in + x->p.l4 + 20, x->f.options_length, &x->o);
}

/* What screen.c agrees to, from the offer. */
static struct screen_agreed agreed_of(const struct exchange *x)
{
	bool ts = x->o.flags & SCREEN_HAS_TIMESTAMPS;
	bool scale = ts && (x->o.flags & SCREEN_HAS_WSCALE);

	return (struct screen_agreed){
		.mss = x->o.mss, .timestamps = ts, .sack = ts && (x->o.flags & SCREEN_HAS_SACK_OK),
		.client_wscale = scale ? x->o.wscale : SCREEN_WSCALE_NONE,
		.our_wscale = scale ? SCREEN_SERVER_SHIFT : SCREEN_WSCALE_NONE,
	};
}

static void parse_out(struct exchange *x)
{
	assert_int_equal(slow_parse(x->out, x->out_length, &x->q), SCREEN_KIND_TCP);
	slow_options(x->out + x->q.l4 + 20, (uint32_t)x->q.payload - x->q.l4 - 20, &x->answer);
	assert_true(frame_checksums_right(x->out, &x->q));
	assert_int_equal(x->q.end, x->out_length);
	assert_int_equal(x->q.payload, x->q.end);
	/* no IP options, no extension headers */
	assert_int_equal(x->q.l4 - x->q.l3, x->q.family == 4 ? 20 : 40);
	assert_int_equal(x->q.l3, x->p.l3);
	assert_memory_equal(x->out + 12, x->in + 12, x->p.l3 - 12u);
}

/* Runs a reply in memory of exactly the promised size. */
static uint8_t *exact_copy(const struct exchange *x)
{
	uint32_t size = x->in_length > SCREEN_SYNTHETIC_MAX ? x->in_length : SCREEN_SYNTHETIC_MAX;
	uint8_t *memory = malloc(size);

	memset(memory, 0xaa, size);
	memcpy(memory, x->in, x->in_length);
	return memory;
}

static const struct screen_server_profile SERVER4 = { .mss = SCREEN_SERVER_MSS_IPV4 };
static const struct screen_server_profile SERVER6 = { .mss = SCREEN_SERVER_MSS_IPV6 };

static void challenge(struct exchange *x)
{
	struct screen_agreed a;
	uint8_t *memory;

	parse_in(x);
	a = agreed_of(x);
	memory = exact_copy(x);
	x->out_length = screen_reply_challenge(memory, &x->p, &x->o, &a,
					       x->p.family == 4 ? &SERVER4 : &SERVER6,
					       (struct screen_cookie){ 0xabcdef01, 0x12345678 });
	memcpy(x->out, memory, x->out_length);
	free(memory);
	parse_out(x);
}

static void assert_swapped(const struct exchange *x)
{
	uint32_t size = x->p.family == 4 ? 4 : 16, at = x->p.l3 + (x->p.family == 4 ? 12u : 8u);

	assert_memory_equal(x->out, x->in + 6, 6);
	assert_memory_equal(x->out + 6, x->in, 6);
	assert_memory_equal(x->out + at, x->in + at + size, size);
	assert_memory_equal(x->out + at + size, x->in + at, size);
	assert_int_equal(x->q.sport, x->p.dport);
	assert_int_equal(x->q.dport, x->p.sport);
}

/* DSCP, ECN and the flow label are not reflected, the hop limit is our own. */
static void assert_own_header(const struct exchange *x)
{
	const uint8_t *ip = x->out + x->q.l3;

	if (x->q.family == 4) {
		assert_int_equal(ip[1], 0);
		assert_int_equal(frame_get16(ip + 6), 0x4000);
		assert_int_equal(ip[8], SCREEN_REPLY_TTL);
	} else {
		assert_int_equal(frame_get32(ip), 0x60000000);
		assert_int_equal(ip[7], SCREEN_REPLY_TTL);
	}
}

static void assert_challenge(const struct exchange *x, uint32_t offer)
{
	bool ts = offer & OFFER_TIMESTAMPS;

	assert_swapped(x);
	assert_own_header(x);
	assert_int_equal(x->q.tcp_flags, SCREEN_TCP_SYN | SCREEN_TCP_ACK);
	assert_int_equal(x->q.seq, 0xabcdef01);
	assert_int_equal(x->q.ack, 0); /* ISN + 1, wrapped */
	assert_int_equal(x->q.window, SCREEN_CHALLENGE_WINDOW);
	/* never an option that was not offered; window scale and SACK only with timestamps */
	assert_int_equal(x->answer.flags,
			 (offer & OFFER_MSS ? SCREEN_HAS_MSS : 0) |
				 (ts ? SCREEN_HAS_TIMESTAMPS : 0) |
				 (ts && offer & OFFER_SACK ? SCREEN_HAS_SACK_OK : 0) |
				 (ts && offer & OFFER_WSCALE ? SCREEN_HAS_WSCALE : 0));
	if (offer & OFFER_MSS)
		assert_int_equal(x->answer.mss, x->q.family == 4 ? 1460 : 1440);
	if (ts) {
		assert_int_equal(x->answer.tsval, 0x12345678);
		assert_int_equal(x->answer.tsecr, 0x01020304);
	}
	if (x->answer.flags & SCREEN_HAS_WSCALE)
		assert_int_equal(x->answer.wscale, SCREEN_SERVER_SHIFT);
	/* no amplification */
	assert_true(x->out_length <= x->in_length);
}

static void challenge_of_all_16_offers_promises_only_what_was_offered(void **state)
{
	(void)state;
	for (uint32_t offer = 0; offer < OFFERS; offer++)
		for (uint8_t tags = 0; tags <= 2; tags++)
			for (uint8_t family = 4; family <= 6; family += 2) {
				struct exchange x;

				syn(&x, family, tags, offer);
				challenge(&x);
				assert_challenge(&x, offer);
			}
}

static void challenge_drops_ip_options_extension_headers_and_data(void **state)
{
	(void)state;
	for (uint8_t n = 0; n <= 10; n++)
		for (uint8_t family = 4; family <= 6; family += 2) {
			struct exchange x;

			if (family == 6 && n > 8)
				continue;
			syn(&x, family, 1, OFFERS - 1);
			x.f.ip_option_words = n;
			x.f.extensions = family == 6 ? n : 0;
			x.f.payload_length = (uint16_t)(n * 100);
			x.f.padding = n;
			challenge(&x);
			assert_challenge(&x, OFFERS - 1);
		}
}

static void challenge_answers_ecn_only_when_agreed(void **state)
{
	struct exchange x;
	struct screen_agreed a;

	(void)state;
	syn(&x, 4, 0, OFFER_TIMESTAMPS);
	/* reserved bits too: they are AccECN's */
	x.f.flags = SCREEN_TCP_SYN | SCREEN_TCP_ECE | SCREEN_TCP_CWR;
	challenge(&x);
	assert_int_equal(x.q.tcp_flags, SCREEN_TCP_SYN | SCREEN_TCP_ACK);
	a = agreed_of(&x);
	a.ecn = true;
	x.in[x.p.l4 + 12] |= 1;
	x.out_length = screen_reply_challenge(x.in, &x.p, &x.o, &a, &SERVER4,
					      (struct screen_cookie){ 1, 2 });
	memcpy(x.out, x.in, x.out_length);
	parse_out(&x);
	assert_int_equal(x.q.tcp_flags, SCREEN_TCP_SYN | SCREEN_TCP_ACK | SCREEN_TCP_ECE);
	assert_int_equal(x.out[x.q.l4 + 12] & 15, 0);
}

/* The cookie of a challenge, as the client's ACK brings it back, says what was agreed. */
static void challenge_options_survive_the_way_through_the_client(void **state)
{
	struct screen_zone_keys keys = { { 1, 2 }, { 3, 4 } };

	(void)state;
	for (uint32_t offer = 0; offer < OFFERS; offer++)
		for (uint8_t family = 4; family <= 6; family += 2) {
			struct screen_tuple t = { .sport = 40000, .dport = 443, .family = family };
			struct exchange x;
			struct screen_agreed a, back;
			struct screen_cookie c;

			syn(&x, family, 0, offer);
			parse_in(&x);
			a = agreed_of(&x);
			if (!(offer & OFFER_MSS))
				a.mss = family == 4 ? 536 : 1220;
			c = screen_cookie_mint(&keys.current, 9, &t, x.p.seq, &a);
			assert_int_equal(screen_cookie_check(&keys, 9, &t, x.p.seq + 1, c.isn + 1,
							     a.timestamps, c.tsval, &back),
					 SCREEN_COOKIE_VALID);
			assert_int_equal(back.client_wscale, a.client_wscale);
			assert_int_equal(back.our_wscale, a.our_wscale);
			assert_int_equal(back.sack, a.sack);
		}
}

/* ---- the SYN to the server ----------------------------------------------------------------- */

static void splice_syn_of(struct exchange *x, const struct screen_agreed *a)
{
	const struct screen_server_profile server = { .mss = 216,
						      .known = SCREEN_SERVER_TIMESTAMPS,
						      .has = SCREEN_SERVER_TIMESTAMPS };
	struct screen_flow f = { 0 };
	uint8_t *memory = malloc(SCREEN_SYNTHETIC_MAX);

	x->f.flags = SCREEN_TCP_ACK;
	x->f.seq = 0;
	x->f.ack = 0xabcdef02;
	x->f.window = 500;
	parse_in(x);
	screen_splice_begin(&f, &x->p, &x->o, a);
	x->out_length = screen_splice_syn(&f, memory, x->in, &x->p, &server);
	assert_in_range(x->out_length, 54, SCREEN_SYNTHETIC_MAX);
	memcpy(x->out, memory, x->out_length);
	free(memory);
	parse_out(x);
}

static void assert_splice_syn(const struct exchange *x, const struct screen_agreed *a)
{
	uint32_t size = x->p.family == 4 ? 8 : 32, at = x->p.l3 + (x->p.family == 4 ? 12u : 8u);
	const uint8_t *ip = x->out + x->q.l3;

	/* as if the client's own had arrived */
	assert_memory_equal(x->out, x->in, 12);
	assert_memory_equal(x->out + at, x->in + at, size);
	assert_int_equal(x->q.sport, x->p.sport);
	assert_int_equal(x->q.dport, x->p.dport);
	assert_int_equal(x->q.seq, 0xffffffff);
	assert_int_equal(x->q.ack, 0);
	assert_int_equal(x->q.tcp_flags, SCREEN_TCP_SYN);
	assert_int_equal(x->answer.mss, a->mss);
	assert_int_equal(x->answer.flags,
			 SCREEN_HAS_MSS | (a->timestamps ? SCREEN_HAS_TIMESTAMPS : 0) |
				 (a->sack ? SCREEN_HAS_SACK_OK : 0) |
				 (a->client_wscale != SCREEN_WSCALE_NONE ? SCREEN_HAS_WSCALE : 0));
	assert_int_equal(x->answer.wscale, a->client_wscale);
	assert_int_equal(x->answer.tsval, a->timestamps ? x->o.tsval : 0);
	assert_int_equal(x->answer.tsecr, 0);
	assert_int_equal(x->q.window, a->client_wscale == SCREEN_WSCALE_NONE ? 500 :
				      500u << a->client_wscale > 65535 ? 65535 :
								500u << a->client_wscale);
	/* the client's TTL and DSCP go on, ECN does not (RFC 3168 section 6.1.1) */
	assert_int_equal(x->q.family == 4 ? ip[8] : ip[7], 9);
	assert_int_equal(x->q.family == 4 ? ip[1] : (frame_get32(ip) >> 20 & 0xff), 0xb8);
	if (x->q.family == 6)
		assert_int_equal(frame_get32(ip) & 0xfffff, 0xabcde);
}

static void splice_syn_says_what_was_agreed(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 2 * 3 * 2 * 2 * 16; i++) {
		struct exchange x;
		bool ts = i / 6 % 2;
		struct screen_agreed a = {
			.mss = i % 2 ? 1400 : 216, .timestamps = ts, .sack = ts && i / 12 % 2,
			.client_wscale = ts ? (uint8_t)(i / 24) : SCREEN_WSCALE_NONE,
			.our_wscale = ts && i / 24 != 15 ? 7 : SCREEN_WSCALE_NONE,
		};

		syn(&x, i % 2 ? 4 : 6, (uint8_t)(i / 2 % 3), ts ? OFFER_TIMESTAMPS : 0);
		x.f.ip_option_words = (uint8_t)(i % 11);
		x.f.extensions = (uint8_t)(i % 9);
		x.f.payload_length = (uint16_t)(i % 5 * 50);
		splice_syn_of(&x, &a);
		assert_splice_syn(&x, &a);
	}
}

/* ---- resets -------------------------------------------------------------------------------- */

static void reset_goes_back_with_exactly_the_numbers_given(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 12; i++) {
		struct exchange x;
		uint8_t *memory;

		syn(&x, i & 1 ? 4 : 6, (uint8_t)(i / 4), OFFERS - 1);
		x.f.flags = SCREEN_TCP_ACK;
		x.f.ack = 77;
		x.f.payload_length = (uint16_t)(i * 10);
		parse_in(&x);
		memory = exact_copy(&x);
		x.out_length = screen_reply_reset(memory, &x.p, 77, 78, i & 2);
		memcpy(x.out, memory, x.out_length);
		free(memory);
		parse_out(&x);
		assert_swapped(&x);
		assert_own_header(&x);
		assert_int_equal(x.q.tcp_flags, i & 2 ? SCREEN_TCP_RST | SCREEN_TCP_ACK :
							SCREEN_TCP_RST);
		assert_int_equal(x.q.seq, 77);
		assert_int_equal(x.q.ack, i & 2 ? 78 : 0);
		assert_int_equal(x.q.window, 0);
		assert_int_equal(x.answer.flags, 0);
		assert_int_equal(x.q.payload - x.q.l4, 20);
	}
}

static void refusal_keeps_everything_but_the_sequence_number(void **state)
{
	struct screen_flow f = { .cookie_isn = 0xffffffff };

	(void)state;
	for (uint8_t family = 4; family <= 6; family += 2) {
		struct exchange x;

		syn(&x, family, 2, 0);
		x.f.flags = SCREEN_TCP_RST | SCREEN_TCP_ACK;
		x.f.seq = 0xdeadbeef;
		parse_in(&x);
		memcpy(x.out, x.in, x.in_length);
		screen_splice_refuse(&f, x.out, &x.p);
		assert_int_equal(frame_get32(x.out + x.p.l4 + 4), 0);
		assert_true(frame_checksums_right(x.out, &x.p));
		frame_put32(x.out + x.p.l4 + 4, 0xdeadbeef);
		memcpy(x.out + x.p.l4 + 16, x.in + x.p.l4 + 16, 2);
		assert_memory_equal(x.out, x.in, x.in_length);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(challenge_of_all_16_offers_promises_only_what_was_offered),
		cmocka_unit_test(challenge_drops_ip_options_extension_headers_and_data),
		cmocka_unit_test(challenge_answers_ecn_only_when_agreed),
		cmocka_unit_test(challenge_options_survive_the_way_through_the_client),
		cmocka_unit_test(splice_syn_says_what_was_agreed),
		cmocka_unit_test(reset_goes_back_with_exactly_the_numbers_given),
		cmocka_unit_test(refusal_keeps_everything_but_the_sequence_number),
	};

	return RUN(tests);
}
