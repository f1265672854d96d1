/*
 * The kernel's own way to answer and to check, for BPF_PROG_TEST_RUN: it runs a program on the same bytes
 * again and again, and an answer is written in place, so each run begins with a frame from a map. The
 * `base` programs do that alone, and what the others cost is the difference. No clock is read.
 */
#include "answer.h"
#include "peer.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, PEER_FRAMES);
	__type(key, __u32);
	__type(value, struct peer_frame);
} frames SEC(".maps");

__u32 next;   /* the frame whose turn it is */
__u32 clock;  /* of our timestamps */
__u64 passed; /* frames that were answered, or whose cookie is valid */

/* Puts the next frame in place. NULL: the packet is too short. */
static __always_inline __u8 *fetch(struct xdp_md *ctx, __u32 length)
{
	__u8 *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	__u32 key = next++ % PEER_FRAMES;
	struct peer_frame *f = bpf_map_lookup_elem(&frames, &key);

	if (!f || data + length > end)
		return NULL;
	__builtin_memcpy(data, f->data, length);
	return data;
}

static __always_inline int answer4(struct xdp_md *ctx, bool write)
{
	__u8 *data = fetch(ctx, PEER_SYN4);
	int action = data ? answer_ipv4(data, (void *)(long)ctx->data_end, clock, write) : XDP_DROP;

	passed += action == XDP_TX;
	return action;
}

static __always_inline int answer6(struct xdp_md *ctx, bool write)
{
	__u8 *data = fetch(ctx, PEER_SYN6);
	int action = data ? answer_ipv6(data, (void *)(long)ctx->data_end, clock, write) : XDP_DROP;

	passed += action == XDP_TX;
	return action;
}

static __always_inline int check4(struct xdp_md *ctx)
{
	__u8 *data = fetch(ctx, PEER_ACK4), *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = (void *)data;
	struct iphdr *ip = (void *)(data + sizeof(*eth));
	struct tcphdr *tcp = (void *)(ip + 1);

	if (!data || data + PEER_ACK4 > end || !is_tcp4(eth, ip) || !tcp->ack || tcp->syn)
		return XDP_DROP;
	if (bpf_tcp_raw_check_syncookie_ipv4(ip, tcp))
		return XDP_DROP;
	passed++;
	return XDP_PASS;
}

static __always_inline int check6(struct xdp_md *ctx)
{
	__u8 *data = fetch(ctx, PEER_ACK6), *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = (void *)data;
	struct ipv6hdr *ip = (void *)(data + sizeof(*eth));
	struct tcphdr *tcp = (void *)(ip + 1);

	if (!data || data + PEER_ACK6 > end || !is_tcp6(eth, ip) || !tcp->ack || tcp->syn)
		return XDP_DROP;
	if (bpf_tcp_raw_check_syncookie_ipv6(ip, tcp))
		return XDP_DROP;
	passed++;
	return XDP_PASS;
}

static __always_inline int base(struct xdp_md *ctx, __u32 length)
{
	if (!fetch(ctx, length))
		return XDP_DROP;
	passed++;
	return XDP_TX;
}

SEC("xdp") int syn_base4(struct xdp_md *ctx) { return base(ctx, PEER_SYN4); }
SEC("xdp") int syn_base6(struct xdp_md *ctx) { return base(ctx, PEER_SYN6); }
SEC("xdp") int syn_mint4(struct xdp_md *ctx) { return answer4(ctx, false); }
SEC("xdp") int syn_mint6(struct xdp_md *ctx) { return answer6(ctx, false); }
SEC("xdp") int syn_answer4(struct xdp_md *ctx) { return answer4(ctx, true); }
SEC("xdp") int syn_answer6(struct xdp_md *ctx) { return answer6(ctx, true); }
SEC("xdp") int ack_base4(struct xdp_md *ctx) { return base(ctx, PEER_ACK4); }
SEC("xdp") int ack_base6(struct xdp_md *ctx) { return base(ctx, PEER_ACK6); }
SEC("xdp") int ack_check4(struct xdp_md *ctx) { return check4(ctx); }
SEC("xdp") int ack_check6(struct xdp_md *ctx) { return check6(ctx); }

char LICENSE[] SEC("license") = "Dual MIT/GPL";
