/*
 * Heartbeats: each worker writes the time into the control map of each of its ports, for the shim, which
 * takes the engine for gone when they get old, and for whoever watches the engine.
 */
#pragma once

#include "shim.h"

_Static_assert(SCREEN_SHIM_QUEUES == 64, "a bit for each queue");

/* The queues, a bit each, whose worker has not beaten for so long that the shim takes it for gone. A
 * beat may be younger than now: the worker read its clock later. [any] */
static inline uint64_t screen_beat_late(const struct screen_shim_control *control, uint32_t queues,
					uint64_t now_ns)
{
	uint64_t late = 0;

	for (uint32_t i = 0; i < queues && i < SCREEN_SHIM_QUEUES; i++) {
		uint64_t beat = __atomic_load_n(&control->beat[i], __ATOMIC_RELAXED);

		if ((int64_t)(now_ns - beat) > SCREEN_SHIM_STALE_NS)
			late |= 1ull << i;
	}
	return late;
}
