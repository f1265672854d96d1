/*
 * The SYN-ACK that answers a SYN with the kernel's cookie helper, in place: the least that a program
 * around bpf_tcp_raw_gen_syncookie_ipv{4,6} can do. It takes the options of a SYN at the places where
 * Linux puts them, verifies no checksum, and knows neither tags nor extension headers. Timestamps carry
 * what was offered as netfilter's SYNPROXY has them, so that it can admit who answers.
 */
#pragma once

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

enum {
	ANSWER_SYN4 = 74, ANSWER_SYN6 = 94, /* bytes of a frame with the options of a Linux SYN */
	ANSWER_TCP = 40,
};

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

static __always_inline bool is_tcp4(const struct ethhdr *eth, const struct iphdr *ip)
{
	return eth->h_proto == bpf_htons(ETH_P_IP) && ip->version == 4 && ip->ihl == 5 &&
	       ip->protocol == IPPROTO_TCP && !(ip->frag_off & bpf_htons(0x3fff));
}

static __always_inline bool is_tcp6(const struct ethhdr *eth, const struct ipv6hdr *ip)
{
	return eth->h_proto == bpf_htons(ETH_P_IPV6) && ip->version == 6 &&
	       ip->nexthdr == IPPROTO_TCP;
}

static __always_inline bool is_linux_syn(const struct tcphdr *tcp, const __u8 *o)
{
	return tcp->syn && !tcp->ack && tcp->doff * 4 == ANSWER_TCP && o[0] == 2 && o[4] == 4 &&
	       o[6] == 8 && o[17] == 3;
}

/* The SYN-ACK's header and options; pseudo: the sum of the pseudo-header. */
static __always_inline void answer_tcp(struct tcphdr *tcp, __u8 *o, __u32 cookie, __u16 mss,
				       __u32 clock, __u64 pseudo)
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
	tcp->check = fold(sum32(tcp, ANSWER_TCP / 4, pseudo + bpf_htons(ANSWER_TCP) +
						     bpf_htons(IPPROTO_TCP)));
}

/* Answers the SYN in [data, end), or (write = false) only mints its cookie. Returns an XDP action: XDP_PASS
 * for what is no such SYN. */
static __always_inline int answer_ipv4(void *data, void *end, __u32 clock, bool write)
{
	struct ethhdr *eth = data;
	struct iphdr *ip = data + sizeof(*eth);
	struct tcphdr *tcp = (void *)(ip + 1);
	__be32 address;
	__s64 cookie;

	if (data + ANSWER_SYN4 > end || !is_tcp4(eth, ip) || !is_linux_syn(tcp, (__u8 *)(tcp + 1)))
		return XDP_PASS;
	cookie = bpf_tcp_raw_gen_syncookie_ipv4(ip, tcp, ANSWER_TCP);
	if (cookie < 0)
		return XDP_DROP;
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
	answer_tcp(tcp, (__u8 *)(tcp + 1), (__u32)cookie, 1460, clock, sum32(&ip->saddr, 2, 0));
	return XDP_TX;
}

static __always_inline int answer_ipv6(void *data, void *end, __u32 clock, bool write)
{
	struct ethhdr *eth = data;
	struct ipv6hdr *ip = data + sizeof(*eth);
	struct tcphdr *tcp = (void *)(ip + 1);
	struct in6_addr address;
	__s64 cookie;

	if (data + ANSWER_SYN6 > end || !is_tcp6(eth, ip) || !is_linux_syn(tcp, (__u8 *)(tcp + 1)))
		return XDP_PASS;
	cookie = bpf_tcp_raw_gen_syncookie_ipv6(ip, tcp, ANSWER_TCP);
	if (cookie < 0)
		return XDP_DROP;
	if (!write)
		return XDP_TX;
	turn_ethernet(eth);
	address = ip->saddr;
	ip->saddr = ip->daddr;
	ip->daddr = address;
	*(__be32 *)ip = bpf_htonl(0x60000000);
	ip->hop_limit = 64;
	answer_tcp(tcp, (__u8 *)(tcp + 1), (__u32)cookie, 1440, clock, sum32(&ip->saddr, 8, 0));
	return XDP_TX;
}
