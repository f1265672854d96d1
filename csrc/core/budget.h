/*
 * The reply budget: replies may never take the last TX slots of a port or the last free frames,
 * which belong to forwarding. So a flood that is answered cannot stop what is not a flood.
 */
#pragma once

#include "compat.h"

struct screen_budget {
	uint32_t slots_reserved;  /* TX descriptors that replies leave alone */
	uint32_t frames_reserved; /* free frames likewise */
};

/* Whether one more reply may be queued, given what is free now. */
static inline bool screen_budget_allows(const struct screen_budget *b, uint32_t slots_free,
					uint32_t frames_free)
{
	return slots_free > b->slots_reserved && frames_free > b->frames_reserved;
}
