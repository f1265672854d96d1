/*
 * Paces: how many in this window, and how many in the one before. All workers count into the same.
 */
#pragma once

#include <stdatomic.h>

#include "compat.h"

/* window << 32 | count: of this window, and of the one before. */
struct screen_pace {
	_Atomic uint64_t current, last;
};

static inline void screen_pace_count(struct screen_pace *p, uint32_t window)
{
	uint64_t old = atomic_load_explicit(&p->current, memory_order_relaxed), next;

	do
		next = old >> 32 >= window ? old + 1 : (uint64_t)window << 32 | 1;
	while (!atomic_compare_exchange_weak_explicit(&p->current, &old, next, memory_order_relaxed,
						      memory_order_relaxed));
	if (old >> 32 < window)
		atomic_store_explicit(&p->last, old, memory_order_relaxed);
}

/* Counts, and returns the count of this window so far. */
static inline uint32_t screen_pace_next(struct screen_pace *p, uint32_t window)
{
	screen_pace_count(p, window);
	return (uint32_t)atomic_load_explicit(&p->current, memory_order_relaxed);
}

/* The count of the last whole window before `window`. */
static inline uint32_t screen_pace_last(struct screen_pace *p, uint32_t window)
{
	uint64_t current = atomic_load_explicit(&p->current, memory_order_relaxed);
	uint64_t last = atomic_load_explicit(&p->last, memory_order_relaxed);

	if (current >> 32 == window - 1)
		return (uint32_t)current;
	return last >> 32 == window - 1 ? (uint32_t)last : 0;
}
