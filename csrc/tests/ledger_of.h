/* The ledger of a worker's frames, read while nobody turns it. */
#pragma once

#include "frames.h"

/* Frames given to the kernel or held, and free ones, are all there are. */
static inline void ledger_check(const struct screen_worker *w)
{
	uint32_t free_chunks = 0, listed = atomic_load(&w->free_count);

	for (uint32_t c = 0; c < w->umem.chunks; c++)
		free_chunks += w->owner[c] == SCREEN_OWNER_FREE;
	assert_int_equal(free_chunks, listed);
	for (uint32_t c = 0; c < listed; c++)
		assert_int_equal(w->owner[w->free[c]], SCREEN_OWNER_FREE);
	for (uint32_t c = 0; c < w->umem.chunks; c++)
		assert_int_not_equal(w->owner[c], SCREEN_OWNER_WORKER);
}
