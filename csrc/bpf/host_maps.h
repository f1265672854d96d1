/* The maps that all programs of host ports share. The engine makes them, and has each object use them. */
#pragma once

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "host.h"
#include "meter.h"
#include "shim_counters.h"
#include "validated.h"

enum { AF_INET_ = 2, AF_INET6_ = 10 };

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct screen_meters);
} meters SEC(".maps");

struct policy_map {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct screen_host_policy));
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, struct policy_map);
} policies SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, SCREEN_HOST_NEWS_SIZE);
} news SEC(".maps");

struct white_map {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, SCREEN_PREFIXES_MAX);
	__uint(key_size, sizeof(struct screen_host_prefix));
	__uint(value_size, sizeof(__u64)); /* bits of lists */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, struct white_map);
} whites SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, SCREEN_HOST_TRANSLATED);
	__uint(key_size, sizeof(struct screen_host_end));
	__uint(value_size, sizeof(__u64)); /* when it answered last, CLOCK_MONOTONIC in ns */
} translated SEC(".maps");

/* The port's place in the engine. */
const volatile __u32 slot = 0;

static __always_inline struct screen_meters *meters_of(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&meters, &zero);
}

/* The zone of this port, and what is done in it; NULL: nothing. */
static __always_inline const struct screen_host_zone *zone_of_port(__u32 *zone)
{
	const struct screen_host_policy *p;
	__u32 zero = 0, at = slot;
	void *inner = bpf_map_lookup_elem(&policies, &zero);

	if (!inner || at >= SCREEN_PORTS_MAX)
		return NULL;
	p = bpf_map_lookup_elem(inner, &zero);
	if (!p)
		return NULL;
	*zone = p->zone_of[at];
	if (*zone >= SCREEN_ZONES_MAX || p->zone[*zone].act == SCREEN_HOST_PASS)
		return NULL;
	return &p->zone[*zone];
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

static __always_inline __u64 lists_of(void *trie, const struct screen_host_zone *c, __u8 family, __u8 kind,
				      const __u8 address[16])
{
	struct screen_host_prefix key = {
		.length = SCREEN_HOST_PREFIX_FIXED + 128,
		.profile = c->profile,
		.kind = kind,
		.family = family,
	};
	__u64 *lists;

	__builtin_memcpy(key.address, address, 16);
	lists = bpf_map_lookup_elem(trie, &key);
	return lists ? *lists : 0;
}

static __always_inline bool white_listed(const struct screen_host_zone *c, __u8 family,
					 const __u8 source[16], const __u8 destination[16])
{
	__u32 zero = 0;
	void *trie = c->white ? bpf_map_lookup_elem(&whites, &zero) : NULL;

	return trie && (lists_of(trie, c, family, SCREEN_PREFIX_SOURCE, source) &
			lists_of(trie, c, family, SCREEN_PREFIX_DESTINATION, destination));
}

static __always_inline void make_end(struct screen_host_end *end, __u32 zone, const __u8 address[16],
				     __u16 port)
{
	__builtin_memset(end, 0, sizeof(*end));
	__builtin_memcpy(end->address, address, 16);
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
		__builtin_memcpy(route->ipv6_src, tuple->ipv6.saddr, 16);
		__builtin_memcpy(route->ipv6_dst, tuple->ipv6.daddr, 16);
	}
	result = bpf_fib_lookup(ctx, route, sizeof(*route), 0);
	return result == BPF_FIB_LKUP_RET_NOT_FWDED || result == BPF_FIB_LKUP_RET_FWD_DISABLED;
}

static __always_inline void map_v4(const __u8 *address, __u8 to[16])
{
	__builtin_memset(to, 0, 10);
	to[10] = to[11] = 0xff;
	__builtin_memcpy(to + 12, address, 4);
}
