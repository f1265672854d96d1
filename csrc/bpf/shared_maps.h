/*
 * The maps that the programs of all ports share with the engine, which makes them and has each object use
 * them: policy and keys, swapped as a whole; meters and validated clients, in memory that both write to.
 */
#pragma once

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "host.h"
#include "meter.h"
#include "shim_counters.h"
#include "validated.h"

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

struct keys_map {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct screen_host_keys));
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, struct keys_map);
} keys SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct screen_validated);
} validated SEC(".maps");

/* A number below a power of two, also to verifiers that have lost sight of what was compared: old ones
 * forget what they knew of a number once it lay on the stack. */
static __always_inline __u32 bounded(__u32 n, __u32 power)
{
	asm volatile("" : "+r"(n)); /* the compiler knows, and would leave it out */
	return n & (power - 1);
}

/* Likewise the length of a TCP header in its 64 bytes of memory: it is never 0. */
static __always_inline __u32 bounded_length(__u32 length)
{
	return bounded(length - 1, 64) + 1;
}

/* The port's place in the engine. */
const volatile __u32 slot = 0;

static __always_inline struct screen_meters *meters_of(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&meters, &zero);
}

static __always_inline const struct screen_host_policy *policy_of(void)
{
	__u32 zero = 0;
	void *inner = bpf_map_lookup_elem(&policies, &zero);

	return inner ? bpf_map_lookup_elem(inner, &zero) : NULL;
}

/* The keys; NULL: even the newer epoch's cookies are too old. */
static __always_inline const struct screen_host_keys *keys_of(__u64 boot_ns)
{
	__u32 zero = 0;
	void *inner = bpf_map_lookup_elem(&keys, &zero);
	const struct screen_host_keys *k = inner ? bpf_map_lookup_elem(inner, &zero) : NULL;

	return k && boot_ns < k->valid_until_ns ? k : NULL;
}

static __always_inline __u64 lists_of(void *trie, __u16 profile, __u8 family, __u8 kind,
				      const __u8 address[16])
{
	struct screen_host_prefix key = {
		.length = SCREEN_HOST_PREFIX_FIXED + 128,
		.profile = profile,
		.kind = kind,
		.family = family,
	};
	__u64 *lists;

	memcpy(key.address, address, 16);
	lists = bpf_map_lookup_elem(trie, &key);
	return lists ? *lists : 0;
}

/* Whether a white-list of the profile has both. */
static __always_inline bool white_listed(__u16 profile, __u8 family, const __u8 source[16],
					 const __u8 destination[16])
{
	__u32 zero = 0;
	void *trie = bpf_map_lookup_elem(&whites, &zero);

	return trie && (lists_of(trie, profile, family, SCREEN_PREFIX_SOURCE, source) &
			lists_of(trie, profile, family, SCREEN_PREFIX_DESTINATION, destination));
}

static __always_inline void map_v4(const __u8 *address, __u8 to[16])
{
	__u64 words[2] = { 0 };
	__u32 v4;

	memcpy(&v4, address, 4);
	words[1] = SCREEN_MAPPED_IPV4 | (__u64)v4 << 32;
	memcpy(to, words, 16);
}
