/*
 * Frames by hand, of any protocol and with any oddity, and a world whose profile has only the screens
 * that a test arms.
 */
#pragma once

#include "checksum.h"
#include "world.h"

/* A frame by hand: IP header, what is between, payload. */
struct made {
	uint8_t data[2048];
	uint32_t length;
};

struct ip_spec {
	uint8_t family, protocol;
	const uint8_t *options; /* IPv4 options, or IPv6 extension headers: the first one's type in next */
	uint8_t options_length, next;
	uint8_t last; /* IPv6: offset of the last of several headers in options */
	uint16_t fragment; /* IPv4: the field with flags; IPv6: that of a fragment header, 0: none */
	uint16_t id;
	uint16_t payload_length;
	uint8_t payload[64];
	bool same_ends;
	bool inside; /* from the protected side */
	uint8_t source_last, destination_last; /* 0: as usual */
};

static inline void put_addresses(uint8_t *source, uint8_t *destination, size_t size,
			  const struct ip_spec *s)
{
	memset(source, s->inside ? 0x32 : 0x31, size);
	memset(destination, s->same_ends || s->inside ? 0x31 : 0x32, size);
	if (s->source_last)
		source[size - 1] = s->source_last;
	if (s->destination_last)
		destination[size - 1] = s->destination_last;
}

static inline uint32_t put_ipv4(uint8_t *ip, const struct ip_spec *s)
{
	uint32_t header = 20u + s->options_length;

	memset(ip, 0, header);
	ip[0] = (uint8_t)(0x40 | header / 4);
	frame_put16(ip + 2, header + s->payload_length);
	frame_put16(ip + 4, s->id);
	frame_put16(ip + 6, s->fragment);
	ip[8] = 64;
	ip[9] = s->protocol;
	put_addresses(ip + 12, ip + 16, 4, s);
	if (s->options_length)
		memcpy(ip + 20, s->options, s->options_length);
	frame_put16(ip + 10, frame_checksum_ipv4(ip));
	return header;
}

static inline uint32_t put_ipv6(uint8_t *ip, const struct ip_spec *s)
{
	uint32_t at = 40;
	uint8_t *next = ip + 6;

	memset(ip, 0, 48);
	ip[0] = 0x60;
	ip[7] = 64;
	put_addresses(ip + 8, ip + 24, 16, s);
	if (s->options_length) {
		*next = s->next;
		memcpy(ip + at, s->options, s->options_length);
		next = ip + at + s->last; /* its first byte is the next one's type */
		at += s->options_length;
	}
	if (s->fragment) {
		*next = SCREEN_PROTO_FRAGMENT;
		memset(ip + at, 0, 8);
		frame_put16(ip + at + 2, s->fragment);
		frame_put16(ip + at + 6, s->id);
		next = ip + at;
		at += 8;
	}
	*next = s->protocol;
	frame_put16(ip + 4, at - 40 + s->payload_length);
	return at;
}

static inline struct made make(const struct ip_spec *s)
{
	struct made m = { .data = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1 } };
	uint32_t header;

	frame_put16(m.data + 12, s->family == 4 ? 0x0800 : 0x86dd);
	header = s->family == 4 ? put_ipv4(m.data + 14, s) : put_ipv6(m.data + 14, s);
	for (uint32_t i = 0; i < s->payload_length; i++)
		m.data[14 + header + i] = i < sizeof(s->payload) ? s->payload[i] : (uint8_t)i;
	m.length = 14 + header + s->payload_length;
	return m;
}

static inline void made_tag(struct made *m, uint16_t vlan)
{
	memmove(m->data + 16, m->data + 12, m->length - 12);
	frame_put16(m->data + 12, SCREEN_ETHERTYPE_CTAG);
	frame_put16(m->data + 14, vlan);
	m->length += 4;
}

static inline struct world *armed_world(uint64_t armed)
{
	struct world *w = world_new(4, 0);
	struct screen_profile_config *p = &w->policy.profile[0];

	memset(p, 0, sizeof(*p));
	p->armed = armed;
	p->icmp_flood = p->udp_flood = 5;
	p->tcp_port_scan_us = p->udp_port_scan_us = p->ip_sweep_us = 5000;
	p->tcp_sweep_us = p->udp_sweep_us = 5000;
	p->source_sessions = p->destination_sessions = 3;
	p->syn_ack_ack = 3;
	p->extension_limit = 1;
	p->extension_headers[0] = 1ull << SCREEN_PROTO_ROUTING;
	w->policy.no_syn_check = 1;
	return w;
}

static inline const char *decide_from(struct world *w, const struct made *m, uint8_t slot)
{
	struct screen_frame frame;
	static uint8_t data[2048];

	memcpy(data, m->data, m->length);
	frame = (struct screen_frame){ .data = data, .length = m->length, .slot = slot };
	w->d.verdict = SCREEN_VERDICTS;
	w->d.reason = SCREEN_REASONS;
	screen_decide(&w->context, &frame, &w->d);
	if (w->d.undecided) {
		struct screen_frame *frames[] = { &frame };
		struct screen_decision *decisions[] = { &w->d };

		screen_check(&w->context, frames, decisions, 1);
		screen_resume(&w->context, &frame, &w->d);
	}
	assert_in_range(w->d.reason, 0, SCREEN_REASONS - 1);
	assert_int_equal(w->d.verdict, screen_reason_verdict(w->d.reason));
	return screen_reason_name(w->d.reason);
}

static inline const char *decide_made(struct world *w, const struct made *m)
{
	return decide_from(w, m, 0);
}

#define TCP_FLAGS(f) .protocol = 6, .payload_length = 20, \
		     .payload = { 0x9c, 0x40, 0, 80, [12] = 0x50, [13] = (f) }
#define OPTION(...) .options = (const uint8_t[]){ __VA_ARGS__ }, \
		    .options_length = sizeof((uint8_t[]){ __VA_ARGS__ })
