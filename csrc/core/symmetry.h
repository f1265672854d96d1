/*
 * Symmetry: whether both directions of a zone's connections come by. One whose client went on though no
 * answer of the server was seen, not even later, went another way back. A single answer says that the
 * way is this one, so that who forges connections to addresses where nobody is cannot say otherwise.
 */
#pragma once

#include "flow.h"
#include "meter.h"

enum {
	SCREEN_SYMMETRY_S = 600, /* a window; the one before counts, too */
	SCREEN_SYMMETRY_MIN = 20, /* flows to say something of */
};

static inline uint32_t screen_symmetry_count(struct screen_pace *p, uint32_t now_s)
{
	uint32_t window = now_s / SCREEN_SYMMETRY_S;
	uint64_t current = atomic_load_explicit(&p->current, memory_order_relaxed);

	return (current >> 32 == window ? (uint32_t)current : 0) + screen_pace_last(p, window);
}

static inline enum screen_symmetry screen_symmetry(struct screen_zone_meter *z, uint32_t now_s)
{
	uint32_t one = screen_symmetry_count(&z->one_way, now_s);
	uint32_t two = screen_symmetry_count(&z->two_way, now_s);

	if (one < SCREEN_SYMMETRY_MIN)
		return two ? SCREEN_SYMMETRY_BOTH : SCREEN_SYMMETRY_UNKNOWN;
	if (two == 0)
		return SCREEN_SYMMETRY_ONE_WAY;
	return one >= two / 10 ? SCREEN_SYMMETRY_PARTLY : SCREEN_SYMMETRY_BOTH;
}

/* A server has answered a SYN. */
static inline void screen_symmetry_answered(struct screen_zone_meter *z, uint32_t now_s)
{
	screen_pace_count(&z->two_way, now_s / SCREEN_SYMMETRY_S);
}

/* A flow is forgotten: what it says. */
static inline void screen_symmetry_forgotten(struct screen_zone_meter *z,
					     const struct screen_flow *f, uint32_t now_s)
{
	if (screen_flow_state_get(f) == SCREEN_FLOW_HALF_OPEN &&
	    atomic_load_explicit(&f->side[0].ack, memory_order_relaxed) != 0 &&
	    atomic_load_explicit(&f->side[1].seen_s, memory_order_relaxed) == 0)
		screen_pace_count(&z->one_way, now_s / SCREEN_SYMMETRY_S);
}
