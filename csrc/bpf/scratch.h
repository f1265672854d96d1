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
#include "streak.h"

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
	__u64 tcp_sum; /* of the header, for a checksum */
	struct screen_options options;
	struct bpf_sock_tuple tuple;
	__u8 source[16], destination[16]; /* v4-mapped */
	struct bpf_fib_lookup route;
	__u64 now_ns; /* CLOCK_MONOTONIC; of wires as of the last tick */
	__u32 now_s;
	/* of CLOCK_BOOTTIME, and when that was */
	__u64 ahead_ns, ahead_at_ns;
	/* of wires */
	struct screen_flow_key key;
	struct screen_tuple ends;
	struct screen_agreed agreed;
	struct screen_server_profile server;
	struct screen_cookie cookie;
	__u64 hash; /* of the destination */
	struct screen_hashed last;
	struct screen_streak streak; /* of SYNs that were answered one after the other */
	__u64 streak_ns;	     /* since when */
	__u32 sent;		     /* how many of them were */
	bool in_streak;		     /* this frame is one of them */
	__u64 place; /* the hash of the connection */
	bool is_nowhere; /* nor is any other flow in that place */
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

enum { TICK_NS = 10000000 }; /* of the kernel's clock, at most, while it is not held up */

/* Now or up to a tick later, by the clock that goes on when the machine is suspended, by which keys end. How
 * far it is ahead of the other is looked up once a tick. */
static __always_inline __u64 boot_ns_of(struct scratch *s)
{
	if (s->now_ns != s->ahead_at_ns) {
		s->ahead_ns = bpf_ktime_get_boot_ns() + TICK_NS - s->now_ns;
		s->ahead_at_ns = s->now_ns;
	}
	return s->now_ns + s->ahead_ns;
}

/* A program of its own: what it takes out does not multiply the states of what follows. */
__noinline int parse(struct xdp_md *ctx)
{
	struct scratch *s = scratch_of();

	return s ? screen_read((void *)(long)ctx->data, (void *)(long)ctx->data_end, &s->packet) :
		   SCREEN_KIND_MALFORMED;
}

/* Has the processor fetch a line of memory, and does not wait for it. */
static __always_inline void touch(const void *line)
{
	(void)*(const volatile __u8 *)line;
}

static __always_inline __u64 move_word(__u8 *to, const __u8 *from)
{
	__u32 word;

	memcpy(&word, from, 4);
	memcpy(to, &word, 4);
	return word;
}

/* Copies the TCP header to where the options can be walked over, and helpers can have it. By words: they are
 * read again at once, in the same size. */
__noinline int take_tcp(struct xdp_md *ctx)
{
	const __u8 *end = (void *)(long)ctx->data_end, *from;
	struct scratch *s = scratch_of();
	__u32 length, l4;

	if (!s || s->packet.l4 > SCREEN_HEADERS_MAX)
		return -1;
	length = s->packet.payload - s->packet.l4;
	l4 = s->packet.l4;
	screen_once(l4);
	from = (const __u8 *)(long)ctx->data + l4;
	screen_once(from);
	if (length < 20 || length > TCP_SIZE_MAX)
		return -1;
	__builtin_memset(s->tcp, 0, sizeof(s->tcp));
	s->tcp_length = length;
	s->tcp_sum = 0;
	for (__u32 i = 0; i < TCP_SIZE_MAX && i < length; i += 4) {
		if (from + i + 4 > end)
			return -1;
		s->tcp_sum += move_word(s->tcp + i, from + i);
	}
	return 0;
}

/* Copies both headers, and takes the addresses out. */
__noinline int take_headers(struct xdp_md *ctx)
{
	struct scratch *s = scratch_of();

	if (!s || take_tcp(ctx))
		return -1;
	if (s->packet.family == 4) {
		if (bpf_xdp_load_bytes(ctx, s->packet.l3, s->ip, IP_SIZE_IPV4))
			return -1;
		memcpy(&s->tuple.ipv4.saddr, s->ip + 12, 8);
		memcpy(&s->tuple.ipv4.sport, s->tcp, 4);
		map_v4(s->ip + 12, s->source);
		map_v4(s->ip + 16, s->destination);
		return 0;
	}
	if (bpf_xdp_load_bytes(ctx, s->packet.l3, s->ip, IP_SIZE_IPV6))
		return -1;
	memcpy(s->tuple.ipv6.saddr, s->ip + 8, 32);
	memcpy(&s->tuple.ipv6.sport, s->tcp, 4);
	memcpy(s->source, s->ip + 8, 16);
	memcpy(s->destination, s->ip + 24, 16);
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
