/* What all programs of host ports share beside that. */
#pragma once

#include "shared_maps.h"

enum { AF_INET_ = 2, AF_INET6_ = 10 };

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, SCREEN_HOST_NEWS_SIZE);
} news SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, SCREEN_HOST_TRANSLATED);
	__uint(key_size, sizeof(struct screen_host_end));
	__uint(value_size, sizeof(__u64)); /* when it answered last, CLOCK_MONOTONIC in ns */
} translated SEC(".maps");

/* The zone of this port, and what is done in it; NULL: nothing. The policy is looked up once for a packet: who
 * looks again may find the next one. */
static __always_inline const struct screen_host_zone *zone_of_port(const struct screen_host_policy *p,
								    __u32 *zone)
{
	__u32 at = slot, of;

	if (!p || at >= SCREEN_PORTS_MAX)
		return NULL;
	of = p->zone_of[at];
	if (of >= SCREEN_ZONES_MAX)
		return NULL;
	*zone = of;
	of = bounded(of, SCREEN_ZONES_MAX);
	return p->zone[of].act == SCREEN_HOST_PASS ? NULL : &p->zone[of];
}

/* Whether SYNs to the destination with this hash are challenged now. */
static __always_inline bool floods(struct screen_meters *m, const struct screen_host_zone *c,
				   struct screen_zone_meter *z, __u64 hash, __u32 window)
{
	if (c->activation == SCREEN_ACTIVATION_ALWAYS)
		return true;
	if (c->activation == SCREEN_ACTIVATION_KERNEL)
		return (!c->passive_ns && !c->flood_ns) ||
		       atomic_load_explicit(&z->overflows, memory_order_relaxed);
	return screen_sketch_flooding(&m->attack, hash, window, c->attack_threshold);
}

static __always_inline void make_end(struct screen_host_end *end, __u32 zone, const __u8 address[16],
				     __u16 port)
{
	__builtin_memset(end, 0, sizeof(*end));
	memcpy(end->address, address, 16);
	end->port = port;
	end->zone = (__u16)zone;
}

/* Whether another machine has answered for this address and port, by NAT: a listener of this one that is
 * found for it (a container's proxy, for one) is not who its connections are for. */
static __always_inline bool is_translated(__u32 zone, const __u8 address[16], __u16 port, __u64 now_ns)
{
	struct screen_host_end end;
	__u64 *answered;

	make_end(&end, zone, address, port);
	answered = bpf_map_lookup_elem(&translated, &end);
	return answered && now_ns < *answered + SCREEN_SERVER_LIFE * 1000000000ull;
}

/* A wildcard listener is found for any address: is this one ours, or would the frame be forwarded? */
static __always_inline bool is_destined_here(void *ctx, struct bpf_fib_lookup *route, __u32 family,
					     __u32 ifindex, const struct bpf_sock_tuple *tuple)
{
	int result;

	__builtin_memset(route, 0, sizeof(*route));
	route->l4_protocol = SCREEN_PROTO_TCP;
	route->ifindex = ifindex;
	if (family == 4) {
		route->family = AF_INET_;
		route->ipv4_src = tuple->ipv4.saddr;
		route->ipv4_dst = tuple->ipv4.daddr;
	} else {
		route->family = AF_INET6_;
		memcpy(route->ipv6_src, tuple->ipv6.saddr, 16);
		memcpy(route->ipv6_dst, tuple->ipv6.daddr, 16);
	}
	result = bpf_fib_lookup(ctx, route, sizeof(*route), 0);
	return result == BPF_FIB_LKUP_RET_NOT_FWDED || result == BPF_FIB_LKUP_RET_FWD_DISABLED;
}
