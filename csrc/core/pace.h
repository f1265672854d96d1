/*
 * Paces: how many in this window, how many in the one before, and how many in all. All workers count into
 * the same, with one compare-and-swap.
 */
#pragma once

#include "atomics.h"

#include "compat.h"

struct screen_pace {
	_Atomic uint64_t current, last; /* window << 32 | count: of this window, and of the one before */
	_Atomic uint64_t before;	/* counted in windows that are over */
};

screen_inline uint64_t screen_pace_next(uint64_t old, uint32_t window, uint32_t n)
{
	if (old >> 32 < window)
		return (uint64_t)window << 32 | n;
	/* a late worker counts into the newer window; the count stays at its end */
	return (uint32_t)old > UINT32_MAX - n ? old | UINT32_MAX : old + n;
}

/* Counts n at once. */
screen_inline void screen_pace_add(struct screen_pace *p, uint32_t window, uint32_t n)
{
	uint64_t old = atomic_load_explicit(&p->current, memory_order_relaxed);
	uint32_t tries = 0;

	/* Nearly always, and then it is one instruction: the window goes on. Should it turn meanwhile, this
	 * counts into the newer one, as a late worker does. */
	if (old >> 32 == window && (uint32_t)old < UINT32_MAX / 2) {
		(void)atomic_fetch_add_explicit(&p->current, n, memory_order_relaxed);
		return;
	}
	while (!atomic_compare_exchange_weak_explicit(&p->current, &old,
						      screen_pace_next(old, window, n),
						      memory_order_relaxed, memory_order_relaxed) &&
	       screen_again(&tries))
		;
	if (old >> 32 < window) {
		atomic_store_explicit(&p->last, old, memory_order_relaxed);
		atomic_fetch_add_explicit(&p->before, (uint32_t)old, memory_order_relaxed);
	}
}

/* Begins anew. What others count meanwhile may be kept or not. */
screen_inline void screen_pace_clear(struct screen_pace *p)
{
	atomic_store_explicit(&p->current, 0, memory_order_relaxed);
	atomic_store_explicit(&p->last, 0, memory_order_relaxed);
	atomic_store_explicit(&p->before, 0, memory_order_relaxed);
}

screen_inline void screen_pace_count(struct screen_pace *p, uint32_t window)
{
	screen_pace_add(p, window, 1);
}

/* Counts, and returns the count of this window so far. */
screen_inline uint32_t screen_pace_counted(struct screen_pace *p, uint32_t window)
{
	screen_pace_count(p, window);
	return (uint32_t)atomic_load_explicit(&p->current, memory_order_relaxed);
}

/* The count of the last whole window before `window`. */
screen_inline uint32_t screen_pace_last(struct screen_pace *p, uint32_t window)
{
	uint64_t current = atomic_load_explicit(&p->current, memory_order_relaxed);
	uint64_t last = atomic_load_explicit(&p->last, memory_order_relaxed);

	if (current >> 32 == window - 1)
		return (uint32_t)current;
	return last >> 32 == window - 1 ? (uint32_t)last : 0;
}

/* All that was counted. While a window turns, without that window's for a moment. */
screen_inline uint64_t screen_pace_total(struct screen_pace *p)
{
	uint64_t current = atomic_load_explicit(&p->current, memory_order_relaxed);

	return atomic_load_explicit(&p->before, memory_order_relaxed) + (uint32_t)current;
}
