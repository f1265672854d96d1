/*
 * Order: what of the frames that a driver handed to the engine is dealt with. A driver that passes segments on
 * itself must not overtake those, wherever they are: in a batch that the kernel has not put into the ring yet,
 * in the ring, or in the worker's hands. It counts what it hands over, the worker what it has dealt with; where
 * both are the same there are none.
 */
#pragma once

#include "state.h"

/* Called by the queue's worker behind each look into its main receive ring. count: frames that came of it;
 * settled: all that came before are sent. */
void screen_order_note(struct screen_port *port, uint32_t queue, uint32_t count, bool settled,
		       uint64_t now_ns);
