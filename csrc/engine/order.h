/*
 * Order: what of the frames that a driver handed to the engine is dealt with. A driver that passes segments on
 * itself must not overtake those, wherever they are: in a batch that the kernel has not put into the ring yet,
 * in the ring, or in the worker's hands. It counts what it hands over, the worker what it has dealt with; where
 * both are the same there are none.
 */
#pragma once

#include "state.h"

/* What was handed over so far: asked before a look into the ring. */
static inline uint32_t screen_order_handed(const struct screen_port *port, uint32_t queue)
{
	return __atomic_load_n(&port->control->handed[queue], __ATOMIC_ACQUIRE);
}

/* Called by the queue's worker behind each look into its main receive ring. handed: before it; count: frames
 * that came of it; settled: all that came before are sent. */
void screen_order_note(struct screen_port *port, uint32_t queue, uint32_t handed, uint32_t count, bool settled,
		       uint64_t now_ns);
