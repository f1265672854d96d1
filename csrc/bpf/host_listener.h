/* Listeners of this machine: whether a segment finds one, and whether that could have who sends it. */
#pragma once

#include <bpf/bpf_endian.h>
#include <linux/tcp.h>

#include "host_maps.h"
#include "scratch.h"

enum {
	ADMITTED_MSS_IPV4 = 536,  /* below them the kernel refuses a socket */
	ADMITTED_MSS_IPV6 = 1220,
	LISTEN = 10, /* BPF_TCP_LISTEN */
};

/* What s->tuple finds. Whoever asks releases it. */
static __always_inline struct bpf_sock *look_up(struct xdp_md *ctx, struct scratch *s)
{
	return bpf_skc_lookup_tcp(ctx, &s->tuple,
				  s->packet.family == 4 ? sizeof(s->tuple.ipv4) : sizeof(s->tuple.ipv6),
				  BPF_F_CURRENT_NETNS, 0);
}

/* What the addresses find that have been taken. */
static __always_inline struct bpf_sock *look_up_taken(struct xdp_md *ctx, struct scratch *s)
{
	__u16 sport = bpf_htons(s->packet.sport), dport = bpf_htons(s->packet.dport);

	if (s->packet.family == 4) {
		memcpy(&s->tuple.ipv4.saddr, s->source + 12, 4);
		memcpy(&s->tuple.ipv4.daddr, s->destination + 12, 4);
		s->tuple.ipv4.sport = sport;
		s->tuple.ipv4.dport = dport;
	} else {
		memcpy(s->tuple.ipv6.saddr, s->source, 16);
		memcpy(s->tuple.ipv6.daddr, s->destination, 16);
		s->tuple.ipv6.sport = sport;
		s->tuple.ipv6.dport = dport;
	}
	return look_up(ctx, s);
}

/* Whether the frame is for a listener of this machine, and not for another behind it. */
__noinline int is_local(struct xdp_md *ctx, __u32 zone)
{
	struct scratch *s = scratch_of();

	return s &&
	       is_destined_here(ctx, &s->route, s->packet.family, ctx->ingress_ifindex, &s->tuple) &&
	       !is_translated(zone, s->destination, s->packet.dport, s->now_ns);
}

/* Listeners that were found to be of this machine, by the hash of address and port. */
struct local {
	__u64 hash;
	__u64 second;
};

enum { LOCALS = 256 }; /* a power of two; who has lost its place is looked up again */

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, LOCALS);
	__type(key, __u32);
	__type(value, struct local);
} locals SEC(".maps");

static __always_inline struct local *local_of(const struct scratch *s)
{
	__u32 at = (__u32)(s->hash >> 8) & (LOCALS - 1);

	return bpf_map_lookup_elem(&locals, &at);
}

static __always_inline void note_local(const struct scratch *s)
{
	struct local *l = local_of(s);

	if (!l || (l->hash == s->hash && l->second == s->now_s))
		return;
	l->hash = s->hash;
	l->second = s->now_s;
}

/* Whether that was in this second or the one before. To look a route up for each frame would cost as much as to
 * answer it. */
static __always_inline bool is_noted_local(const struct scratch *s)
{
	const struct local *l = local_of(s);

	return l && l->hash == s->hash && l->second + 1 >= s->now_s;
}

/* is_local(), by way of what was noted, which NAT may have changed since. */
static __always_inline bool is_ours(struct xdp_md *ctx, struct scratch *s, __u32 zone)
{
	if (is_noted_local(s))
		return !is_translated(zone, s->destination, s->packet.dport, s->now_ns);
	if (!is_local(ctx, zone))
		return false;
	note_local(s);
	return true;
}

/* Whether the kernel could not admit who answers a challenge of this SYN. */
static __always_inline bool is_unfit(const struct scratch *s, const struct screen_host_zone *c, bool multipath)
{
	__u16 mss = screen_options_mss(&s->options, s->packet.family);
	bool small = mss < (s->packet.family == 4 ? ADMITTED_MSS_IPV4 : ADMITTED_MSS_IPV6);

	return c->admission == SCREEN_ADMISSION_KERNEL && (multipath || small || c->refuses);
}

/* Whether an ACK to a listener, whose headers have been taken, carries a cookie of the kernel's own: it minted
 * some before it was relieved, and they live on. */
static __always_inline bool kernel_minted(struct scratch *s, struct bpf_sock *listener)
{
	return bpf_tcp_check_syncookie(listener, s->ip, s->packet.family == 4 ? IP_SIZE_IPV4 : IP_SIZE_IPV6,
				       (struct tcphdr *)s->tcp, bounded_length(s->tcp_length)) == 0;
}
