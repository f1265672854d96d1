/*
 * The packet parser: Ethernet, 0-2 VLAN tags, IPv4 with options, IPv6 with extension headers, TCP.
 *
 * It answers with a kind and offsets from the first byte of the frame. Lengths come from the IP
 * header, so Ethernet padding is never payload. Every walk is bounded: at most 2 tags, 8 extension
 * headers, 40 option bytes; what goes beyond has a kind of its own and is never guessed at.
 */
#pragma once

#include "options.h"

/* Before an IPv4 address: ::ffff:0:0/96 (RFC 4291 section 2.5.5.2), its second word as it lies in memory. */
static const uint64_t SCREEN_MAPPED_IPV4 = 0xffff0000;

enum {
	SCREEN_TAGS_MAX = 2,
	SCREEN_EXTENSIONS_MAX = 8,
	SCREEN_HEADERS_MAX = 2048, /* bytes before the transport header; keeps offsets provable */
	SCREEN_END_MAX = 0xffff,   /* an IP packet ends here at the latest: offsets have 16 bits */

	SCREEN_ETH_SIZE = 14,
	SCREEN_ETHERTYPE_IPV4 = 0x0800,
	SCREEN_ETHERTYPE_IPV6 = 0x86dd,
	SCREEN_ETHERTYPE_CTAG = 0x8100, /* IEEE 802.1Q */
	SCREEN_ETHERTYPE_STAG = 0x88a8, /* IEEE 802.1ad */
	SCREEN_ETHERTYPE_SHORT = 0x10000, /* no Ethertype: the frame ends before it */
	SCREEN_ETHERTYPE_DEEP = 0x10001,  /* likewise: more than two tags */

	SCREEN_PROTO_HOPOPTS = 0,
	SCREEN_PROTO_ICMP = 1,
	SCREEN_PROTO_TCP = 6,
	SCREEN_PROTO_UDP = 17,
	SCREEN_PROTO_ROUTING = 43,
	SCREEN_PROTO_FRAGMENT = 44,
	SCREEN_PROTO_AH = 51,
	SCREEN_PROTO_ICMPV6 = 58,
	SCREEN_PROTO_DSTOPTS = 60,
	SCREEN_PROTO_MOBILITY = 135,

	SCREEN_TCP_FIN = 0x01,
	SCREEN_TCP_SYN = 0x02,
	SCREEN_TCP_RST = 0x04,
	SCREEN_TCP_PSH = 0x08,
	SCREEN_TCP_ACK = 0x10,
	SCREEN_TCP_URG = 0x20,
	SCREEN_TCP_ECE = 0x40,
	SCREEN_TCP_CWR = 0x80,
};

enum screen_kind {
	SCREEN_KIND_TCP,       /* everything below is set */
	SCREEN_KIND_NON_IP,
	SCREEN_KIND_NON_TCP,   /* l3, l4, end, protocol are set */
	SCREEN_KIND_FRAGMENT,  /* likewise; ports and tcp_flags too in a first fragment of TCP */
	SCREEN_KIND_DEEP_TAGS,
	SCREEN_KIND_EXTENSIONS,/* more than 8 extension headers */
	SCREEN_KIND_MALFORMED,
};

enum { SCREEN_STAMP_SIZE = 12 }; /* bytes of timestamps that may be inserted (stamp.h) */

/* A frame under decision. SCREEN_STAMP_SIZE bytes before data are the frame's, too: it may grow to the
 * front. */
struct screen_frame {
	uint8_t *data;
	uint32_t length; /* bytes */
	uint8_t slot;	 /* the port that it came in by */
	uint8_t syn_ring; /* 1: and the receive ring for SYNs */
};

struct screen_packet {
	uint16_t l3;	  /* offset of the IP header */
	uint16_t l4;	  /* offset of the transport header */
	uint16_t payload; /* offset of the TCP payload */
	uint16_t end;	  /* offset behind the last byte of the IP packet */
	uint16_t vlan[SCREEN_TAGS_MAX]; /* VLAN ids, outer first; 0 when absent */
	uint16_t sport, dport;
	uint32_t seq, ack;
	uint16_t window;
	uint8_t family; /* 4 or 6 */
	uint8_t protocol;
	uint8_t tags;
	uint8_t tcp_flags;
	uint8_t first_fragment; /* a fragment with offset 0: its transport header may be there */
	uint8_t reserved;
};

