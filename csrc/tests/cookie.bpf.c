/*
 * Mints and checks inside the kernel, with the headers that the engine is built from: a record goes
 * in through a map, and comes back with the answers. Never shipped.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "cookie_record.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct cookie_record);
} records SEC(".maps");

/* A stage is a function that is not inlined: the verifier then looks at each once, by itself. */
__attribute__((noinline)) int mint(struct cookie_record *r)
{
	if (r)
		cookie_record_mint(r);
	return 0;
}

__attribute__((noinline)) int check(struct cookie_record *r)
{
	if (r)
		cookie_record_check(r);
	return 0;
}

__attribute__((noinline)) int safe_reset(struct cookie_record *r)
{
	if (r)
		cookie_record_safe_reset(r);
	return 0;
}

__attribute__((noinline)) int check_safe_reset(struct cookie_record *r)
{
	if (r)
		cookie_record_check_safe_reset(r);
	return 0;
}

SEC("xdp")
int cookie(struct xdp_md *ctx)
{
	struct cookie_record *r;
	uint32_t zero = 0;

	(void)ctx;
	r = bpf_map_lookup_elem(&records, &zero);
	if (!r)
		return XDP_ABORTED;
	mint(r);
	check(r);
	safe_reset(r);
	check_safe_reset(r);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
