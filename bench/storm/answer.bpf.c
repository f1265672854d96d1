/*
 * Answers every SYN to port 80 by the kernel's cookie helper and XDP_TX, where it is attached. All else
 * passes: an ACK is for who admits it.
 */
#include "../cycles/answer.h"

enum { PORT = 80 };

SEC("xdp")
int answer(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct tcphdr *tcp = data + sizeof(struct ethhdr) + sizeof(struct iphdr);

	if (data + ANSWER_SYN4 > end || tcp->dest != bpf_htons(PORT))
		return XDP_PASS;
	/* SYNPROXY's low six bits say what was agreed */
	return answer_ipv4(data, end, (__u32)(bpf_ktime_get_ns() / 1000000) & ~63u, true);
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
