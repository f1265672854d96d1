/* What a worker does by the clock: splices that wait, flows that expire. [worker] */
#pragma once

#include "worker.h"

enum { SCREEN_TICK_MS = 10 };

/* Lets early frames of answered splices go on, in order. */
void screen_timers_release(struct screen_worker *w);

/* A flow was taken out of the table: gives it back after a grace period. */
void screen_timers_retire(struct screen_worker *w, uint32_t flow);

/* Takes the i-th pending splice off the list. */
void screen_timers_forget(struct screen_worker *w, uint32_t i);

/* Forgets what came from or is for ports of these slots, which have gone. */
void screen_timers_purge(struct screen_worker *w, uint64_t slots);

/* Repeats SYNs, gives up splices, expires flows, gives back flows whose grace period is over. */
void screen_timers_tick(struct screen_worker *w);
