/*
 * What the stages of a port's XDP program hand to each other, in map memory: what a stage writes there does
 * not multiply the states of its caller.
 */
#pragma once

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "cookie.h"
#include "flow.h"
#include "plain.h"
#include "shared_maps.h"

enum {
	IP_SIZE_IPV4 = 20,
	IP_SIZE_IPV6 = 40,
	TCP_SIZE_MAX = 60,
	TCP_ROOM = 64, /* for a header, and zeros behind it */
};

struct scratch {
	struct screen_packet packet;
	__u8 tcp[TCP_ROOM], ip[64];
	__u32 tcp_length;
	struct screen_options options;
	struct bpf_sock_tuple tuple;
	__u8 source[16], destination[16]; /* v4-mapped */
	struct bpf_fib_lookup route;
	__u64 now_ns;
	/* of wires */
	struct screen_flow_key key;
	struct screen_tuple ends;
	struct screen_agreed agreed;
	struct screen_server_profile server;
	struct screen_cookie cookie;
	__u64 hash; /* of the destination */
	__u64 place; /* the hash of the connection */
	__u32 victim, flow;
	bool from_low;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct scratch);
} scratches SEC(".maps");

static __always_inline struct scratch *scratch_of(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&scratches, &zero);
}

/* Copies the headers to where helpers can have them, and takes addresses and options out. */
__noinline int take_headers(struct xdp_md *ctx)
{
	struct scratch *s = scratch_of();
	__u32 length;

	if (!s)
		return -1;
	length = s->packet.payload - s->packet.l4;
	if (length < 20 || length > TCP_SIZE_MAX)
		return -1;
	__builtin_memset(s->tcp, 0, sizeof(s->tcp));
	length = bounded_length(length);
	if (bpf_xdp_load_bytes(ctx, s->packet.l4, s->tcp, length))
		return -1;
	s->tcp_length = length;
	if (s->packet.family == 4) {
		if (bpf_xdp_load_bytes(ctx, s->packet.l3, s->ip, IP_SIZE_IPV4))
			return -1;
		__builtin_memcpy(&s->tuple.ipv4.saddr, s->ip + 12, 8);
		__builtin_memcpy(&s->tuple.ipv4.sport, s->tcp, 4);
		map_v4(s->ip + 12, s->source);
		map_v4(s->ip + 16, s->destination);
		return 0;
	}
	if (bpf_xdp_load_bytes(ctx, s->packet.l3, s->ip, IP_SIZE_IPV6))
		return -1;
	__builtin_memcpy(s->tuple.ipv6.saddr, s->ip + 8, 32);
	__builtin_memcpy(&s->tuple.ipv6.sport, s->tcp, 4);
	__builtin_memcpy(s->source, s->ip + 8, 16);
	__builtin_memcpy(s->destination, s->ip + 24, 16);
	return 0;
}

__noinline int walk_options(struct scratch *s)
{
	if (!s)
		return 0;
	if (!screen_plain_options(s->tcp + 20, s->tcp_length - 20, &s->options))
		screen_options_walk(s->tcp + 20, s->tcp_length - 20, &s->options);
	return 0;
}
