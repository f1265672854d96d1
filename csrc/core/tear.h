/*
 * Overlapping fragments (tear drop): which eighths of a datagram have come, a bit each, and where its
 * fragments begin and end. Sets of four datagrams in fixed memory, each forgotten after 30 s. A fifth
 * takes the place of one that is complete, else of the one that has been there longest: who leaves
 * datagrams unfinished must not blind the screen for others. A complete one is not forgotten at once:
 * a fragment may never have reached the receiver, which then still waits for it.
 */
#pragma once

#include "atomics.h"

#include "compat.h"

enum {
	SCREEN_TEAR_WAYS = 4,
	SCREEN_TEAR_SETS = 64, /* a power of two */
	SCREEN_TEAR_LIFE_S = 30,
	SCREEN_TEAR_UNITS = 8192, /* of 8 bytes: a datagram of 65535 bytes */
	SCREEN_TEAR_WORDS = SCREEN_TEAR_UNITS / 64,
};

struct screen_tear_cell {
	uint64_t tag; /* 0: free */
	uint32_t start_s;
	uint32_t filled; /* units that have come */
	uint32_t end;	 /* of the last fragment, in units; 0: it has not come */
	uint32_t reserved;
	uint64_t have[SCREEN_TEAR_WORDS];
	uint64_t edge[SCREEN_TEAR_WORDS + 1];
};

struct screen_tear_set {
	_Atomic uint32_t busy;
	uint32_t next; /* whose turn it is to make room */
	struct screen_tear_cell cell[SCREEN_TEAR_WAYS];
};

struct screen_tear {
	struct screen_tear_set set[SCREEN_TEAR_SETS];
};

/* A fragment's place: [first, end), in units, end at most SCREEN_TEAR_UNITS. */
struct screen_tear_piece {
	uint32_t first, end;
	bool last; /* nothing comes behind it */
};

static inline bool screen_tear_bit(const uint64_t *bits, uint32_t at)
{
	return bits[at / 64] >> at % 64 & 1;
}

static inline void screen_tear_mark(uint64_t *bits, uint32_t at)
{
	bits[at / 64] |= 1ull << at % 64;
}

static inline struct screen_tear_cell *screen_tear_find(struct screen_tear_set *set, uint64_t tag,
							uint32_t now_s)
{
	struct screen_tear_cell *room = NULL;
	int best = 0;

	for (int i = 0; i < SCREEN_TEAR_WAYS; i++) {
		struct screen_tear_cell *c = &set->cell[i];
		/* signed: another worker's burst may have begun later */
		bool over = (int32_t)(now_s - c->start_s) > SCREEN_TEAR_LIFE_S;
		int rank = c->tag == 0 || over ? 2 : c->end && c->filled == c->end;

		if (c->tag == tag && !over)
			return c;
		if (rank > best) {
			best = rank;
			room = c;
		}
	}
	if (!room)
		room = &set->cell[set->next++ % SCREEN_TEAR_WAYS];
	memset(room, 0, sizeof(*room));
	room->tag = tag;
	room->start_s = now_s;
	return room;
}

/* Whether it is one that has come before, and nothing else. */
static inline bool screen_tear_copy(const struct screen_tear_cell *c,
				    const struct screen_tear_piece *p)
{
	for (uint32_t at = p->first + 1; at < p->end; at++)
		if (screen_tear_bit(c->edge, at))
			return false;
	return screen_tear_bit(c->edge, p->first) && screen_tear_bit(c->edge, p->end);
}

static inline bool screen_tear_cell_overlaps(struct screen_tear_cell *c,
					     const struct screen_tear_piece *p)
{
	uint32_t had = 0;

	for (uint32_t at = p->first; at < p->end; at++)
		had += screen_tear_bit(c->have, at);
	if (had)
		return had != p->end - p->first || !screen_tear_copy(c, p);
	for (uint32_t at = p->first; at < p->end; at++)
		screen_tear_mark(c->have, at);
	screen_tear_mark(c->edge, p->first);
	screen_tear_mark(c->edge, p->end);
	c->filled += p->end - p->first;
	if (p->last)
		c->end = p->end;
	return false;
}

/* Notes a fragment of the datagram with this hash (not 0). Returns whether it overlaps what came before
 * without being the same again; then it is not noted. */
static inline bool screen_tear_overlaps(struct screen_tear *t, uint64_t hash,
					const struct screen_tear_piece *p, uint32_t now_s)
{
	struct screen_tear_set *set = &t->set[hash & (SCREEN_TEAR_SETS - 1)];
	bool overlaps;

	if (p->first == p->end ||
	    atomic_exchange_explicit(&set->busy, 1, memory_order_acquire))
		return false;
	overlaps = screen_tear_cell_overlaps(screen_tear_find(set, hash, now_s), p);
	atomic_store_explicit(&set->busy, 0, memory_order_release);
	return overlaps;
}
