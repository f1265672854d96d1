/*
 * Scans: which sources have tried ten targets (ports or addresses) within an interval. Sets of four
 * cells, keyed, in fixed memory. A cell is taken over when its interval is over; while all four of a
 * set are live another source is not watched. Nobody waits: who finds a set in use by another worker
 * leaves its packet uncounted.
 */
#pragma once

#include "atomics.h"

#include "compat.h"

enum {
	SCREEN_SCAN_TARGETS = 10, /* as on Junos */
	SCREEN_SCAN_WAYS = 4,
	SCREEN_SCAN_SETS = 1024, /* a power of two */
};

struct screen_scan_cell {
	uint64_t tag; /* of the source; 0: free */
	uint64_t until_ns;
	uint32_t target[SCREEN_SCAN_TARGETS];
	uint32_t count;
	uint32_t reserved;
};

struct screen_scan_set {
	_Atomic uint32_t busy;
	uint32_t reserved;
	struct screen_scan_cell cell[SCREEN_SCAN_WAYS];
};

struct screen_scan {
	struct screen_scan_set set[SCREEN_SCAN_SETS];
};

static inline struct screen_scan_cell *screen_scan_find(struct screen_scan_set *set, uint64_t tag,
							uint64_t now_ns, uint64_t interval_ns)
{
	struct screen_scan_cell *free_cell = NULL;

	for (int i = 0; i < SCREEN_SCAN_WAYS; i++) {
		struct screen_scan_cell *c = &set->cell[i];
		bool over = now_ns > c->until_ns;

		if (c->tag == tag && !over)
			return c;
		if (over) /* or never used */
			free_cell = c;
	}
	if (free_cell) {
		free_cell->tag = tag;
		free_cell->until_ns = now_ns + interval_ns;
		free_cell->count = 0;
	}
	return free_cell;
}

/* Notes that the source with this hash (not 0) has tried a target. Returns whether it has tried ten
 * different ones in its interval, this one included. */
static inline bool screen_scan_tried(struct screen_scan *s, uint64_t hash, uint32_t target,
				     uint64_t now_ns, uint64_t interval_ns)
{
	struct screen_scan_set *set = &s->set[hash & (SCREEN_SCAN_SETS - 1)];
	struct screen_scan_cell *c;
	bool scans = false;
	uint32_t i = 0;

	if (atomic_exchange_explicit(&set->busy, 1, memory_order_acquire))
		return false;
	c = screen_scan_find(set, hash, now_ns, interval_ns);
	if (c) {
		while (i < c->count && c->target[i] != target)
			i++;
		if (i == c->count && c->count < SCREEN_SCAN_TARGETS)
			c->target[c->count++] = target;
		scans = c->count == SCREEN_SCAN_TARGETS;
	}
	atomic_store_explicit(&set->busy, 0, memory_order_release);
	return scans;
}
