/*
 * The whole core path of a SYN and of an ACK, compiled for BPF: parse, option walk, mint, check. A
 * test loads it and asks the verifier how many instructions it had to process. Never shipped.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "cookie.h"

/* What the stages hand to each other, in map memory: what a stage writes there does not multiply the
 * states of its caller. */
struct scratch {
	struct screen_packet packet;
	uint8_t options_bytes[64];
	uint32_t options_length;
	struct screen_options options;
	struct screen_tuple tuple;
	struct screen_zone_keys keys;
	uint64_t epoch;
	struct screen_agreed agreed;
	struct screen_cookie cookie;
	uint32_t seq, ack, result;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct scratch);
} scratches SEC(".maps");

__attribute__((noinline)) int walk_options(struct scratch *s)
{
	if (!s)
		return 0;
	screen_options_walk(s->options_bytes, s->options_length, &s->options);
	return 0;
}

__attribute__((noinline)) int mint(struct scratch *s)
{
	if (!s)
		return 0;
	s->agreed.mss = s->options.mss;
	s->agreed.timestamps = s->options.flags & SCREEN_HAS_TIMESTAMPS;
	s->agreed.sack = s->options.flags & SCREEN_HAS_SACK_OK;
	s->agreed.client_wscale = s->options.wscale;
	s->agreed.our_wscale = 7;
	s->cookie = screen_cookie_mint(&s->keys.current, s->epoch, &s->tuple, s->seq, &s->agreed);
	return 0;
}

__attribute__((noinline)) int check(struct scratch *s)
{
	if (!s)
		return 0;
	s->result = screen_cookie_check(&s->keys, s->epoch, &s->tuple, s->seq, s->ack,
					s->options.flags & SCREEN_HAS_TIMESTAMPS,
					s->options.tsecr, &s->agreed);
	return 0;
}

static __always_inline int fill_tuple(struct scratch *s, const struct screen_packet *p,
				      const uint8_t *data, const uint8_t *end)
{
	const uint8_t *ip;
	uint32_t l3 = p->l3;

	if (l3 > 64)
		return -1;
	screen_once(l3);
	ip = data + l3;
	screen_once(ip);
	s->tuple.family = p->family;
	s->tuple.sport = p->sport;
	s->tuple.dport = p->dport;
	if (p->family == 4) {
		if (ip + 20 > end)
			return -1;
		memcpy(s->tuple.source, ip + 12, 4);
		memcpy(s->tuple.destination, ip + 16, 4);
		return 0;
	}
	if (ip + 40 > end)
		return -1;
	memcpy(s->tuple.source, ip + 8, 16);
	memcpy(s->tuple.destination, ip + 24, 16);
	return 0;
}

SEC("xdp")
int core(struct xdp_md *ctx)
{
	const uint8_t *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct screen_packet *p;
	struct scratch *s;
	uint32_t zero = 0, length;

	s = bpf_map_lookup_elem(&scratches, &zero);
	if (!s)
		return XDP_PASS;
	p = &s->packet;
	if (screen_parse(data, end, p) != SCREEN_KIND_TCP)
		return XDP_PASS;
	if (fill_tuple(s, p, data, end))
		return XDP_PASS;
	s->seq = p->seq;
	s->ack = p->ack;
	length = screen_packet_options_length(p);
	s->options_length = 0;
	if (length >= 1 && length <= SCREEN_OPTIONS_MAX) {
		/* 6.1 wants the length provably non-zero */
		length = ((length - 1) & 63) + 1;
		if (bpf_xdp_load_bytes(ctx, p->l4 + 20u, s->options_bytes, length))
			return XDP_PASS;
		s->options_length = length;
	}
	walk_options(s);
	if (p->tcp_flags & SCREEN_TCP_SYN) {
		mint(s);
		return XDP_TX;
	}
	check(s);
	return s->result == SCREEN_COOKIE_VALID ? XDP_PASS : XDP_DROP;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
