/*
 * ICMP errors about the segments of a splice: which they are, and what comes of them, byte for byte
 * against errors that quote what their receiver has sent.
 */
#include "icmp.h"
#include "splice_script.h"

/* An error that quotes a segment. */
struct error {
	uint8_t type, code;
	uint32_t rest;	      /* bytes 4 to 7 */
	uint8_t outer_words;  /* IPv4 options of its own, or IPv6 destination options */
	uint16_t fragment;    /* flags and offset in the quoted IPv4 header */
	uint8_t protocol;     /* quoted; 0: TCP */
	uint16_t quoted;      /* bytes behind the quoted IP header */
	uint16_t damage;      /* XORed into the checksum */
	struct frame_spec about;
};

static uint32_t l3_of(const struct frame_spec *f)
{
	return 14u + f->tags * 4u;
}

static uint32_t ip_size(const struct frame_spec *f)
{
	return f->family == 4 ? 20u + f->ip_option_words * 4u : 40;
}

/* What the error quotes: IP header and the first bytes of what is behind. */
static uint32_t put_quote(uint8_t *to, const struct error *e)
{
	uint8_t whole[FRAME_MAX], *ip = whole + l3_of(&e->about);

	(void)frame_build(whole, &e->about);
	if (e->about.family == 4) {
		frame_put16(ip + 6, e->fragment ? e->fragment : 0x4000);
		ip[9] = e->protocol ? e->protocol : 6;
		frame_put16(ip + 10, frame_checksum_ipv4(ip));
	} else if (e->protocol) {
		ip[6] = e->protocol;
	}
	memcpy(to, ip, ip_size(&e->about) + e->quoted);
	return ip_size(&e->about) + e->quoted;
}

/* Writes the frame, from a router to who has sent what it quotes. */
static uint32_t error_build(uint8_t *data, const struct error *e)
{
	struct frame_spec outer = e->about;
	struct screen_packet p = { .family = outer.family,
				   .protocol = outer.family == 4 ? 1 : 58 };
	uint8_t *ip = data + l3_of(&outer), *icmp;
	uint32_t length;

	memcpy(outer.destination, e->about.source, 16);
	memset(outer.source, outer.family == 4 ? 9 : 0x2a, 16);
	outer.ip_option_words = e->outer_words;
	outer.extensions = e->outer_words ? 1 : 0;
	p.l3 = (uint16_t)frame_put_ethernet(data, &outer);
	/* room for the longest header, then again with the length */
	icmp = ip + (outer.family == 4 ? 20u + e->outer_words * 4u : 40u + outer.extensions * 8u);
	icmp[0] = e->type;
	icmp[1] = e->code;
	frame_put32(icmp + 4, e->rest);
	length = 8 + put_quote(icmp + 8, e);
	if (outer.family == 4) {
		(void)frame_put_ipv4(ip, &outer, length);
		ip[9] = 1;
		frame_put16(ip + 10, frame_checksum_ipv4(ip));
	} else {
		(void)frame_put_ipv6(ip, &outer, length);
		ip[outer.extensions ? 40 : 6] = 58;
	}
	p.l4 = (uint16_t)(icmp - data);
	p.end = (uint16_t)(p.l4 + length);
	if (outer.family == 4)
		frame_put16(icmp + 2, (uint16_t)~frame_sum(icmp + 4, length - 4,
							   frame_sum(icmp, 2, 0)));
	else
		frame_put16(icmp + 2, frame_checksum(data, &p, 2));
	frame_put16(icmp + 2, frame_get16(icmp + 2) ^ e->damage);
	return p.end;
}

/* A segment with a body, of the world's client or of its server. */
static struct frame_spec segment_of(const struct world *w, bool client_sent, uint32_t seq,
				    uint32_t ack)
{
	static const uint8_t body[40] = { 0x41, 0x97, 3, [39] = 0xfe };
	struct frame_spec f = w->client;

	if (!client_sent)
		script_mirror(&f);
	f.flags = SCREEN_TCP_ACK | SCREEN_TCP_PSH;
	f.seq = seq;
	f.ack = ack;
	f.payload_length = sizeof(body);
	f.payload = body;
	return f;
}

