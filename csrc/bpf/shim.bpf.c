/*
 * The XDP shim: is this frame ours? It goes to the queue's AF_XDP sockets while the engine lives,
 * SYNs to one of their own; when the engine is gone or stuck, on-failure decides. Three simple things
 * it does itself where the engine has told it to: answer (shim_answer.h), check (shim_check.h) and pass
 * (shim_pass.h).
 *
 * The program outlives the process that attached it, and with it the control map: a heartbeat that
 * has stopped is how it knows.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "../include/synscreen/counters.h"
#include "../include/synscreen/snapshot.h"
#include "shim_answer.h"
#include "shim_check.h"
#include "shim_pass.h"
#include "shim_probe.h"

/* What counts until the control map is filled: the program is attached a moment before that. */
const volatile __u32 first_on_failure = SCREEN_ON_FAILURE_CLOSED;

/* Without the engine: open passes into the bridge, closed drops. */
static __always_inline int by_failure_mode(__u32 on_failure, __u32 passed, __u32 dropped)
{
	if (on_failure == SCREEN_ON_FAILURE_CLOSED) {
		count(dropped);
		return XDP_DROP;
	}
	count(passed);
	return XDP_PASS;
}

static const __u64 LATE_NS = 10000000; /* many turns of a worker */

/* Whether frames wait for the queue's worker that has had no turn for a while: who answers in its place, on
 * its processor perhaps, takes from it what established connections need. */
static __always_inline bool is_late(const struct screen_shim_control *c, __u32 queue, __u64 now_ns)
{
	queue = bounded(queue, SCREEN_SHIM_QUEUES);
	return !is_idle(c, queue) && (__s64)(now_ns - c->beat[queue]) > (__s64)LATE_NS;
}

/* What the driver does in the engine's place with a TCP segment. Policy and keys are looked up once for a
 * frame: who looks again may find the next ones. */
static __always_inline int by_driver(struct xdp_md *ctx, const struct screen_shim_control *c,
				     struct scratch *s, bool syn)
{
	const struct screen_host_policy *p = policy_of();
	const struct screen_offload_port *w = port_of(p);

	if (!w || !w->does || take_addresses(ctx, s) || !is_plain(s))
		return TO_ENGINE;
	if (syn && (!w->screens || !(w->does & SCREEN_PORT_ANSWERS) ||
		    is_late(c, ctx->rx_queue_index, s->now_ns)))
		return TO_ENGINE;
	take_place(s, p, w);
	seek_flow(s, p);
	if (syn)
		return can_answer(ctx, s, p, w) && find_flow(s, p) == 0 && s->flow == SCREEN_FLOW_NONE ?
			       answer(ctx, s, p, w) : TO_ENGINE;
	if (find_flow(s, p))
		return TO_ENGINE;
	if (s->flow != SCREEN_FLOW_NONE)
		return w->does & SCREEN_PORT_PASSES ? pass_on(ctx, s, p, w) : TO_ENGINE;
	return w->does & SCREEN_PORT_CHECKS ? check(ctx, s, p, w) : TO_ENGINE;
}

static __always_inline int to_engine(struct screen_shim_control *c, __u32 queue, bool syn)
{
	int action = bpf_redirect_map(&xsks, queue + (syn ? SCREEN_SHIM_SYN_KEY : 0), XDP_DROP);

	if (!syn && action == XDP_REDIRECT)
		c->handed[bounded(queue, SCREEN_SHIM_QUEUES)]++;
	count(action == XDP_DROP ? SCREEN_SHIM_DROPPED_UNBOUND :
	      syn ? SCREEN_SHIM_SYN_TO_ENGINE : SCREEN_SHIM_TO_ENGINE);
	return action;
}

SEC("xdp")
int screen_shim(struct xdp_md *ctx)
{
	const __u8 kinds = SCREEN_TCP_SYN | SCREEN_TCP_ACK | SCREEN_TCP_RST | SCREEN_TCP_FIN;
	__u32 zero = 0, queue = ctx->rx_queue_index;
	struct screen_shim_control *c = bpf_map_lookup_elem(&control, &zero);
	struct scratch *s = scratch_of();
	bool bound, stale, syn = false;
	int fate;

	if (!c || !s)
		return XDP_PASS;
	/* a queue that came later has no worker: while the others' live, it is no way round them */
	bound = queue < c->queues && queue < SCREEN_SHIM_QUEUES;
	read_clock(s);
	/* the beat may be newer: compare as a signed difference */
	stale = (__s64)(s->now_ns - c->beat[bound ? bounded(queue, SCREEN_SHIM_QUEUES) : 0]) > SCREEN_SHIM_STALE_NS;
	fate = stale ? -1 : probed(ctx, c); /* an engine that was killed may have left its question behind */
	if (fate >= 0)
		return fate;
	fate = TO_ENGINE;
	s->in_streak = false;
	if (c->mode != SCREEN_SHIM_ENGINE)
		return by_failure_mode(c->mode == SCREEN_SHIM_UNSET ? first_on_failure : c->on_failure,
				       SCREEN_SHIM_PASSED_STAGED, SCREEN_SHIM_DROPPED_STAGED);
	if (stale)
		return by_failure_mode(c->on_failure, SCREEN_SHIM_PASSED_STALE,
				       SCREEN_SHIM_DROPPED_STALE);
	if (!bound) {
		count(SCREEN_SHIM_DROPPED_UNBOUND);
		return XDP_DROP;
	}
	if (parse(ctx, s) == SCREEN_KIND_TCP) {
		syn = (s->packet.tcp_flags & kinds) == SCREEN_TCP_SYN;
		fate = by_driver(ctx, c, s, syn);
	}
	if (s->streak.count && !s->in_streak)
		end_streak();
	return fate == TO_ENGINE ? to_engine(c, queue, syn) : fate;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
