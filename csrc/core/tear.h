/*
 * Overlapping fragments (tear drop): which eighths of a datagram have come, a bit each. Sets of four
 * datagrams in fixed memory; one that is not complete is forgotten after 30 s. While all four of a set
 * are live another datagram is not watched.
 */
#pragma once

#include <stdatomic.h>

#include "compat.h"

enum {
	SCREEN_TEAR_WAYS = 4,
	SCREEN_TEAR_SETS = 64, /* a power of two */
	SCREEN_TEAR_LIFE_S = 30,
	SCREEN_TEAR_WORDS = 8192 / 64, /* 8-byte units of a datagram of 65535 bytes */
};

struct screen_tear_cell {
	uint64_t tag; /* 0: free */
	uint32_t start_s;
	uint32_t reserved;
	uint64_t have[SCREEN_TEAR_WORDS];
};

struct screen_tear_set {
	_Atomic uint32_t busy;
	uint32_t reserved;
	struct screen_tear_cell cell[SCREEN_TEAR_WAYS];
};

struct screen_tear {
	struct screen_tear_set set[SCREEN_TEAR_SETS];
};

static inline struct screen_tear_cell *screen_tear_find(struct screen_tear_set *set, uint64_t tag,
							uint32_t now_s)
{
	struct screen_tear_cell *free_cell = NULL;

	for (int i = 0; i < SCREEN_TEAR_WAYS; i++) {
		struct screen_tear_cell *c = &set->cell[i];
		bool over = now_s - c->start_s > SCREEN_TEAR_LIFE_S;

		if (c->tag == tag && !over)
			return c;
		if (c->tag == 0 || over)
			free_cell = c;
	}
	if (free_cell) {
		memset(free_cell, 0, sizeof(*free_cell));
		free_cell->tag = tag;
		free_cell->start_s = now_s;
	}
	return free_cell;
}

/* Notes the fragment [first, end) of the datagram with this hash (not 0), in units of 8 bytes, end at
 * most 8192. Returns whether it overlaps what came before without being the same again. */
static inline bool screen_tear_overlaps(struct screen_tear *t, uint64_t hash, uint32_t first,
					uint32_t end, uint32_t now_s)
{
	struct screen_tear_set *set = &t->set[hash & (SCREEN_TEAR_SETS - 1)];
	uint32_t had = 0, bit;
	struct screen_tear_cell *c;

	if (atomic_exchange_explicit(&set->busy, 1, memory_order_acquire))
		return false;
	c = screen_tear_find(set, hash, now_s);
	for (bit = first; c && bit < end; bit++) {
		had += (uint32_t)(c->have[bit / 64] >> bit % 64 & 1);
		c->have[bit / 64] |= 1ull << bit % 64;
	}
	atomic_store_explicit(&set->busy, 0, memory_order_release);
	return had != 0 && had != end - first;
}