/* Ethernet and tags. Returns the Ethertype behind them (0 and 1 are lengths of IEEE 802.3), or one of
 * the two that are none; l3 points behind. */
screen_inline uint32_t screen_parse_ethernet(const uint8_t *data, const uint8_t *end,
					     struct screen_packet *p)
{
	uint32_t type, at = SCREEN_ETH_SIZE;

	if (data + SCREEN_ETH_SIZE > end)
		return SCREEN_ETHERTYPE_SHORT;
	type = screen_load_be16(data + 12);
	for (int i = 0; i < SCREEN_TAGS_MAX; i++) {
		if (type != SCREEN_ETHERTYPE_CTAG && type != SCREEN_ETHERTYPE_STAG)
			break;
		if (data + at + 4 > end)
			return SCREEN_ETHERTYPE_SHORT;
		p->vlan[i] = (uint16_t)(screen_load_be16(data + at) & 0x0fff);
		p->tags++;
		type = screen_load_be16(data + at + 2);
		at += 4;
	}
	p->l3 = (uint16_t)at;
	if (type == SCREEN_ETHERTYPE_CTAG || type == SCREEN_ETHERTYPE_STAG)
		return SCREEN_ETHERTYPE_DEEP;
	return type;
}

/* RFC 791. Returns SCREEN_KIND_TCP when a whole transport header may follow at l4. */
screen_inline enum screen_kind screen_parse_ipv4(const uint8_t *data, const uint8_t *end,
						 struct screen_packet *p)
{
	const uint8_t *ip = data + p->l3;
	uint32_t header, total, fragment;

	if (ip + 20 > end || ip[0] >> 4 != 4)
		return SCREEN_KIND_MALFORMED;
	header = (ip[0] & 15u) * 4;
	total = screen_load_be16(ip + 2);
	/* a total length of 0 is how Linux marks a super-packet; it never reaches a ring */
	if (header < 20 || total < header || ip + total > end || p->l3 + total > SCREEN_END_MAX)
		return SCREEN_KIND_MALFORMED;
	p->family = 4;
	p->protocol = ip[9];
	p->l4 = (uint16_t)(p->l3 + header);
	p->end = (uint16_t)(p->l3 + total);
	fragment = screen_load_be16(ip + 6);
	/* offset != 0 or MF; a missing DF is no fragment */
	if (fragment & 0x3fff) {
		p->first_fragment = (fragment & 0x1fff) == 0;
		/* RFC 3128: this one would overwrite the flags of the first */
		if ((fragment & 0x1fff) == 1 && p->protocol == SCREEN_PROTO_TCP)
			return SCREEN_KIND_MALFORMED;
		return SCREEN_KIND_FRAGMENT;
	}
	return SCREEN_KIND_TCP;
}

/* Whether a next-header value names an extension header that the walk goes over. A look at a mask,
 * because each comparison is a branch that the verifier follows once for every header before it. */
screen_inline bool screen_is_extension(uint32_t next)
{
	const uint64_t mask = 1ull << SCREEN_PROTO_HOPOPTS | 1ull << SCREEN_PROTO_ROUTING |
			      1ull << SCREEN_PROTO_FRAGMENT | 1ull << SCREEN_PROTO_AH |
			      1ull << SCREEN_PROTO_DSTOPTS;

	if (next >= 64)
		return next == SCREEN_PROTO_MOBILITY;
	return mask >> next & 1;
}

/* Bytes of an extension header that is no fragment header. */
screen_inline uint32_t screen_extension_size(uint32_t next, uint32_t length)
{
	if (next == SCREEN_PROTO_AH)
		return (length + 2) * 4; /* RFC 4302 section 2.2 */
	return (length + 1) * 8;
}

/* RFC 8200 section 4. */
screen_inline enum screen_kind screen_parse_ipv6(const uint8_t *data, const uint8_t *end,
						 struct screen_packet *p)
{
	const uint8_t *ip = data + p->l3;
	uint32_t at = p->l3 + 40u, next, total, field = 0;

