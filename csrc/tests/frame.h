/*
 * TCP frames built from a description, and checksums by the slow, obvious way: the tests' own
 * opinion, which shares no code with the core.
 */
#pragma once

#include "packet.h"

enum { FRAME_MAX = 2048, FRAME_TAGS_MAX = 3, FRAME_PAYLOAD_MAX = 1400 };

struct frame_spec {
	uint8_t family, tags;
	uint16_t tci[FRAME_TAGS_MAX];
	uint8_t source_mac[6], destination_mac[6];
	uint8_t source[16], destination[16]; /* IPv4 in the first four bytes */
	uint8_t ttl, class;
	uint8_t ip_option_words;   /* IPv4: so many words of NOPs */
	uint8_t extensions;	   /* IPv6: so many destination options headers */
	bool more_fragments;	   /* IPv4: MF; IPv6: a fragment header with M */
	uint16_t sport, dport;
	uint32_t seq, ack;
	uint16_t window;
	uint8_t flags;
	uint8_t options_length; /* a multiple of 4 */
	uint8_t options[40];
	uint16_t payload_length;
	const uint8_t *payload; /* NULL: a pattern */
	uint8_t padding;	/* bytes behind the IP packet */
};

/* Big-endian words, one by one; the last odd byte is padded with a zero. */
static inline uint32_t frame_sum(const uint8_t *p, size_t length, uint32_t sum)
{
	for (size_t i = 0; i < length; i++) {
		sum += i % 2 ? p[i] : (uint32_t)p[i] << 8;
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return sum;
}

/* The checksum of length bytes at l4, whose own field is at l4 + field and counts as zero. */
static inline uint16_t frame_checksum(const uint8_t *data, const struct screen_packet *p,
				      uint32_t field)
{
	const uint8_t *ip = data + p->l3, *l4 = data + p->l4;
	uint32_t length = (uint32_t)p->end - p->l4, sum;
	uint8_t pseudo[4] = { (uint8_t)(length >> 8), (uint8_t)length, 0, p->protocol };

	sum = p->family == 4 ? frame_sum(ip + 12, 8, 0) : frame_sum(ip + 8, 32, 0);
	sum = frame_sum(pseudo, 4, sum);
	sum = frame_sum(l4, field, sum);
	sum = frame_sum(l4 + field + 2, length - field - 2, sum);
	return (uint16_t)~sum;
}

static inline uint16_t frame_checksum_ipv4(const uint8_t *ip)
{
	uint32_t header = (ip[0] & 15u) * 4;

	return (uint16_t)~frame_sum(ip + 12, header - 12, frame_sum(ip, 10, 0));
}

static inline void frame_put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static inline void frame_put32(uint8_t *p, uint32_t v)
{
	frame_put16(p, v >> 16);
	frame_put16(p + 2, v & 0xffff);
}

static inline uint32_t frame_get16(const uint8_t *p)
{
	return (uint32_t)p[0] << 8 | p[1];
}

static inline uint32_t frame_get32(const uint8_t *p)
{
	return frame_get16(p) << 16 | frame_get16(p + 2);
}

static inline void frame_write_tcp_checksum(uint8_t *data, const struct screen_packet *p)
{
	frame_put16(data + p->l4 + 16, frame_checksum(data, p, 16));
}

/* 0 and 0xffff are the same number; a sender writes the former (RFC 1071). */
static inline bool frame_checksums_right(const uint8_t *data, const struct screen_packet *p)
{
	const uint8_t *ip = data + p->l3;

	if (p->family == 4 && frame_get16(ip + 10) != frame_checksum_ipv4(ip))
		return false;
	return frame_get16(data + p->l4 + 16) == frame_checksum(data, p, 16);
}

static inline uint32_t frame_put_ethernet(uint8_t *data, const struct frame_spec *f)
{
	uint32_t at = 12;

	memcpy(data, f->destination_mac, 6);
	memcpy(data + 6, f->source_mac, 6);
	for (int i = 0; i < f->tags; i++, at += 4) {
		frame_put16(data + at, i + 1 < f->tags ? 0x88a8 : 0x8100);
		frame_put16(data + at + 2, f->tci[i]);
	}
	frame_put16(data + at, f->family == 4 ? 0x0800 : 0x86dd);
	return at + 2;
}

static inline uint32_t frame_put_ipv4(uint8_t *ip, const struct frame_spec *f, uint32_t length)
{
	uint32_t header = 20u + f->ip_option_words * 4u;

	memset(ip, 1, header);
	ip[0] = (uint8_t)(0x40 | header / 4);
	ip[1] = f->class;
	frame_put16(ip + 2, header + length);
	frame_put16(ip + 4, 0x1234);
	frame_put16(ip + 6, f->more_fragments ? 0x2000 : 0x4000);
	ip[8] = f->ttl;
	ip[9] = 6;
	memcpy(ip + 12, f->source, 4);
	memcpy(ip + 16, f->destination, 4);
	frame_put16(ip + 10, frame_checksum_ipv4(ip));
	return header;
}

static inline uint32_t frame_put_ipv6(uint8_t *ip, const struct frame_spec *f, uint32_t length)
{
	uint32_t chain = f->extensions * 8u + (f->more_fragments ? 8 : 0), at = 40;
	uint8_t *next = ip + 6;

	frame_put32(ip, 0x60000000u | (uint32_t)f->class << 20 | 0xabcde);
	frame_put16(ip + 4, chain + length);
	ip[7] = f->ttl;
	memcpy(ip + 8, f->source, 16);
	memcpy(ip + 24, f->destination, 16);
	for (int i = 0; i < f->extensions; i++, at += 8) {
		*next = 60;
		next = ip + at;
		memcpy(ip + at, (uint8_t[]){ 0, 0, 1, 4, 0, 0, 0, 0 }, 8); /* PadN */
	}
	if (f->more_fragments) {
		*next = 44;
		next = ip + at;
		memcpy(ip + at, (uint8_t[]){ 0, 0, 0, 1, 9, 9, 9, 9 }, 8);
		at += 8;
	}
	*next = 6;
	return at;
}

/* Writes the frame, checksums included; returns its length. At most FRAME_MAX bytes. */
static inline uint32_t frame_build(uint8_t *data, const struct frame_spec *f)
{
	uint32_t length = 20u + f->options_length + f->payload_length;
	struct screen_packet p = { .family = f->family, .protocol = 6 };
	uint8_t *tcp;

	p.l3 = (uint16_t)frame_put_ethernet(data, f);
	p.l4 = (uint16_t)(p.l3 + (f->family == 4 ? frame_put_ipv4(data + p.l3, f, length) :
						   frame_put_ipv6(data + p.l3, f, length)));
	p.end = (uint16_t)(p.l4 + length);
	tcp = data + p.l4;
	memset(tcp, 0, 20);
	frame_put16(tcp, f->sport);
	frame_put16(tcp + 2, f->dport);
	frame_put32(tcp + 4, f->seq);
	frame_put32(tcp + 8, f->ack);
	tcp[12] = (uint8_t)((20 + f->options_length) / 4 << 4);
	tcp[13] = f->flags;
	frame_put16(tcp + 14, f->window);
	memcpy(tcp + 20, f->options, f->options_length);
	for (uint32_t i = 0; i < f->payload_length; i++)
		tcp[20 + f->options_length + i] = f->payload ? f->payload[i] :
							       (uint8_t)(i * 7 + f->seq);
	memset(data + p.end, 0xee, f->padding);
	frame_write_tcp_checksum(data, &p);
	return (uint32_t)p.end + f->padding;
}

/* Makes of a frame one that goes the other way. */
static inline void frame_mirror(struct frame_spec *f)
{
	struct frame_spec was = *f;

	memcpy(f->source_mac, was.destination_mac, 6);
	memcpy(f->destination_mac, was.source_mac, 6);
	memcpy(f->source, was.destination, 16);
	memcpy(f->destination, was.source, 16);
	f->sport = was.dport;
	f->dport = was.sport;
}
