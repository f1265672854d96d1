/*
 * Worlds with a splice, and ICMP errors that quote a segment of it.
 */
#pragma once

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

static inline uint32_t l3_of(const struct frame_spec *f)
{
	return 14u + f->tags * 4u;
}

static inline uint32_t ip_size(const struct frame_spec *f)
{
	return f->family == 4 ? 20u + f->ip_option_words * 4u : 40;
}

/* What the error quotes: IP header and the first bytes of what is behind. */
static inline uint32_t put_quote(uint8_t *to, const struct error *e)
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
static inline uint32_t error_build(uint8_t *data, const struct error *e)
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
static inline struct frame_spec segment_of(const struct world *w, bool client_sent, uint32_t seq,
					   uint32_t ack)
{
	static const uint8_t body[40] = { 0x41, 0x97, 3, [39] = 0xfe };
	struct frame_spec f = w->client;

	if (!client_sent)
		frame_mirror(&f);
	f.flags = SCREEN_TCP_ACK | SCREEN_TCP_PSH;
	f.seq = seq;
	f.ack = ack;
	f.payload_length = sizeof(body);
	f.payload = body;
	return f;
}

/* Types and codes. */
struct kind {
	uint8_t family, type, code;
};

static inline void assert_decided(struct world *w, const struct error *e, uint8_t slot,
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

static inline void assert_left_alone(struct world *w, const struct error *e, uint8_t slot)
{
	assert_decided(w, e, slot, SCREEN_FORWARD_NON_TCP, e);
}

/* A world with an open splice whose numbers are in s. */
static inline struct world *open_world(uint8_t family, uint8_t tags, struct script *s, bool clock)
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
