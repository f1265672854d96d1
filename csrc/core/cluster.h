/*
 * Cluster time: what epochs are counted in. It follows the wall clock and never steps back, so that
 * an epoch once used is not left again for an earlier one.
 *
 * All arguments come from outside: realtime is CLOCK_REALTIME, boot a clock that goes on while the
 * machine sleeps (CLOCK_BOOTTIME). Nanoseconds.
 */
#pragma once

#include "../include/synscreen/engine.h"
#include "cookie.h"

struct screen_cluster {
	uint64_t time_ns;
	uint64_t boot_ns; /* of the last call */
};

static const uint64_t SCREEN_EPOCH_NS = SCREEN_EPOCH_SECONDS * 1000000000ull;
static const uint64_t SCREEN_CLUSTER_GRACE_NS = 15 * 60 * 1000000000ull;

/* Starts at the later of the wall clock and the start of the last epoch that was used with this
 * master key (0: none was). */
static inline void screen_cluster_start(struct screen_cluster *c, uint64_t realtime, uint64_t boot,
					uint64_t floor_epoch)
{
	uint64_t floor = floor_epoch * SCREEN_EPOCH_NS;

	c->time_ns = realtime > floor ? realtime : floor;
	c->boot_ns = boot;
}

/* Moves on: towards the wall clock, at between half and double speed. SCREEN_CLUSTER_JUMPED says
 * that it jumped in this very call. */
static inline enum screen_cluster_state screen_cluster_advance(struct screen_cluster *c,
							       uint64_t realtime, uint64_t boot)
{
	uint64_t passed = boot > c->boot_ns ? boot - c->boot_ns : 0, step = passed;

	if (boot > c->boot_ns)
		c->boot_ns = boot;
	if (realtime > c->time_ns + passed + SCREEN_CLUSTER_GRACE_NS) {
		c->time_ns = realtime;
		return SCREEN_CLUSTER_JUMPED;
	}
	if (realtime > c->time_ns)
		step = realtime - c->time_ns;
	else
		step = 0;
	if (step < passed / 2)
		step = passed / 2;
	if (step > passed * 2)
		step = passed * 2;
	c->time_ns += step;
	if (c->time_ns > realtime + SCREEN_CLUSTER_GRACE_NS)
		return SCREEN_CLUSTER_AHEAD;
	return SCREEN_CLUSTER_FOLLOWS;
}

/* E, and the epoch to mint with when peers may be skew_ns apart: E or E - 1, but none before epoch
 * 0, in which a clock without a battery starts. */
static inline uint64_t screen_cluster_check_epoch(const struct screen_cluster *c)
{
	return c->time_ns / SCREEN_EPOCH_NS;
}

static inline uint64_t screen_cluster_mint_epoch(const struct screen_cluster *c, uint64_t skew_ns)
{
	return c->time_ns > skew_ns ? (c->time_ns - skew_ns) / SCREEN_EPOCH_NS : 0;
}
