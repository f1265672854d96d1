/*
 * Atomics for the host and for BPF, under C11's names. What workers count into, the XDP programs of host
 * ports count into as well.
 *
 * BPF has no ordered loads and stores; whole words are read and written as one, and its read-modify-write
 * instructions are fully ordered.
 */
#pragma once

#include "compat.h"

#ifdef __bpf__
#define _Atomic
#define atomic_load_explicit(p, order) (*(const volatile __typeof__(*(p)) *)(p))
#define atomic_store_explicit(p, v, order) ((void)(*(volatile __typeof__(*(p)) *)(p) = (v)))
#define atomic_fetch_add_explicit(p, v, order) __sync_fetch_and_add((p), (v))
#define atomic_fetch_or_explicit(p, v, order) __sync_fetch_and_or((p), (v))
#define atomic_exchange_explicit(p, v, order) __sync_lock_test_and_set((p), (v))
#define atomic_compare_exchange_strong_explicit(p, old, v, won, lost)                               \
	({                                                                                          \
		__typeof__(*(old)) before_ = *(old);                                                \
		*(old) = __sync_val_compare_and_swap((p), before_, (v));                            \
		*(old) == before_;                                                                  \
	})
#define atomic_compare_exchange_weak_explicit atomic_compare_exchange_strong_explicit
#else
#include <stdatomic.h>
#endif

enum { SCREEN_TRIES_MAX = 8 };

/* Whether a compare-and-swap that lost is tried again. The verifier wants an end: who has lost so often
 * in BPF leaves its SYN uncounted. */
screen_inline bool screen_again(uint32_t *tries)
{
#ifdef __bpf__
	return ++*tries < SCREEN_TRIES_MAX;
#else
	(void)tries;
	return true;
#endif
}