/* Types and codes of errors; the rest is none. */
struct kind {
	uint8_t family, type, code;
};
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

static void assert_decided(struct world *w, const struct error *e, uint8_t slot,
			   enum screen_reason reason, const struct error *want)
{
	uint8_t data[FRAME_MAX], expected[FRAME_MAX];
	uint32_t length = error_build(data, e), wanted = error_build(expected, want);
	enum screen_reason got = world_decide(w, data, length, slot);

	if (got != reason)
		fail_msg("%s: family %d type %d code %d, %d bytes quoted", screen_reason_name(got),
			 e->about.family, e->type, e->code, e->quoted);
	assert_int_equal(w->out.length, wanted);
	assert_memory_equal(w->out.data, expected, wanted);
}

static void assert_left_alone(struct world *w, const struct error *e, uint8_t slot)
{
	assert_decided(w, e, slot, SCREEN_FORWARD_NON_TCP, e);
}

/* A world with an open splice whose numbers are in s. */
static struct world *open_world(uint8_t family, uint8_t tags, struct script *s, bool clock)
{
	struct world *w = world_new(family, tags);

	*s = script_new(w);
	if (clock) {
		SCRIPT(s, FLOODED, VALIDATED, OPENED);
		return w;
	}
	w->policy.server[0].profile = (struct screen_server_profile){ 0 };
	SCRIPT(s, FLOODED, "< A seq C+1 ack K+1 win 500 ts 105 T -> forward_splice_syn",
	       "> SA seq S ack C+1 mss 1460 -> reply_server_ack");
	return w;
}

static uint32_t value(const struct script *s, char letter)
{
	return (uint32_t)s->value[letter - 'A'];
}

/* ---- translation ----------------------------------------------------------------------------- */

/* All amounts that may be quoted of a segment: header fields whole and in pieces, and all of it. */
static const uint16_t AMOUNTS[] = { 8, 9, 11, 12, 13, 16, 18, 19, 20, 21, 28, 40, 60 };