	if (ip + 40 > end || ip[0] >> 4 != 6)
		return SCREEN_KIND_MALFORMED;
	total = screen_load_be16(ip + 4) + 40u;
	if (ip + total > end || p->l3 + total > SCREEN_END_MAX)
		return SCREEN_KIND_MALFORMED;
	p->family = 6;
	p->end = (uint16_t)(p->l3 + total);
	next = ip[6];
	for (int i = 0; screen_is_extension(next); i++) {
		const uint8_t *header;

		if (i == SCREEN_EXTENSIONS_MAX)
			return SCREEN_KIND_EXTENSIONS;
		if (at > SCREEN_HEADERS_MAX)
			return SCREEN_KIND_MALFORMED;
		screen_once(at);
		header = data + at;
		if (header + 8 > end)
			return SCREEN_KIND_MALFORMED;
		if (next == SCREEN_PROTO_FRAGMENT) {
			/* RFC 6946: offset 0 and no more to come is a whole packet */
			field |= screen_load_be16(header + 2) & 0xfff9;
			next = header[0];
			at += 8;
			if ((field & 0xfff8) == 8 && next == SCREEN_PROTO_TCP)
				return SCREEN_KIND_MALFORMED; /* RFC 3128 */
			if (field & 0xfff8) /* no headers follow in a later fragment */
				break;
			continue;
		}
		at += screen_extension_size(next, header[1]);
		next = header[0];
	}
	p->protocol = (uint8_t)next;
	p->l4 = (uint16_t)at;
	if (!field)
		return SCREEN_KIND_TCP;
	p->first_fragment = (field & 0xfff8) == 0;
	return SCREEN_KIND_FRAGMENT;
}

/* RFC 9293 section 3.1. */
screen_inline enum screen_kind screen_parse_tcp(const uint8_t *data, const uint8_t *end,
						struct screen_packet *p)
{
	const uint8_t *tcp;
	uint32_t header, l4 = p->l4;

	if (l4 > SCREEN_HEADERS_MAX)
		return SCREEN_KIND_MALFORMED;
	screen_once(l4);
	tcp = data + l4;
	screen_once(tcp);
	if (tcp + 20 > end || p->l4 + 20u > p->end)
		return SCREEN_KIND_MALFORMED;
	header = (tcp[12] >> 4) * 4u;
	/* a first fragment may end among the options */
	if (header < 20 || (p->l4 + header > p->end && !p->first_fragment))
		return SCREEN_KIND_MALFORMED;
	p->sport = screen_load_be16(tcp);
	p->dport = screen_load_be16(tcp + 2);
	p->seq = screen_load_be32(tcp + 4);
	p->ack = screen_load_be32(tcp + 8);
	p->tcp_flags = tcp[13];
	p->window = screen_load_be16(tcp + 14);
	p->payload = (uint16_t)(p->l4 + header);
	return SCREEN_KIND_TCP;
}

/*
 * Parses the frame in [data, end). Always sets *p; which fields mean something depends on the kind.
 */
screen_inline enum screen_kind screen_parse(const uint8_t *data, const uint8_t *end,
					    struct screen_packet *p)
{
	enum screen_kind kind;
	uint32_t type;

	__builtin_memset(p, 0, sizeof(*p));
	type = screen_parse_ethernet(data, end, p);
	if (type == SCREEN_ETHERTYPE_SHORT)
		return SCREEN_KIND_MALFORMED;
	if (type == SCREEN_ETHERTYPE_DEEP)
		return SCREEN_KIND_DEEP_TAGS;
	if (type == SCREEN_ETHERTYPE_IPV4)
		kind = screen_parse_ipv4(data, end, p);
	else if (type == SCREEN_ETHERTYPE_IPV6)
		kind = screen_parse_ipv6(data, end, p);
	else
		return SCREEN_KIND_NON_IP;
	if (kind == SCREEN_KIND_FRAGMENT) {
		/* RFC 1858 section 3: one too short to show its flags is made to hide them */
		if (p->first_fragment && p->protocol == SCREEN_PROTO_TCP &&
		    screen_parse_tcp(data, end, p) == SCREEN_KIND_MALFORMED)
			return SCREEN_KIND_MALFORMED;
		return kind;
	}
	if (kind != SCREEN_KIND_TCP)
		return kind;
	if (p->protocol != SCREEN_PROTO_TCP)
		return SCREEN_KIND_NON_TCP;
	return screen_parse_tcp(data, end, p);
}

screen_inline uint32_t screen_packet_options_length(const struct screen_packet *p)
{
	return p->payload - p->l4 - 20u;
}

screen_inline uint32_t screen_packet_payload_length(const struct screen_packet *p)
{
	return (uint32_t)p->end - p->payload;
}
