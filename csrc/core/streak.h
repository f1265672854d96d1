/*
 * A streak: SYNs of one burst for the same destination, one after the other, while it floods. The first
 * is metered like any other; those behind it are counted here, and into the meters all at once: all
 * workers write there, and of a flood most SYNs have one destination.
 *
 * Nothing is decided in another way by it. A streak begins only when destination and estimate are above
 * both thresholds, so that none of its SYNs could begin a flood, end one or raise the alarm within its
 * window; and whoever reads the meters meanwhile finds them behind by one burst at most.
 */
#pragma once

#include "meter.h"

struct screen_streak {
	bool gathering;	 /* a burst is under way, whose end will be told */
	uint64_t hash;	 /* of the destination; 0: there is none */
	uint32_t window; /* second */
	uint32_t count;	 /* SYNs that are not in the meters yet */
	uint32_t hits;	 /* likewise, of the zone's statistics */
	uint16_t zone, victim;
};

/* Counts them where they belong, and ends the streak. */
screen_inline void screen_streak_end(struct screen_streak *k, struct screen_meters *m)
{
	/* both are in range; a verifier wants to see it */
	struct screen_victim *v = &m->victims.victim[k->victim & (SCREEN_VICTIMS - 1)];
	struct screen_zone_meter *z = &m->zone[k->zone & (SCREEN_METER_ZONES - 1)];
	uint32_t estimate;

	if (k->hash && k->count) {
		screen_pace_add(&z->rate, k->window, k->count);
		estimate = screen_sketch_add(&m->attack, k->hash, k->window, k->count);
		if (atomic_load_explicit(&v->hash, memory_order_relaxed) == k->hash) {
			screen_pace_add(&v->rate, k->window, k->count);
			if (estimate > atomic_load_explicit(&v->peak, memory_order_relaxed))
				atomic_store_explicit(&v->peak, estimate, memory_order_relaxed);
		}
	}
	if (k->hash && k->hits)
		atomic_fetch_add_explicit(&z->ids[SCREEN_IDS_SYN_FLOOD], k->hits,
					  memory_order_relaxed);
	k->hash = 0;
	k->count = k->hits = 0;
}

/* Whether a SYN for this destination belongs to the streak; counts it. */
screen_inline bool screen_streak_goes_on(struct screen_streak *k, uint64_t hash, uint32_t window)
{
	if (k->hash != hash || k->window != window)
		return false;
	k->count++;
	return true;
}