static void translated(struct world *w, struct script *s, const struct error *like)
{
	uint32_t c = value(s, 'C'), k = value(s, 'K'), server = value(s, 'S');

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
	e.about = segment_of(w, false, value(&s, 'K') + 9, 5);
	length = error_build(data, &e);
	assert_int_equal(length, half + 1);
	assert_int_equal(world_decide(w, data, length, 0), SCREEN_FORWARD_SPLICED_ICMP);
	assert_int_equal(frame_get32(w->out.data + half - 12), value(&s, 'S') + 9);
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
	e.about = segment_of(w, false, value(&s, 'K') + 9, 5);
	length = error_build(data, &e);
	frame_put16(data + quoted, frame_get16(data + quoted) + 77);
	was = frame_sum(data + icmp, length - icmp, 0);
	assert_int_not_equal(was, 0xffff);
	assert_int_equal(world_decide(w, data, length, 0), SCREEN_FORWARD_SPLICED_ICMP);
	assert_int_equal(frame_sum(w->out.data + icmp, length - icmp, 0), was);
	/* the quoted one, against what is right for the server's own segment */
	want.about = segment_of(w, false, value(&s, 'S') + 9, 5);
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

		e.about = segment_of(w, false, value(&s, 'K') + 77, value(&s, 'C') + 5);
		assert_left_alone(w, &e, 0);
		e.about = segment_of(w, true, value(&s, 'C') + 5, value(&s, 'S') + 77);
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
			e.about = segment_of(w, false, value(&s, 'K') + 77, 5);
			assert_left_alone(w, &e, 0);
			e.about = segment_of(w, true, 5, value(&s, 'S') + 77);
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

		e.about = segment_of(w, false, value(&s, 'K') + 77, 5);
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

/* A later fragment has no ports; the first one has. */
static void quoted_fragment_counts_if_it_is_the_first(void **state)
{
	struct script s;
	struct world *w = open_world(4, 0, &s, true);
	struct error e = { .type = 11, .code = 1, .quoted = 20 }, want;

	(void)state;
	e.about = segment_of(w, false, value(&s, 'K') + 77, 5);
	for (uint16_t offset = 1; offset; offset = (uint16_t)(offset << 1 & 0x1fff)) {
		e.fragment = offset;
		assert_left_alone(w, &e, 0);
		e.fragment |= 0x2000;
		assert_left_alone(w, &e, 0);
	}
	e.fragment = 0x2000;
	want = e;
	want.about.seq = value(&s, 'S') + 77;
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
	e.about = segment_of(w, true, value(&s, 'C'), 0);
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

/* ---- path MTU -------------------------------------------------------------------------------- */

static void assert_mtu(struct world *w, struct script *s, uint32_t mtu, uint32_t told)
{
	bool v4 = w->client.family == 4;
	struct error e = { .type = v4 ? 3 : 2, .code = v4 ? 4 : 0, .rest = mtu, .quoted = 20 }, want;

	e.about = segment_of(w, false, value(s, 'K') + 1, 5);
	want = e;
	want.about.seq = value(s, 'S') + 1;
	want.rest = told;
	assert_decided(w, &e, 0, SCREEN_FORWARD_SPLICED_ICMP, &want);
	/* the client's own segments are not lengthened */
	e.about = segment_of(w, true, 5, value(s, 'S') + 1);
	want = e;
	want.about.ack = value(s, 'K') + 1;
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
	e.about = segment_of(w, false, value(&s, 'K') + 1, 5);
	want = e;
	want.about.seq = value(&s, 'S') + 1;
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
		e.about = segment_of(w, false, value(&s, 'K') + 1222, 5);
		(void)world_decide(w, data, error_build(data, &e), 0);
		e.about = segment_of(w, false, value(&s, 'K'), 5);
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

/* ---- while the server is asked --------------------------------------------------------------- */

static void assert_refused(struct world *w, struct script *s, const struct error *e)
{
	struct frame_spec reset = w->client;
	uint8_t data[FRAME_MAX], expected[FRAME_MAX];
	uint32_t length = error_build(data, e);

	assert_int_equal(world_decide(w, data, length, 1), SCREEN_FORWARD_SPLICED_ICMP);
	assert_int_equal(w->d.action, SCREEN_ACTION_WAKE_OWNER);
	assert_int_equal(w->d.flow, w->syn_flow);
	script_mirror(&reset);
	/* it goes on the way that the error came */
	memcpy(reset.source_mac, data + 6, 6);
	memcpy(reset.destination_mac, data, 6);
	reset.flags = SCREEN_TCP_RST | SCREEN_TCP_ACK;
	reset.seq = value(s, 'K') + 1;
	reset.ack = value(s, 'C') + 1;
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
			e.about = segment_of(w, true, value(&s, 'C'), 0);
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
		e.about = segment_of(w, true, value(&s, 'C'), 0);
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
		other.about = segment_of(w, false, value(&s, 'C'), 0);
		assert_left_alone(w, &other, 0);
		assert_left_alone(w, &other, 1);
		SCRIPT(&s, OPENED, "> A seq S+1 ack C+1 ts 7003 110 -> forward_spliced");
		/* and an open one is ended by none (RFC 5927) */
		assert_decided(w, &e, 1, SCREEN_FORWARD_SPLICED_ICMP,
			       &(struct error){ .type = e.type, .code = 1, .quoted = 20,
						.about = segment_of(w, true, value(&s, 'C'),
								    value(&s, 'K') - value(&s, 'S')) });
		SCRIPT(&s, "> A seq S+1 ack C+1 ts 7003 110 -> forward_spliced");
		world_free(w);
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
		cmocka_unit_test(quoted_fragment_counts_if_it_is_the_first),
		cmocka_unit_test(errors_about_plain_flows_are_left_alone),
		cmocka_unit_test(about_reads_no_byte_too_many),
		cmocka_unit_test(path_mtu_leaves_room_for_stamps),
		cmocka_unit_test(path_mtu_is_told_as_it_is_to_who_has_a_clock),
		cmocka_unit_test(only_too_big_has_an_mtu),
		cmocka_unit_test(path_mtu_of_ipv6_is_never_told_below_1280),
		cmocka_unit_test(server_that_cannot_be_reached_is_a_refusal),
		cmocka_unit_test(nothing_else_ends_a_pending_splice),
	};

	return RUN(tests);
}
