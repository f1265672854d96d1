/* How far each side of a flow has come: what its segments say. For the host and for BPF. */
#pragma once

#include "flow.h"

screen_inline bool screen_near(uint32_t a, uint32_t b)
{
	return a - b + SCREEN_NEAR <= 2 * SCREEN_NEAR;
}

/* Moves a number forward, never back. */
screen_inline void screen_advance(_Atomic uint32_t *number, bool known, uint32_t before, uint32_t now)
{
	if (!known || (int32_t)(now - before) > 0)
		atomic_store_explicit(number, now, memory_order_relaxed);
}

/* Notes what a segment of a side says. [the worker or program that has this direction] */
screen_inline void screen_progress(struct screen_flow *f, int side, const struct screen_packet *p)
{
	struct screen_flow_side *own = &f->side[side];
	uint32_t ack = atomic_load_explicit(&own->ack, memory_order_relaxed);
	uint32_t next = atomic_load_explicit(&own->next, memory_order_relaxed);
	uint32_t end = p->seq + screen_packet_payload_length(p);
	/* of a splice all numbers are known from its opening on */
	bool spliced = screen_flow_state_get(f) == SCREEN_FLOW_SPLICED;
	bool ack_known = spliced || ack, next_known = spliced || next;

	if ((p->tcp_flags & (SCREEN_TCP_ACK | SCREEN_TCP_RST)) != SCREEN_TCP_ACK)
		return;
	end += (p->tcp_flags & SCREEN_TCP_FIN) != 0;
	end += (p->tcp_flags & SCREEN_TCP_SYN) != 0;
	/* a forged segment must be near in both numbers to move either */
	if (ack_known && next_known && !(screen_near(p->ack, ack) && screen_near(end, next)))
		return;
	if (ack != p->ack)
		screen_advance(&own->ack, ack_known, ack, p->ack);
	if (next != end)
		screen_advance(&own->next, next_known, next, end);
}
