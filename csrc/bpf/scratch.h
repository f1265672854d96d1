/*
 * What the stages of a port's XDP program hand to each other, in map memory: what a stage writes there does
 * not multiply the states of its caller.
 */
#pragma once

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "checksum.h"
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
	__u64 tcp_sum;	 /* of the header, for a checksum */
	__u16 tcp_check; /* the one that it has */
	struct screen_options options;
	struct bpf_sock_tuple tuple;
	__u8 source[16], destination[16]; /* v4-mapped */
	struct bpf_fib_lookup route;
	__u64 now_ns; /* CLOCK_MONOTONIC, by read_clock() */
	__u32 now_s;
	__u64 boot_ns, tick; /* likewise */
	/* of what the driver does in the engine's place */
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

enum { TICKS_NS = 20000000 }; /* two of the kernel's, at most, while it is not held up */

/* Reads the clock once a tick, to which nothing here is as exact: to ask the kernel for each frame would cost
 * as much as to hash. A tick can be seen before its time is, so that it may be the one before. By the clock
 * that goes on when the machine is suspended, by which keys end, it is now or up to two ticks later. */
static __always_inline void read_clock(struct scratch *s)
{
	__u64 tick = bpf_jiffies64();

	if (tick == s->tick)
		return;
	s->tick = tick;
	s->now_ns = bpf_ktime_get_coarse_ns();
	s->now_s = (__u32)(s->now_ns / 1000000000u);
	s->boot_ns = bpf_ktime_get_boot_ns() + TICKS_NS;
}

/* Where the frame begins and ends, as pointers from the first on: the compiler sees a field of 32 bits, and a
 * half of a pointer that it puts on the stack is none any more to the verifier. */
static __always_inline __u8 *frame_begin(struct xdp_md *ctx)
{
	__u8 *p;

	asm volatile("%0 = *(u32 *)(%1 + %2)" : "=r"(p) : "r"(ctx), "i"(offsetof(struct xdp_md, data)));
	return p;
}

static __always_inline __u8 *frame_end(struct xdp_md *ctx)
{
	__u8 *p;

	asm volatile("%0 = *(u32 *)(%1 + %2)" : "=r"(p) : "r"(ctx), "i"(offsetof(struct xdp_md, data_end)));
	return p;
}

/* A program of its own: what it takes out does not multiply the states of what follows. */
__noinline int parse_any(struct xdp_md *ctx)
{
	struct scratch *s = scratch_of();

	return s ? screen_parse(frame_begin(ctx), frame_end(ctx), &s->packet) : SCREEN_KIND_MALFORMED;
}

static __always_inline enum screen_kind parse(struct xdp_md *ctx, struct scratch *s)
{
	return screen_plain_parse(frame_begin(ctx), frame_end(ctx), &s->packet) ? SCREEN_KIND_TCP : parse_any(ctx);
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

/* Copies the TCP header to where its options can be walked over, and helpers can have it; and walks. By words:
 * they are read again at once, in the same size. */
__noinline int read_tcp(struct xdp_md *ctx)
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
	s->tcp_check = screen_load_16(s->tcp + 16);
	if (!screen_plain_options(s->tcp + 20, s->tcp_length - 20, &s->options))
		screen_options_walk(s->tcp + 20, s->tcp_length - 20, &s->options);
	return 0;
}

/* Copies both headers, and takes the addresses out. */
__noinline int take_headers(struct xdp_md *ctx)
{
	struct scratch *s = scratch_of();

	if (!s || read_tcp(ctx))
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
