/* The least wire: what comes in by one port leaves by the other. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u32);
} ports SEC(".maps");

const volatile __u32 first; /* ports[0] */

SEC("xdp")
int redirect(struct xdp_md *ctx)
{
	return bpf_redirect_map(&ports, ctx->ingress_ifindex == first, XDP_DROP);
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
