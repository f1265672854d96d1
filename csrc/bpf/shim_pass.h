/*
 * Pass: a segment of an open flow that needs no translation goes to the other port of its wire.
 *
 * What moves a flow from one state to another is the engine's: SYN, SYN-ACK, FIN, RST, and the first data
 * of a client, which takes its connection off those that are counted as silent. So what it learns of
 * servers, and when a flow is over, it goes on seeing; that a flow lives, and how far each side has come,
 * is noted here.
 */
#pragma once

#include "progress.h"
#include "shim_flows.h"
#include "shim_probe.h"
#include "shim_sockets.h"
#include "shim_frame.h"

/* Segments of a direction that the engine is handed before one may overtake others; without the first, when an
 * odd one was among them. */
enum { PATIENCE = 250 };

/* Whether a direction's segments can be passed from now on, as none is in the engine's hands; or as few are,
 * where the flow is so busy that this does not happen: of this batch or the one before, which are overtaken
 * once, and never in a short flow. later: a second has turned since the last one, and they have long gone. */
static __always_inline __u8 passing_now(const struct screen_shim_control *c, __u32 queue, __u8 before, bool later)
{
	if (before < SCREEN_PASSING_FROM)
		return before + 1;
	if (is_idle(c, queue) || (before == SCREEN_PASSING_BEGINS && later))
		return SCREEN_PASSING;
	if (before == SCREEN_PASSING_BEGINS || (before >= PATIENCE && is_emptied(c, queue)))
		return SCREEN_PASSING_BEGINS;
	return before < PATIENCE ? before + 1 : PATIENCE;
}

static __always_inline bool is_passing(struct screen_flow *f, int side, __u32 queue, __u32 now_s)
{
	__u8 before = atomic_load_explicit(&f->passing[side], memory_order_relaxed), now;
	struct screen_shim_control *c;
	__u32 zero = 0, seen_s;

	if (before == SCREEN_PASSING)
		return true;
	c = bpf_map_lookup_elem(&control, &zero);
	if (!c || queue >= SCREEN_SHIM_QUEUES)
		return false;
	seen_s = atomic_load_explicit(&f->side[side].seen_s, memory_order_relaxed);
	now = passing_now(c, queue, before, (__s32)(now_s - seen_s) > 0); /* the engine's clock may be ahead */
	if (now != before)
		atomic_store_explicit(&f->passing[side], now, memory_order_relaxed);
	return now >= SCREEN_PASSING_BEGINS;
}

/* Whether the sum was left to the device: the engine completes it. */
static __always_inline bool is_partial(struct xdp_md *ctx, const struct scratch *s)
{
	const __u8 *tcp = tcp_of(ctx, s);

	return !tcp || tcp + 20 > frame_end(ctx) || screen_load_16(tcp + 16) == screen_fold(pseudo_sum(s));
}

/* Whether nothing is expected of an open flow's side but data. */
static __always_inline bool is_settled(const struct screen_flow *f, int side)
{
	if (atomic_load_explicit(&f->closing, memory_order_relaxed))
		return false;
	/* a client that has sent no data yet: the first shall not be overtaken by the second */
	return side == 1 ||
	       !(atomic_load_explicit(&f->counted, memory_order_relaxed) & SCREEN_COUNTED_SILENT);
}

static __always_inline bool is_talk(const struct scratch *s)
{
	const __u8 others = (__u8)~(SCREEN_TCP_ACK | SCREEN_TCP_PSH | SCREEN_TCP_ECE | SCREEN_TCP_CWR);

	return (s->packet.tcp_flags & SCREEN_TCP_ACK) && !(s->packet.tcp_flags & others);
}

/* Whether the segment may go on, and the other port sends a frame of this length. */
static __always_inline bool may_go_on(struct xdp_md *ctx, const struct scratch *s,
				      const struct screen_offload_port *w, struct screen_flow *f, int side)
{
	return is_talk(s) && is_settled(f, side) && frame_end(ctx) - frame_begin(ctx) <= w->longest &&
	       !is_partial(ctx, s);
}

/* A segment of the flow s->flow. */
static __always_inline int pass_on(struct xdp_md *ctx, struct scratch *s, const struct screen_host_policy *p,
				   const struct screen_offload_port *w)
{
	struct screen_flow *f = flow_at(&p->offload, s->flow);
	int side;

	if (!f)
		return TO_ENGINE;
	side = s->from_low == f->client_low ? 0 : 1;
	if ((f->client_slot == slot) != (side == 0) || screen_flow_state_get(f) != SCREEN_FLOW_OPEN)
		return TO_ENGINE;
	if (!may_go_on(ctx, s, w, f, side)) {
		/* those behind it shall not overtake it */
		if (atomic_load_explicit(&f->passing[side], memory_order_relaxed) > SCREEN_PASSING_FROM)
			atomic_store_explicit(&f->passing[side], SCREEN_PASSING_FROM, memory_order_relaxed);
		return TO_ENGINE;
	}
	if (!is_passing(f, side, ctx->rx_queue_index, s->now_s))
		return TO_ENGINE;
	screen_flow_seen(f, side, s->now_s);
	screen_progress(f, side, &s->packet);
	count(SCREEN_SHIM_PASSED_FLOW);
	return bpf_redirect_map(&peer, SCREEN_SHIM_THERE, XDP_DROP);
}
