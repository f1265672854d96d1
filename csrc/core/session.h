/*
 * Sessions: how many connections an address has at a time. A count-min sketch that is counted down as
 * well: an estimate is never below the truth, above it only by what collides in both rows.
 */
#pragma once

#include "atomics.h"

#include "compat.h"

enum { SCREEN_SESSION_ROWS = 2, SCREEN_SESSION_CELLS = 1 << 15 };

struct screen_session_sketch {
	_Atomic uint32_t cell[SCREEN_SESSION_ROWS][SCREEN_SESSION_CELLS];
};

struct screen_sessions {
	struct screen_session_sketch source, destination;
	struct screen_session_sketch silent; /* of a source: open, and the client has sent nothing */
};

static inline _Atomic uint32_t *screen_session_cell(struct screen_session_sketch *s, uint64_t hash,
						    int row)
{
	return &s->cell[row][(row ? hash >> 32 : hash) & (SCREEN_SESSION_CELLS - 1)];
}

static inline void screen_session_add(struct screen_session_sketch *s, uint64_t hash, bool more)
{
	for (int row = 0; row < SCREEN_SESSION_ROWS; row++)
		atomic_fetch_add_explicit(screen_session_cell(s, hash, row), more ? 1u : -1u,
					  memory_order_relaxed);
}

static inline uint32_t screen_session_count(struct screen_session_sketch *s, uint64_t hash)
{
	uint32_t a = atomic_load_explicit(screen_session_cell(s, hash, 0), memory_order_relaxed);
	uint32_t b = atomic_load_explicit(screen_session_cell(s, hash, 1), memory_order_relaxed);

	return a < b ? a : b;
}
