/* What a port's program knows of its port and of the frame that it has, where it works in the engine's place. */
#pragma once

#include "scratch.h"

enum { L3_MAX = SCREEN_ETH_SIZE + 4 * SCREEN_TAGS_MAX };

/* What a part of the shim makes of a frame. */
enum fate {
	TO_ENGINE, /* anything else is an enum xdp_action */
};
_Static_assert((int)TO_ENGINE == (int)XDP_ABORTED, "no program answers so");

static __always_inline const struct screen_offload_port *port_of(const struct screen_host_policy *p)
{
	__u32 at = slot;

	return p && at < SCREEN_PORTS_MAX ? &p->offload.port[at] : NULL;
}

/* No IPv4 options, no extension headers. */
static __always_inline bool has_bare_ip(const struct screen_packet *p)
{
	return p->l4 - p->l3 == (p->family == 4 ? IP_SIZE_IPV4 : IP_SIZE_IPV6);
}

/* Headers that no screen but those of the TCP flags has anything to say about: no IPv4 options, no
 * extension headers, two different hosts. */
static __always_inline bool is_plain(const struct scratch *s)
{
	const __u64 *from = (const __u64 *)s->source, *to = (const __u64 *)s->destination;

	return has_bare_ip(&s->packet) && ((from[0] ^ to[0]) | (from[1] ^ to[1]));
}

/* What meters and victims know the destination by. */
static __always_inline __u64 server_hash(struct scratch *s, const struct screen_meters *m, __u32 zone)
{
	uint64_t address[2];

	memcpy(address, s->destination, 16);
	return screen_meters_again(m, &s->last, (__u16)zone, address, s->packet.dport);
}

/* Where the IP header of a frame is; NULL: not there. */
static __always_inline const __u8 *ip_of(struct xdp_md *ctx, const struct scratch *s)
{
	__u32 l3 = s->packet.l3;
	const __u8 *ip;

	if (l3 > L3_MAX)
		return NULL;
	screen_once(l3);
	ip = frame_begin(ctx) + l3;
	screen_once(ip);
	return ip;
}

/* Takes the addresses out of the frame. */
static __always_inline int take_addresses(struct xdp_md *ctx, struct scratch *s)
{
	const __u8 *end = frame_end(ctx), *ip = ip_of(ctx, s);

	if (!ip)
		return -1;
	if (s->packet.family == 4) {
		if (ip + IP_SIZE_IPV4 > end)
			return -1;
		map_v4(ip + 12, s->source);
		map_v4(ip + 16, s->destination);
	} else {
		if (ip + IP_SIZE_IPV6 > end)
			return -1;
		memcpy(s->source, ip + 8, 16);
		memcpy(s->destination, ip + 24, 16);
	}
	return 0;
}

/* Makes s->key of the frame's ends, and hashes it to s->place: its connection. */
static __always_inline void take_place(struct scratch *s, const struct screen_host_policy *p,
				       const struct screen_offload_port *w)
{
	s->from_low = screen_flow_key_of(s->source, s->destination, &s->packet, w->wire, &s->key);
	s->place = screen_flow_key_hash(p->offload.flow_key, &s->key);
}

/* Where the TCP header of a plain frame is; NULL: not there. */
static __always_inline const __u8 *tcp_of(struct xdp_md *ctx, const struct scratch *s)
{
	__u32 l4 = s->packet.l4;
	const __u8 *tcp;

	if (l4 > L3_MAX + IP_SIZE_IPV6)
		return NULL;
	screen_once(l4);
	tcp = frame_begin(ctx) + l4;
	screen_once(tcp);
	return tcp;
}

/* Reads a TCP header of this length, a constant, where it lies, if its options are plain. */
static __always_inline bool read_in_place(struct scratch *s, const __u8 *tcp, const __u8 *end, __u32 length)
{
	if (tcp + length > end)
		return false;
	s->tcp_sum = screen_sum(tcp, length, 0);
	s->tcp_check = screen_load_16(tcp + 16);
	return screen_plain_options(tcp + 20, length - 20, &s->options);
}

/* read_tcp(), without a copy of what most send: SYNs of Linux and Windows, an MSS alone; ACKs with timestamps
 * and without. */
static __always_inline int read_segment(struct xdp_md *ctx, struct scratch *s)
{
	const __u8 *end = frame_end(ctx), *tcp = tcp_of(ctx, s);
	bool is_read = false;

	if (!tcp)
		return -1;
	switch (s->packet.payload - s->packet.l4) {
	case 40: is_read = read_in_place(s, tcp, end, 40); break;
	case 32: is_read = read_in_place(s, tcp, end, 32); break;
	case 24: is_read = read_in_place(s, tcp, end, 24); break;
	case 20: is_read = read_in_place(s, tcp, end, 20); break;
	}
	return is_read ? 0 : read_tcp(ctx);
}

/* What cookies are made of. */
static __always_inline void take_tuple(struct scratch *s)
{
	__builtin_memset(&s->ends, 0, sizeof(s->ends));
	if (s->packet.family == 4) {
		memcpy(s->ends.source, s->source + 12, 4);
		memcpy(s->ends.destination, s->destination + 12, 4);
	} else {
		memcpy(s->ends.source, s->source, 16);
		memcpy(s->ends.destination, s->destination, 16);
	}
	s->ends.sport = s->packet.sport;
	s->ends.dport = s->packet.dport;
	s->ends.family = s->packet.family;
}

/* The pseudo-header's sum. */
static __always_inline __u64 pseudo_sum(const struct scratch *s)
{
	__u32 length = (__u32)s->packet.end - s->packet.l4;
	__u64 sum = __builtin_bswap32(length) + ((__u64)SCREEN_PROTO_TCP << 8);

	if (s->packet.family == 4)
		return screen_sum(s->destination + 12, 4, screen_sum(s->source + 12, 4, sum));
	return screen_sum(s->destination, 16, screen_sum(s->source, 16, sum));
}
