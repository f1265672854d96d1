/* The frames of a worker: chunks of its UMEM, each owned by exactly one. [worker] */
#pragma once

#include "worker.h"

#ifdef SCREEN_LEDGER
#include <stdlib.h>
/* Builds for tests stop where a frame changes hands that was not there to be changed. */
#define SCREEN_LEDGER_CHECK(holds) ((holds) ? (void)0 : abort())
#else
#define SCREEN_LEDGER_CHECK(holds) ((void)0)
#endif

static inline uint32_t screen_frame_chunk(const struct screen_worker *w, uint64_t address)
{
	return (uint32_t)(address / w->umem.chunk_size);
}

static inline void screen_frame_own(struct screen_worker *w, uint64_t address, uint8_t owner)
{
	SCREEN_LEDGER_CHECK(w->owner[screen_frame_chunk(w, address)] != SCREEN_OWNER_FREE);
	w->owner[screen_frame_chunk(w, address)] = owner;
}

static inline uint32_t screen_frames_free(const struct screen_worker *w)
{
	return atomic_load_explicit(&w->free_count, memory_order_relaxed);
}

/* Takes a free chunk: its address, or UINT64_MAX. */
static inline uint64_t screen_frame_take(struct screen_worker *w)
{
	uint32_t count = screen_frames_free(w), chunk;

	if (count == 0)
		return UINT64_MAX;
	chunk = w->free[--count];
	SCREEN_LEDGER_CHECK(w->owner[chunk] == SCREEN_OWNER_FREE);
	atomic_store_explicit(&w->free_count, count, memory_order_relaxed);
	w->owner[chunk] = SCREEN_OWNER_WORKER;
	return (uint64_t)chunk * w->umem.chunk_size;
}

static inline void screen_frame_give(struct screen_worker *w, uint64_t address)
{
	uint32_t count = screen_frames_free(w), chunk = screen_frame_chunk(w, address);

	SCREEN_LEDGER_CHECK(w->owner[chunk] != SCREEN_OWNER_FREE && count < w->umem.chunks);
	w->owner[chunk] = SCREEN_OWNER_FREE;
	w->free[count] = chunk;
	atomic_store_explicit(&w->free_count, count + 1, memory_order_relaxed);
}

static inline uint8_t *screen_frame_data(const struct screen_worker *w, uint64_t address)
{
	return w->umem.area + address;
}
