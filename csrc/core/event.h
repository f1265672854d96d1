/*
 * Events: what is worth a line in a log. A ring for each worker, which writes; the control thread
 * reads. What finds no room is counted.
 */
#pragma once

#include "atomics.h"

#include "compat.h"
#include "../include/synscreen/engine.h"

enum { SCREEN_EVENTS_MAX = 256 }; /* of a ring; a power of two */

struct screen_note {
	uint64_t now_ns; /* CLOCK_MONOTONIC */
	uint64_t count, duration_ns;
	uint8_t source[16], destination[16];
	uint16_t sport, dport;
	uint8_t kind; /* enum screen_event_kind */
	uint8_t ids;
	uint8_t slot, zone;
	uint8_t protocol, dropped, looks;
};

struct screen_events {
	_Atomic uint32_t written, read;
	_Atomic uint64_t lost;
	struct screen_note ring[SCREEN_EVENTS_MAX];
};

/* [the ring's one writer] */
static inline void screen_event_put(struct screen_events *e, const struct screen_note *note)
{
	uint32_t at = atomic_load_explicit(&e->written, memory_order_relaxed);

	if (at - atomic_load_explicit(&e->read, memory_order_acquire) == SCREEN_EVENTS_MAX) {
		atomic_fetch_add_explicit(&e->lost, 1, memory_order_relaxed);
		return;
	}
	e->ring[at % SCREEN_EVENTS_MAX] = *note;
	atomic_store_explicit(&e->written, at + 1, memory_order_release);
}

/* [the ring's one reader] */
static inline bool screen_event_take(struct screen_events *e, struct screen_note *note)
{
	uint32_t at = atomic_load_explicit(&e->read, memory_order_relaxed);

	if (at == atomic_load_explicit(&e->written, memory_order_acquire))
		return false;
	*note = e->ring[at % SCREEN_EVENTS_MAX];
	atomic_store_explicit(&e->read, at + 1, memory_order_release);
	return true;
}
