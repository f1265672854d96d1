/*
 * The kernel's own way to answer and to check: bpf_tcp_raw_{gen,check}_syncookie_ipv{4,6}, with the
 * least that a program around them can do. It takes the options of a SYN at the places where Linux
 * puts them, verifies no checksum, reads no clock, and knows neither tags nor extension headers.
 *
 * BPF_PROG_TEST_RUN runs a program on the same bytes again and again, and an answer is written in
 * place: so each run begins with a frame from a map. The `base` programs do that alone, and what the
 * others cost is the difference.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <stdbool.h>
#include <stddef.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "peer.h"

enum { SYN_SIZE = 40, OPTIONS_SIZE = 20 };

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

static __always_inline __u64 sum32(const void *from, __u32 words, __u64 sum)
{
	const __u32 *p = from;

	for (__u32 i = 0; i < words; i++)
		sum += p[i];
	return sum;
}

static __always_inline __u16 fold(__u64 sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (__u16)~sum;
}

static __always_inline void turn_ethernet(struct ethhdr *eth)
{
	__u8 mac[ETH_ALEN];

	__builtin_memcpy(mac, eth->h_source, ETH_ALEN);
	__builtin_memcpy(eth->h_source, eth->h_dest, ETH_ALEN);
	__builtin_memcpy(eth->h_dest, mac, ETH_ALEN);
}

static __always_inline bool is_syn4(const struct ethhdr *eth, const struct iphdr *ip)
{
	return eth->h_proto == bpf_htons(ETH_P_IP) && ip->version == 4 && ip->ihl == 5 &&
	       ip->protocol == IPPROTO_TCP && !(ip->frag_off & bpf_htons(0x3fff));
}

static __always_inline bool is_syn6(const struct ethhdr *eth, const struct ipv6hdr *ip)
{
	return eth->h_proto == bpf_htons(ETH_P_IPV6) && ip->version == 6 &&
	       ip->nexthdr == IPPROTO_TCP;
}

static __always_inline bool is_linux_syn(const struct tcphdr *tcp, const __u8 *o)
{
	return tcp->syn && !tcp->ack && tcp->doff * 4 == SYN_SIZE && o[0] == 2 && o[4] == 4 &&
	       o[6] == 8 && o[17] == 3;
}

/* The SYN-ACK's header and options; pseudo: the sum of the pseudo-header. */
static __always_inline void answer_tcp(struct tcphdr *tcp, __u8 *o, __u32 cookie, __u16 mss,
				       __u64 pseudo)
{
	__be16 port = tcp->source;
	__u32 tsval = clock | (o[19] & 15) | 1 << 4;

	tcp->source = tcp->dest;
	tcp->dest = port;
	tcp->ack_seq = bpf_htonl(bpf_ntohl(tcp->seq) + 1);
	tcp->seq = bpf_htonl(cookie);
	((__u8 *)tcp)[13] = 0x12;
	tcp->window = bpf_htons(29200);
	tcp->check = 0;
	*(__be16 *)(o + 2) = bpf_htons(mss);
	__builtin_memcpy(o + 12, o + 8, 4);
	*(__be32 *)(o + 8) = bpf_htonl(tsval);
	o[19] = 7;
	tcp->check = fold(sum32(tcp, SYN_SIZE / 4, pseudo + bpf_htons(SYN_SIZE) +
						     bpf_htons(IPPROTO_TCP)));
}

static __always_inline int answer4(struct xdp_md *ctx, bool write)
{
	__u8 *data = fetch(ctx, PEER_SYN4), *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = (void *)data;
	struct iphdr *ip = (void *)(data + sizeof(*eth));
	struct tcphdr *tcp = (void *)(ip + 1);
	__be32 address;
	__s64 cookie;

	if (!data || data + PEER_SYN4 > end || !is_syn4(eth, ip) ||
	    !is_linux_syn(tcp, (__u8 *)(tcp + 1)))
		return XDP_DROP;
	cookie = bpf_tcp_raw_gen_syncookie_ipv4(ip, tcp, SYN_SIZE);
	if (cookie < 0)
		return XDP_DROP;
	passed++;
	if (!write)
		return XDP_TX;
	turn_ethernet(eth);
	address = ip->saddr;
	ip->saddr = ip->daddr;
	ip->daddr = address;
	ip->tos = 0;
	ip->id = 0;
	ip->ttl = 64;
	ip->check = 0;
	ip->check = fold(sum32(ip, 5, 0));
	answer_tcp(tcp, (__u8 *)(tcp + 1), (__u32)cookie, 1460, sum32(&ip->saddr, 2, 0));
	return XDP_TX;
}

static __always_inline int answer6(struct xdp_md *ctx, bool write)
{
	__u8 *data = fetch(ctx, PEER_SYN6), *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = (void *)data;
	struct ipv6hdr *ip = (void *)(data + sizeof(*eth));
	struct tcphdr *tcp = (void *)(ip + 1);
	struct in6_addr address;
	__s64 cookie;

	if (!data || data + PEER_SYN6 > end || !is_syn6(eth, ip) ||
	    !is_linux_syn(tcp, (__u8 *)(tcp + 1)))
		return XDP_DROP;
	cookie = bpf_tcp_raw_gen_syncookie_ipv6(ip, tcp, SYN_SIZE);
	if (cookie < 0)
		return XDP_DROP;
	passed++;
	if (!write)
		return XDP_TX;
	turn_ethernet(eth);
	address = ip->saddr;
	ip->saddr = ip->daddr;
	ip->daddr = address;
	*(__be32 *)ip = bpf_htonl(0x60000000);
	ip->hop_limit = 64;
	answer_tcp(tcp, (__u8 *)(tcp + 1), (__u32)cookie, 1440, sum32(&ip->saddr, 8, 0));
	return XDP_TX;
}

static __always_inline int check4(struct xdp_md *ctx)
{
	__u8 *data = fetch(ctx, PEER_ACK4), *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = (void *)data;
	struct iphdr *ip = (void *)(data + sizeof(*eth));
	struct tcphdr *tcp = (void *)(ip + 1);

	if (!data || data + PEER_ACK4 > end || !is_syn4(eth, ip) || !tcp->ack || tcp->syn)
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

	if (!data || data + PEER_ACK6 > end || !is_syn6(eth, ip) || !tcp->ack || tcp->syn)
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
