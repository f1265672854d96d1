/*
 * What the program of a host port does in the engine's place, as on wires: under its lease it answers SYNs
 * (shim_answer.h), and in a flood it drops what carries no valid cookie (shim_check.h). Which segments belong to
 * a connection the kernel's sockets say.
 */
#pragma once

#include "host_client.h"
#include "host_listener.h"
#include "shim_answer.h"
#include "shim_check.h"

/* ---- answer -------------------------------------------------------------------------------- */

/* Whether nobody but a listener is there for the SYN, one that can have who answers. */
static __always_inline bool is_for_listener(struct xdp_md *ctx, struct scratch *s,
					    const struct screen_host_zone *c)
{
	struct bpf_sock *sk = look_up_taken(ctx, s);
	bool listens;

	if (!sk)
		return false;
	listens = sk->state == LISTEN && !is_unfit(s, c, bpf_skc_to_mptcp_sock(sk));
	bpf_sk_release(sk);
	return listens;
}

/* A SYN that is answered as the engine has answered one to the same destination a moment ago: by the long way,
 * on which it was found to be for a listener of this machine, and not for another behind it. TO_ENGINE: that
 * way. */
__noinline int by_driver(struct xdp_md *ctx, const struct screen_host_policy *p)
{
	const struct screen_offload_port *w = port_of(p);
	struct screen_meters *m = meters_of();
	struct scratch *s = scratch_of();
	const struct screen_host_zone *c;
	struct screen_zone_meter *z;
	__u32 zone = 0;
	uint64_t next;

	c = zone_of_port(p, &zone);
	if (!w || !m || !s || !c)
		return TO_ENGINE;
	z = &m->zone[bounded(zone, SCREEN_METER_ZONES)];
	if (!(w->does & SCREEN_PORT_ANSWERS) || take_addresses(ctx, s) || !is_plain(s) ||
	    !can_answer(ctx, s, p, w) || !is_noted_local(s) || !floods(m, c, z, s->hash, s->now_s) ||
	    !is_for_listener(ctx, s, c))
		return TO_ENGINE;
	if (c->activation == SCREEN_ACTIVATION_KERNEL)
		(void)screen_cell_count(&z->listeners, s->now_s, c->attack_threshold, &next);
	return answer(ctx, s, p, w);
}

/* ---- check --------------------------------------------------------------------------------- */

/* Copies of a plain frame's headers what the kernel looks at for its cookies. */
static __always_inline int copy_headers(struct xdp_md *ctx, struct scratch *s)
{
	const __u8 *end = frame_end(ctx), *tcp = tcp_of(ctx, s), *ip = ip_of(ctx, s);

	if (!tcp || !ip || tcp + sizeof(struct tcphdr) > end || ip + IP_SIZE_IPV4 > end)
		return -1;
	memcpy(s->tcp, tcp, sizeof(struct tcphdr));
	s->tcp_length = sizeof(struct tcphdr);
	memcpy(s->ip, ip, IP_SIZE_IPV4);
	if (s->packet.family == 4)
		return 0;
	if (ip + IP_SIZE_IPV6 > end)
		return -1;
	memcpy(s->ip + IP_SIZE_IPV4, ip + IP_SIZE_IPV4, IP_SIZE_IPV6 - IP_SIZE_IPV4);
	return 0;
}

/* Whether an ACK to a listener carries a cookie of the kernel's own. Then what follows is the kernel's, too:
 * its socket may not be there yet. */
static __always_inline bool is_kernels(struct xdp_md *ctx, struct scratch *s, struct bpf_sock *listener)
{
	if (answers_by(s) != BY_ACK)
		return false;
	if (copy_headers(ctx, s))
		return true;
	if (!kernel_minted(s, listener))
		return false;
	note_opening(s);
	return true;
}

/* What no stack sends but within a connection, or in answer to a SYN. */
static __always_inline bool is_of_connection(const struct scratch *s)
{
	return s->packet.tcp_flags & (SCREEN_TCP_ACK | SCREEN_TCP_RST);
}

/* Whether the segment's cookie can be read here; the admitter reads it behind options of IP, too. */
static __always_inline bool is_readable(const struct scratch *s)
{
	return answers_by(s) != BY_ACK || has_bare_ip(&s->packet);
}

/* Whether a listener is there for a segment, and nothing else. */
static __always_inline bool finds_listener(struct xdp_md *ctx, struct scratch *s,
					   const struct screen_host_policy *p, const struct screen_offload_port *w)
{
	struct bpf_sock *sk = look_up_taken(ctx, s);
	bool listens;

	if (!sk)
		return false;
	listens = sk->state == LISTEN;
	if (listens) {
		take_place(s, p, w);
		seek_opening(s);
		listens = !is_kernels(ctx, s, sk);
	}
	bpf_sk_release(sk);
	return listens;
}

/* Whether a segment to a listener of this machine that floods carries nothing that a client would answer with:
 * nobody's, and dropped. */
__noinline int is_refuted(struct xdp_md *ctx, const struct screen_host_policy *p)
{
	const struct screen_offload_port *w = port_of(p);
	struct screen_meters *m = meters_of();
	struct scratch *s = scratch_of();
	const struct screen_host_zone *c;
	__u32 zone = 0;

	c = zone_of_port(p, &zone);
	if (!w || !m || !s || !c || !is_of_connection(s) || !is_readable(s) || take_addresses(ctx, s))
		return 0;
	s->hash = server_hash(s, m, w->zone);
	if (!floods(m, c, &m->zone[bounded(zone, SCREEN_METER_ZONES)], s->hash, s->now_s) ||
	    !finds_listener(ctx, s, p, w) || !is_ours(ctx, s, zone) || (c->white && is_white(p)))
		return 0;
	if (may_answer(ctx, s, p, w) || is_opening(s))
		return 0;
	count_invalid(s, m, w);
	return 1;
}
